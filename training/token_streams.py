"""The first two stages of any training: a tokenizer from the corpus, and the corpus as tokens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexes.errors import TrainingError
from recommender.text.normalise import for_search
from training.corpora import Corpus
from training.corpus import Source
from training.distribution import BOUNDARY
from training.stages import Stages, save_array, save_text
from training.vocabulary import build_tokenizer, choose_pieces, count_words, mix

_BATCH_CHARACTERS = 2_000_000
_COMPANY_EMPHASIS = 3.0


@dataclass(frozen=True, slots=True)
class SourceSize:
    """How much of a source was read: its texts, in search spelling. No tokens where it gave only pairs."""

    source: Source
    documents: int
    characters: int
    tokens: int


def make_tokenizer(corpus: Corpus, vocabulary: int, stages: Stages) -> Tokenizer:
    """Stage *vocabulary*: the tokenizer of at most *vocabulary* pieces. Raises TrainingError for no words."""
    path = stages.path("tokenizer.json")

    def make() -> None:
        counts = [(count_words(corpus.documents(source)), source.weight) for source in corpus.sources]
        pieces = choose_pieces(mix(counts), vocabulary)
        if len(pieces) < 3:
            raise TrainingError("the texts hold no words", field="data", mend="add texts")
        build_tokenizer(pieces).save(str(path), pretty=False)

    stages.run("vocabulary", make)
    return Tokenizer.from_file(str(path))


def make_streams(corpus: Corpus, tokenizer: Tokenizer, stages: Stages) -> None:
    """Stage *tokens*: what :func:`streams` and :func:`sizes` read."""

    def make() -> None:
        characters = []
        for number, source in enumerate(corpus.sources):
            texts = _Counted(corpus.documents(source))
            save_array(stages.path(f"tokens-{number}.npy"), _token_stream(tokenizer, texts))
            characters.append(texts.characters)
        profiles = (for_search(" ".join([c.name, c.industry, *c.products])) for c in corpus.companies())
        save_array(stages.path("tokens-companies.npy"), _token_stream(tokenizer, profiles))
        save_text(stages.path("characters.json"), json.dumps(characters))

    stages.run("tokens", make)


def streams(corpus: Corpus, stages: Stages) -> Iterator[tuple[NDArray[np.int32], float]]:
    """The token ids of each source, BOUNDARY after each text, and what one co-occurrence in it counts."""
    for number, source in enumerate(corpus.sources):
        yield np.load(stages.path(f"tokens-{number}.npy")), source.emphasis
    yield np.load(stages.path("tokens-companies.npy")), _COMPANY_EMPHASIS


def sizes(corpus: Corpus, stages: Stages) -> tuple[SourceSize, ...]:
    characters = json.loads(stages.path("characters.json").read_text(encoding="utf-8"))
    read = (ids for ids, _ in streams(corpus, stages))
    return tuple(
        SourceSize(source, int((ids == BOUNDARY).sum()), number, int((ids != BOUNDARY).sum()))
        for source, number, ids in zip(corpus.sources, characters, read, strict=False)
    )


def sizes_of_pairs(corpus: Corpus) -> tuple[SourceSize, ...]:
    """The sources where only pairs are made of them: the user's own are counted, as a card must name them."""
    return tuple(
        SourceSize(source, len(texts), sum(map(len, texts)), 0)
        for source in corpus.sources
        for texts in [list(corpus.documents(source)) if source.own else []]
    )


class _Counted:
    """Texts, and the number of their characters once they have been read."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts = texts
        self.characters = 0

    def __iter__(self) -> Iterator[str]:
        for text in self._texts:
            self.characters += len(text)
            yield text


def _token_stream(tokenizer: Tokenizer, texts: Iterable[str]) -> NDArray[np.int32]:
    parts: list[NDArray[np.int32]] = [np.empty(0, dtype=np.int32)]
    for batch in _batches(texts):
        for encoding in tokenizer.encode_batch_fast(batch, add_special_tokens=False):
            parts.append(np.array([*encoding.ids, BOUNDARY], dtype=np.int32))
    return np.concatenate(parts)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        batch.append(text)
        characters += len(text)
        if characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch

"""Other ways to cut a text, in the part of a tokenizer's interface that training uses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import rjieba
from tokenizers import Tokenizer

_RUN = re.compile(r"[^\W_]+")
_HAN = re.compile(r"([\u3400-\u4dbf\u4e00-\u9fff]+)")


@dataclass(frozen=True, slots=True)
class Encoding:
    ids: list[int]


class Cutter:
    """*cut* gives the pieces of a text; those not among *pieces* (the unknown one first) are lost."""

    def __init__(self, pieces: Sequence[str], cut: Callable[[str], Iterable[str]]) -> None:
        self._ids = {piece: number for number, piece in enumerate(pieces)}
        self._cut = cut

    def __contains__(self, piece: str) -> bool:
        return piece in self._ids

    def get_vocab_size(self) -> int:
        return len(self._ids)

    def encode_batch_fast(self, texts: Sequence[str], *, add_special_tokens: bool) -> list[Encoding]:
        ids = self._ids
        return [Encoding([ids[piece] for piece in self._cut(text) if piece in ids]) for text in texts]


def count_characters(texts: Iterable[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(character for character in text if character.isalnum())
    return counts


def count_bigrams(texts: Iterable[str]) -> Counter[str]:
    """Characters, and the pairs of neighbours within a run of letters and digits."""
    counts = count_characters(texts := list(texts))
    for text in texts:
        for run in _RUN.findall(text):
            counts.update(map(str.__add__, run, run[1:]))
    return counts


def characters(pieces: Sequence[str]) -> Cutter:
    return Cutter(pieces, iter)


def bigrams(pieces: Sequence[str]) -> Cutter:
    """All pairs of neighbours that are known, overlapping; a character that no such pair holds by itself."""
    known = set(pieces)

    def cut(text: str) -> Iterator[str]:
        for run in _RUN.findall(text):
            held = False
            for at, character in enumerate(run):
                pair = run[at : at + 2]
                follows = len(pair) == 2 and pair in known
                if follows:
                    yield pair
                elif not held:
                    yield character
                held = follows

    return Cutter(pieces, cut)


def whole_words(tokenizer: Tokenizer) -> Cutter:
    """Words of a dictionary segmenter; one that *tokenizer* does not hold is lost, not cut smaller."""
    pieces = [tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())]

    def cut(text: str) -> Iterator[str]:
        for run in _RUN.findall(text):
            for part in _HAN.split(run):
                yield from rjieba.cut(part) if _HAN.fullmatch(part) else (part,)

    return Cutter(pieces, cut)

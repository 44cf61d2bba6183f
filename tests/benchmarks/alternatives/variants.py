"""Encoders that differ from the shipped one in one thing, each trained by the package's own functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from tokenizers import Tokenizer

from recommender import profile
from recommender.text.normalise import for_search
from tests.benchmarks.alternatives import cutting
from training import award_training, token_streams
from training.award_training import _known
from training.awards import FOLDS, Awards
from training.contrastive import contrast
from training.corpora import FolderCorpus, digest
from training.determinism import reproducible
from training.distribution import (
    BOUNDARY,
    cooccurrence,
    decompose,
    frequencies,
    ppmi,
    project,
    token_weights,
    unit_rows,
)
from training.examples import Material, bags
from training.pairs import Pair
from training.settings import TrainingSettings
from training.stages import Stages, save_array
from training.vocabulary import choose_pieces, mix

Floats = NDArray[np.float32]
Cut = Tokenizer | cutting.Cutter
Say = Callable[[str], None]
Weighted = tuple[NDArray[np.int32], float]
_NTH = 4


@dataclass(frozen=True, slots=True)
class Distribution:
    """Of a vocabulary: ``wide`` vectors (pieces, w) before their projection, with them the vectors of the
    trade's ``sentences`` (t, w), and the pieces' ``frequency``."""

    cut: Cut
    wide: Floats
    sentences: Floats
    frequency: NDArray[np.float64]


class Workshop:
    """Trains variants on the folder *data*; what several of them share is kept in the folder *work*."""

    def __init__(self, data: Path, work: Path, say: Say) -> None:
        self.corpus = FolderCorpus(data)
        self.settings = TrainingSettings()
        self.stages = Stages(work, digest([asdict(self.settings), self.corpus.identity]), say)
        self.tokenizer = token_streams.make_tokenizer(self.corpus, self.settings.vocabulary, self.stages)
        self._say = say

    @cached_property
    def awards(self) -> Awards:
        return self.corpus.awards()

    @cached_property
    def shipped(self) -> Distribution:
        """That of the shipped vocabulary over all texts."""
        token_streams.make_streams(self.corpus, self.tokenizer, self.stages)

        def make() -> None:
            found = self._distribution(
                self.tokenizer, lambda: token_streams.streams(self.corpus, self.stages)
            )
            save_array(self.stages.path("wide-frequency.npy"), found.frequency)
            save_array(self.stages.path("sentences.npy"), found.sentences)
            save_array(self.stages.path("wide.npy"), found.wide)

        self.stages.run("wide", make)
        names = ("wide", "sentences", "wide-frequency")
        return Distribution(
            self.tokenizer, *(np.load(self.stages.path(f"{name}.npy"), mmap_mode="r") for name in names)
        )

    @cached_property
    def _known(self) -> torch.Tensor:
        return _known(self.awards)

    @cached_property
    def _pairs(self) -> list[Pair]:
        return list(self.corpus.pairs())

    @cached_property
    def whole_words(self) -> cutting.Cutter:
        return cutting.whole_words(self.tokenizer)

    @cached_property
    def _sample(self) -> list[tuple[list[str], float, float]]:
        """Every fourth text of each source, with the source's weight and emphasis."""
        return [
            (list(self.corpus.documents(source))[::_NTH], source.weight, source.emphasis)
            for source in self.corpus.sources
        ]

    def sampled(self, pieces: str) -> Distribution:
        """Over every fourth text: ``words`` (the shipped vocabulary), ``characters`` or ``bigrams``."""
        cut: Cut = self.tokenizer
        if pieces != "words":
            count = cutting.count_characters if pieces == "characters" else cutting.count_bigrams
            weights = mix((count(texts), weight) for texts, weight, _ in self._sample)
            chosen = [piece for piece, _ in choose_pieces(weights, self.settings.vocabulary)]
            cut = cutting.characters(chosen) if pieces == "characters" else cutting.bigrams(chosen)
        companies = [for_search(" ".join([c.name, c.industry, *c.products])) for c in self.corpus.companies()]
        emphasis = token_streams._COMPANY_EMPHASIS
        read = [(texts, each) for texts, _, each in self._sample] + [(companies, emphasis)]
        streams = [(_stream(cut, texts), each) for texts, each in read]
        return self._distribution(cut, lambda: streams)

    def _distribution(self, cut: Cut, streams: Callable[[], Iterable[Weighted]]) -> Distribution:
        settings = self.settings
        frequency = frequencies((ids for ids, _ in streams()), cut.get_vocab_size())
        counts = cooccurrence(
            streams(),
            frequency,
            window=settings.window,
            subsample=settings.subsample,
            seed=settings.seed,
        )
        matrix = ppmi(counts, least=settings.least_count)
        del counts
        self._say(f"decomposing {matrix.nnz:,} associations")
        wide = decompose(matrix, settings.decomposed, seed=settings.seed)
        weighted = wide * token_weights(frequency, settings.softening)[:, None]
        texts = bags(cut, list(self.corpus.trade_texts()))  # type: ignore[arg-type]
        sums = np.stack([weighted[bag].sum(axis=0) for bag in texts])
        return Distribution(cut, wide, unit_rows(sums), frequency)

    def contrasted(
        self, of: Distribution, settings: TrainingSettings | None = None, cut: Cut | None = None
    ) -> Floats:
        """(pieces, dimension) after the contrast, before any contract; texts cut by *cut* instead."""
        settings = settings or self.settings
        base = project(of.wide, of.sentences, settings.dimension)
        weights = token_weights(of.frequency, settings.softening)
        companies = self.corpus.companies()
        material = Material(cut or of.cut, self._pairs, companies, settings)  # type: ignore[arg-type]
        return contrast(base, weights, material, settings, self._say)[0]

    def folds(
        self,
        vectors: Floats,
        settings: TrainingSettings | None = None,
        *,
        buyer: float = profile.BUYER,
    ) -> list[Floats]:
        """*vectors* after the contracts, without those of each fold; a buyer's name counts *buyer*."""
        # what is known beside the vectors is the same for all variants, and takes a third of the time
        known = patch.object(award_training, "_known", lambda _: self._known)
        with known, patch.object(profile, "BUYER", buyer):
            return [
                award_training.learn_from_awards(
                    vectors,
                    self.tokenizer,
                    self.awards,
                    settings or self.settings,
                    fold=fold,
                    progress=self._say,
                )[0]
                for fold in range(FOLDS)
            ]

    def folds_beside_popularity(self, vectors: Floats) -> list[Floats]:
        """:meth:`folds`, with a score of each profile that no need changes learned beside the choice and
        thrown away: it takes up who wins much whatever is wanted, which the map would otherwise learn."""
        with reproducible(self.settings.seed):
            return [self._beside_popularity(vectors, fold) for fold in range(FOLDS)]

    def _beside_popularity(self, vectors: Floats, fold: int) -> Floats:
        settings, awards = self.settings, self.awards
        random = np.random.default_rng(settings.seed)
        wanted = award_training._Wanted(self.tokenizer, awards.needs)
        offered = award_training._Offered(self.tokenizer, awards)
        train = torch.from_numpy(np.flatnonzero(awards.folds() != fold))
        won = torch.tensor(awards.winners)[train]
        worth = (1.0 / torch.sqrt(torch.bincount(won)[won])).float()
        known = self._known[train]
        base = torch.from_numpy(vectors)
        map_ = torch.eye(base.shape[1], requires_grad=True)
        log_weights = torch.zeros(len(base), requires_grad=True)
        slope = torch.tensor(settings.award_slope, requires_grad=True)
        popular = torch.zeros(base.shape[1], requires_grad=True)
        optimiser = torch.optim.Adam(
            [
                {"params": [map_], "lr": settings.award_learning_rate},
                {"params": [log_weights], "lr": settings.weight_learning_rate},
                {"params": [slope], "lr": 0.1},
                {"params": [popular], "lr": 0.2},
            ]
        )

        def current() -> torch.Tensor:
            return (base @ map_) * torch.exp(log_weights)[:, None]

        for _ in range(settings.award_steps):
            found = current()
            profiles = offered(found)
            chosen = wanted(found, train, random, settings.award_dropout)
            scores = slope * chosen @ profiles.T + known + (profiles @ popular)[None]
            losses = functional.cross_entropy(scores, won, reduction="none")
            optimiser.zero_grad()
            torch.autograd.backward((losses * worth / worth.mean()).mean())
            optimiser.step()
        return current().detach().numpy().astype(np.float32)


def without_common(vectors: Floats, texts: Floats, number: int) -> Floats:
    """Token *vectors* (p, d) without the *number* directions that all *texts* (t, d) share most (Arora, Liang
    and Ma 2017)."""
    _, axes = np.linalg.eigh(texts.T.astype(np.float64) @ texts)
    common = axes[:, -number:].astype(np.float32)
    return vectors - (vectors @ common) @ common.T


def _stream(cut: Cut, texts: Sequence[str]) -> NDArray[np.int32]:
    stream = token_streams._token_stream(cut, texts)  # type: ignore[arg-type]
    assert stream[-1] == BOUNDARY
    return stream

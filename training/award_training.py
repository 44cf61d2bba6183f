"""Token vectors that learn from contracts: what of a need tells who wins it.

As in :mod:`training.contrastive` only one linear map and one weight for each token are learned; a few steps
suffice, and more of them learn the winners by heart. Each need is a choice among all suppliers (conditional
logit, McFadden 1974): their profiles by cosine, beside what shared words and nearness add by the ranking's
own curves, so that the vectors learn what those do not already say. A winner of many contracts counts by the
root of how many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexes.lexical import LexicalIndex
from recommender import profile
from recommender.catalogue import Need
from recommender.places import places_of
from recommender.ranking import PRIOR
from recommender.ranking.features import region_match
from training.awards import FOLDS, HELD_OUT, Awards
from training.determinism import reproducible
from training.examples import Bag, bags
from training.settings import TrainingSettings
from training.stages import Log

LEAST = 100
"""Contracts below which nothing is learned from them: they would teach their winners, not their trade."""

_MOST_RIVALS = 6_000

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AwardCheck:
    """Mean reciprocal rank of the winner among all suppliers, on the contracts of the fold left out."""

    contracts: int
    held_out: int
    before: float
    after: float

    @property
    def kept(self) -> bool:
        """Whether what was learned stays: not where the contracts left out were answered no better by it."""
        return not self.held_out or self.after > self.before


def enough(awards: Awards) -> bool:
    """Whether there are contracts enough to learn from, whichever fold is left out."""
    return bool(len(awards.needs) - np.bincount(awards.folds(), minlength=FOLDS).max() >= LEAST)


def learn_from_awards(
    vectors: Floats,
    tokenizer: Tokenizer,
    awards: Awards,
    settings: TrainingSettings,
    *,
    fold: int = HELD_OUT,
    progress: Callable[[str], None] = lambda _: None,
    log: Log = lambda _: None,
) -> tuple[Floats, AwardCheck]:
    """*vectors* (pieces, d), trained on the contracts whose winner is not of *fold*; unchanged where
    the contracts of that fold are not answered better afterwards. There must be :func:`enough`."""
    with reproducible(settings.seed):
        return _learn(vectors, tokenizer, awards, settings, fold, progress, log)


def _learn(
    vectors: Floats,
    tokenizer: Tokenizer,
    awards: Awards,
    settings: TrainingSettings,
    fold: int,
    progress: Callable[[str], None],
    log: Log,
) -> tuple[Floats, AwardCheck]:
    folds = awards.folds()
    random = np.random.default_rng(settings.seed)
    awards = _among_rivals(awards, random)
    wanted = _Wanted(tokenizer, awards.needs)
    offered = _Offered(tokenizer, awards)
    known = _known(awards)
    winners = torch.tensor(awards.winners)
    train, held = (torch.from_numpy(np.flatnonzero(mask)) for mask in (folds != fold, folds == fold))
    times = np.bincount(winners[train].numpy(), minlength=len(awards.suppliers))
    worth = torch.from_numpy(1.0 / np.sqrt(times[winners[train].numpy()])).float()
    worth /= worth.mean()

    base = torch.from_numpy(vectors)
    map_ = torch.eye(base.shape[1], requires_grad=True)
    log_weights = torch.zeros(len(base), requires_grad=True)
    slope = torch.tensor(settings.award_slope, requires_grad=True)
    optimiser = torch.optim.Adam(
        [
            {"params": [map_], "lr": settings.award_learning_rate},
            {"params": [log_weights], "lr": settings.weight_learning_rate},
            {"params": [slope], "lr": 0.1},
        ]
    )

    def current() -> torch.Tensor:
        return (base @ map_) * torch.exp(log_weights)[:, None]

    def standing() -> float:
        """Mean reciprocal rank on the fold left out."""
        if not len(held):
            return 0.0
        with torch.no_grad():
            found = current()
            scores = slope * wanted(found, held) @ offered(found).T + known[held]
            own = scores[torch.arange(len(held)), winners[held]]
            ranks = 1 + (scores > own[:, None]).sum(dim=1)
            return float((1.0 / ranks).mean())

    before = standing()
    for step in range(1, settings.award_steps + 1):
        found = current()
        profiles = offered(found)
        chosen = wanted(found, train, random, settings.award_dropout)
        losses = functional.cross_entropy(
            slope * chosen @ profiles.T + known[train], winners[train], reduction="none"
        )
        loss = (losses * worth).mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        log({"stage": "awards", "step": step, "loss": round(loss.item(), 4)})
    check = AwardCheck(len(train), len(held), before, standing())
    progress(
        f"contracts: {len(train):,} learned from; of {len(held):,} others {before:.4f} → {check.after:.4f}"
    )
    log({"stage": "awards", "held_out": {"before": round(before, 4), "after": round(check.after, 4)}})
    if not check.kept:
        return vectors, check
    with torch.no_grad():
        learned: Floats = current().numpy().astype(np.float32)
    learned[0] = 0.0
    return learned, check


def _among_rivals(awards: Awards, random: np.random.Generator) -> Awards:
    """*awards* with at most _MOST_RIVALS suppliers: all winners, and others at random."""
    if len(awards.suppliers) <= _MOST_RIVALS:
        return awards
    won = np.unique(awards.winners)
    others = np.setdiff1d(np.arange(len(awards.suppliers)), won)
    kept = np.sort(np.append(won, random.choice(others, max(0, _MOST_RIVALS - len(won)), replace=False)))
    return replace(
        awards,
        suppliers=tuple(awards.suppliers[at] for at in kept),
        winners=tuple(np.searchsorted(kept, awards.winners).tolist()),
    )


class _Wanted:
    """Needs as vectors, composed as :func:`recommender.profile.need_vector` does."""

    def __init__(self, tokenizer: Tokenizer, needs: Sequence[Need]) -> None:
        texts = [profile.need_texts(need) for need in needs]
        self._parts = [bags(tokenizer, list(part)) for part in zip(*texts, strict=True)]

    def __call__(
        self,
        vectors: torch.Tensor,
        rows: torch.Tensor,
        random: np.random.Generator | None = None,
        dropout: float = 0.0,
    ) -> torch.Tensor:
        """(r, d) of the needs *rows*, a share of the tokens of what they are about left out at random."""
        about, buyer, description = ([part[row] for row in rows.tolist()] for part in self._parts)
        if random is not None:
            about = [_thinned(bag, random, dropout) for bag in about]
        whole = (
            _pooled(vectors, about)
            + profile.BUYER * _pooled(vectors, buyer)
            + profile.DESCRIPTION * _pooled(vectors, description)
        )
        return functional.normalize(whole, dim=1, eps=1e-9)


class _Offered:
    """Suppliers as vectors, composed as :func:`recommender.profile.profile_vector` does."""

    def __init__(self, tokenizer: Tokenizer, awards: Awards) -> None:
        titles = [profile.offering_text(o) for _, own in awards.suppliers for o in own]
        different = {title: at for at, title in enumerate(dict.fromkeys(titles))}
        self._titles = bags(tokenizer, list(different))
        self._rows = torch.tensor([different[title] for title in titles], dtype=torch.int64)
        self._roots = torch.from_numpy(
            np.concatenate([profile.roots([o.weight for o in own]) for _, own in awards.suppliers if own])
        )
        self._starts = torch.tensor(np.cumsum([0, *(len(own) for _, own in awards.suppliers)])[:-1])
        self._standing = bags(tokenizer, [profile.standing_text(e) for e, _ in awards.suppliers])
        self._share = torch.tensor(
            [profile.standing_weight(described=bool(e.description)) for e, _ in awards.suppliers]
        )[:, None]

    def __call__(self, vectors: torch.Tensor) -> torch.Tensor:
        """(n, d)"""
        products = functional.embedding_bag(
            self._rows,
            _pooled(vectors, self._titles),
            self._starts,
            mode="sum",
            per_sample_weights=self._roots,
        )
        whole = functional.normalize(products, dim=1, eps=1e-9) + self._share * _pooled(
            vectors, self._standing
        )
        return functional.normalize(whole, dim=1, eps=1e-9)


def _pooled(vectors: torch.Tensor, of: Sequence[Bag]) -> torch.Tensor:
    """(n, d) unit means of the rows of *vectors* that each of the bags *of* names; zero for an empty bag."""
    starts = np.cumsum([0, *(len(bag) for bag in of)])[:-1]
    means = functional.embedding_bag(
        torch.from_numpy(np.concatenate(of)), vectors, torch.from_numpy(starts), mode="mean"
    )
    return functional.normalize(means, dim=1, eps=1e-9)


def _thinned(bag: Bag, random: np.random.Generator, dropout: float) -> Bag:
    kept = bag[random.random(len(bag)) >= dropout]
    return kept if len(kept) else bag


def _known(awards: Awards) -> torch.Tensor:
    """(q, n) log-odds that shared words and nearness add, by the curves of the ranking that ships."""
    curves = {curve.feature: curve for curve in PRIOR.curves}
    index = LexicalIndex.build(
        [profile.enterprise_tokens(e, own) for e, own in awards.suppliers], k1=profile.K1, b=profile.B
    )
    here = np.array([int(e.region or 0) for e, _ in awards.suppliers])
    known = np.zeros((len(awards.needs), len(awards.suppliers)), np.float32)
    for row, need in enumerate(awards.needs):
        scores = index.scores(profile.need_tokens(need)).astype(np.float64)
        known[row] = curves["lexical_match"](scores / max(float(scores.max()), 1e-9))
        places = places_of(need)
        site, seat = int(places.site or 0), int(places.seat or 0)
        near = ("site_match", site) if site else ("region_match", seat)
        known[row] += curves[near[0]](region_match(np.array([near[1]]), here))
    return torch.from_numpy(known)

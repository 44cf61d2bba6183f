"""The development contracts as a ranking task whose parts can be exchanged one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize

from indexes.lexical import LexicalIndex
from recommender import profile
from recommender.places import places_of
from recommender.ranking import PRIOR
from recommender.ranking.features import region_match
from recommender.text.tokens import tokens
from tests.benchmarks.alternatives.variants import Cut
from training.awards import Awards
from training.distribution import unit_rows
from training.examples import bags
from training.metrics import Floats as Values
from training.metrics import significance

Floats = NDArray[np.float32]
Ranks = NDArray[np.int64]
Features = Mapping[str, Floats]
"""Each (q, n): of every need with every supplier."""

_CURVES = {curve.feature: curve for curve in PRIOR.curves}
_NAMED = {
    "offering": "semantic_match",
    "profile": "profile_match",
    "words": "lexical_match",
    "site": "site_match",
    "seat": "region_match",
}
_PART, _PENALTY = 3, 1e-4


class Contest:
    """q needs, n suppliers, and what every encoder shares: the offerings, shared words, nearness."""

    def __init__(self, awards: Awards) -> None:
        self.awards = awards
        self.winners = np.array(awards.winners)
        self.folds = awards.folds()
        owned = [(at, o) for at, (_, own) in enumerate(awards.suppliers) for o in own]
        self.owners = np.array([at for at, _ in owned])
        self.texts, place = np.unique([profile.offering_text(o) for _, o in owned], return_inverse=True)
        self.offered = place.ravel()
        self.roots = np.concatenate([profile.roots([o.weight for o in own]) for _, own in awards.suppliers])
        self.starts = np.flatnonzero(np.diff(self.owners, prepend=-1))
        self.sellers = self.owners[self.starts]
        self.index = LexicalIndex.build(
            [profile.enterprise_tokens(e, own) for e, own in awards.suppliers], k1=profile.K1, b=profile.B
        )
        self.lexical = self.words([profile.need_tokens(need) for need in awards.needs])
        self.site, self.seat = self._nearness()

    def words(self, queries: Sequence[Sequence[str]]) -> Floats:
        """(q, n) BM25."""
        return np.stack([self.index.scores(query) for query in queries])

    def buyer_words(self) -> Floats:
        return self.words([tokens(need.buyer_name) for need in self.awards.needs])

    def _nearness(self) -> tuple[Floats, Floats]:
        here = np.array([int(e.region or 0) for e, _ in self.awards.suppliers])
        near = np.zeros((2, len(self.winners), len(here)), np.float32)
        for row, places in enumerate(map(places_of, self.awards.needs)):
            kind, code = (0, places.site) if places.site else (1, places.seat)
            near[kind, row] = np.nan_to_num(region_match(np.array([int(code or 0)]), here))
        return near[0], near[1]

    def features(self, offering: Floats, whole: Floats, lexical: Floats | None = None) -> dict[str, Floats]:
        lexical = self.lexical if lexical is None else lexical
        share = lexical / np.maximum(lexical.max(axis=1, keepdims=True), 1e-9)
        return {
            "offering": offering,
            "profile": whole,
            "words": share,
            "site": self.site,
            "seat": self.seat,
        }

    def ranks(self, scores: Floats) -> Ranks:
        """(q,) places of the winners by *scores* (q, n)."""
        own = scores[np.arange(len(scores)), self.winners]
        ranks: Ranks = 1 + (scores > own[:, None]).sum(axis=1)
        return ranks

    def by_prior(self, features: Features) -> Floats:
        """(q, n) sum of what the shipped curves give; a best offering of 0 is none."""
        total = np.zeros(self.site.shape, np.float32)
        for name, values in features.items():
            known = np.where(values == 0, np.nan, values) if name == "offering" else values
            total += _CURVES[_NAMED[name]](known).astype(np.float32)
        return total

    def by_learned(self, features: Features) -> Floats:
        """(q, n) the sum of *features* by weights learned on the contracts of the other folds."""
        stacked = np.stack([np.asarray(values, np.float32) for values in features.values()], axis=2)
        total = np.zeros(self.site.shape, np.float32)
        for fold in np.unique(self.folds):
            weights = conditional_logit(stacked, self.winners, self.folds != fold)
            asked = self.folds == fold
            total[asked] = stacked[asked] @ weights.astype(np.float32)
        return total


def conditional_logit(features: Floats, winners: NDArray[np.int64], used: NDArray[np.bool_]) -> Values:
    """(f,) weights of *features* (q, n, f) under which the winners of the needs *used* are likeliest chosen
    (McFadden 1974), a winner of many counting by the root of how many.

    Against a third of the suppliers, drawn at random, each counted thrice.
    """
    rows = np.flatnonzero(used)
    won = winners[rows]
    worth = 1.0 / np.sqrt(np.bincount(won)[won])
    worth /= worth.sum()
    size = features.shape[1]
    drawn = np.sort(np.random.default_rng(0).choice(size, -(-size // _PART), replace=False))
    rivals = np.ascontiguousarray(features[np.ix_(rows, drawn)])
    right = features[rows, won].astype(np.float64)

    def loss(weights: Values) -> tuple[float, Values]:
        scores = rivals @ weights.astype(np.float32)
        own = right @ weights
        odds = np.where(drawn == won[:, None], 0.0, _PART * np.exp(scores - own[:, None].astype(np.float32)))
        total = 1.0 + odds.sum(axis=1)
        share = (worth / total)[:, None] * odds
        pulled = np.einsum("qn,qnf->f", share.astype(np.float32), rivals) - share.sum(axis=1) @ right
        return worth @ np.log(total) + _PENALTY * weights @ weights, pulled + 2 * _PENALTY * weights

    found = minimize(loss, np.zeros(features.shape[2]), jac=True, method="L-BFGS-B", options={"maxiter": 60})
    return found.x


@dataclass(frozen=True, slots=True)
class Asked:
    """What an encoder is given of a need beside its title and buyer: other texts, and their weight."""

    texts: Sequence[Sequence[str]] = ()
    weight: float = 0.0


Pool = Callable[[Floats, "Contest"], Floats]
"""From cosines (r, o) with every offering, in the order of its owners, to one value a seller (r, s)."""


def best(cosines: Floats, contest: Contest) -> Floats:
    return np.maximum.reduceat(cosines, contest.starts, axis=1)


@dataclass(slots=True)
class Reader:
    """The contest's texts as a way of cutting them reads them: rows of token shares."""

    contest: Contest
    cut: Cut
    _titles: sp.csr_matrix = field(init=False)
    _standing: sp.csr_matrix = field(init=False)
    _need: list[sp.csr_matrix] = field(init=False)

    def __post_init__(self) -> None:
        awards = self.contest.awards
        self._titles = self.shares([str(text) for text in self.contest.texts])
        self._standing = self.shares([profile.standing_text(e) for e, _ in awards.suppliers])
        texts = [profile.need_texts(need) for need in awards.needs]
        self._need = [self.shares(part) for part in zip(*texts, strict=True)]

    def shares(self, texts: Sequence[str]) -> sp.csr_matrix:
        found = bags(self.cut, list(texts))  # type: ignore[arg-type]
        ends = np.cumsum([0, *map(len, found)])
        ids = np.concatenate(found)
        shape = (len(texts), self.cut.get_vocab_size())
        counts = sp.csr_matrix((np.ones(len(ids), np.float32), ids, ends), shape=shape)
        counts.sum_duplicates()
        return counts

    def offerings(self, vectors: Floats) -> Floats:
        """(different texts, d)"""
        return unit_rows(self._titles @ vectors)

    def cosines(
        self,
        folds: Sequence[Floats],
        *,
        pool: Pool = best,
        buyer: float = profile.BUYER,
        more: Asked = Asked(),
        centred: bool = False,
    ) -> tuple[Floats, Floats]:
        """(q, n) of the offerings, pooled, and of the profile, each need by the vectors of its winner's fold.

        ``centred``: profiles without what is common to all.
        """
        contest = self.contest
        offering = np.zeros(contest.site.shape, np.float32)
        whole = np.zeros_like(offering)
        extra = [self.shares(texts) for texts in more.texts]
        for fold, vectors in enumerate(folds):
            asked = np.flatnonzero(contest.folds == fold)
            about, buyers, described = (unit_rows(part[asked] @ vectors) for part in self._need)
            needs = about + np.float32(buyer) * buyers + np.float32(profile.DESCRIPTION) * described
            if extra:
                summed = sum(unit_rows(part[asked] @ vectors) for part in extra)
                needs = unit_rows(needs) + np.float32(more.weight) * unit_rows(np.asarray(summed))
            needs = unit_rows(needs)
            offered = self.offerings(vectors)
            offering[np.ix_(asked, contest.sellers)] = pool((needs @ offered.T)[:, contest.offered], contest)
            profiles = self._profiles(vectors, offered)
            if centred:
                profiles = unit_rows(profiles - profiles.mean(axis=0))
            whole[asked] = needs @ profiles.T
        return offering, whole

    def _profiles(self, vectors: Floats, offered: Floats) -> Floats:
        contest = self.contest
        shape = (len(contest.awards.suppliers), len(offered))
        weights = sp.csr_matrix((contest.roots, (contest.owners, contest.offered)), shape=shape)
        share = [profile.standing_weight(described=bool(e.description)) for e, _ in contest.awards.suppliers]
        standing = unit_rows(self._standing @ vectors) * np.array(share, np.float32)[:, None]
        return unit_rows(unit_rows(weights @ offered) + standing)


def measures(ranks: Ranks) -> dict[str, Values]:
    return {
        "R@10": (ranks <= 10).astype(np.float64),
        "R@100": (ranks <= 100).astype(np.float64),
        "MRR": 1.0 / ranks,
    }


def compared(ranks: Ranks, reference: Ranks, groups: NDArray[np.int64]) -> dict[str, tuple[float, float]]:
    """What each measure gains on *reference*, and the p-value of that; the needs of a winner go together."""
    one, other = measures(ranks), measures(reference)
    p = significance(one, other, groups=groups)
    return {m: (float((one[m] - other[m]).mean()), p[m]) for m in one}

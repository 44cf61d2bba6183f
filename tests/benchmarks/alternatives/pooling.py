"""Ways to make one score of several: of an enterprise's offerings, of two halves of retrieval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from recommender.retrieval import RRF_CONSTANT
from tests.benchmarks.alternatives.matching import Contest, Floats, Pool, best

__all__ = ["Pool", "best", "mean", "reciprocal", "soft"]


def soft(temperature: float, *, weighted: bool = False) -> Pool:
    """t · log Σ w · exp(cosine / t), the weights w of an enterprise's offerings 1 each, or shares of 1 by the
    root of their revenue share."""

    def pool(cosines: Floats, contest: Contest) -> Floats:
        grown = np.exp((cosines - 1.0) / np.float32(temperature))
        if weighted:
            grown *= _shares(contest)
        summed = np.add.reduceat(grown, contest.starts, axis=1)
        return np.float32(1.0) + np.float32(temperature) * np.log(np.maximum(summed, 1e-30))

    return pool


def mean(cosines: Floats, contest: Contest) -> Floats:
    """By the root of revenue share."""
    return np.add.reduceat(cosines * _shares(contest), contest.starts, axis=1)


def _shares(contest: Contest) -> Floats:
    sizes = np.diff(np.append(contest.starts, len(contest.roots)))
    totals = np.add.reduceat(contest.roots, contest.starts)
    return (contest.roots / np.repeat(totals, sizes)).astype(np.float32)


def reciprocal(halves: Sequence[Floats]) -> Floats:
    """Reciprocal rank fusion of scores (q, n) each."""
    return sum(1.0 / (RRF_CONSTANT + rankdata(-scores, axis=1)) for scores in halves)

"""Measures of a ranked list against judgments, and how sure one can be of them.

Judgments are ``{query: {document: grade}}``, a run is ``{query: [document, …]}``, best first. Every query
that has a judgment of grade ≥ 1 counts; one that the run lacks scores 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.measures import SEED, by_group, ndcg
from recommender.measures import randomisation_test as randomisation_test
from recommender.measures import significance as significance

Qrels = Mapping[str, Mapping[str, int]]
Run = Mapping[str, Sequence[str]]
Floats = NDArray[np.float64]

MEASURES = ("nDCG@10", "MRR", "R@10", "R@100")
_RESAMPLES = 2_000


def scores_by_query(qrels: Qrels, run: Run) -> tuple[list[str], dict[str, Floats]]:
    """The judged queries, sorted, and for each measure their values (q,)."""
    queries = sorted(q for q, judged in qrels.items() if any(grade > 0 for grade in judged.values()))
    values = {
        "nDCG@10": np.array([ndcg(qrels[q], run.get(q, ()), 10) for q in queries]),
        "MRR": np.array([reciprocal_rank(qrels[q], run.get(q, ())) for q in queries]),
        "R@10": np.array([recall(qrels[q], run.get(q, ()), 10) for q in queries]),
        "R@100": np.array([recall(qrels[q], run.get(q, ()), 100) for q in queries]),
    }
    return queries, values


def reciprocal_rank(judged: Mapping[str, int], ranked: Sequence[str]) -> float:
    """1 / rank of the first relevant document, 0 where none is in the list."""
    for place, document in enumerate(ranked, start=1):
        if judged.get(document, 0) > 0:
            return 1.0 / place
    return 0.0


def recall(judged: Mapping[str, int], ranked: Sequence[str], depth: int) -> float:
    """Share of the relevant documents that are among the first *depth*."""
    relevant = {document for document, grade in judged.items() if grade > 0}
    return len(relevant.intersection(ranked[:depth])) / len(relevant) if relevant else 0.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(values: Floats, *, groups: NDArray[np.int64] | None = None, seed: int = SEED) -> Interval:
    """The mean of *values* (q,) with the 2.5 and 97.5 percentiles of 2,000 resamples (Efron 1979).

    *groups* (q,) numbers queries that belong together (products of one company): whole groups are drawn, so
    that queries which rise and fall together do not count as independent witnesses.
    """
    return intervals({"": values}, groups=groups, seed=seed)[""]


def intervals(
    values: Mapping[str, Floats], *, groups: NDArray[np.int64] | None = None, seed: int = SEED
) -> dict[str, Interval]:
    """:func:`bootstrap` of each measure of the same queries, from the same resamples."""
    matrix = np.stack(list(values.values()), axis=1)
    if not len(matrix):
        return dict.fromkeys(values, Interval(0.0, 0.0, 0.0))
    sums, sizes = by_group(matrix, groups)
    random = np.random.default_rng(seed)
    means = np.empty((_RESAMPLES, matrix.shape[1]))
    for row in range(_RESAMPLES):
        drawn = random.integers(0, len(sums), len(sums))
        means[row] = sums[drawn].sum(axis=0) / sizes[drawn].sum()
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    whole = matrix.mean(axis=0)
    return {m: Interval(float(whole[i]), float(low[i]), float(high[i])) for i, m in enumerate(values)}

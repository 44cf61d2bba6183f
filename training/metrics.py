"""Measures of a ranked list against judgments, and how sure one can be of them.

Judgments are ``{query: {document: grade}}``, a run is ``{query: [document, …]}``, best first. Every query
that has a judgment of grade ≥ 1 counts; one that the run lacks scores 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Qrels = Mapping[str, Mapping[str, int]]
Run = Mapping[str, Sequence[str]]
Floats = NDArray[np.float64]

MEASURES = ("nDCG@10", "MRR", "R@10", "R@100")
_RESAMPLES = 2_000
_SEED = 20260101


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


def ndcg(judged: Mapping[str, int], ranked: Sequence[str], depth: int) -> float:
    """Normalised discounted cumulative gain with gain = grade (Järvelin & Kekäläinen 2002; trec_eval)."""
    gain = sum(
        max(judged.get(document, 0), 0) / math.log2(place + 2)
        for place, document in enumerate(ranked[:depth])
    )
    ideal = sorted((grade for grade in judged.values() if grade > 0), reverse=True)[:depth]
    best = sum(grade / math.log2(place + 2) for place, grade in enumerate(ideal))
    return gain / best if best else 0.0


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


def bootstrap(values: Floats, *, groups: NDArray[np.int64] | None = None, seed: int = _SEED) -> Interval:
    """The mean of *values* (q,) with the 2.5 and 97.5 percentiles of 2,000 resamples (Efron 1979).

    *groups* (q,) numbers queries that belong together (products of one company): whole groups are drawn, so
    that queries which rise and fall together do not count as independent witnesses.
    """
    return intervals({"": values}, groups=groups, seed=seed)[""]


def intervals(
    values: Mapping[str, Floats], *, groups: NDArray[np.int64] | None = None, seed: int = _SEED
) -> dict[str, Interval]:
    """:func:`bootstrap` of each measure of the same queries, from the same resamples."""
    matrix = np.stack(list(values.values()), axis=1)
    if not len(matrix):
        return dict.fromkeys(values, Interval(0.0, 0.0, 0.0))
    sums, sizes = _by_group(matrix, groups)
    random = np.random.default_rng(seed)
    means = np.empty((_RESAMPLES, matrix.shape[1]))
    for row in range(_RESAMPLES):
        drawn = random.integers(0, len(sums), len(sums))
        means[row] = sums[drawn].sum(axis=0) / sizes[drawn].sum()
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    whole = matrix.mean(axis=0)
    return {m: Interval(float(whole[i]), float(low[i]), float(high[i])) for i, m in enumerate(values)}


def randomisation_test(
    one: Floats, other: Floats, *, groups: NDArray[np.int64] | None = None, seed: int = _SEED
) -> float:
    """Two-sided p-value that paired *one* and *other* (q,) differ in the mean, by 10,000 random swaps of the
    pairs (Smucker, Allan & Carterette 2007). Never 0: the observed labelling counts as one of the swaps.
    Queries of one of *groups* (q,) are swapped together."""
    return significance({"": one}, {"": other}, groups=groups, seed=seed)[""]


def significance(
    one: Mapping[str, Floats],
    other: Mapping[str, Floats],
    *,
    groups: NDArray[np.int64] | None = None,
    seed: int = _SEED,
) -> dict[str, float]:
    """:func:`randomisation_test` of each measure of the same queries, from the same swaps."""
    matrix = np.stack([one[measure] - other[measure] for measure in one], axis=1)
    sums, _ = _by_group(matrix, groups)
    observed = np.abs(sums.sum(axis=0)) / max(len(matrix), 1)
    random = np.random.default_rng(seed)
    swaps, extreme = 10_000, np.zeros(matrix.shape[1], np.int64)
    for _ in range(0, swaps, 500):
        signs = random.choice(np.array([-1.0, 1.0]), size=(500, len(sums)))
        extreme += (np.abs(signs @ sums) / max(len(matrix), 1) >= observed - 1e-12).sum(axis=0)
    return {m: (int(extreme[i]) + 1) / (swaps + 1) for i, m in enumerate(one)}


def _by_group(matrix: Floats, groups: NDArray[np.int64] | None) -> tuple[Floats, Floats]:
    """Sums (g, m) of the rows of *matrix* (q, m) in each group, and how many each has (g,)."""
    if groups is None:
        return matrix, np.ones(len(matrix))
    _, numbers = np.unique(groups, return_inverse=True)
    sums = np.zeros((int(numbers.max(initial=-1)) + 1, matrix.shape[1]))
    np.add.at(sums, numbers, matrix)
    return sums, np.bincount(numbers).astype(np.float64)

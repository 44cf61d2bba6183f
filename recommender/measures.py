"""How good a ranked list is, and whether one is worse than another by more than chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEED = 20260101


def ndcg(judged: Mapping[str, int], ranked: Sequence[str], depth: int) -> float:
    """Normalised discounted cumulative gain with gain = grade (Järvelin & Kekäläinen 2002; trec_eval)."""
    gain = sum(
        max(judged.get(document, 0), 0) / math.log2(place + 2)
        for place, document in enumerate(ranked[:depth])
    )
    ideal = sorted((grade for grade in judged.values() if grade > 0), reverse=True)[:depth]
    best = sum(grade / math.log2(place + 2) for place, grade in enumerate(ideal))
    return gain / best if best else 0.0


def randomisation_test(
    one: Floats, other: Floats, *, groups: NDArray[np.int64] | None = None, seed: int = SEED
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
    seed: int = SEED,
) -> dict[str, float]:
    """:func:`randomisation_test` of each measure of the same queries, from the same swaps."""
    matrix = np.stack([one[measure] - other[measure] for measure in one], axis=1)
    sums, _ = by_group(matrix, groups)
    observed = np.abs(sums.sum(axis=0)) / max(len(matrix), 1)
    random = np.random.default_rng(seed)
    swaps, extreme = 10_000, np.zeros(matrix.shape[1], np.int64)
    for _ in range(0, swaps, 500):
        signs = random.choice(np.array([-1.0, 1.0]), size=(500, len(sums)))
        extreme += (np.abs(signs @ sums) / max(len(matrix), 1) >= observed - 1e-12).sum(axis=0)
    return {m: (int(extreme[i]) + 1) / (swaps + 1) for i, m in enumerate(one)}


def by_group(matrix: Floats, groups: NDArray[np.int64] | None) -> tuple[Floats, Floats]:
    """Sums (g, m) of the rows of *matrix* (q, m) in each group, and how many each has (g,)."""
    if groups is None:
        return matrix, np.ones(len(matrix))
    _, numbers = np.unique(groups, return_inverse=True)
    sums = np.zeros((int(numbers.max(initial=-1)) + 1, matrix.shape[1]))
    np.add.at(sums, numbers, matrix)
    return sums, np.bincount(numbers).astype(np.float64)

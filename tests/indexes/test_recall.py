"""Recall, solvable by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes.exact import ExactIndex
from indexes.recall import Recall, is_estimated, recall

# For the query (1): scores 5, 4, 4, 4, 1.
VECTORS = np.array([[5], [4], [4], [4], [1]], np.float32)
QUERY = np.array([[1]], np.float32)


class Forgetful:
    """Exact search that never finds the rows *lost* for queries above zero."""

    def __init__(self, lost: list[int]) -> None:
        self.exact = ExactIndex.from_vectors(VECTORS)
        self._kept = ~np.isin(np.arange(5), lost)
        self.dimension, self.size = 1, 5

    def search(self, queries: NDArray[np.float32], k: int, allowed=None):
        found = [self.exact.search(q[None], k, self._kept if q[0] > 0 else None) for q in queries]
        return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def test_a_missing_row_counts() -> None:
    assert recall(Forgetful([0]), QUERY, (1, 2, 4)) == (
        Recall(1, 1, 0.0, 0.0, 0.0),  # a 4 in the place of the 5
        Recall(2, 1, 1.0, 1.0, 1.0),  # two 4s where a 5 and a 4 belong: as good as the last of the best
        Recall(4, 1, 0.75, 0.75, 0.75),
    )


def test_a_row_that_ties_stands_for_another() -> None:
    (found,) = recall(Forgetful([2]), QUERY, (3,))
    assert found.mean == 1.0


def test_the_worst_query_is_told_apart_from_the_mean() -> None:
    queries = np.array([[1], *[[-1]] * 99], np.float32)
    (found,) = recall(Forgetful([0]), queries, (1,))
    assert (found.mean, found.fifth, found.least) == (0.99, 1.0, 0.0)
    assert found.passed
    assert not recall(Forgetful([0]), queries[:20], (1,))[0].passed


def test_depths_beyond_the_size_are_the_size() -> None:
    assert [found.depth for found in recall(Forgetful([]), QUERY, (3, 10, 100))] == [3, 5]


def test_an_exact_index_has_no_recall() -> None:
    assert not is_estimated(ExactIndex.from_vectors(VECTORS))
    assert recall(ExactIndex.from_vectors(VECTORS), QUERY) == ()


def test_no_queries_measure_nothing() -> None:
    assert recall(Forgetful([]), QUERY[:0]) == ()


def test_figures_are_told_with_their_names() -> None:
    assert Recall(10, 3, 1.0, 0.9999999, 0.5).to_json() == {
        "depth": 10,
        "queries": 3,
        "mean": 1.0,
        "p5": 1.0,
        "min": pytest.approx(0.5),
    }

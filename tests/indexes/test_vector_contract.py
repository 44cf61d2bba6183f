"""What every vector index must do. An engine joins by adding its builder to tests/indexes/backends.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes.errors import InputError
from indexes.vectors import VectorIndex
from tests.indexes.backends import Backend

# Solvable by hand: rows 1 and 3 are equal, and so are 2 and 4.
VECTORS = np.array([[1, 0], [0, 2], [1, 1], [0, 2], [1, 1]], np.float32)


@pytest.fixture
def index(backend: Backend) -> VectorIndex:
    return backend.build(VECTORS)


def one(x: float, y: float) -> NDArray[np.float32]:
    return np.array([[x, y]], np.float32)


def test_size_and_dimension(index: VectorIndex) -> None:
    assert (index.size, index.dimension) == (5, 2)


def test_the_best_come_first_and_equal_scores_by_row(index: VectorIndex) -> None:
    scores, rows = index.search(one(0, 1), 5)
    assert rows.tolist() == [[1, 3, 2, 4, 0]]
    assert scores.tolist() == [[2, 2, 1, 1, 0]]
    assert (scores.dtype, rows.dtype) == (np.float32, np.int64)


def test_a_tie_across_the_end_keeps_the_lower_row(index: VectorIndex) -> None:
    assert index.search(one(0, 1), 1)[1].tolist() == [[1]]
    assert index.search(one(0, 1), 3)[1].tolist() == [[1, 3, 2]]


def test_no_more_than_all_rows_are_returned(index: VectorIndex) -> None:
    scores, rows = index.search(one(1, 0), 100)
    assert scores.shape == rows.shape == (1, 5)
    assert rows.tolist() == [[0, 2, 4, 1, 3]]


def test_only_allowed_rows_are_found_and_the_rest_is_padding(index: VectorIndex) -> None:
    allowed = np.array([True, False, False, True, True])
    scores, rows = index.search(one(0, 1), 4, allowed)
    assert rows.tolist() == [[3, 4, 0, -1]]
    assert scores.tolist() == [[2, 1, 0, -np.inf]]


def test_no_row_is_allowed(index: VectorIndex) -> None:
    scores, rows = index.search(one(0, 1), 2, np.zeros(5, bool))
    assert rows.tolist() == [[-1, -1]]
    assert scores.tolist() == [[-np.inf, -np.inf]]


def test_a_zero_query_ties_with_everything(index: VectorIndex) -> None:
    assert index.search(one(0, 0), 3)[1].tolist() == [[0, 1, 2]]
    allowed = np.array([False, True, False, False, True])
    scores, rows = index.search(one(0, 0), 3, allowed)
    assert rows.tolist() == [[1, 4, -1]]
    assert scores.tolist() == [[0, 0, -np.inf]]


def test_negative_scores_are_scores(index: VectorIndex) -> None:
    scores, rows = index.search(one(0, -1), 5)
    assert rows.tolist() == [[0, 2, 4, 1, 3]]
    assert scores.tolist() == [[0, -1, -1, -2, -2]]


def test_a_batch_answers_as_its_queries_do_alone(backend: Backend) -> None:
    random = np.random.default_rng(7)
    vectors = random.standard_normal((3000, 24)).astype(np.float32)
    vectors[1000:2000] = vectors[:1000]  # ties in plenty
    vectors[2500:] = vectors[0]
    queries = np.concatenate([vectors[:12], random.standard_normal((12, 24)), np.zeros((1, 24))])
    queries = queries.astype(np.float32)
    index = backend.build(vectors)
    for allowed in (None, random.random(3000) < 0.3):
        scores, rows = index.search(queries, 50, allowed)
        for i in range(len(queries)):
            alone_scores, alone_rows = index.search(queries[i : i + 1], 50, allowed)
            assert rows[i].tolist() == alone_rows[0].tolist()
            assert scores[i].tolist() == alone_scores[0].tolist()


def test_stored_vectors_come_back(index: VectorIndex) -> None:
    assert index.rows(np.array([3, 0, 3])).tolist() == [[0, 2], [1, 0], [0, 2]]
    assert index.rows(np.zeros(0, np.int64)).shape == (0, 2)


def test_vectors_that_come_back_are_copies(index: VectorIndex) -> None:
    index.rows(np.array([0]))[:] = 9
    assert index.rows(np.array([0])).tolist() == [[1, 0]]


def test_a_saved_index_answers_the_same(backend: Backend, index: VectorIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "new" / "folder")
    loaded = backend.load(tmp_path / "new" / "folder")
    for found, expected in zip(loaded.search(one(1, 3), 4), index.search(one(1, 3), 4), strict=True):
        assert found.tolist() == expected.tolist()
    assert loaded.rows(np.arange(5)).tolist() == VECTORS.tolist()
    assert (loaded.size, loaded.dimension) == (5, 2)


def test_an_empty_index_finds_nothing(backend: Backend, tmp_path: Path) -> None:
    backend.build(np.zeros((0, 2), np.float32)).save(tmp_path)
    index = backend.load(tmp_path)
    scores, rows = index.search(one(1, 1), 3)
    assert scores.shape == rows.shape == (1, 0)
    assert index.rows(np.zeros(0, np.int64)).shape == (0, 2)


def test_no_queries_give_no_answers(index: VectorIndex) -> None:
    scores, rows = index.search(np.zeros((0, 2), np.float32), 3)
    assert scores.shape == rows.shape == (0, 3)


@pytest.mark.parametrize(
    "queries",
    [
        np.zeros((1, 3), np.float32),
        np.zeros(2, np.float32),
        np.array([[np.nan, 0]], np.float32),
        np.array([[np.inf, 0]], np.float32),
        np.array([[3e38, 0]], np.float32),
    ],
)
def test_queries_that_do_not_fit_are_refused(index: VectorIndex, queries: NDArray[np.float32]) -> None:
    with pytest.raises(InputError):
        index.search(queries, 1)


@pytest.mark.parametrize("allowed", [np.ones(4, bool), np.ones((5, 1), bool), np.ones(5, np.int64)])
def test_masks_that_do_not_fit_are_refused(index: VectorIndex, allowed: NDArray[np.bool_]) -> None:
    with pytest.raises(InputError, match="5 booleans"):
        index.search(one(1, 0), 1, allowed)


@pytest.mark.parametrize("k", [0, -3])
def test_k_must_be_positive(index: VectorIndex, k: int) -> None:
    with pytest.raises(InputError, match="at least 1"):
        index.search(one(1, 0), k)


@pytest.mark.parametrize("numbers", [[-1], [5], [0.5], [[0]]])
def test_rows_that_are_not_there_are_refused(index: VectorIndex, numbers: list[float]) -> None:
    with pytest.raises(InputError):
        index.rows(np.array(numbers))


@pytest.mark.parametrize("vectors", [np.zeros((2, 0)), np.zeros(3), np.full((1, 2), np.nan)])
def test_vectors_that_are_none_are_refused(backend: Backend, vectors: NDArray[np.float32]) -> None:
    with pytest.raises(InputError):
        backend.build(vectors)

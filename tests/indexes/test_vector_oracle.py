"""Every vector index against numpy in double precision."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indexes.vectors import VectorIndex
from tests.indexes.backends import NAMES, Backend

SIZE = 5_000


def best_of(
    vectors: NDArray[Any], queries: NDArray[Any], k: int, allowed: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Scores and rows as they must be, by sorting everything."""
    scores = queries.astype(np.float64) @ vectors.astype(np.float64).T
    if allowed is not None:
        scores[:, ~allowed] = -np.inf
    rows = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(scores, rows, axis=1)
    return best, np.where(np.isinf(best), -1, rows)


def clustered(seed: int, count: int, dimension: int) -> NDArray[np.float32]:
    """Unit vectors around a few hundred centres, every fifth one of them twice: as texts are."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((300, dimension))
    found = centres[random.integers(300, size=count)] + random.standard_normal((count, dimension))
    twins = found[1::5]
    found[::5][: len(twins)] = twins
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    return clustered(1, SIZE, 32)


@pytest.fixture(scope="module")
def built(vectors: NDArray[np.float32], every_backend: dict[str, Backend]) -> dict[str, VectorIndex]:
    return {name: backend.build(vectors) for name, backend in every_backend.items()}


@pytest.mark.parametrize("batch", [1, 3, 40])
@pytest.mark.parametrize("share", [None, 0.9, 0.5, 0.01, 0.0004])
@pytest.mark.parametrize("name", NAMES)
def test_the_best_are_those_of_double_precision(
    built: dict[str, VectorIndex],
    every_backend: dict[str, Backend],
    name: str,
    batch: int,
    share: float | None,
) -> None:
    index = built[name]
    queries = clustered(2, batch, 32)
    allowed = None if share is None else np.random.default_rng(2).random(SIZE) < share
    scores, rows = index.search(queries, 20, allowed)
    stored = index.rows(np.arange(SIZE))
    best, expected = best_of(stored, queries, 20, allowed)
    # what is found is scored right and in order, whether or not anything is missed
    for query, found, given_scores in zip(queries, rows, scores, strict=True):
        there = found >= 0
        assert np.allclose(given_scores[there], stored[found[there]] @ query, atol=1e-6)
        assert len({*found[there].tolist()}) == there.sum()
        assert allowed is None or allowed[found[there]].all()
    assert (np.diff(np.where(np.isinf(scores), -9, scores), axis=1) <= 0).all()
    assert ((rows >= 0) == (expected >= 0)).all()
    if every_backend[name].exact:
        # equal in double precision may be ordered otherwise by the last bit of a float, never beyond it
        assert np.allclose(scores, best, atol=1e-6)
        assert (np.where(np.isinf(best), -1, rows) == expected).mean() > 0.99
    else:
        assert (scores >= best[:, -1:] - 1e-6).mean() > 0.99


@pytest.mark.parametrize("name", NAMES)
def test_threads_get_the_answers_they_get_alone(built: dict[str, VectorIndex], name: str) -> None:
    index, queries = built[name], clustered(3, 16, 32)
    masks = [np.random.default_rng(i).random(SIZE) < 0.2 for i in range(16)]

    def ask(i: int) -> list[int]:
        return index.search(queries[i : i + 1], 10, masks[i] if i % 2 else None)[1][0].tolist()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(16))) == [ask(i) for i in range(16)]


@pytest.mark.parametrize("name", NAMES)
def test_hundreds_of_equal_vectors_are_listed_by_row(
    vectors: NDArray[np.float32], every_backend: dict[str, Backend], name: str
) -> None:
    crowded = vectors.copy()
    crowded[7::9] = vectors[0]  # 555 rows, far more than the spare candidates
    crowded[[0, 1]] = vectors[2]  # … and none but these
    queries = np.repeat(vectors[:1], 5, axis=0)
    rows = every_backend[name].build(crowded).search(queries, 10)[1]
    assert rows.tolist() == [list(range(7, 7 + 90, 9))] * 5


@pytest.mark.parametrize("name", NAMES)
def test_an_index_of_one_vector_repeated_is_listed_by_row(
    every_backend: dict[str, Backend], name: str
) -> None:
    index = every_backend[name].build(np.full((3_000, 3), 0.1, np.float32))
    scores, rows = index.search(np.full((5, 3), 0.7, np.float32), 4)
    assert rows.tolist() == [[0, 1, 2, 3]] * 5
    assert len(set(scores.ravel().tolist())) == 1


Search = tuple[NDArray[np.float32], NDArray[np.float32], int, NDArray[np.bool_] | None]


@st.composite
def searches(draw: st.DrawFn) -> Search:
    """Vectors of a few whole numbers, whose scores are exact in any order of addition and tie in plenty."""
    rows, dimension, queries = draw(st.integers(0, 70)), draw(st.integers(1, 37)), draw(st.integers(0, 6))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    most = draw(st.sampled_from([0, 1, 9]))
    vectors = random.integers(-most, most + 1, (rows, dimension)).astype(np.float32)
    asked = random.integers(-most, most + 1, (queries, dimension)).astype(np.float32)
    share = draw(st.sampled_from([None, 0.0, 0.1, 0.5, 1.0]))
    return vectors, asked, draw(st.integers(1, 90)), None if share is None else random.random(rows) < share


@pytest.mark.parametrize("name", [name for name in NAMES if name != "milvus"])
@settings(max_examples=60, deadline=None)
@given(search=searches())
def test_odd_shapes_and_ties_are_answered_to_the_row(
    every_backend: dict[str, Backend], name: str, search: Search
) -> None:
    vectors, queries, k, allowed = search
    scores, rows = every_backend[name].build(vectors).search(queries, k, allowed)
    best, expected = best_of(vectors, queries, k, allowed)
    assert rows.tolist() == expected.tolist()
    assert scores.tolist() == best.tolist()

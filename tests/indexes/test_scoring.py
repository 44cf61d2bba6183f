"""The order of the best, and the ways to add up, against sorting and double precision."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indexes import scoring
from indexes.exact import ExactIndex
from indexes.scoring import (
    best,
    best_by_product,
    kth_best,
    named_by_product,
    score_all,
    score_rows,
    side_by_side,
    slack,
)


def test_the_examples_hold() -> None:
    assert doctest.testmod(scoring).failed == 0


@given(st.integers(0, 2**32), st.integers(1, 300), st.integers(1, 400))
@settings(max_examples=80, deadline=None)
def test_the_best_are_those_of_a_full_sort(seed: int, count: int, k: int) -> None:
    random = np.random.default_rng(seed)
    scores = (random.integers(-3, 4, (2, count)) * random.choice([0.1, 1e-30, 1e30])).astype(np.float32)
    scores[random.random(scores.shape) < 0.1] = -0.0
    rows = np.stack([random.permutation(10**6)[:count] for _ in range(2)])
    found, places = best(scores, rows, k)
    for query in range(2):
        order = np.lexsort((rows[query], -scores[query]))[:k]
        assert places[query].tolist() == rows[query][order].tolist() + [-1] * (k - order.size)
        assert found[query].tolist() == scores[query][order].tolist() + [-np.inf] * (k - order.size)


def test_absent_rows_come_last() -> None:
    scores = np.array([[-np.inf, 2, -np.inf, 3]], np.float32)
    assert best(scores, np.array([[-1, 7, -1, 5]]), 3)[1].tolist() == [[5, 7, -1]]


@pytest.mark.parametrize("count", [1, 50, 100_000])
@pytest.mark.parametrize("kind", ["spread", "equal", "sorted", "rare"])
def test_the_kth_best_is_that_of_a_sort(count: int, kind: str) -> None:
    random = np.random.default_rng(1)
    scores = {
        "spread": random.standard_normal(count),
        "equal": np.ones(count),
        "sorted": np.arange(count),
        # a sample sees none of the few that count
        "rare": np.where(np.arange(count) % 61 == 1, random.random(count), -np.inf),
    }[kind].astype(np.float32)
    for k in {1, min(count, 40), min(count, 2_000), count}:
        assert kth_best(scores, k) == np.sort(scores)[-k]


def test_two_ways_of_adding_up_differ_by_less_than_the_slack() -> None:
    random = np.random.default_rng(2)
    for dimension in (3, 100, 1_000):
        vectors = random.standard_normal((500, dimension)).astype(np.float32)
        queries = random.standard_normal((4, dimension)).astype(np.float32)
        longest = float(np.linalg.norm(vectors, axis=1).max())
        truth = queries.astype(np.float64) @ vectors.T.astype(np.float64)
        settled = score_rows(vectors, queries, np.tile(np.arange(500), (4, 1)))
        streamed = np.stack([score_all(vectors, query) for query in queries])
        for scores in (settled, streamed):
            assert (np.abs(scores - truth) <= slack(queries, longest)[:, None] / 4).all()


def test_a_product_names_the_best_of_all_blocks_and_bounds_the_rest() -> None:
    random = np.random.default_rng(3)
    vectors = random.integers(-9, 10, (700, 5)).astype(np.float32)
    queries = random.integers(-9, 10, (6, 5)).astype(np.float32)
    numbers = [np.arange(at, min(at + 64, 700)) for at in range(0, 700, 64)]
    scores, rows, unseen = best_by_product(queries, 90, [(part, vectors[part]) for part in numbers])
    truth = queries @ vectors.T
    for query in range(6):
        assert sorted(scores[query]) == sorted(truth[query])[-90:]
        assert truth[query][rows[query]].tolist() == scores[query].tolist()
        assert len({*rows[query].tolist()}) == 90
        assert unseen[query] >= np.delete(truth[query], rows[query]).max()


def test_fewer_rows_than_asked_for_leave_nothing_unseen() -> None:
    scores, rows, unseen = best_by_product(np.eye(2, dtype=np.float32), 3, [])
    assert rows.tolist() == [[-1] * 3] * 2
    assert np.isneginf(scores).all()
    assert np.isneginf(unseen).all()


def test_parts_come_back_in_order() -> None:
    queries = np.arange(5_000, dtype=np.float32)[:, None]
    sizes: list[int] = []

    def search(part: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        sizes.append(len(part))
        return part, part.astype(np.int64)

    scores, rows = side_by_side(search, queries, 3)
    assert (scores.tolist(), rows.tolist()) == (queries.tolist(), queries.tolist())
    assert max(sizes) <= 1_024


def test_a_batch_on_several_threads_answers_as_on_one() -> None:
    vectors = np.random.default_rng(4).standard_normal((3_000, 16)).astype(np.float32)
    index = ExactIndex.from_vectors(vectors)
    whole = index.search(vectors[:300], 20)
    for at in range(0, 300, 50):
        part = index.search(vectors[at : at + 50], 20)
        assert part[0].tolist() == whole[0][at : at + 50].tolist()
        assert part[1].tolist() == whole[1][at : at + 50].tolist()


@pytest.mark.parametrize("kind", ["spread", "alike", "equal", "opposite"])
@pytest.mark.parametrize("k", [1, 40, 200])
def test_what_a_product_names_under_a_bound_holds_the_best_or_the_query_is_left_out(
    kind: str, k: int
) -> None:
    random = np.random.default_rng(k)
    vectors = random.standard_normal((20_000, 16)).astype(np.float32)
    queries = random.standard_normal((12, 16)).astype(np.float32)
    if kind == "alike":  # a thousand of the same stand above all others
        vectors[::20] = queries[0] * 3
    if kind == "equal":
        vectors[:] = vectors[0]
    if kind == "opposite":  # all scores are negative
        vectors, queries = -np.abs(vectors), np.abs(queries)
    queries[3] = 0
    longest = float(np.linalg.norm(vectors, axis=1).max())
    done, named = named_by_product(queries, k, vectors, longest)
    assert not done[3]
    assert len(named) == done.sum()
    assert done.sum() >= {"spread": 9, "alike": 5, "equal": 0, "opposite": 0}[kind]
    for query, rows in zip(queries[done], named, strict=True):
        scores = score_rows(vectors, query[None], np.arange(len(vectors))[None])
        every = best(scores, np.arange(len(vectors))[None], k)
        held = best(score_rows(vectors, query[None], rows[None]), rows[None], k)
        assert held[0].tolist() == every[0].tolist()
        assert held[1].tolist() == every[1].tolist()


def test_many_equal_scores_at_the_bound_are_all_named() -> None:
    random = np.random.default_rng(6)
    vectors = random.standard_normal((20_000, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[::25] = vectors[0]
    done, named = named_by_product(vectors[:1], 10, vectors, 1.0)
    assert done.all()
    assert {*range(0, 20_000, 25)} <= {*named[0].tolist()}


def test_a_large_batch_finds_what_single_queries_find() -> None:
    random = np.random.default_rng(5)
    vectors = random.standard_normal((30_000, 24)).astype(np.float32)
    vectors[1000:1500] = vectors[7]
    queries = random.standard_normal((70, 24)).astype(np.float32)
    queries[2], queries[4] = 0, vectors[7]
    index = ExactIndex.from_vectors(vectors)
    scores, rows = index.search(queries, 300)
    for at, query in enumerate(queries):
        alone, alone_rows = index.search(query[None], 300)
        assert scores[at].tolist() == alone[0].tolist()
        assert rows[at].tolist() == alone_rows[0].tolist()

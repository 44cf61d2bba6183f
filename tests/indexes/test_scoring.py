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
    best_of_pairs,
    candidates,
    named_by_product,
    score_all,
    score_pairs,
    side_by_side,
    slack,
)
from indexes.vectors import NO_ROW


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


def test_pairs_are_ranked_as_lists_of_one_query_each() -> None:
    random = np.random.default_rng(0)
    whose, rows = np.divmod(np.flatnonzero(random.random(5 * 4_000) < 0.4), 4_000)
    whose[whose == 3] = 2  # one has twice as many, another none
    order = np.lexsort((whose, rows))
    scores = random.integers(-9, 10, rows.size).astype(np.float32)
    found = best_of_pairs(scores[order], whose[order], rows[order], 5, 50)
    for query in range(5):
        own = whose == query
        alone = best(scores[own], rows[own], 50)
        assert found[0][query].tolist() == alone[0].tolist()
        assert found[1][query].tolist() == alone[1].tolist()
    assert (found[1][3] == NO_ROW).all()


@pytest.mark.parametrize("count", [1, 50, 100_000])
@pytest.mark.parametrize("kind", ["spread", "equal", "sorted", "rare"])
def test_candidates_are_what_is_not_far_below_the_kth_best(count: int, kind: str) -> None:
    random = np.random.default_rng(1)
    scores = {
        "spread": random.standard_normal(count),
        "equal": np.ones(count),
        "sorted": np.arange(count),
        "rare": np.where(np.arange(count) % 61 == 1, random.random(count), -np.inf),
    }[kind].astype(np.float32)
    for k in {1, min(count, 40), min(count, 2_000), count}:
        found = candidates(scores, k, 0.25)
        wanted = (scores >= np.sort(scores)[-k] - 0.25) & (scores > -np.inf)
        assert {*np.flatnonzero(wanted).tolist()} <= {*found.tolist()}
        assert not np.isneginf(scores[found]).any()
        if kind == "spread":
            assert k <= candidates(scores, k, 0).size <= 1.5 * k + 20


@pytest.mark.parametrize("share", [0, 0.01, 0.2, 1])
def test_places_are_those_that_are_set(share: float) -> None:
    mask = np.random.default_rng(8).random((40, 64)) < share
    assert scoring._places(mask).tolist() == np.flatnonzero(mask).tolist()


def test_two_ways_of_adding_up_differ_by_less_than_the_slack() -> None:
    random = np.random.default_rng(2)
    for dimension in (3, 100, 1_000):
        vectors = random.standard_normal((500, dimension)).astype(np.float32)
        queries = random.standard_normal((4, dimension)).astype(np.float32)
        longest = float(np.linalg.norm(vectors, axis=1).max())
        truth = queries.astype(np.float64) @ vectors.T.astype(np.float64)
        every = np.repeat(np.arange(4), 500), np.tile(np.arange(500), 4)
        settled = score_pairs(vectors, queries, *every).reshape(4, 500)
        streamed = np.stack([score_all(vectors, query) for query in queries])
        for scores in (settled, streamed):
            assert (np.abs(scores - truth) <= slack(queries, longest)[:, None] / 4).all()


@pytest.mark.parametrize("rows", [10, 64, 100, 700])
@pytest.mark.parametrize("k", [1, 90, 650])
def test_a_product_names_the_best_of_all_blocks(rows: int, k: int) -> None:
    random = np.random.default_rng(3)
    vectors = random.integers(-9, 10, (700, 5)).astype(np.float32)
    queries = random.integers(-9, 10, (6, 5)).astype(np.float32)
    numbers = np.split(np.arange(700), range(rows, 700, rows))
    blocks = [(1_000 + part, vectors[part]) for part in numbers]
    longest = float(np.linalg.norm(vectors, axis=1).max())
    done, whose, named = named_by_product(queries, k, 700, blocks, longest)
    assert done.all()
    for query, truth in enumerate(queries @ vectors.T):
        own = named[whose == query] - 1_000
        assert own.tolist() == sorted({*own.tolist()})
        assert {*np.flatnonzero(truth >= np.sort(truth)[-k]).tolist()} <= {*own.tolist()}


def test_parts_come_back_in_order() -> None:
    queries = np.arange(5_000, dtype=np.float32)[:, None]
    sizes: list[int] = []

    def search(part: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        sizes.append(len(part))
        return part, part.astype(np.int64)

    scores, rows = side_by_side(search, queries, 3)
    assert (scores.tolist(), rows.tolist()) == (queries.tolist(), queries.tolist())
    assert max(sizes) <= 256


def test_a_batch_on_several_threads_answers_as_on_one() -> None:
    vectors = np.random.default_rng(4).standard_normal((3_000, 16)).astype(np.float32)
    index = ExactIndex.from_vectors(vectors)
    whole = index.search(vectors[:300], 20)
    for at in range(0, 300, 50):
        part = index.search(vectors[at : at + 50], 20)
        assert part[0].tolist() == whole[0][at : at + 50].tolist()
        assert part[1].tolist() == whole[1][at : at + 50].tolist()


def named(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int
) -> tuple[NDArray[np.bool_], list[NDArray[np.int64]]]:
    """Which queries a product answers, and the rows it names for every one."""
    blocks = [(np.arange(at, at + 4_000), vectors[at : at + 4_000]) for at in range(0, len(vectors), 4_000)]
    longest = float(np.linalg.norm(vectors, axis=1).max())
    done, whose, rows = named_by_product(queries, k, len(vectors), blocks, longest)
    return done, [rows[whose == query] for query in range(len(queries))]


@pytest.mark.parametrize("kind", ["spread", "alike", "equal", "opposite"])
@pytest.mark.parametrize("k", [1, 40, 200])
def test_what_a_product_names_holds_the_best_or_the_query_is_left_out(kind: str, k: int) -> None:
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
    done, rows = named(vectors, queries, k)
    assert not done[3]
    assert done.sum() == (0 if kind == "equal" else 11)
    for query in np.flatnonzero(done):
        every, found = np.arange(len(vectors)), rows[query]
        pairs = (np.full_like(every, query), every), (np.full_like(found, query), found)
        right, held = (best(score_pairs(vectors, queries, *each), each[1], k) for each in pairs)
        assert held[0].tolist() == right[0].tolist()
        assert held[1].tolist() == right[1].tolist()
    for query in np.flatnonzero(~done):
        assert not rows[query].size


def test_rows_of_two_kinds_in_turn_let_few_more_pass_than_a_mixture() -> None:
    random = np.random.default_rng(7)
    vectors = random.standard_normal((8_000, 16)).astype(np.float32)
    vectors[::2, 0] += 9
    query = np.eye(1, 16, dtype=np.float32)
    turns, mixed = (named(each, query, 300)[1][0].size for each in (vectors, random.permutation(vectors)))
    assert 300 <= turns <= 1.3 * mixed


def test_many_equal_scores_at_the_bound_are_all_named() -> None:
    random = np.random.default_rng(6)
    vectors = random.standard_normal((20_000, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[::25] = vectors[0]
    done, (rows,) = named(vectors, vectors[:1], 10)
    assert done.all()
    assert {*range(0, 20_000, 25)} <= {*rows.tolist()}


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

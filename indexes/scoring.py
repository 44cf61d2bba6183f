"""Inner products over FAISS, and the order of the best.

FAISS adds up the products of a row in an order that may depend on what is scored beside it, so the last bits
of a score vary, and catalogues are full of equal vectors (many companies offer 汽车零部件). Hence two ways:
:func:`score_all` and :func:`best_by_product` are fast and right within :func:`slack`; :func:`score_rows`
gives a row the same bits wherever it lies and whatever is scored with it. The fast ones name candidates, with
a margin as wide as their error, the other one settles them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.vectors import NO_ROW

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Every 61st score tells where the k-th best may lie; below this size a partition is as fast.
_SAMPLE_STEP, _SAMPLE_FROM = 61, 3_000
# A denser one for batches, whose bound is to be near: every row above it costs.
_RANGE_STEP = 16
# Sampled beyond the bound, to see whether many scores equal it …
_SPARE = 8
# … of which so many are put up with.
_EQUALS = 2_048
# Scores beyond twice what is asked for that are sorted sooner than their best are picked out.
_FEW = 1_000
# Queries that are worth a thread of their own.
_PART = 16
# Queries searched for at once: bounds the memory of their candidates.
_MOST = 1_024


@cache
def library() -> Any:
    """The faiss module, imported when first searched with."""
    import faiss

    # FAISS compares batches of under 500 queries one by one unless told so; we call it for batches only
    faiss.cvar.distance_compute_blas_threshold = 1
    return faiss


@contextmanager
def one_thread() -> Iterator[None]:
    """What the calling thread asks of FAISS runs on one OpenMP thread: more only slow a single query down.
    The number belongs to the calling thread."""
    faiss = library()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def side_by_side(
    search: Callable[[Floats], tuple[Floats, Rows]], queries: Floats, workers: int
) -> tuple[Floats, Rows]:
    """``search(queries)`` on one thread, and a large batch cut into parts for as many *workers* (0: one a
    core).

    Our own threads, not OpenMP's: those wait for each other in a loop, which on a busy machine made a batch
    seven times slower on two of them than on one.
    """
    workers = workers or len(os.sched_getaffinity(0))
    parts = max(min(workers, len(queries) // _PART), -(-len(queries) // _MOST))

    def alone(part: Floats) -> tuple[Floats, Rows]:
        with one_thread():
            return search(part)

    if parts <= 1:
        return alone(queries)
    with ThreadPoolExecutor(workers) as pool:  # FAISS lets go of the interpreter
        found = list(pool.map(alone, np.array_split(queries, parts)))
    return np.concatenate([scores for scores, _ in found]), np.concatenate([rows for _, rows in found])


def slack(queries: Floats, longest: float) -> NDArray[np.float64]:
    """(q,) how far two ways of adding up may differ on the scores of two rows of norm *longest* at most.

    A sum is off by no more than d u times the product of both norms in any order of addition, u = 2^-24
    (Higham, Accuracy and Stability of Numerical Algorithms, §3.1). Four times: for the k-th score and for
    another's, in either way of adding up.
    """
    norms = np.linalg.norm(queries.astype(np.float64), axis=1)
    found: NDArray[np.float64] = 4 * queries.shape[1] * 2.0**-24 * longest * norms
    return found


def score_all(vectors: Floats, query: Floats) -> Floats:
    """(n,) the scores of all *vectors* (n, d) for one *query* (d,), read in one stream."""
    faiss = library()
    scores = np.empty(len(vectors), np.float32)
    faiss.fvec_inner_products_ny(
        faiss.swig_ptr(scores), faiss.swig_ptr(query), faiss.swig_ptr(vectors), query.size, len(vectors)
    )
    return scores


def score_rows(vectors: Floats, queries: Floats, rows: Rows) -> Floats:
    """(q, m) the scores of *rows* (q, m) of *vectors* for *queries* (q, d); -inf where a row is -1.

    The same vector and query give the same bits in any row and in any company.
    """
    faiss = library()
    rows, queries = np.ascontiguousarray(rows), np.ascontiguousarray(queries)
    scores = np.empty(rows.shape, np.float32)
    if rows.size:
        with one_thread():
            faiss.fvec_inner_products_by_idx(
                *map(faiss.swig_ptr, (scores, queries, vectors, rows)), vectors.shape[1], *rows.shape
            )
    return scores


def best_by_product(
    queries: Floats, k: int, blocks: Iterable[tuple[Rows | None, Floats]]
) -> tuple[Floats, Rows, Floats]:
    """Scores and rows (q, k), best first, and (q,) what no other row's score exceeds, by matrix products.

    *blocks* are the rows and vectors of the parts of what is searched; None: all rows, in one block. Fewer
    are padded with -inf and -1.
    """
    faiss = library()
    scores = np.full((len(queries), 0), -np.inf, np.float32)
    rows, unseen = np.zeros(scores.shape, np.int64), np.full(len(queries), -np.inf, np.float32)
    for numbers, vectors in blocks:
        if not len(vectors):
            continue
        most = min(k, len(vectors))
        near, found = faiss.knn(queries, vectors, most, metric=faiss.METRIC_INNER_PRODUCT)
        if most < len(vectors):
            unseen = np.maximum(unseen, near[:, -1])
        scores = np.concatenate([scores, near], axis=1)
        rows = np.concatenate([rows, found if numbers is None else numbers[found]], axis=1)
        if scores.shape[1] > k:
            order = np.argpartition(-scores, k, axis=1)
            unseen = np.maximum(unseen, np.take_along_axis(scores, order[:, k : k + 1], axis=1)[:, 0])
            scores = np.take_along_axis(scores, order[:, :k], axis=1)
            rows = np.take_along_axis(rows, order[:, :k], axis=1)
    missing = ((0, 0), (0, k - scores.shape[1]))
    return (
        np.pad(scores, missing, constant_values=-np.inf),
        np.pad(rows, missing, constant_values=NO_ROW),
        unseen,
    )


def named_by_product(queries: Floats, k: int, vectors: Floats, longest: float) -> tuple[Mask, Rows]:
    """Which queries (q,) one matrix product with *vectors* (n, d), n ≥ 8 k, can answer, and for these (p, m)
    rows that hold the *k* best of each, padded with -1. *longest* is the greatest norm of *vectors*.

    A sample tells what score the k best will exceed. Each query is divided by it, so that one bound, 1, does
    for all, and FAISS keeps what exceeds it while the product is warm: for less than what it costs to keep a
    list of the best. Left out are queries whose bound is not positive, was too high, or is reached by many
    equal scores.
    """
    faiss = library()
    expected = k / _RANGE_STEP
    most = int(expected + 3 * np.sqrt(expected)) + 4
    sample = np.ascontiguousarray(vectors[::_RANGE_STEP])
    near, _ = faiss.knn(queries, sample, most + _SPARE, metric=faiss.METRIC_INNER_PRODUCT)
    margin = 2 * slack(queries, longest)
    floor = (near[:, most - 1] - 2 * margin).astype(np.float32)  # what equals the bound is to exceed it
    beyond = near[:, -1]
    many = np.flatnonzero((floor > margin) & (beyond >= floor - margin))
    if many.size:
        deep = min(2 * most + _EQUALS // _RANGE_STEP, len(sample))
        beyond[many] = faiss.knn(queries[many], sample, deep, metric=faiss.METRIC_INNER_PRODUCT)[0][:, -1]
    done = (floor > margin) & (beyond < floor - margin)
    floor, margin = floor[done], margin[done] / floor[done]
    named = []
    # query by query: whole tables of all that was found, most of which goes, take twice as long
    for (rows, scores), within in zip(
        _above_one(queries[done] / floor[:, None], vectors), margin, strict=True
    ):
        least = np.partition(scores, -k)[-k] - within if scores.size >= k else 0
        named.append(rows[scores >= least] if least > 1 else None)
    done[done] = [rows is not None for rows in named]
    sure = [rows for rows in named if rows is not None]
    table = np.full((len(sure), max((rows.size for rows in sure), default=k)), NO_ROW, np.int64)
    for place, rows in zip(table, sure, strict=True):
        place[: rows.size] = rows
    return done, table


def _above_one(queries: Floats, vectors: Floats) -> Iterator[tuple[Rows, Floats]]:
    """For each of *queries* the rows that score above 1 and their scores, both (m,): views, to be read before
    the next."""
    faiss = library()
    queries = np.ascontiguousarray(queries)
    found = faiss.RangeSearchResult(len(queries))
    faiss.range_search_inner_product(
        *map(faiss.swig_ptr, (queries, vectors)), queries.shape[1], len(queries), len(vectors), 1.0, found
    )
    ends = faiss.rev_swig_ptr(found.lims, len(queries) + 1).tolist()
    rows, scores = np.zeros(0, np.int64), np.zeros(0, np.float32)
    if ends[-1]:
        rows, scores = (faiss.rev_swig_ptr(part, ends[-1]) for part in (found.labels, found.distances))
    for start, end in pairwise(ends):
        yield rows[start:end], scores[start:end]


def kth_best(scores: Floats, k: int) -> np.float32:
    """The *k*-th greatest of *scores* (n,), 1 ≤ k ≤ n."""
    if scores.size > max(_SAMPLE_FROM, 8 * k):
        sample = scores[::_SAMPLE_STEP]
        likely = min(2 * k // _SAMPLE_STEP + 8, sample.size)
        most = scores[scores >= np.partition(sample, sample.size - likely)[sample.size - likely]]
        if most.size >= k:
            scores = most
    found: np.float32 = np.partition(scores, scores.size - k)[scores.size - k]
    return found


def best(scores: Floats, rows: Rows, k: int) -> tuple[Floats, Rows]:
    """The *k* best *scores* (q, m) with their *rows* (q, m), both (q, k): best first, equal scores by row.
    Rows -1 come last; fewer than k are padded with -inf and -1.

    >>> best(np.array([[1, 3, 3, 2]], np.float32), np.array([[0, 9, 4, 7]]), 3)[1].tolist()
    [[4, 9, 7]]
    """
    if scores.shape[1] <= 2 * k + _FEW:
        return _sorted(scores, rows, k)
    found = np.full((len(scores), k), -np.inf, np.float32)
    places = np.full((len(scores), k), NO_ROW, np.int64)
    for query, (all_scores, all_rows) in enumerate(zip(scores, rows, strict=True)):
        chosen = all_scores >= kth_best(all_scores, k)
        found[query : query + 1], places[query : query + 1] = _sorted(
            all_scores[chosen][None], all_rows[chosen][None], k
        )
    return found, places


def _sorted(scores: Floats, rows: Rows, k: int) -> tuple[Floats, Rows]:
    """As :func:`best`, by sorting all.

    One sort of whole numbers: the bits of a float, negative ones turned about, rank as it does, and the row
    below them settles ties. Adding 0 turns -0 into 0; a row is one higher, so that -1 is a digit.
    """
    bits = (scores + np.float32(0)).view(np.int32).astype(np.int64)
    bits ^= (bits >> 31) & 0x7FFFFFFF
    keys = np.sort((-bits << 32) | (rows + 1), axis=1)[:, :k]
    bits = -(keys >> 32)
    bits ^= (bits >> 31) & 0x7FFFFFFF
    # filled up by hand: pad() takes longer than the sort of a single query
    found = np.full((len(keys), k), -np.inf, np.float32)
    places = np.full((len(keys), k), NO_ROW, np.int64)
    found[:, : keys.shape[1]] = bits.astype(np.int32).view(np.float32)
    places[:, : keys.shape[1]] = (keys & 0xFFFFFFFF) - 1
    return found, places

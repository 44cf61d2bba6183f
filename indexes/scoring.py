"""Inner products over FAISS, and the order of the best.

FAISS adds up the products of a row in an order that may depend on what is scored beside it, so the last bits
of a score vary, and catalogues are full of equal vectors (many companies offer 汽车零部件). Hence two ways:
:func:`score_all` and :func:`named_by_product` are fast and right within :func:`slack`; :func:`score_pairs`
gives a row the same bits wherever it lies and whatever is scored with it. The fast ones name candidates, with
a margin as wide as their error, the other one settles them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.vectors import NO_ROW

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Taken from the score of a row, this makes it no candidate: no vectors are so long that they score so low.
NO_SCORE, _LOWEST = np.float32(3e38), -1e38
# Rows that a batch multiplies at a time, whose scores then are in the caches; a whole number of strips.
BLOCK, _STRIP = 16_384, 64
# Candidates of a query beyond 8 k that a batch puts up with.
_CROWD = 4_096
# Scores beyond twice what is asked for that are sorted sooner than their best are picked out.
_FEW = 1_000
# Floats that numpy sorts without a branch: a score takes a quarter of the time that it takes among more.
_AT_ONCE = 512
# Queries that are worth a thread of their own.
_PART = 16
# Queries searched for at once: bounds the memory of their candidates.
_MOST = 256


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
    norms = np.sqrt(np.square(queries, dtype=np.float64).sum(axis=1))  # norm() takes thrice as long for one
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


def score_pairs(vectors: Floats, queries: Floats, whose: Rows, rows: Rows) -> Floats:
    """(p,) the score of each of *rows* (p,) of *vectors* for the query *whose* (p,) of *queries* (q, d).

    The same vector and query give the same bits in any row and in any company.
    """
    faiss = library()
    arrays = (np.ascontiguousarray(queries), whose, vectors, rows, scores := np.empty(rows.size, np.float32))
    faiss.pairwise_indexed_inner_product(vectors.shape[1], rows.size, *map(faiss.swig_ptr, arrays))
    return scores


def named_by_product(
    queries: Floats, k: int, size: int, blocks: Iterable[tuple[Rows, Floats]], longest: float
) -> tuple[Mask, Rows, Rows]:
    """Which queries (q,) one matrix product can answer, and pairs of one of these and a row, both (p,), that
    hold the *k* best of each, by row. The others have thousands of scores near the k-th.

    *blocks* are the rows, ascending, and vectors of what is searched, :data:`BLOCK` or fewer at a time and
    *size* ≥ k in all, no vector longer than *longest*.
    """
    faiss = library()
    count, most = len(queries), 8 * k + _CROWD
    # the queries as a linear map, whose outputs are scores: FAISS multiplies on this thread alone
    product = faiss.LinearTransform(queries.shape[1], count)
    faiss.copy_array_to_vector(np.ascontiguousarray(queries).reshape(-1), product.A)
    product.is_trained = True
    floors = _Floors(k, slack(queries, longest))
    held, found = np.zeros(count, np.int64), []
    # as much for few rows: the C library keeps freed memory at hand by the size of the largest piece, and
    # new memory for every batch took a quarter of its time
    space = np.empty(BLOCK * count, np.float32)
    for numbers, vectors in blocks:
        # whole strips: scores are compared with floors a strip at a time, as a row of few takes longer
        padded = -(-len(vectors) // _STRIP) * _STRIP
        scores = space[: padded * count].reshape(padded, count)
        product.apply_noalloc(len(vectors), *map(faiss.swig_ptr, (vectors, scores)))
        scores[len(vectors) :] = -np.inf
        floors.see(scores[: len(vectors)])
        floor = np.where(held > most, np.float32(np.inf), floors.now())
        hits = _places(scores.reshape(-1, _STRIP * count) >= np.tile(floor, _STRIP))
        rows = hits // count
        whose = hits - rows * count
        held += np.bincount(whose, minlength=count)
        done = held <= most
        if len(vectors) == size and done.all():  # one block: nothing below its floor is among them
            return done, whose, numbers[rows]
        found.append((whose, numbers[rows], scores.reshape(-1)[hits]))
    whose, rows, near = map(np.concatenate, zip(*found, strict=True))
    kept = np.flatnonzero((near >= floor[whose]) & done[whose])
    return done, whose[kept], rows[kept]


def _places(mask: Mask) -> Rows:
    """As :func:`numpy.flatnonzero` of a *mask* whose size is a multiple of eight, in half the time where one
    in twenty is set: numpy goes from one to the next by a branch unless a tenth is, as of eights with any and
    of what is in them."""
    eights = mask.reshape(-1).view(np.uint64)
    some = np.flatnonzero(eights != 0)
    places = np.flatnonzero(eights[some].view(np.bool_))
    found: Rows = (some[places >> 3] << 3) | (places & 7)
    return found


def candidates(scores: Floats, k: int, margin: float) -> Rows:
    """Positions in *scores* (n,), 1 ≤ k ≤ n, that hold the *k* best and what is within *margin* below them;
    none of a score of -inf or :data:`NO_SCORE` less than it would be."""
    groups = _groups(k)
    whole = scores.size // groups * groups
    if whole > groups:
        kth = float(_reached(scores[:whole].reshape(-1, groups).max(axis=0)[:, None], k)[0])
    else:
        kth = float(np.partition(scores, scores.size - k)[scores.size - k])
    found: Rows = (scores >= np.float32(max(kth - margin, _LOWEST))).nonzero()[0]
    return found


def _groups(k: int) -> int:
    """How many groups scores are dealt out to. The k-th of their best is a score that k rows reach, and found
    sooner than the k-th of all; of so many groups, it lets a quarter more than k pass."""
    return -(-3 * k // _AT_ONCE) * _AT_ONCE


def _reached(heads: Floats, k: int) -> Floats:
    """(q,) what *k* of *heads* (g, q) reach, hardly less than the k-th, g a multiple of :data:`_AT_ONCE`:
    the least of what their share of k reach in each of as many parts as are sorted at once. Parts are drawn:
    every second row may be of another kind."""
    parts = len(heads) // _AT_ONCE
    dealt = np.ascontiguousarray(heads[_drawn(len(heads))].reshape(_AT_ONCE, parts, -1).T)
    dealt.sort()
    reached: Floats = dealt[:, :, -k // parts].min(axis=1)
    return reached


@cache
def _drawn(count: int) -> Rows:
    """The numbers below *count*, always in the same order, which is none."""
    found: Rows = np.random.default_rng(0).permutation(count)
    return found


class _Floors:
    """As in :func:`candidates`, what the *k* best of each query reach of all scores seen so far."""

    def __init__(self, k: int, margin: NDArray[np.float64]) -> None:
        """*margin* (q,): how far below candidates may lie."""
        self._k, self._margin, self._seen = k, margin, 0
        self._heads = np.full((_groups(k), margin.size), -np.inf, np.float32)

    def see(self, scores: Floats) -> None:
        """Deal out the *scores* (n, q) of further rows."""
        groups, count = self._heads.shape
        whole = len(scores) // groups * groups
        if whole:
            best = scores[:whole].reshape(-1, groups, count).max(axis=0)
            np.maximum(self._heads, best, out=self._heads)
        rest = self._heads[: len(scores) - whole]
        np.maximum(rest, scores[whole:], out=rest)
        self._seen += len(scores)

    def now(self) -> Floats:
        """(q,) what candidates must reach."""
        filled = -(-max(self._k, self._seen) // _AT_ONCE) * _AT_ONCE
        reached = _reached(self._heads[:filled], self._k)
        floors: Floats = np.maximum(reached - self._margin, _LOWEST).astype(np.float32)
        return floors


def best(scores: Floats, rows: Rows, k: int) -> tuple[Floats, Rows]:
    """The *k* best *scores* (…, m) with their *rows* (…, m), both (…, k): best first, equal scores by row.
    Rows -1 come last; fewer than k are padded with -inf and -1.

    >>> best(np.array([1, 3, 3, 2], np.float32), np.array([0, 9, 4, 7]), 3)[1].tolist()
    [4, 9, 7]
    """
    return _first(_keys(scores, rows), k)


def best_of_pairs(scores: Floats, whose: Rows, rows: Rows, count: int, k: int) -> tuple[Floats, Rows]:
    """As :func:`best` for *count* queries, from pairs: the *scores* (p,) of *rows* (p,) for *whose* (p,)."""
    held = np.bincount(whose, minlength=count)
    keys = np.full((count, held.max(initial=0)), _NOTHING)
    order = np.argsort(whose.astype(np.uint16), kind="stable")  # these numpy sorts by counting
    keys[np.arange(keys.shape[1]) < held[:, None]] = _keys(scores, rows)[order]
    return _first(keys, k)


def _keys(scores: Floats, rows: Rows) -> Rows:
    """Whole numbers that rise from the best to the last.

    The bits of a float, negative ones turned about, rank as it does, and the row below them settles ties.
    Adding 0 turns -0 into 0; a row is one higher, so that -1 is a digit.
    """
    bits = (scores + np.float32(0)).view(np.int32)
    bits ^= (bits >> 31) & 0x7FFFFFFF
    keys: Rows = rows + 1 - np.left_shift(bits, 32, dtype=np.int64)
    return keys


_NOTHING = int(_keys(np.array([-np.inf], np.float32), np.array([NO_ROW]))[0])


def _first(keys: Rows, k: int) -> tuple[Floats, Rows]:
    """The scores and rows, both (…, k), of the *k* least of *keys* (…, m)."""
    if keys.shape[-1] > 2 * k + _FEW:
        keys = np.partition(keys, k - 1)[..., :k]
    keys = np.sort(keys)[..., :k]
    if keys.shape[-1] < k:
        # filled up by hand: pad() takes longer than the sort of a single query
        found = np.full((*keys.shape[:-1], k), _NOTHING)
        found[..., : keys.shape[-1]] = keys
        keys = found
    bits = -(keys >> 32)
    bits ^= (bits >> 31) & 0x7FFFFFFF
    return bits.astype(np.int32).view(np.float32), (keys & 0xFFFFFFFF) - 1

"""The costs of searching an index, measured on this machine in a tenth of a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from time import perf_counter, thread_time

import numpy as np

from indexes.approximate import ApproximateIndex
from indexes.exact import ExactIndex, Floats
from indexes.half import HalfIndex
from indexes.scoring import named_by_product, one_thread
from indexes.tuning import Tuning
from indexes.vectors import VectorIndex

_LEAST = 10_000  # rows; in a smaller index every way is fast
_STREAM, _PICKED, _PRODUCT = 65_536, 8_192, 8_192
_SHORT, _LONG = 1_024, 8_192
_BATCHES = (2, 4, 8, 16)
_MUCH, _PAIRS = 1.5, 5  # one thread serves batches where several take so many times as long every time


def measured(index: VectorIndex) -> Tuning | None:
    """The costs of *index*; None where it is too small to be worth it, or is searched elsewhere."""
    exact = index.exact if isinstance(index, ApproximateIndex) else index
    if not isinstance(exact, ExactIndex) or exact.size < _LEAST:
        return None
    stride = exact.size // _BATCHES[-1]
    queries = exact.rows(np.arange(0, exact.size, stride)[: _BATCHES[-1]])
    query = queries[0] if queries[0].any() else np.ones(exact.dimension, np.float32)
    # others every time, as no cache holds those that a search picks; on more pages than the processor keeps
    # at hand, where there are so many, but seen before: what a first visit takes is not asked for again
    few = min(_PICKED, exact.size // 8)
    picked = (np.linspace(0, exact.size - 9, few).astype(np.int64) + step for step in count())
    usual = exact.usual_costs(exact.dimension)
    with one_thread():
        stream = exact
        if not isinstance(exact, HalfIndex):
            stream = ExactIndex(exact.vectors[:_STREAM], exact.longest, tuning=usual)
        scan = _nanoseconds(lambda: stream._likely(query, 1, None)) / stream.size
        # after the stream: a small index lies in a cache then, as it does when it is searched
        row = _nanoseconds(lambda: exact.score(query, next(picked))) / few
        code, listed = usual.code, usual.listed
        if isinstance(index, ApproximateIndex):
            by_code = index.scan
            short = _nanoseconds(lambda: [*by_code.nearest(query[None], _SHORT)])
            long = _nanoseconds(lambda: [*by_code.nearest(query[None], _LONG)])
            code, listed = short / index.size, (long - short) / (_LONG - _SHORT)
        block = exact.rows(np.arange(_PRODUCT))
        enough = (q for q in _BATCHES if _product(queries[:q], block) < q * scan * _PRODUCT)
        product_from = next(enough, 2 * _BATCHES[-1])
    many = np.tile(queries, (16, 1))
    alone, several = (_batch(block, workers) for workers in (1, 0))
    # in turn, and slower every time: a busy machine makes one slower now, the other then
    slower = min(_once(several, many) / _once(alone, many) for _ in range(_PAIRS))
    return Tuning(
        _near(scan, usual.scan),
        _near(row, usual.row),
        _near(code, usual.code),
        _near(listed, usual.listed),
        product_from,
        1 if slower > _MUCH else 0,
    )


def _near(found: float, usual: float) -> float:
    """*found*, but no stranger than four times *usual*: a busy machine measures nonsense now and then."""
    return min(max(found, usual / 4), usual * 4)


def _product(queries: Floats, block: Floats) -> float:
    numbers = np.arange(len(block))
    return _nanoseconds(lambda: named_by_product(queries, 10, len(block), [(numbers, block)], 1.0))


def _batch(block: Floats, workers: int) -> ExactIndex:
    return ExactIndex(block, 1.0, tuning=replace(ExactIndex.usual_costs(block.shape[1]), threads=workers))


def _once(index: ExactIndex, queries: Floats) -> float:
    """Wall seconds."""
    start = perf_counter()
    index.search(queries, 10)
    return perf_counter() - start


def _nanoseconds(run: Callable[[], object]) -> float:
    """The best of three in processor time, which does not count what others take."""
    found = []
    for _ in range(3):
        start = thread_time()
        run()
        found.append(1e9 * (thread_time() - start))
    return min(found)

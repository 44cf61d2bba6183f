"""The costs of searching an index, measured on this machine in a tenth of a second."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from indexes.approximate import ApproximateIndex
from indexes.exact import ExactIndex, Floats
from indexes.half import HalfIndex
from indexes.scoring import best_by_product, one_thread, score_all, side_by_side
from indexes.tuning import Tuning
from indexes.vectors import VectorIndex

_LEAST = 10_000  # rows; in a smaller index every way is fast
_STREAM, _PICKED, _PRODUCT = 65_536, 2_048, 8_192
_SHORT, _LONG = 1_024, 8_192
_BATCHES = (2, 4, 8, 16)


def measured(index: VectorIndex) -> Tuning | None:
    """The costs of *index*; None where it is too small to be worth it, or is searched elsewhere."""
    exact = index.exact if isinstance(index, ApproximateIndex) else index
    if not isinstance(exact, ExactIndex) or exact.size < _LEAST:
        return None
    stride = exact.size // _BATCHES[-1]
    queries = exact.rows(np.arange(0, exact.size, stride)[: _BATCHES[-1]])
    query = queries[0] if queries[0].any() else np.ones(exact.dimension, np.float32)
    picked = np.linspace(0, exact.size - 1, _PICKED).astype(np.int64)
    usual = exact.tuning
    with one_thread():
        row = _seconds(lambda: exact.score(query, picked)) / picked.size
        if isinstance(exact, HalfIndex):
            scan = _seconds(lambda: exact.search(query[None], 1)) / exact.size
        else:
            part = exact.vectors[:_STREAM]
            scan = _seconds(lambda: score_all(part, query)) / len(part)
        code, listed = usual.code, usual.listed
        if isinstance(index, ApproximateIndex):
            by_code = index.scan
            short = _seconds(lambda: by_code.nearest(query[None], _SHORT))
            long = _seconds(lambda: by_code.nearest(query[None], _LONG))
            code, listed = 1e9 * short / index.size, 1e9 * max(long - short, 0.0) / (_LONG - _SHORT)
        block = exact.rows(np.arange(_PRODUCT))
        few = (q for q in _BATCHES if _product(queries[:q], block, 1) < q * scan * _PRODUCT)
        product_from = next(few, 2 * _BATCHES[-1])
    many = np.tile(queries, (16, 1))
    alone, together = _product(many, block, 1), _product(many, block, 0)
    return Tuning(1e9 * scan, 1e9 * row, code, listed, product_from, 0 if together < alone else 1)


def _product(queries: Floats, block: Floats, workers: int) -> float:
    """Seconds of the matrix product of *queries* and *block*."""
    return _seconds(
        lambda: side_by_side(lambda part: best_by_product(part, 10, [(None, block)])[:2], queries, workers)
    )


def _seconds(run: Callable[[], object]) -> float:
    """The best of three."""
    found = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)

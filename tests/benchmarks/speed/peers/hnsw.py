"""hnswlib: a graph, filtered by a function that is asked for every node it meets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import hnswlib
import numpy as np

from tests.benchmarks.speed.peers import Floats, Rows, padded

_EF = (100, 200, 400, 800, 1600)


class Hnswlib:
    name = f"hnswlib {getattr(hnswlib, '__version__', '')}, M 16, ef_construction 200".replace(" ,", ",")
    settings: Sequence[str] = tuple(f"ef {ef}" for ef in _EF)

    def build(self, vectors: Floats, buckets: Rows, folder: Path) -> None:
        self._buckets = buckets
        self._index = hnswlib.Index("ip", vectors.shape[1])
        self._index.init_index(len(vectors), ef_construction=200, M=16)
        self._index.add_items(vectors)

    def search(self, queries: Floats, k: int, below: int, setting: str) -> Rows:
        allowed = self._buckets < below
        self._index.set_ef(int(setting.split()[1]))
        passes = allowed.tolist().__getitem__ if below <= self._buckets.max() else None
        most = min(k, int(allowed.sum()))
        while most:
            try:
                rows, _ = self._index.knn_query(queries, most, filter=passes)
                return padded(rows.astype(np.int64), k)
            except RuntimeError:  # the graph search met fewer that pass than were asked for
                most = most * 3 // 4
        return np.full((len(queries), k), -1, np.int64)

    def close(self) -> None:
        del self._index


def make() -> Hnswlib:
    return Hnswlib()

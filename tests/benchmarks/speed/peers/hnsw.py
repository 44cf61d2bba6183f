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
    exact = ""

    def build(self, vectors: Floats, buckets: Rows, folder: Path) -> None:
        self._numbers, self._ordered = buckets.tolist(), np.sort(buckets)
        self._index = hnswlib.Index("ip", vectors.shape[1])
        self._index.init_index(len(vectors), ef_construction=200, M=16)
        self._index.add_items(vectors)

    def search(self, queries: Floats, k: int, below: int, setting: str) -> Rows:
        numbers = self._numbers

        def passes(row: int) -> bool:
            return numbers[row] < below

        self._index.set_ef(int(setting.split()[1]))
        most = min(k, int(np.searchsorted(self._ordered, below)))
        while most:
            try:
                rows, _ = self._index.knn_query(queries, most, num_threads=1, filter=passes)  # as it advises
                return padded(rows.astype(np.int64), k)
            except RuntimeError:  # the graph search met fewer that pass than were asked for
                most = most * 3 // 4
        return np.full((len(queries), k), -1, np.int64)

    def close(self) -> None:
        del self._index


def make() -> Hnswlib:
    return Hnswlib()

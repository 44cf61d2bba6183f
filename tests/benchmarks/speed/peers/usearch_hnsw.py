"""usearch: a graph, in Python without a filter: more is asked for, and what does not pass is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from usearch.index import Index

from tests.benchmarks.speed.peers import Floats, Rows, padded


class Usearch:
    name = f"usearch {version('usearch')}, connectivity 16, expansion_add 200"
    settings: Sequence[str] = ("1.5 × as many", "3 × as many", "6 × as many")
    exact = "exact"

    def build(self, vectors: Floats, buckets: Rows, folder: Path) -> None:
        self._buckets, self._most = buckets, int(buckets.max()) + 1
        self._index = Index(
            ndim=vectors.shape[1], metric="ip", dtype="f32", connectivity=16, expansion_add=200
        )
        self._index.add(np.arange(len(vectors), dtype=np.uint64), vectors)

    def search(self, queries: Floats, k: int, below: int, setting: str) -> Rows:
        share = min(1.0, below / self._most)
        exact = setting == "exact"
        more = 1.5 if exact else float(setting.split()[0])
        fetched = min(len(self._buckets), int(k / share * more) + 16)
        self._index.expansion_search = max(64, fetched)
        found = self._index.search(queries, fetched, exact=exact)
        keys = np.asarray(found.keys).astype(np.int64).reshape(len(queries), -1)
        return padded([row[self._buckets[row] < below] for row in keys], k)

    def close(self) -> None:
        del self._index


def make() -> Usearch:
    return Usearch()

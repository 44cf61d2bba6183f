"""LanceDB, embedded: a column store with a scan and an inverted-file index, filtered before the search."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("LANCE_LOG", "error")  # it warns at every query that the score is in the answer

import lancedb
import pyarrow as pa
from lancedb.index import BTree

from tests.benchmarks.speed.peers import Floats, Rows, padded

_LISTS = 256


class Lance:
    name = f"LanceDB {version('lancedb')}, IVF_FLAT with {_LISTS} partitions and a B-tree on the filter"
    settings: Sequence[str] = ("nprobes 8", "nprobes 32", "nprobes 128")
    exact = "scan"

    def build(self, vectors: Floats, buckets: Rows, folder: Path) -> None:
        base = lancedb.connect(folder / "lance")
        lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
        columns = {"id": np.arange(len(vectors)), "bucket": buckets, "vector": lists}
        self._scanned = base.create_table("scanned", pa.table(columns))
        self._indexed = base.create_table("indexed", pa.table(columns))
        self._indexed.create_index(
            metric="dot", vector_column_name="vector", index_type="IVF_FLAT", num_partitions=_LISTS
        )
        for table in (self._scanned, self._indexed):
            table.create_index("bucket", config=BTree())

    def search(self, queries: Floats, k: int, below: int, setting: str) -> Rows:
        scan = setting == "scan"
        table = self._scanned if scan else self._indexed
        asked: Any = queries[0] if len(queries) == 1 else list(queries)
        search = table.search(asked).distance_type("dot").where(f"bucket < {below}", prefilter=True)
        if not scan:
            search = search.nprobes(int(setting.split()[1]))
        answer = search.select(["id", "_distance"]).limit(k).to_arrow()
        ids = answer["id"].to_numpy()
        if len(queries) == 1:
            return padded([ids], k)
        of_query = answer["query_index"].to_numpy()
        return padded([ids[of_query == number] for number in range(len(queries))], k)

    def close(self) -> None:
        del self._scanned, self._indexed


def make() -> Lance:
    return Lance()

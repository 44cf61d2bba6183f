"""Milvus Lite through pymilvus: the API of a Milvus cluster in this process.

Flushed before it is searched: until then it scans its write-ahead log, a hundred times slower. Its HNSW is
not among the settings: under a filter it returned 19 of 100 hits at 1 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import milvus_lite  # noqa: F401  (what the client talks to: not there, not measured)
from pymilvus import DataType, MilvusClient

from tests.benchmarks.speed.peers import Floats, Rows, padded

_BATCH = 5_000
_COLLECTIONS = {"flat": ("FLAT", {}), "ivf": ("IVF_FLAT", {"nlist": 512})}


class Milvus:
    name = f"Milvus Lite {version('milvus-lite')}, IVF_FLAT with 512 lists, and FLAT"
    settings: Sequence[str] = ("ivf nprobe 16", "ivf nprobe 64", "ivf nprobe 256")
    exact = "flat"

    def build(self, vectors: Floats, buckets: Rows, folder: Path) -> None:
        self._client = MilvusClient(str(folder / "milvus.db"))
        for name, (kind, params) in _COLLECTIONS.items():
            schema = self._client.create_schema(auto_id=False)
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field("bucket", DataType.INT64)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=vectors.shape[1])
            self._client.create_collection(name, schema=schema)
            for start in range(0, len(vectors), _BATCH):
                part = zip(vectors[start : start + _BATCH], buckets[start : start + _BATCH], strict=True)
                rows = [
                    {"id": start + n, "bucket": int(bucket), "vector": vector}
                    for n, (vector, bucket) in enumerate(part)
                ]
                self._client.insert(name, rows)
            self._client.flush(name)
            index = self._client.prepare_index_params()
            index.add_index("vector", index_type=kind, metric_type="IP", params=params)
            self._client.create_index(name, index)
            self._client.load_collection(name)

    def search(self, queries: Floats, k: int, below: int, setting: str) -> Rows:
        name, *probes = setting.split()
        found = self._client.search(
            name,
            data=list(queries),
            filter=f"bucket < {below}",
            limit=k,
            output_fields=["id"],
            search_params={"metric_type": "IP", "params": {"nprobe": int(probes[1])} if probes else {}},
        )
        return padded([[hit["id"] for hit in hits] for hits in found], k)

    def close(self) -> None:
        self._client.close()


def make() -> Milvus:
    return Milvus()

"""Other engines on the same vectors: one interface, the installed ones found by trying."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
INSTALL = ".venv/bin/pip install -e '.[bench]' -c constraints.txt"
PEERS = {"hnswlib": "hnsw", "usearch": "usearch_hnsw", "milvus": "milvus", "lancedb": "lance"}


class Peer(Protocol):
    """An engine that searches vectors by inner product under the filter ``bucket < below``.

    ``settings`` are the ways to search approximately, in words, recall rising and speed falling: the first
    that reaches the recall asked for counts. ``exact`` compares every row that passes, and is tried too; ""
    where the engine cannot.
    """

    name: str
    settings: Sequence[str]
    exact: str

    def build(self, vectors: Floats, buckets: Rows, folder: Path) -> None:
        """Index *vectors* (n, d) with the number *buckets* (n,) beside each; *folder* is for its files."""
        ...

    def search(self, queries: Floats, k: int, below: int, setting: str) -> Rows:
        """The (q, k) nearest rows of *queries* (q, d) among those whose bucket is less than *below*; −1 where
        there are fewer."""
        ...

    def close(self) -> None: ...


def peers(names: Collection[str]) -> Iterator[Peer | str]:
    """Each of the peers of these *names* that is installed, or the sentence that says it is not."""
    for name, module in PEERS.items():
        if name not in names:
            continue
        try:
            found = import_module(f"tests.benchmarks.speed.peers.{module}")
        except ImportError as problem:
            yield f"{name} is not installed ({problem}): {INSTALL}"
        else:
            yield found.make()


def padded(found: Sequence[Sequence[int]] | Sequence[Rows], k: int) -> Rows:
    """Lists of rows as (q, k), filled up with −1."""
    rows = np.full((len(found), k), -1, np.int64)
    for number, hits in enumerate(found):
        rows[number, : min(k, len(hits))] = hits[:k]
    return rows

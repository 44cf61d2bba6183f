"""The engines that pass the contract of a vector index, each with the way to build and to load it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.approximate import ApproximateIndex
from indexes.exact import ExactIndex
from indexes.half import HalfIndex
from indexes.milvus import MilvusServer
from indexes.tuning import Tuning
from indexes.vectors import VectorIndex

# Costs that make the planner compare codes as soon as there are more rows than a shortlist has.
CODES = Tuning(scan=1e9, row=1e6, code=0, listed=0, product_from=2)


@dataclass(frozen=True)
class Backend:
    """*exact*: finds every row, so that only the rounding of what it stores may tell it from another."""

    name: str
    build: Callable[[NDArray[np.float32]], VectorIndex]
    load: Callable[[Path], VectorIndex]
    exact: bool = True


def backends(milvus: Path) -> dict[str, Backend]:
    """All of them, by name; Milvus Lite keeps its collections in *milvus*."""
    server = MilvusServer(str(milvus))

    def in_milvus(index: VectorIndex) -> VectorIndex:
        return server.open("20260131-081500-001", "offerings", index)

    found = [
        Backend("exact", ExactIndex.from_vectors, ExactIndex.load),
        Backend("half", HalfIndex.from_vectors, HalfIndex.load),
        Backend("approximate", ApproximateIndex.from_vectors, ApproximateIndex.load),
        Backend(
            "codes",
            lambda vectors: ApproximateIndex.from_vectors(vectors, CODES),
            lambda folder: ApproximateIndex.load(folder, CODES),
            exact=False,
        ),
        Backend(
            "milvus",
            lambda vectors: in_milvus(ExactIndex.from_vectors(vectors)),
            lambda folder: in_milvus(ExactIndex.load(folder)),
        ),
    ]
    return {each.name: each for each in found}


NAMES = tuple(backends(Path("unused")))

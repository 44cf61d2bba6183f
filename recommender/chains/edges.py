"""Edges of a chain graph as arrays: distinct, in one order, put together without a Python object for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.chains.stored import Origin

Numbers = NDArray[np.integer[Any]]
Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Edges:
    """e distinct edges by source, relation, target: none has all three the same as another."""

    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    relations: NDArray[np.uint8]  # place in RELATIONS
    confidences: NDArray[np.float32]
    origins: NDArray[np.uint8]  # Origin

    @classmethod
    def of(
        cls, sources: Numbers, targets: Numbers, relations: Numbers, confidences: NDArray[np.float64]
    ) -> Edges:
        """Imported edges; of those that are the same the surest counts."""
        keys = key_of(sources, targets, relations)
        order = np.lexsort((-confidences, keys))
        _, first = np.unique(keys[order], return_index=True)
        return cls._typed(sources, targets, relations, confidences, Origin.IMPORTED, order[first])

    @classmethod
    def _typed(
        cls,
        sources: Numbers,
        targets: Numbers,
        relations: Numbers,
        confidences: NDArray[np.float64],
        origin: Origin,
        order: Numbers,
    ) -> Edges:
        return cls(
            sources[order].astype(np.int32),
            targets[order].astype(np.int32),
            relations[order].astype(np.uint8),
            confidences[order].astype(np.float32),
            np.full(len(order), origin, np.uint8),
        )

    @classmethod
    def sorted(
        cls,
        sources: Numbers,
        targets: Numbers,
        relations: Numbers,
        confidences: NDArray[np.float64],
        origin: Origin,
    ) -> Edges:
        """Edges that are distinct already."""
        order = np.argsort(key_of(sources, targets, relations), kind="stable")
        return cls._typed(sources, targets, relations, confidences, origin, order)

    def __len__(self) -> int:
        return int(self.sources.size)

    def keys(self) -> Keys:
        """(e,) ascending: what tells an edge from all others."""
        return key_of(self.sources, self.targets, self.relations)

    def take(self, kept: NDArray[np.bool_] | Numbers) -> Edges:
        return Edges(
            self.sources[kept],
            self.targets[kept],
            self.relations[kept],
            self.confidences[kept],
            self.origins[kept],
        )

    def besides(self, others: Edges) -> Edges:
        """These and those of *others* that are not among them."""
        new = others.take(~np.isin(others.keys(), self.keys(), assume_unique=True))
        both = Edges(
            np.concatenate([self.sources, new.sources]),
            np.concatenate([self.targets, new.targets]),
            np.concatenate([self.relations, new.relations]),
            np.concatenate([self.confidences, new.confidences]),
            np.concatenate([self.origins, new.origins]),
        )
        return both.take(np.argsort(both.keys(), kind="stable"))

    def pairs(self) -> Keys:
        """(e,) what tells which two nodes an edge joins, whichever way it points."""
        return key_of(np.minimum(self.sources, self.targets), np.maximum(self.sources, self.targets))


def key_of(sources: Numbers, targets: Numbers, relations: Numbers | None = None) -> Keys:
    """Numbers that sort as (source, relation, target) do. Nodes are fewer than 2**28, relations than 8."""
    low = targets.astype(np.int64)
    if relations is not None:
        low |= relations.astype(np.int64) << 28
    return (sources.astype(np.int64) << 31) | low

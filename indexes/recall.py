"""How much of what an exact search finds an index finds, and what its worst queries miss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from indexes.exact import ExactIndex
from indexes.vectors import VectorIndex

DEPTHS = (10, 100, 800)
# A mean hides the queries that go wrong
MEAN, FIFTH = 0.99, 0.95


@dataclass(frozen=True, slots=True)
class Recall:
    """Of the *depth* best rows the share found, over *queries* queries: on average, at the 5th percentile and
    at worst. A row that scores as the last of the best counts as one of them."""

    depth: int
    queries: int
    mean: float
    fifth: float
    least: float

    @property
    def passed(self) -> bool:
        return self.mean >= MEAN and self.fifth >= FIFTH

    def to_json(self) -> dict[str, float]:
        return {
            "depth": self.depth,
            "queries": self.queries,
            "mean": round(self.mean, 5),
            "p5": round(self.fifth, 5),
            "min": round(self.least, 5),
        }


@runtime_checkable
class Estimating(Protocol):
    """An index that may miss rows, and the exact one over the same vectors."""

    exact: ExactIndex


def is_estimated(index: VectorIndex) -> bool:
    """Whether *index* may miss rows."""
    return isinstance(index, Estimating)


def recall(
    index: VectorIndex, queries: NDArray[np.float32], depths: tuple[int, ...] = DEPTHS
) -> tuple[Recall, ...]:
    """The recall of *index* for *queries* (q, d) at each of *depths*, shallow first, none beyond its size.
    Empty where it is exact, or there are no queries."""
    if not isinstance(index, Estimating) or not len(queries) or not index.size:
        return ()
    depths = tuple(sorted({min(depth, index.size) for depth in depths}))
    truth = index.exact.search(queries, depths[-1])[0]
    measured = []
    for depth in depths:
        found = index.search(queries, depth)[0]
        # both add up alike, so that a score tells a row that ties from one that does not
        shares = (found >= truth[:, depth - 1 : depth]).mean(axis=1)
        measured.append(
            Recall(
                depth,
                len(queries),
                float(shares.mean()),
                float(np.percentile(shares, 5)),
                float(shares.min()),
            )
        )
    return tuple(measured)

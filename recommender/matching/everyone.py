"""Recommending for everyone: suppliers for all open needs, or needs for all small and medium enterprises.

Each list is the one that a single request would get on the same day. Those who ask are taken in parts: the
needs of a part share scans of the vectors, and each part is computed by itself, in any process, in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np

from recommender.catalogue.domain import Size, Visibility
from recommender.engine import Engine
from recommender.query import BuyerQuery, Filters, SupplierQuery, check_top_k
from recommender.results import Recommendation, Result
from recommender.snapshot import Rows, Snapshot

PART = 256  # who ask in one part
_VISIBLE = tuple(each.value for each in Visibility)


class Direction(StrEnum):
    SUPPLIERS = "suppliers"
    BUYERS = "buyers"


@dataclass(frozen=True, slots=True)
class Job:
    """What is computed: from which *release*, as things stand *as_of*, lists of *top_k* under *filters*.

    Of enterprises the *large* ones ask only where that is wanted. One without a stated size asks.
    """

    release: str
    direction: Direction
    as_of: date
    top_k: int = 10
    filters: Filters = field(default_factory=Filters)
    large: bool = False

    def __post_init__(self) -> None:
        check_top_k(self.top_k)

    def to_json(self) -> dict[str, Any]:
        return {
            "release": self.release,
            "direction": self.direction.value,
            "as_of": self.as_of.isoformat(),
            "top_k": self.top_k,
            "filters": self.filters.to_json(),
            "large": self.large,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Job:
        """The job that :meth:`to_json` wrote; KeyError, TypeError, ValueError or InputError on others."""
        return cls(
            str(value["release"]),
            Direction(value["direction"]),
            date.fromisoformat(value["as_of"]),
            int(value["top_k"]),
            Filters.of(value["filters"]),
            bool(value["large"]),
        )


def who_asks(snapshot: Snapshot, job: Job) -> Rows:
    """The rows of the needs or enterprises that get a list, ascending."""
    if job.direction is Direction.SUPPLIERS:
        return np.flatnonzero(snapshot.needs_within(Filters(), (), _VISIBLE, job.as_of))
    large = snapshot.enterprises.filters.mask_any("size", [Size.LARGE.value])
    return np.arange(len(large)) if job.large else np.flatnonzero(~large)


def lists(engine: Engine, job: Job, rows: Rows) -> Iterator[tuple[str, Recommendation]]:
    """The id of each of *rows*, in order, with its list."""
    snapshot = engine.snapshot
    if job.direction is Direction.SUPPLIERS:
        needs = [snapshot.need(row) for row in rows]
        asked = [SupplierQuery(need, job.as_of, job.top_k, job.filters, explain=False) for need in needs]
        yield from zip((need.need_id for need in needs), engine.suppliers_many(asked), strict=True)
        return
    for row in rows:
        enterprise = snapshot.enterprise(row)
        offerings = tuple(snapshot.offering(each) for each in snapshot.offering_rows(row))
        query = BuyerQuery(
            enterprise, offerings, job.as_of, job.top_k, job.filters, explain=False, visibility=_VISIBLE
        )
        yield enterprise.enterprise_id, engine.buyers(query)


def columns(job: Job, answers: Iterator[tuple[str, Recommendation]]) -> dict[str, list[Any]]:
    """The lists as columns, a row a result: who asked, ``rank``, the partner, ``score``, the must-haves that
    it ``fails``, and ``moved_from``, the rank by its score where diversity moved it from there."""
    asked, partner = _NAMES[job.direction]
    names = (asked, "rank", *partner, "score", "fails", "moved_from")
    found: dict[str, list[Any]] = {name: [] for name in names}
    for id, answer in answers:
        for result in answer.results:
            row = (id, result.rank, *_partner(job, result), result.score, list(result.fails))
            for name, value in zip(
                names, (*row, result.moved.by_score if result.moved else None), strict=True
            ):
                found[name].append(value)
    return found


_NAMES = {
    Direction.SUPPLIERS: ("need_id", ("enterprise_id", "name")),
    Direction.BUYERS: ("enterprise_id", ("need_id", "title", "buyer_name")),
}


def _partner(job: Job, result: Result) -> tuple[str, ...]:
    if job.direction is Direction.SUPPLIERS:
        return result.enterprise_id, result.name
    return result.need_id, result.title, result.name

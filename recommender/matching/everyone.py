"""Recommending for everyone: suppliers for all open needs, or needs for all small and medium enterprises.

Each list is the one that a single, unexplained request of the operator would get on the same day: the same
partners, ranks and scores. Those who ask are taken in parts, which share scans of the vectors; each part is
computed by itself, in any process, in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np

from indexes.errors import InputError
from recommender.catalogue.domain import Size, Visibility
from recommender.matching import buyers, suppliers
from recommender.matching.arrangement import Placed
from recommender.matching.common import Measured, Parts
from recommender.query import BuyerQuery, Filters, SupplierQuery, check_filters, check_top_k
from recommender.ranking import AdditiveModel, probability
from recommender.snapshot import Rows, Snapshot

PART = 256  # who ask in one part


class Direction(StrEnum):
    SUPPLIERS = "suppliers"
    BUYERS = "buyers"


@dataclass(frozen=True, slots=True)
class Job:
    """What is computed: from which *release*, as things stand *as_of*, lists of *top_k* under *filters*.

    With *public*, needs that not everybody may see neither ask nor are listed. Of enterprises the *large*
    ones ask only where that is wanted; one without a stated size asks. *limit*, where it is not 0, keeps the
    first so many who ask. Raises InputError for numbers out of range and filters that filter nothing.
    """

    release: str
    direction: Direction
    as_of: date
    top_k: int = 10
    filters: Filters = field(default_factory=Filters)
    large: bool = False
    public: bool = False
    limit: int = 0

    def __post_init__(self) -> None:
        check_top_k(self.top_k)
        check_filters(self.filters, "suppliers" if self.direction is Direction.SUPPLIERS else "needs")
        if self.limit < 0:
            raise InputError("Out of range.", field="limit", value=self.limit, mend="0 (all) or more")

    @property
    def visible(self) -> tuple[str, ...]:
        """The visibilities of the needs that take part."""
        return (Visibility.PUBLIC.value,) if self.public else tuple(each.value for each in Visibility)

    def to_json(self) -> dict[str, Any]:
        return {
            "release": self.release,
            "direction": self.direction.value,
            "as_of": self.as_of.isoformat(),
            "top_k": self.top_k,
            "filters": self.filters.to_json(),
            "large": self.large,
            "public": self.public,
            "limit": self.limit,
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
            bool(value["public"]),
            int(value["limit"]),
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """The list of ``asked``, the id of a need or an enterprise: the ``places`` by score of those in it, among
    all that were ``measured``, and from which rank each was ``moved``."""

    asked: str
    measured: Measured
    places: Sequence[int]
    moved: Sequence[int | None]

    @classmethod
    def of(cls, asked: str, measured: Measured, shown: Sequence[int], listed: Sequence[Placed]) -> Listing:
        moved = [each.moved.by_score if each.moved else None for each in listed]
        return cls(asked, measured, [shown[each.place] for each in listed], moved)


def who_asks(snapshot: Snapshot, job: Job) -> Rows:
    """The rows of the needs or enterprises that get a list, ascending."""
    if job.direction is Direction.SUPPLIERS:
        rows = np.flatnonzero(snapshot.needs_within(Filters(), (), job.visible, job.as_of))
    elif job.large:
        rows = np.arange(snapshot.enterprises.documents.size)
    else:
        rows = np.flatnonzero(~snapshot.enterprises.filters.mask_any("size", [Size.LARGE.value]))
    return rows[: job.limit] if job.limit else rows


def lists(parts: Parts, job: Job, rows: Rows) -> Iterator[Listing]:
    """The list of each of *rows*, in order."""
    return (_suppliers if job.direction is Direction.SUPPLIERS else _buyers)(parts, job, rows)


def _suppliers(parts: Parts, job: Job, rows: Rows) -> Iterator[Listing]:
    needs = [parts.snapshot.need(row) for row in rows]
    asked = [SupplierQuery(need, job.as_of, job.top_k, job.filters, explain=False) for need in needs]
    for query, found in suppliers.find(parts, asked):
        ranked = suppliers.rank(parts, query, found)
        yield Listing.of(query.need.need_id, ranked.measured, ranked.shown, ranked.listed)


def _buyers(parts: Parts, job: Job, rows: Rows) -> Iterator[Listing]:
    snapshot = parts.snapshot
    asked = [
        BuyerQuery(
            snapshot.enterprise(row),
            tuple(snapshot.offering(each) for each in snapshot.offering_rows(row)),
            job.as_of,
            job.top_k,
            job.filters,
            explain=False,
            visibility=job.visible,
        )
        for row in rows
    ]
    for query, found in buyers.find(parts, asked):
        ranked = buyers.rank(parts, query, found)
        firm = query.enterprise.enterprise_id
        yield Listing.of(firm, ranked.judged.measured, ranked.shown, ranked.listed)


NAMES = {
    Direction.SUPPLIERS: ("need_id", "rank", "enterprise_id", "name"),
    Direction.BUYERS: ("enterprise_id", "rank", "need_id", "title", "buyer_name", "visibility"),
}
"""The first columns of each direction: who asked, the place in its list, the partner."""


def columns(parts: Parts, job: Job, listings: Iterator[Listing]) -> dict[str, list[Any]]:
    """The lists as columns, a row a result.

    After :data:`NAMES` come ``score``; ``fails``, the must-haves that are missing or in conflict;
    ``moved_from``, the rank by score where diversity moved the result from there; ``base``; and a column for
    each feature of the model with the log-odds that it added, None where the feature is not known. ``base``
    plus these is the log-odds of ``score``.
    """
    names = NAMES[job.direction]
    found: dict[str, list[Any]] = {
        name: [] for name in (*names, "score", "fails", "moved_from", "base", *parts.model.features)
    }
    told = _supplier_named if job.direction is Direction.SUPPLIERS else _need_named
    for listing in listings:
        measured, places = listing.measured, listing.places
        for rank, place in enumerate(places, 1):
            row = (listing.asked, rank, *told(parts.snapshot, measured.row(place)))
            for name, value in zip(names, row, strict=True):
                found[name].append(value)
        found["fails"] += [list(measured.fails(place)) for place in places]
        found["moved_from"] += listing.moved
        found["score"] += [probability(odds) for odds in measured.scored.log_odds[places].tolist()]
        found["base"] += [parts.model.base] * len(places)
        for feature, values in _added(parts.model, measured, places).items():
            found[feature] += values
    return found


def _added(model: AdditiveModel, measured: Measured, places: Sequence[int]) -> dict[str, list[float | None]]:
    """What each feature of *model* added at each of *places*."""
    scored = measured.scored
    found: dict[str, list[float | None]] = {}
    for column, feature in enumerate(model.features):
        if feature not in scored.values:
            found[feature] = [None] * len(places)
            continue
        known = ~np.isnan(scored.values[feature][places])
        added = scored.contributions[places, column].tolist()
        found[feature] = [value if sure else None for value, sure in zip(added, known.tolist(), strict=True)]
    return found


def _supplier_named(snapshot: Snapshot, row: int) -> tuple[str, ...]:
    enterprise = snapshot.enterprise(row)
    return enterprise.enterprise_id, enterprise.name


def _need_named(snapshot: Snapshot, row: int) -> tuple[str, ...]:
    need, _ = snapshot.need_asking(row)
    return need.need_id, need.title, need.buyer_name, need.visibility.value

"""How many enterprises stand to the demands of one need, at the cost of a few.

:func:`recommender.requirements.judge` reads all that an enterprise says. Most say nothing of what is asked,
and the release knows who does: its columns hold the certificates that are stated or claimed and the kinds of
figures that each offering states. So the statuses of all candidates come from columns, only offerings that
state a figure of the kind asked for are read, and whole verdicts are made for those that are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from indexes.filters import FilterColumns
from indexes.topk import distinct
from recommender.catalogue.domain import Enterprise, Need
from recommender.requirements import Demand, judge
from recommender.requirements.certificates import Certificate
from recommender.requirements.claims import which_alike
from recommender.requirements.mention import Capital, Delivery, Place, Quantity
from recommender.requirements.quantities import Measure
from recommender.requirements.stated import Stated
from recommender.requirements.verdicts import (
    NOT_RECORDED,
    STATUSES,
    Holding,
    coverages,
    holding,
    in_place,
    judge_one,
    least_tier,
    place_code,
    sizes_for,
    wanted_kind,
    yearly,
)
from recommender.results import Requirement
from recommender.snapshot import Mask, Rows, Snapshot

Statuses = NDArray[np.int8]

_NOBODY = Enterprise("", "")  # what an offering states, it states whosever it is
_UNKNOWN, _MET, _MISSING, _CONFLICT = (STATUSES.index(s) for s in ("unknown", "met", "missing", "conflict"))


@dataclass(frozen=True, slots=True)
class Standings:
    """How c enterprises stand to the demands of a need: ``statuses`` (c, d) are places in STATUSES, and
    ``telling`` the rows of the offerings that they were told by, ascending."""

    snapshot: Snapshot
    rows: Rows
    demands: tuple[Demand, ...]
    need: Need
    as_of: date
    statuses: Statuses
    telling: Rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def coverages(self) -> NDArray[np.float64]:
        """(c,) requirement coverage, NaN where nothing is asked."""
        return coverages(self.demands, self.statuses) if self.demands else np.full(len(self), np.nan)

    def fails(self, position: int) -> tuple[str, ...]:
        """The must-have requirements that are missing or in conflict."""
        return self._musts(position, (_MISSING, _CONFLICT))

    def unproven(self, position: int) -> tuple[str, ...]:
        """The must-have requirements of which nothing is known."""
        return self._musts(position, (_UNKNOWN,))

    def _musts(self, position: int, statuses: tuple[int, ...]) -> tuple[str, ...]:
        stands = self.statuses[position].tolist()
        return tuple(d.name for d, s in zip(self.demands, stands, strict=True) if d.must and s in statuses)

    def at(self, position: int) -> tuple[Requirement, ...]:
        """The whole verdicts, with their sources."""
        if not self.demands:
            return ()
        row = int(self.rows[position])
        first, last = np.searchsorted(self.telling, self.snapshot.first[row : row + 2])
        told = [self.snapshot.offering(each) for each in self.telling[first:last]]
        return judge(self.demands, self.need, self.snapshot.enterprise(row), told, self.as_of)


def standings(
    snapshot: Snapshot, rows: Rows, demands: tuple[Demand, ...], need: Need, as_of: date
) -> Standings:
    """The statuses that :func:`judge` would find for each of *rows* (c,)."""
    found = np.full((len(rows), len(demands)), _UNKNOWN, np.int8)
    columns = _Columns(snapshot, rows, need, as_of)
    for at, demand in enumerate(demands):
        if demand.kind not in NOT_RECORDED:
            found[:, at] = getattr(columns, demand.kind)(demand)
    return Standings(snapshot, rows, demands, need, as_of, found, columns.telling())


class _Columns:
    """The statuses (c,) of the enterprises *rows* to a demand; a method for each kind."""

    def __init__(self, snapshot: Snapshot, rows: Rows, need: Need, as_of: date) -> None:
        self._snapshot = snapshot
        self._rows = rows
        self._need = need
        self._as_of = as_of
        self._columns = snapshot.enterprises.filters
        self._offers = snapshot.offerings.filters
        self._whose, self._offerings = snapshot.offerings_of(rows)
        self._telling = [np.zeros(0, np.int64)]

    def telling(self) -> Rows:
        """The rows of the offerings that the statuses were told by, ascending."""
        return distinct(np.concatenate(self._telling))

    def certification(self, demand: Demand) -> Statuses:
        asked, stated = demand.certificates, self._stated
        # what each certificate goes for while it is valid; those that nobody here states are not looked at
        kinds = np.zeros(len(stated.certificates), np.int64)
        for number in distinct(stated.which).tolist():
            kinds[number] = holding(stated.certificates[number], None, asked, self._as_of)
        holdings = kinds[stated.which]
        holdings[(holdings == Holding.VALID) & (stated.ends < self._as_of.toordinal())] = Holding.EXPIRED
        furthest = np.full(len(self._rows), -1)  # where nothing is stated
        np.maximum.at(furthest, stated.whose, holdings)
        claimed = self._claimed(asked)
        families = {each.family for each in asked}
        akin = np.array([each.family in families for each in stated.certificates], np.bool_)
        silent = np.full(len(self._rows), _UNKNOWN)  # who states others of that family would have stated it
        silent[stated.whose[akin[stated.which]]] = _MISSING
        return np.select(
            [furthest == Holding.VALID, furthest == Holding.EXPIRED, furthest == Holding.LOWER],
            [_MET, np.where(claimed, _CONFLICT, _MISSING), _MISSING],
            np.where(furthest == Holding.UNGRADED, _UNKNOWN, np.where(claimed, _MET, silent)),
        ).astype(np.int8)

    @cached_property
    def _stated(self) -> Stated:
        return self._snapshot.certificates.at(self._rows)

    def _claimed(self, asked: Sequence[Certificate]) -> Mask:
        """Who claims, in words of its own or of an offering, to hold any of *asked*."""
        found = np.zeros(len(self._rows), np.bool_)
        offers = self._offers
        own, which = self._columns.labels_at("claims", self._rows)
        found[own[_satisfying(self._columns, which, asked)]] = True
        theirs, which = offers.labels_at("claims", self._offerings)
        holding_it = theirs[_satisfying(offers, which, asked)]
        found[self._whose[holding_it]] = True
        self._tell(holding_it)
        return found

    def tier(self, demand: Demand) -> Statuses:
        order = self._columns.numbers("tier_order")[self._rows]
        return _known(~np.isnan(order), order >= least_tier(demand))

    def size(self, demand: Demand) -> Statuses:
        fits = self._columns.has_any("size", [size.value for size in sizes_for(demand)], self._rows)
        return _known(self._columns.has_label("size", self._rows), fits)

    def registered_capital(self, demand: Demand) -> Statuses:
        (asked,) = demand.details
        assert isinstance(asked, Capital)
        capital = self._columns.numbers("capital")[self._rows]
        return _known(~np.isnan(capital), capital >= asked.amount)

    def region(self, demand: Demand) -> Statuses:
        (asked,) = demand.details
        assert isinstance(asked, Place)
        code = place_code(demand, self._need)
        found = np.full(len(self._rows), _UNKNOWN, np.int8)
        values = self._columns.values("region")
        whose, which = self._columns.labels_at("region", self._rows)
        distinct, back = np.unique(which, return_inverse=True)
        stands = [
            STATUSES.index(in_place(values[place], code, seat=asked.seat)) for place in distinct.tolist()
        ]
        found[whose] = np.array(stands, np.int8)[back]
        return found

    def specification(self, demand: Demand) -> Statuses:
        (asked,) = demand.details
        assert isinstance(asked, Measure)
        found = np.full(len(self._rows), _UNKNOWN, np.int8)
        states = np.flatnonzero(self._offers.has_any("states", [asked.dimension], self._offerings))
        akin = self._akin(states)
        self._tell(akin)
        whose, offerings = self._whose[akin], self._offerings[akin]
        for position in distinct(whose).tolist():
            told = [self._snapshot.offering(row) for row in offerings[whose == position]]
            found[position] = STATUSES.index(judge_one(demand, self._need, _NOBODY, told, self._as_of))
        return found

    def delivery(self, demand: Demand) -> Statuses:
        (asked,) = demand.details
        assert isinstance(asked, Delivery)
        found = np.full(len(self._rows), _UNKNOWN, np.int8)
        if asked.days is not None:
            lead_times = self._offers.numbers("lead_time")[self._offerings]
            in_time = self._akin(np.flatnonzero(lead_times <= asked.days))
            found[self._whose[in_time]] = _MET
            self._tell(_first(self._whose, in_time))
        return found

    def quantity(self, demand: Demand) -> Statuses:
        (asked,) = demand.details
        assert isinstance(asked, Quantity)
        found = np.full(len(self._rows), _UNKNOWN, np.int8)
        capacities = self._offers.numbers("capacity")[self._offerings]
        able = np.flatnonzero(~np.isnan(capacities))
        able = able[self._offers.has_any("stated_unit", [asked.unit], self._offerings[able])]
        able = self._akin(able)
        # the largest of each enterprise, the first of equals
        largest = _first(self._whose, able[np.lexsort((able, -capacities[able], self._whose[able]))])
        found[self._whose[largest]] = np.where(capacities[largest] >= yearly(asked), _MET, _MISSING)
        self._tell(largest)
        return found

    def _akin(self, places: Rows) -> Rows:
        """Of *places* among the offerings, those of the kind that the need's title names."""
        return places[
            which_alike(self._snapshot.kinds, self._offerings[places], wanted_kind(self._need.title))
        ]

    def _tell(self, places: Rows) -> None:
        self._telling.append(self._offerings[places])


def _first(whose: Rows, places: Rows) -> Rows:
    """The first of *places* for each of those *whose* they are; *places* come in order of these."""
    _, first = np.unique(whose[places], return_index=True)
    return places[first]


def _satisfying(columns: FilterColumns, which: Rows, asked: Sequence[Certificate]) -> Mask:
    """(k,) whether each certificate claimed, by its label in *columns*, meets a demand for any of *asked*."""
    if not which.size:
        return np.zeros(0, np.bool_)
    distinct, back = np.unique(which, return_inverse=True)
    held = [Certificate.of_label(columns.value("claims", place)) for place in distinct.tolist()]
    enough = np.array([any(certificate.satisfies(each) for each in asked) for certificate in held], np.bool_)
    met: Mask = enough[back]
    return met


def _known(known: Mask, met: Mask) -> Statuses:
    return np.where(known, np.where(met, _MET, _MISSING), _UNKNOWN).astype(np.int8)

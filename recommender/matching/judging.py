"""How many enterprises stand to the demands of one need, at the cost of a few.

:func:`recommender.requirements.judge` reads all that an enterprise says. Most say nothing of what is asked,
and the release knows who does: its columns hold the certificates that are stated or claimed and the kinds of
figures that each offering states. So the statuses of all candidates come from columns, only offerings that
state a figure of the kind asked for are read, and whole verdicts are made for those that are shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Enterprise, Need
from recommender.requirements import Demand, judge
from recommender.requirements.certificates import Certificate, canonical
from recommender.requirements.claims import LEAD_TIME, which_alike
from recommender.requirements.mention import Capital, Place, Quantity
from recommender.requirements.quantities import Measure
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
)
from recommender.results import Requirement
from recommender.snapshot import Mask, Rows, Snapshot
from recommender.text.normalise import for_search

Statuses = NDArray[np.int8]

_NOBODY = Enterprise("", "")  # what an offering states, it states whosever it is
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_UNKNOWN, _MET, _MISSING, _CONFLICT = (STATUSES.index(s) for s in ("unknown", "met", "missing", "conflict"))


@dataclass(frozen=True, slots=True)
class Standings:
    """How c enterprises stand to the demands of a need: ``statuses`` (c, d) are places in STATUSES, and
    ``telling`` the rows of the offerings that they were told by, ascending (None: by all)."""

    snapshot: Snapshot
    rows: Rows
    demands: tuple[Demand, ...]
    need: Need
    as_of: date
    statuses: Statuses
    telling: Rows | None

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
        offerings = self.snapshot.offering_rows(row)
        if self.telling is not None:
            first, last = np.searchsorted(self.telling, self.snapshot.first[row : row + 2])
            offerings = self.telling[first:last]
        told = [self.snapshot.offering(each) for each in offerings]
        return judge(self.demands, self.need, self.snapshot.enterprise(row), told, self.as_of)


def standings(
    snapshot: Snapshot, rows: Rows, demands: tuple[Demand, ...], need: Need, as_of: date
) -> Standings:
    """The statuses that :func:`judge` would find for each of *rows* (c,)."""
    found = np.full((len(rows), len(demands)), _UNKNOWN, np.int8)
    stand = Standings(snapshot, rows, demands, need, as_of, found, None)
    if demands and "claims" not in snapshot.enterprises.filters.label_columns:
        # a release from before these columns: everything is read
        for at in range(len(rows)):
            found[at] = [STATUSES.index(each.status) for each in stand.at(at)]
        return stand
    columns = _Columns(snapshot, rows, need, as_of)
    for at, demand in enumerate(demands):
        if demand.kind not in NOT_RECORDED:
            found[:, at] = getattr(columns, demand.kind)(demand)
    return replace(stand, telling=columns.telling())


class _Columns:
    """The statuses (c,) of the enterprises *rows* to a demand; a method for each kind."""

    def __init__(self, snapshot: Snapshot, rows: Rows, need: Need, as_of: date) -> None:
        self._snapshot = snapshot
        self._rows = rows
        self._need = need
        self._as_of = as_of
        self._columns = snapshot.enterprises.filters
        self._whose, self._offerings = snapshot.offerings_of(rows)
        self._telling = [np.zeros(0, np.int64)]

    def telling(self) -> Rows:
        """The rows of the offerings that the statuses were told by, ascending."""
        return np.unique(np.concatenate(self._telling))

    def certification(self, demand: Demand) -> Statuses:
        asked = demand.certificates
        stated = self._stated
        # what each name goes for while it is valid, then what has run out
        kinds = [holding(certificate, None, asked, self._as_of) for certificate in stated.certificates]
        holdings = np.array(kinds, np.int64)[stated.which]
        holdings[(holdings == Holding.VALID) & stated.ended] = Holding.EXPIRED
        furthest = np.full(len(self._rows), -1)  # where nothing is stated
        np.maximum.at(furthest, stated.whose, holdings)
        claimed = self._claimed(asked)
        silent = np.where(furthest < 0, _UNKNOWN, _MISSING)
        return np.select(
            [furthest == Holding.VALID, furthest == Holding.EXPIRED, furthest == Holding.LOWER],
            [_MET, np.where(claimed, _CONFLICT, _MISSING), _MISSING],
            np.where(furthest == Holding.UNGRADED, _UNKNOWN, np.where(claimed, _MET, silent)),
        ).astype(np.int8)

    @cached_property
    def _stated(self) -> _Stated:
        whose, which = self._columns.labels_at("certification", self._rows)
        distinct, back = np.unique(which, return_inverse=True)
        parsed = [_certificate(self._columns.value("certification", place)) for place in distinct.tolist()]
        numbers: dict[Certificate, int] = {}
        each = np.array(
            [numbers.setdefault(certificate, len(numbers)) for certificate, _ in parsed], np.int64
        )
        ended = np.array([expires is not None and expires < self._as_of for _, expires in parsed], np.bool_)
        return _Stated(whose, each[back], ended[back], tuple(numbers))

    def _claimed(self, asked: Sequence[Certificate]) -> Mask:
        """Who claims, in words of its own or of an offering, to hold any of *asked*."""
        found = np.zeros(len(self._rows), np.bool_)
        offers = self._snapshot.offerings.filters
        own, owns = self._columns.labels_at("claims", self._rows)
        theirs, offer = offers.labels_at("claims", self._offerings)
        for columns, whose, which in ((self._columns, own, owns), (offers, self._whose[theirs], offer)):
            if len(whose):
                distinct, back = np.unique(which, return_inverse=True)
                held = [Certificate.of_label(columns.value("claims", place)) for place in distinct.tolist()]
                enough = np.array([any(c.satisfies(a) for a in asked) for c in held], np.bool_)
                found[whose[enough[back]]] = True
        self._telling.append(self._offerings[theirs])
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
        states = self._snapshot.offerings.filters.has_any("states", [asked.dimension], self._offerings)
        return self._of_product(demand, states)

    def delivery(self, demand: Demand) -> Statuses:
        states = self._snapshot.offerings.filters.has_any("states", [LEAD_TIME], self._offerings)
        return self._of_product(demand, states)

    def quantity(self, demand: Demand) -> Statuses:
        (asked,) = demand.details
        assert isinstance(asked, Quantity)
        offers = self._snapshot.offerings.filters
        states = ~np.isnan(offers.numbers("capacity")[self._offerings])
        if unit := for_search(asked.unit):
            states[states] = offers.has_any("unit", [unit], self._offerings[states])
        return self._of_product(demand, states)

    def _of_product(self, demand: Demand, states: Mask) -> Statuses:
        """Statuses by the offerings of which *states* says that they speak of what is asked for."""
        found = np.full(len(self._rows), _UNKNOWN, np.int8)
        whose, offerings = self._whose[states], self._offerings[states]
        if kinds := self._snapshot.kinds:
            akin = which_alike(kinds, offerings, wanted_kind(self._need.title))
            whose, offerings = whose[akin], offerings[akin]
        self._telling.append(offerings)
        for position in np.unique(whose).tolist():
            told = [self._snapshot.offering(row) for row in offerings[whose == position]]
            status = judge_one(demand, self._need, _NOBODY, told, self._as_of)
            found[position] = STATUSES.index(status)
        return found


def _known(known: Mask, met: Mask) -> Statuses:
    return np.where(known, np.where(met, _MET, _MISSING), _UNKNOWN).astype(np.int8)


@dataclass(frozen=True, slots=True)
class _Stated:
    """The certificates that candidates state: whose each is, which of *certificates*, and whether it has
    ended."""

    whose: Rows
    which: Rows
    ended: Mask
    certificates: tuple[Certificate, ...]


@lru_cache(maxsize=1 << 16)
def _certificate(label: str) -> tuple[Certificate, date | None]:
    """A certificate and its expiry as a column states them."""
    name, _, day = label.rpartition("@")
    if _DAY.fullmatch(day):
        return canonical(name), date.fromisoformat(day)
    return canonical(label), None

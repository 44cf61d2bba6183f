"""How an enterprise stands to each demand of a need: met, missing, unknown or conflict, and why.

``missing`` is said only where the enterprise states something of that kind that does not suffice; silence is
``unknown``. What is read out of free text is marked inferred, and never overrules a stated expiry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Certification, Enterprise, Need, Offering, Size, Tier
from recommender.places import places_of
from recommender.requirements.certificates import Certificate, canonical
from recommender.requirements.claims import alike, claim, grams, lead_time, specified
from recommender.requirements.extract import Demand
from recommender.requirements.mention import Capital, Delivery, Place, Quantity
from recommender.requirements.quantities import Measure, same_property, suffices
from recommender.results import Requirement, Source
from recommender.text.titles import subject

_TIER_ORDER = {tier: order for order, tier in enumerate(Tier)}
_RESERVED = {"sme": (Size.MEDIUM, Size.SMALL, Size.MICRO), "small_micro": (Size.SMALL, Size.MICRO)}
STATUSES = ("unknown", "met", "missing", "conflict")
_WORTH = {"unknown": 0.0, "met": 1.0, "missing": -1.0, "conflict": -0.5}
_WORTHS = np.array([_WORTH[status] for status in STATUSES])
_FAILED = ("missing", "conflict")
NOT_RECORDED = {
    "experience": "目录中没有业绩记录，请向企业核实 / ask the enterprise for references",
    "staff": "目录中没有人员记录，请向企业核实 / ask the enterprise for its people",
}
"""Kinds that nothing in the catalogue can answer, with what is said of them."""
# dimensions so particular that a value needs no name to be of the property asked for
_PARTICULAR = frozenset({"protection", "DN", "PN", "hardness HRC", "heat conductivity", "specific energy"})


@dataclass(frozen=True, slots=True)
class _Case:
    """One enterprise before one need."""

    need: Need
    enterprise: Enterprise
    offerings: Sequence[Offering]
    as_of: date
    until: date | None  # the last day on which certificates must still hold, None where it is not known

    def akin(self) -> list[Offering]:
        """The offerings that are of the kind that the need's title names."""
        wanted = wanted_kind(self.need.title)
        return [offering for offering in self.offerings if alike(offering, wanted)]


@lru_cache(maxsize=4096)
def wanted_kind(title: str) -> frozenset[str]:
    """The pairs of characters of a need's *title* by which offerings of its kind are known."""
    return grams(subject(title))


def judge(
    asked: Sequence[Demand], need: Need, enterprise: Enterprise, offerings: Sequence[Offering], as_of: date
) -> tuple[Requirement, ...]:
    """One verdict for each of *asked*, in order. Certificates must be valid on *as_of*; one that ends before
    the need's deadline, or before delivery where that is stated, is met with a note."""
    case = _Case(need, enterprise, offerings, as_of, _until(asked, need))
    return tuple(_JUDGES[demand.kind](demand, case) for demand in asked)


def judge_one(
    demand: Demand, need: Need, enterprise: Enterprise, offerings: Sequence[Offering], as_of: date
) -> str:
    """The status of one demand. Offerings that state nothing of its kind may be left out."""
    return _JUDGES[demand.kind](demand, _Case(need, enterprise, offerings, as_of, None)).status


def _until(asked: Sequence[Demand], need: Need) -> date | None:
    """The day of delivery; its days count from the deadline."""
    deadline = need.deadline.date() if need.deadline else None
    for demand in asked:
        for detail in demand.details:
            if isinstance(detail, Delivery):
                if detail.day:
                    return detail.day
                if deadline and detail.days:
                    return deadline + timedelta(days=detail.days)
    return deadline


def coverage(verdicts: Sequence[Requirement]) -> float:
    """Share of demands met less share missing, −1 to 1, a wish counting half; 0 where nothing is asked or
    nothing is known. What no catalogue records (references, people) does not dilute the rest."""
    return coverage_of(verdicts, [verdict.status for verdict in verdicts])


def coverage_of(asked: Sequence[Demand | Requirement], statuses: Sequence[str]) -> float:
    """The :func:`coverage` of one with *statuses* (d,)."""
    total = weight = 0.0
    for demand, status in zip(asked, statuses, strict=True):
        if demand.kind in NOT_RECORDED:
            continue
        share = 1.0 if demand.must else 0.5
        weight += share
        total += share * _WORTH[status]
    return total / weight if weight else 0.0


def coverages(asked: Sequence[Demand | Requirement], statuses: NDArray[np.int8]) -> NDArray[np.float64]:
    """(c,) the :func:`coverage` of c enterprises with *statuses* (c, d), places in STATUSES."""
    weights = np.array([(1.0 if d.must else 0.5) * (d.kind not in NOT_RECORDED) for d in asked], np.float64)
    # all are multiples of a quarter, so that sums are exact in any order
    return _WORTHS[statuses] @ weights / (weights.sum() or 1.0)


def failing(verdicts: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """The must-haves that the enterprise is known not to meet: missing or in conflict."""
    return tuple(v for v in verdicts if v.must and v.status in _FAILED)


class Holding(IntEnum):
    """How far a stated certificate goes towards a demand; the furthest of all that are stated decides."""

    OTHER = 0
    UNGRADED = 1  # of that kind, without the grade that is asked for
    LOWER = 2
    EXPIRED = 3
    VALID = 4


def holding(
    certificate: Certificate, expires: date | None, asked: Sequence[Certificate], as_of: date
) -> Holding:
    """How far *certificate*, which *expires* then, goes towards any of *asked*."""
    if any(certificate.satisfies(each) for each in asked):
        return Holding.VALID if expires is None or expires >= as_of else Holding.EXPIRED
    if certificate.name not in {each.name for each in asked}:
        return Holding.OTHER
    return Holding.LOWER if certificate.grade else Holding.UNGRADED


def _certification(demand: Demand, case: _Case) -> Requirement:
    asked, enterprise = demand.certificates, case.enterprise
    known = [(c, holding(canonical(c.name), c.expires, asked, case.as_of)) for c in enterprise.certifications]
    furthest = max((how for _, how in known), default=Holding.OTHER)
    if furthest is Holding.VALID:
        best = max((c for c, how in known if how is furthest), key=lambda c: c.expires or date.max)
        source = Source("certifications", str(best))
        return _verdict(demand, case, "met", source, _validity(best, case), best.expires)
    if furthest is Holding.EXPIRED:
        last = max((c for c, how in known if how is furthest), key=lambda c: c.expires or date.min)
        status = "conflict" if claim(asked, enterprise, case.offerings) else "missing"
        note = f"已于 {last.expires} 到期 / expired"
        return _verdict(demand, case, status, Source("certifications", str(last)), note, last.expires)
    if furthest is not Holding.OTHER:
        source = Source("certifications", str(next(c for c, how in known if how is not Holding.OTHER)))
        if furthest is Holding.LOWER:
            return _verdict(demand, case, "missing", source, "等级不足 / grade too low")
        return _verdict(demand, case, "unknown", source, "未写明等级 / grade not stated")
    if claimed := claim(asked, enterprise, case.offerings):
        return _verdict(demand, case, "met", claimed, "仅见于自述，未经核实 / claimed, not verified")
    families = {certificate.family for certificate in asked}
    if kin := [c for c in enterprise.certifications if canonical(c.name).family in families]:
        source = Source("certifications", str(kin[0]))
        return _verdict(demand, case, "missing", source, "填报的同类证书中没有 / not among those stated")
    if known:
        return _verdict(demand, case, "unknown", None, "未填报此类证书 / none of this kind stated")
    return _verdict(demand, case, "unknown", None, "未填报证书 / no certificates stated")


def _validity(certification: Certification, case: _Case) -> str:
    expires, deadline = certification.expires, case.need.deadline
    if expires and deadline and expires < deadline.date():
        return f"{expires} 到期，早于截止日 / expires before the deadline"
    if expires and case.until and expires < case.until:
        return f"{expires} 到期，早于交付日 / expires before delivery"
    return ""


def _tier(demand: Demand, case: _Case) -> Requirement:
    tier = case.enterprise.tier
    if tier is None:
        return _verdict(demand, case, "unknown", None, "未填报梯度 / tier not stated")
    status = "met" if _TIER_ORDER[tier] >= least_tier(demand) else "missing"
    return _verdict(demand, case, status, Source("tier", tier.value))


def least_tier(demand: Demand) -> float:
    """The lowest order among :class:`Tier` that meets a demand for a tier."""
    return min((_TIER_ORDER[t] for t in demand.details if isinstance(t, Tier)), default=math.inf)


def _size(demand: Demand, case: _Case) -> Requirement:
    size = case.enterprise.size
    if size is None:
        return _verdict(demand, case, "unknown", None, "未填报规模 / size not stated")
    fits = size in sizes_for(demand)
    return _verdict(demand, case, "met" if fits else "missing", Source("size", size.value))


def sizes_for(demand: Demand) -> tuple[Size, ...]:
    """The size classes that a demand for a size admits."""
    return _RESERVED.get(demand.name, tuple(Size))


def _capital(demand: Demand, case: _Case) -> Requirement:
    (asked,) = demand.details
    assert isinstance(asked, Capital)
    capital = case.enterprise.registered_capital
    if capital is None:
        return _verdict(demand, case, "unknown", None, "未填报注册资本 / not stated")
    status = "met" if capital >= asked.amount else "missing"
    return _verdict(demand, case, status, Source("registered_capital", f"{capital:.0f}"))


def _region(demand: Demand, case: _Case) -> Requirement:
    (asked,) = demand.details
    assert isinstance(asked, Place)
    code, region = place_code(demand, case.need), case.enterprise.region
    if not code or not region:
        return _verdict(demand, case, "unknown", None, "未填报地区 / region not stated")
    status = in_place(region, code, seat=asked.seat)
    note = "是否在当地设点待核实 / a branch or depot there is to be verified" if status == "unknown" else ""
    return _verdict(demand, case, status, Source("region", region), note)


def in_place(region: str, code: str, *, seat: bool) -> str:
    """The status of an enterprise in *region* where *code* is asked for, as its seat if *seat*."""
    if not region or not code:
        return "unknown"
    if region.startswith(code):
        return "met"
    return "unknown" if code.startswith(region.rstrip("0")) or not seat else "missing"


def place_code(demand: Demand, need: Need) -> str:
    """The prefix of the code that a demand for a place names; "" where it cannot be known."""
    (asked,) = demand.details
    assert isinstance(asked, Place)
    return asked.code or _own_region(need, demand.name)


def _own_region(need: Need, words: str) -> str:
    """The prefix of the code that 本省, 本市 or 本县 stands for."""
    seat = places_of(need).seat
    width = 2 if "省" in words else 4 if "市" in words else 6
    return seat[:width]


def _specification(demand: Demand, case: _Case) -> Requirement:
    """Met where an offering of that kind states enough of the same property; missing only where one of that
    kind states the same property by name and none of them suffices."""
    (asked,) = demand.details
    assert isinstance(asked, Measure)
    short: Source | None = None
    for offering in case.akin():
        for field, text, found in specified(offering):
            offered = found.measure
            if offered.dimension != asked.dimension:
                continue
            named = same_property(offered.named, asked.named)
            particular = asked.dimension in _PARTICULAR
            if not named and not particular:
                continue
            verdict = suffices(offered, asked)
            source = Source(field, text[found.start : found.end], offering.offering_id, True, found.start)
            if verdict:
                return _verdict(demand, case, "met", source)
            # a nominal size that differs may be one of many
            if verdict is False and (named or asked.dimension == "protection"):
                short = short or source
    if short:
        return _verdict(demand, case, "missing", short, "所述参数不足 / what is stated does not suffice")
    return _verdict(demand, case, "unknown", None, "未写明该参数 / not stated")


def _quantity(demand: Demand, case: _Case) -> Requirement:
    """Capacity, which is of a year, against quantity, where their units are the same."""
    (asked,) = demand.details
    assert isinstance(asked, Quantity)
    able = [o for o in case.akin() if o.capacity is not None and o.unit and o.unit == asked.unit]
    if not able:
        return _verdict(demand, case, "unknown", None, "未填报同单位产能 / no capacity in this unit")
    best = max(able, key=lambda o: o.capacity or 0.0)
    capacity = best.capacity or 0.0
    source = Source("capacity", f"{capacity:.15g}", best.offering_id)
    if capacity >= yearly(asked):
        return _verdict(demand, case, "met", source)
    return _verdict(
        demand, case, "missing", source, f"产能 {capacity:.15g} {best.unit} 不足 / capacity short"
    )


def yearly(asked: Quantity) -> float:
    """How much is asked for in a year."""
    return asked.amount * {"": 1, "year": 1, "month": 12, "day": 365}[asked.period]


def _delivery(demand: Demand, case: _Case) -> Requirement:
    (asked,) = demand.details
    assert isinstance(asked, Delivery)
    if asked.days is not None:
        for offering in case.akin():
            found = lead_time(offering.description)
            if found and found[0] <= asked.days:
                span = offering.description[found[1] : found[2]]
                source = Source("description", span, offering.offering_id, True, found[1])
                return _verdict(demand, case, "met", source)
    return _verdict(demand, case, "unknown", None, "交期请与企业确认 / ask the enterprise")


def _ask(demand: Demand, case: _Case) -> Requirement:
    return _verdict(demand, case, "unknown", None, NOT_RECORDED[demand.kind])


def _verdict(
    demand: Demand,
    case: _Case,
    status: str,
    source: Source | None,
    note: str = "",
    expires: date | None = None,
) -> Requirement:
    return Requirement(
        demand.name, demand.kind, status, demand.asked, source, note, demand.must, case.as_of, expires
    )


_JUDGES: dict[str, Callable[[Demand, _Case], Requirement]] = {
    "certification": _certification,
    "tier": _tier,
    "size": _size,
    "registered_capital": _capital,
    "region": _region,
    "specification": _specification,
    "quantity": _quantity,
    "delivery": _delivery,
    "experience": _ask,
    "staff": _ask,
}

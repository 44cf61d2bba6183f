r"""Past outcomes, drawn from a preference model that a ranker can be measured against.

For a need *n* and an enterprise *e* the true appeal is the log-odds

.. math:: u = -2.6 + 3.2\,m + 1.0\,c - 1.1\,x + 0.5\,d + 0.15\,t + 0.6\,q + 0.7\,a + \varepsilon

==  =====================================================================================================
m   node match: 1 for an offer on the need's topic, 0.5 a substitute, 0.4 a close relative, 0.2 the same
    chain or link, 0 else (:meth:`recommender.sample.kinship.Kinship.match`), the best of the firm's offers
c   share of the required certificates held and valid when the need was published (1 where none is required)
x   1 where a required tier or the reservation for SMEs is not met
d   nearness: 1 the same city, 0.7 the same province, 0.4 the same great region (first digit of GB/T 2260)
t   tier, 0 (none) to 4 (champion)
q   capacity against quantity, min(1, capacity / quantity); 0.5 where either is not stated
a   mean of the five assessments, less 74, by 12
ε   normal noise, σ = 0.5
==  =====================================================================================================

The old platform *shows* up to fourteen enterprises, ordered by a crude ``m + 0.15 d`` with noise, so the
lists hold errors. Position *p* is *viewed* with propensity ``1 / (1 + 0.22 (p - 1))`` times
``0.35 + 0.6 σ(u)``: position and appeal both matter, and a ranker that ignores the first learns the old
order. Then, as a funnel, *contacted* with σ(u − 0.9), *met* with σ(u), *qualified* with
σ(u − 0.3) if no required certificate is missing, else σ(u − 2.2). Who met but did not qualify was
*rejected* in seven of ten cases. A need whose status is awarded goes to the qualified one of the highest
appeal. Each stage is a row with its own time; rows of *shown* follow the shown order by seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from recommender.catalogue.domain import Enterprise, Need, NeedStatus, Outcome, Size, Stage, Tier
from recommender.sample.kinship import Kinship
from recommender.sample.needs import Want
from recommender.sample.offerings import Offer
from recommender.sample.phrases import significant

SHOWN = 14
_TIERS = list(Tier)


@dataclass(frozen=True, slots=True)
class Appeal:
    """The terms of the preference model for one pair, and the log-odds without noise."""

    match: float
    certified: float
    unmet: float
    near: float
    tier: float
    capacity: float
    assessed: float

    @property
    def log_odds(self) -> float:
        return (
            -2.6
            + 3.2 * self.match
            + 1.0 * self.certified
            - 1.1 * self.unmet
            + 0.5 * self.near
            + 0.15 * self.tier
            + 0.6 * self.capacity
            + 0.7 * self.assessed
        )


def appeal(want: Want, enterprise: Enterprise, offers: Sequence[Offer], kinship: Kinship) -> Appeal:
    need = want.need
    matches = [(kinship.match(want.topic, offer.topic), offer) for offer in offers]
    match, best = max(matches, key=lambda pair: pair[0])
    marks = (
        enterprise.technology,
        enterprise.quality,
        enterprise.delivery,
        enterprise.cost,
        enterprise.response,
    )
    stated = [mark for mark in marks if mark is not None]
    capacity = best.offering.capacity
    return Appeal(
        match=match,
        certified=_certified(need, enterprise),
        unmet=float(not admitted(need, enterprise)),
        near=nearness(need.region, enterprise.region),
        tier=float(_TIERS.index(enterprise.tier)) if enterprise.tier else 0.0,
        capacity=min(1.0, capacity / need.quantity) if capacity and need.quantity else 0.5,
        assessed=(sum(stated) / len(stated) - 74) / 12,
    )


def _certified(need: Need, enterprise: Enterprise) -> float:
    day = need.published or date.min
    held = {c.name for c in enterprise.certifications if c.expires is None or c.expires >= day}
    asked = need.required_certifications
    return sum(name in held for name in asked) / len(asked) if asked else 1.0


def admitted(need: Need, enterprise: Enterprise) -> bool:
    """Whether the required tiers and the reservation let *enterprise* take part."""
    if need.required_tiers and enterprise.tier not in need.required_tiers:
        return False
    if need.reserved_for == "sme":
        return enterprise.size is not Size.LARGE
    if need.reserved_for == "small_micro":
        return enterprise.size in (Size.SMALL, Size.MICRO)
    return True


def nearness(one: str, two: str) -> float:
    for width, value in ((4, 1.0), (2, 0.7), (1, 0.4)):
        if one[:width] == two[:width]:
            return value
    return 0.0


def draw_outcomes(
    wants: Sequence[Want],
    enterprises: Mapping[str, Enterprise],
    offers: Mapping[str, Sequence[Offer]],
    kinship: Kinship,
    as_of: date,
    rng: Random,
) -> list[Outcome]:
    """Outcomes of every published need, need by need. *offers* are those of possible suppliers, by firm."""
    rows: list[Outcome] = []
    topics = {firm: {offer.topic for offer in offers[firm]} for firm in sorted(offers)}
    for want in wants:
        if want.need.status is not NeedStatus.DRAFT and want.need.published is not None:
            rows.extend(_history(want, topics, enterprises, offers, kinship, as_of, rng))
    return rows


def _history(
    want: Want,
    topics: Mapping[str, set[str]],
    enterprises: Mapping[str, Enterprise],
    offers: Mapping[str, Sequence[Offer]],
    kinship: Kinship,
    as_of: date,
    rng: Random,
) -> list[Outcome]:
    need = want.need
    start = datetime.combine(need.published or as_of, time(9)) + timedelta(minutes=rng.randint(0, 480))
    last = datetime.combine(as_of, time(0))
    crude: list[tuple[float, str]] = []
    matches = {topic: kinship.match(want.topic, topic) for topic in set().union(*topics.values())}
    for firm, offered in topics.items():
        match = max([matches[topic] for topic in offered])
        if match > 0 and firm != need.buyer_id and (match > 0.2 or rng.random() < 0.12):
            near = nearness(need.region, enterprises[firm].region)
            crude.append((-(match + 0.15 * near + rng.gauss(0, 0.28)), firm))
    crude.sort()
    found: list[Outcome] = []
    qualified: list[tuple[float, str]] = []

    def record(firm: str, stage: Stage, days: float, amount: float | None = None) -> bool:
        at = start + timedelta(seconds=round(days * 86400))
        if at < last:
            found.append(Outcome(need.need_id, firm, stage, at, amount))
        return at < last

    for position, (_, firm) in enumerate(crude[: rng.randint(8, SHOWN)], start=1):
        terms = appeal(want, enterprises[firm], offers[firm], kinship)
        odds = terms.log_odds + rng.gauss(0, 0.5)
        record(firm, Stage.SHOWN, position / 86400)
        propensity = 1 / (1 + 0.22 * (position - 1))
        steps = (
            (Stage.VIEWED, propensity * (0.35 + 0.6 * _logistic(odds)), rng.uniform(0.01, 3)),
            (Stage.CONTACTED, _logistic(odds - 0.9), rng.uniform(0.3, 4)),
            (Stage.MET, _logistic(odds), rng.uniform(2, 9)),
            (Stage.QUALIFIED, _logistic(odds + (-0.3 if terms.certified == 1 else -2.2)), rng.uniform(3, 12)),
        )
        days = 0.0
        for stage, chance, wait in steps:
            days += wait
            if rng.random() >= chance:
                if stage is Stage.QUALIFIED and rng.random() < 0.7:
                    record(firm, Stage.REJECTED, days)
                break
            if not record(firm, stage, days):
                break
            if stage is Stage.QUALIFIED:
                qualified.append((odds, firm))
    if need.status is NeedStatus.AWARDED and qualified and need.deadline is not None:
        amount = significant(need.budget * rng.uniform(0.78, 0.99), 4) if need.budget else None
        days = (need.deadline - start).total_seconds() / 86400 + rng.uniform(0.5, 2.5)
        record(max(qualified)[1], Stage.AWARDED, days, amount)
    return found


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))

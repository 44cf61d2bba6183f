"""Where a chain is thin: what nobody fills, and what hangs on one firm, one place or a firm in trouble.

Everything is read from the release as it stands on one day. A finding is *inferred* where it rests on a seat
that was not the node's very name, or on a node that only a rule joins to the chain.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from recommender.catalogue.domain import Enterprise
from recommender.chains.filling import MOST_REACHED, Filling, flow, hanging, is_goods, standing_out
from recommender.chains.graph import Step
from recommender.chains.nearness import Meant, closest, meant, near_document
from recommender.chains.seating import Supplier
from recommender.chains.stored import Origin, Sitting
from recommender.chains.view import Placed, placed_chain
from recommender.intake.codes import region_name
from recommender.requirements.certificates import Certificate, canonical
from recommender.snapshot import Snapshot
from recommender.standing import ORDER_DAYS, yearly_business

JSON = dict[str, Any]

EXPIRING_DAYS = 90
_FULL = 1.0  # share of a year's business that is booked from which on a firm is over-booked
_POOR_RECORD = -0.15  # see standing.pasts: succeeds that much more rarely than is usual
_POOR_RATINGS = frozenset("CCC CC C D M".split())  # 纳税信用 M and D, bond scale from CCC down
_POOR_WORDS = ("失信", "违法", "经营异常")
_MANY = 20  # firms on a node from which on the trouble of some is none of the chain's
_USUAL = 0.5  # share of the chain's firms that hold a certificate which is usual in it
_FIRMS_ASKED = 400
_NEAR = 3
_REACHED_IN_ALL = 500_000  # so that a chain of many thousand nodes takes seconds, not minutes
_SOFTER = 0.5  # what is left of a severity where somebody else fills a substitute


class Weakness(StrEnum):
    GAP = "gap"
    SINGLE_SOURCE = "single_source"
    FAILING = "failing"
    EXPIRING = "expiring"
    OVER_BOOKED = "over_booked"
    ONE_REGION = "one_region"
    UNSTATED = "unstated_kind"


# how urgent each is where all else is equal (judged, not measured), and its words
WEAKNESSES: Mapping[Weakness, tuple[float, str, str]] = {
    Weakness.GAP: (1.0, "无人供给", "nobody fills it"),
    Weakness.SINGLE_SOURCE: (0.75, "独家供给", "single source"),
    Weakness.FAILING: (0.65, "供方信用或履约不佳", "failing supplier"),
    Weakness.EXPIRING: (0.5, "供方证书将到期", "supplier's certificate expires"),
    Weakness.OVER_BOOKED: (0.5, "供方订单已满", "over-booked supplier"),
    Weakness.ONE_REGION: (0.4, "集中于一地", "one region"),
    Weakness.UNSTATED: (0.3, "无人写明供给此品种", "nobody says that it makes this kind"),
}
LEVELS = ((0.55, "high"), (0.3, "medium"), (0.0, "low"))


@dataclass(frozen=True, slots=True)
class Finding:
    """A weakness of a node. ``severity`` 0 to 1: the weakness's urgency times (1/4 + 3/4 of where the node's
    weighted reach stands in the chain), halved where others offer a substitute, where others than the single
    source offer the broader thing of which the node is a kind, and where one sound firm remains.
    ``evidence`` are facts of the release: what was looked at and what was found."""

    node: int
    weakness: Weakness
    severity: float
    reach: float
    hangs: tuple[int, ...]
    evidence: tuple[JSON, ...]
    inferred: bool
    firms: tuple[int, ...] = field(default=())

    @property
    def level(self) -> str:
        return next(name for least, name in LEVELS if self.severity >= least)


def find_gaps(
    filling: Filling,
    nodes: Sequence[int],
    edges: Sequence[Step],
    usual: Sequence[Certificate] = (),
    days: int = EXPIRING_DAYS,
) -> list[Finding]:
    """The weaknesses of the goods among *nodes*, which *edges* join, the most severe first. Of certificates
    only the *usual* ones count, when they end within *days*."""
    graph = filling.graph
    goods = [node for node in nodes if is_goods(graph, node)]
    known = set(goods)
    flows = flow(edge for edge in edges if {edge.start, edge.end} <= known)
    most_reached = min(MOST_REACHED, max(20, _REACHED_IN_ALL // max(1, len(goods))))
    hangs = {node: hanging(flows, node, most_reached) for node in goods}
    most = max((sum(each.values()) for each in hangs.values()), default=0.0)
    sure = {n for e in edges if e.origin is not Origin.INFERRED for n in (e.start, e.end)}
    found: list[Finding] = []
    for node in goods:
        firms = filling.of(node)
        reach = sum(hangs[node].values())
        softer = _SOFTER if _replaced(filling, node, firms) else 1.0
        for weakness, evidence, some, left in _weaknesses(filling, firms, usual, days):
            if len(firms) < 2 and (broader := _broader(filling, node, firms)):
                evidence, left = [*evidence, broader], left if weakness is Weakness.GAP else 1
                weakness = Weakness.UNSTATED if weakness is Weakness.GAP else weakness
            urgency = WEAKNESSES[weakness][0] * (1.0 if left == 0 else _SOFTER) * softer
            severity = urgency * (0.25 + 0.75 * standing_out(reach, most))
            guessed = node not in sure or any(firms[row].how is not Sitting.NAME for row in some)
            found.append(
                Finding(
                    node,
                    weakness,
                    round(severity, 3),
                    round(reach, 3),
                    tuple(list(hangs[node])[:_NEAR]),
                    tuple(evidence),
                    guessed,
                    tuple(some),
                )
            )
    return sorted(found, key=lambda each: (-each.severity, each.node, each.weakness))


def _replaced(filling: Filling, node: int, firms: Mapping[int, Supplier]) -> bool:
    """Whether somebody else fills what can stand in for *node*."""
    return any(filling.of(step.end).keys() - firms.keys() for step in filling.graph.substitutes(node))


def _broader(filling: Filling, node: int, firms: Mapping[int, Supplier]) -> JSON | None:
    """The nearest broader thing that somebody else offers, as such or by another kind of it: they may make
    this kind, and must be asked."""
    for broader in filling.graph.broader(node):
        if others := filling.of(broader).keys() - firms.keys():
            return {"field": "broader", "value": filling.graph.name(broader), "suppliers": len(others)}
    return None


def _weaknesses(
    filling: Filling, firms: Mapping[int, Supplier], usual: Sequence[Certificate], days: int
) -> Iterator[tuple[Weakness, list[JSON], list[int], int]]:
    """(weakness, evidence, the firms that it rests on, how many sound ones remain)."""
    if not firms:
        yield Weakness.GAP, [{"field": "offerings", "value": 0}], [], 0
        return
    if len(firms) == 1:
        row, supplier = next(iter(firms.items()))
        offering = filling.snapshot.offering(supplier.offering)
        yield (
            Weakness.SINGLE_SOURCE,
            [_fact(filling.enterprise(row), "offering", offering.title, offering.offering_id)],
            [row],
            0,
        )
    if len(firms) > _MANY:
        return
    places = {filling.enterprise(row).region[:2] for row in firms}
    if len(firms) > 1 and len(places) == 1 and "" not in places:
        facts = [_fact(filling.enterprise(row), "region", filling.enterprise(row).region) for row in firms]
        yield Weakness.ONE_REGION, facts, list(firms), 0
    for weakness, troubles in (
        (Weakness.FAILING, {row: _failing(filling, row) for row in firms}),
        (Weakness.EXPIRING, {row: _expiring(filling, row, usual, days) for row in firms}),
        (Weakness.OVER_BOOKED, {row: _over_booked(filling, row) for row in firms}),
    ):
        evidence = {row: fact for row, fact in troubles.items() if fact}
        left = len(firms) - len(evidence)
        if evidence and left <= 1:
            yield weakness, list(evidence.values()), list(evidence), left


def _fact(enterprise: Enterprise, field: str, value: object, offering_id: str = "") -> JSON:
    fact: JSON = {"enterprise_id": enterprise.enterprise_id, "name": enterprise.name, "field": field}
    if field == "region":
        fact["place"] = region_name(str(value)[:2] + "0000")
    return fact | {"value": value} | ({"offering_id": offering_id} if offering_id else {})


def _failing(filling: Filling, row: int) -> JSON | None:
    enterprise = filling.enterprise(row)
    rating = enterprise.credit_rating.strip().upper()
    if rating.rstrip("级+-") in _POOR_RATINGS or any(word in rating for word in _POOR_WORDS):
        return _fact(enterprise, "credit_rating", enterprise.credit_rating)
    record = float(filling.snapshot.enterprises.filters.numbers("track_record")[row])
    return _fact(enterprise, "track_record", round(record, 3)) if record <= _POOR_RECORD else None


def _expiring(filling: Filling, row: int, usual: Sequence[Certificate], days: int) -> JSON | None:
    """The first usual certificate that ends (or has ended) by then, and that nothing else held replaces."""
    enterprise, last = filling.enterprise(row), filling.as_of + timedelta(days=days)
    stay = [canonical(c.name) for c in enterprise.certifications if not c.expires or c.expires > last]
    ending = [c for c in enterprise.certifications if c.expires and c.expires <= last]
    for certification in sorted(ending, key=lambda c: (c.expires or date.max, c.name)):
        meets = [u for u in usual if canonical(certification.name).satisfies(u)]
        if any(not any(held.satisfies(u) for held in stay) for u in meets):
            return _fact(enterprise, "certifications", str(certification))
    return None


def _over_booked(filling: Filling, row: int) -> JSON | None:
    enterprise, columns = filling.enterprise(row), filling.snapshot.enterprises.filters
    booked, day = float(columns.numbers("booked")[row]), float(columns.numbers("booked_day")[row])
    business = yearly_business(enterprise)
    if not business or math.isnan(booked):
        return None
    left = min(max(1.0 - (filling.as_of.toordinal() - day) / ORDER_DAYS, 0.0), 1.0)
    if booked * left < _FULL * business:
        return None
    return _fact(enterprise, "booked", round(booked * left)) | {"business": business}


def usual_certificates(filling: Filling, nodes: Sequence[int]) -> list[Certificate]:
    """What at least half of those who fill *nodes* hold: the custom of the chain, inferred from its firms."""
    rows = dict.fromkeys(row for node in nodes for row in filling.on(node))
    asked = list(rows)[:_FIRMS_ASKED]
    held: Counter[Certificate] = Counter()
    for row in asked:
        held.update({canonical(c.name) for c in filling.enterprise(row).certifications})
    return sorted((c for c, n in held.items() if n >= _USUAL * len(asked)), key=str)


def gaps_document(
    snapshot: Snapshot, name: str, as_of: date, *, days: int = EXPIRING_DAYS, limit: int = 100
) -> JSON:
    """The weaknesses of the chain, or of what lies around the product, of this *name*, with the firms closest
    to mending each. Raises UnknownId."""
    title, kind, placed, edges = placed_chain(snapshot.graph, name)
    filling = Filling(snapshot, as_of)
    nodes = list(placed)
    usual = usual_certificates(filling, nodes)
    findings = find_gaps(filling, nodes, edges, usual, days)
    near = meant(snapshot.graph, sorted({each.node for each in findings[:limit]}))
    return {
        "release": snapshot.release,
        "chain": title,
        "kind": kind,
        "as_of": as_of.isoformat(),
        "days": days,
        "nodes": sum(is_goods(snapshot.graph, node) for node in nodes),
        "counts": {weakness.value: n for weakness, n in Counter(f.weakness for f in findings).items()},
        "usual_certificates": [str(certificate) for certificate in usual],
        "gaps": [_finding(filling, placed, each, usual, near) for each in findings[:limit]],
        "left_out": max(0, len(findings) - limit),
    }


def closest_document(snapshot: Snapshot, name: str, product: str, as_of: date) -> JSON:
    """The firms closest to filling *product* in the chain, or what lies around the product, of this *name*:
    what :func:`gaps_document` says of one node, without judging all others. Raises UnknownId."""
    graph = snapshot.graph
    title, _, placed, _ = placed_chain(graph, name)
    node = graph.node(product, "node")
    filling = Filling(snapshot, as_of)
    usual = usual_certificates(filling, list(placed))
    firms = closest(filling, node, filling.of(node).keys(), _NEAR, meant(graph, [node]), usual)
    return {
        "release": snapshot.release,
        "chain": title,
        "node": graph.name(node),
        "as_of": as_of.isoformat(),
        "usual_certificates": [str(certificate) for certificate in usual],
        "closest": [near_document(filling, node, each, usual) for each in firms],
    }


def _finding(
    filling: Filling, placed: Placed, finding: Finding, usual: Sequence[Certificate], near: Meant
) -> JSON:
    graph = filling.graph
    _, zh, en = WEAKNESSES[finding.weakness]
    firms = closest(filling, finding.node, filling.of(finding.node).keys(), _NEAR, near, usual)
    return {
        "node": finding.node,
        "name": graph.name(finding.node),
        "segment": placed[finding.node][0] or None,
        "weakness": finding.weakness.value,
        "zh": zh,
        "en": en,
        "severity": finding.severity,
        "level": finding.level,
        "reach": finding.reach,
        "hangs": [graph.name(node) for node in finding.hangs],
        "evidence": list(finding.evidence),
        "inferred": finding.inferred,
        "closest": [near_document(filling, finding.node, each, usual) for each in firms],
    }

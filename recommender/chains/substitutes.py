"""Who could take the place of a supplier that dropped out today, node by node and over all.

For each thing that it offers: the others on the same node or on a kind of it, then those near it in the graph
(:mod:`recommender.chains.nearness`), and, of an offering without a node, those whose offering is nearest in
meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from indexes.errors import InputError, UnknownId
from recommender.catalogue.domain import Enterprise, Offering
from recommender.chains.cleaning import is_generic
from recommender.chains.filling import Filling, is_goods
from recommender.chains.nearness import Meant, Way, closest, meant
from recommender.chains.placing import parts_of
from recommender.chains.stored import Sitting
from recommender.intake.codes import region_path
from recommender.requirements.certificates import canonical
from recommender.snapshot import Snapshot

JSON = dict[str, Any]

TOP_K, MAX_TOP_K = 5, 50
_MOST_THINGS = 200  # of what the supplier offers
_NEAREST, _LEAST_COSINE = 60, 0.7
_MEANT = 0.6  # confidence of a like offering without a node, for each unit of cosine


@dataclass(frozen=True, slots=True)
class Instead:
    """An enterprise that could deliver the thing, through its offering in row *offering*, and why."""

    enterprise: int
    offering: int
    confidence: float
    zh: str
    en: str
    inferred: bool


@dataclass(frozen=True, slots=True)
class Thing:
    """What the supplier offers: a node (None where an offering sits on none), the *offerings*' rows, the
    share of its business that these are, how many *others* fill the node, and who could instead."""

    node: int | None
    name: str
    offerings: tuple[int, ...]
    share: float
    others: int
    instead: tuple[Instead, ...] = field(default=())

    @property
    def left_empty(self) -> bool:
        return self.others == 0


def find_substitutes(filling: Filling, row: int) -> list[Thing]:
    """The things that the enterprise in *row* delivers, what would be left empty first, then by share."""
    snapshot, graph = filling.snapshot, filling.graph
    by_node: dict[int, list[int]] = {}
    seated: set[int] = set()
    for seat in graph.seats_of(row):
        if is_goods(graph, seat.node) and filling.counts(seat):
            by_node.setdefault(seat.node, []).append(seat.offering)
            seated.add(seat.offering)
    rows = [int(each) for each in snapshot.offering_rows(row)]
    offers = {each: snapshot.offering(each) for each in rows}
    shares = _shares(offers)
    near = meant(graph, sorted(by_node))
    things = [
        _of_node(filling, row, node, tuple(dict.fromkeys(found)), shares, near)
        for node, found in list(by_node.items())[:_MOST_THINGS]
    ]
    for each in rows:
        if each in seated or len(things) == _MOST_THINGS or not filling.available(each):
            continue
        if ends := _ends(filling, offers[each].title):
            things.append(_of_offering(filling, row, each, offers[each], shares[each], ends))
    return sorted(things, key=lambda thing: (not thing.left_empty, -thing.share, thing.offerings))


def _shares(offers: Mapping[int, Offering]) -> dict[int, float]:
    """Of each offering its stated share of the revenue; where none is stated, all alike."""
    stated = {row: offer.weight for row, offer in offers.items() if offer.weight}
    rest = max(0.0, 1.0 - sum(stated.values())) / max(1, len(offers) - len(stated))
    return {row: float(stated.get(row, rest)) for row in offers}


def _of_node(
    filling: Filling,
    row: int,
    node: int,
    offerings: tuple[int, ...],
    shares: Mapping[int, float],
    near: Meant,
) -> Thing:
    graph, name = filling.graph, filling.graph.name(node)
    instead: list[Instead] = []
    fill = {firm: seat for firm, seat in filling.of(node).items() if firm != row}
    for firm, seat in fill.items():
        same = seat.node == node
        there = graph.name(seat.node)
        instead.append(
            Instead(
                firm,
                seat.offering,
                seat.confidence * (1.0 if same else 0.9),
                f"同样供给{name}" if same else f"供给{there}，是{name}的一种",
                f"offers {name} as well" if same else f"offers {there}, a kind of {name}",
                seat.how is not Sitting.NAME,
            )
        )
    for each in closest(filling, node, {row, *fill}, MAX_TOP_K, near):
        way: Way = each.way
        guessed = way.inferred or each.supplier.how is not Sitting.NAME
        firm, offering = each.supplier.enterprise, each.supplier.offering
        instead.append(Instead(firm, offering, each.confidence, way.zh, way.en, guessed))
    share = sum(shares.get(each, 0.0) for each in offerings)
    return Thing(node, name, offerings, share, len(fill), _surest(filling, instead))


def _ends(filling: Filling, title: str) -> set[str]:
    """The last characters of the things that *title* names, which say what they are; nothing where it names
    none (销售类, 新材料)."""
    parts = parts_of(title, filling.graph.of_spelling)
    return {part[-1] for part in parts if len(part) > 1 and not is_generic(part)}


def _of_offering(
    filling: Filling, row: int, at: int, offering: Offering, share: float, ends: set[str]
) -> Thing:
    """Others on the same link whose offering means nearly the same, and names a thing with one of *ends*."""
    snapshot = filling.snapshot
    allowed = snapshot.offerings_within((offering.link.value,), filling.as_of).copy()
    allowed[snapshot.offering_rows(row)] = False
    instead: list[Instead] = []
    if allowed.any():
        vector = snapshot.offerings.vectors.rows(np.array([at]))
        scores, rows = snapshot.offerings.vectors.search(vector, _NEAREST, allowed)
        for cosine, found in zip(scores[0].tolist(), rows[0].tolist(), strict=True):
            if found < 0:  # the search pads with -1
                break
            other = snapshot.offering(found).title
            if cosine >= _LEAST_COSINE and ends & _ends(filling, other):
                zh = f"供给“{other}”，含义相近（余弦 {cosine:.2f}）"
                en = f"offers “{other}”, which means nearly the same (cosine {cosine:.2f})"
                firm = int(snapshot.owner[found])
                instead.append(Instead(firm, found, min(_MEANT * cosine, 1.0), zh, en, inferred=True))
    best = _surest(filling, instead)
    return Thing(None, offering.title, (at,), share, len(best), best)


def _surest(filling: Filling, instead: Sequence[Instead]) -> tuple[Instead, ...]:
    """Each enterprise once, the surest first, of equally sure ones those that live by it."""
    best: dict[int, Instead] = {}
    for each in sorted(
        instead, key=lambda one: (-one.confidence, -filling.share(one.offering), one.enterprise)
    ):
        best.setdefault(each.enterprise, each)
    return tuple(best.values())


def substitutes_document(snapshot: Snapshot, enterprise_id: str, as_of: date, top_k: int = TOP_K) -> JSON:
    """What would be missing without this supplier, and who could step in.

    An enterprise's *cover* is the share of the supplier's business that it could take over, each thing
    counted with the confidence of its best offering. Raises UnknownId, InputError.
    """
    if not 1 <= top_k <= MAX_TOP_K:
        raise InputError("That many cannot be asked for.", field="top_k", value=top_k, mend="give 1 to 50")
    row = snapshot.enterprises.documents.row_of(enterprise_id)
    if row is None:
        raise UnknownId(
            "The release holds no such enterprise.",
            field="enterprise_id",
            value=enterprise_id,
            mend="check the id; what was imported since the last refresh is not yet in it",
        )
    filling = Filling(snapshot, as_of)
    things = find_substitutes(filling, row)
    whole = sum(thing.share for thing in things) or 1.0
    cover: dict[int, float] = {}
    covered: dict[int, list[str]] = {}
    for thing in things:
        for each in thing.instead:
            cover[each.enterprise] = cover.get(each.enterprise, 0.0) + each.confidence * thing.share / whole
            covered.setdefault(each.enterprise, []).append(thing.name)
    ranked = sorted(cover, key=lambda firm: (-cover[firm], firm))[:top_k]
    return {
        "release": snapshot.release,
        "enterprise_id": enterprise_id,
        "name": filling.enterprise(row).name,
        "as_of": as_of.isoformat(),
        "left_empty": [thing.name for thing in things if thing.left_empty],
        "things": [
            {
                "node": thing.node,
                "name": thing.name,
                "offering_ids": [snapshot.offerings.documents.id_of(each) for each in thing.offerings],
                "share": round(thing.share / whole, 3),
                "others": thing.others,
                "left_empty": thing.left_empty,
                "substitutes": [_instead(filling, row, thing, each) for each in thing.instead[:top_k]],
            }
            for thing in things
        ],
        "overall": [
            {
                "enterprise_id": filling.enterprise(firm).enterprise_id,
                "name": filling.enterprise(firm).name,
                "cover": round(cover[firm], 3),
                "things": covered[firm],
                "differs": differs(filling, row, firm),
            }
            for firm in ranked
        ],
    }


def _instead(filling: Filling, row: int, thing: Thing, each: Instead) -> JSON:
    enterprise = filling.enterprise(each.enterprise)
    offering = filling.snapshot.offering(each.offering)
    mine = [filling.snapshot.offering(at) for at in thing.offerings]
    found = differs(filling, row, each.enterprise)
    ratio = _capacity(mine, offering)
    return {
        "enterprise_id": enterprise.enterprise_id,
        "name": enterprise.name,
        "offering_id": offering.offering_id,
        "title": offering.title,
        "confidence": round(each.confidence, 3),
        "zh": each.zh,
        "en": each.en,
        "inferred": each.inferred,
        "differs": found | ({"capacity": round(ratio, 3)} if ratio is not None else {}),
    }


def differs(filling: Filling, row: int, other: int) -> JSON:
    """How the enterprise in row *other* differs from that in *row*: certificates that it lacks (today), and
    region, size and tier where both state them and they are not the same."""
    one, two = filling.enterprise(row), filling.enterprise(other)
    held = filling.certificates(other)
    lacks = {
        c.name
        for c in one.certifications
        if (c.expires is None or c.expires >= filling.as_of)
        and not any(h.satisfies(canonical(c.name)) for h in held)
    }
    found: JSON = {"lacks_certificates": sorted(lacks)}
    if one.region[:2] != two.region[:2] and one.region and two.region:
        found["region"] = [_place(one), _place(two)]
    for name in ("size", "tier"):
        here, there = getattr(one, name), getattr(two, name)
        if here and there and here is not there:
            found[name] = [here.value, there.value]
    return found


def _place(enterprise: Enterprise) -> str:
    return "".join(region_path(enterprise.region)[:2]) or enterprise.region


def _capacity(mine: Sequence[Offering], other: Offering) -> float | None:
    """The other's capacity as a share of the supplier's; None where the units or the figures do not allow."""
    alike = [each.capacity for each in mine if each.capacity and each.unit == other.unit]
    return other.capacity / max(alike) if alike and other.capacity and other.unit else None

"""The firms closest to filling a node, by which way, and what separates them from it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.catalogue.domain import Relation
from recommender.chains import ways as transfer
from recommender.chains.filling import Filling, is_goods
from recommender.chains.graph import ChainGraph, Step
from recommender.chains.seating import Supplier
from recommender.chains.stored import Origin, Sitting
from recommender.chains.view import says
from recommender.requirements.certificates import Certificate

# What a way leaves of the confidence that who makes the one thing can make the other: judged, not measured.
_SUBSTITUTE, _BROADER, _KIND, _MATERIAL, _MEANT = 0.7, 0.6, 0.4, 0.2, 0.5
_MOST_KINDS = 40  # of a broader thing, from which on making another kind of it says nothing
_WORK = re.compile(
    "(?:物流|运输|仓储|服务|工程|检测|检验|试验|测试|维修|运维)$"
)  # done for it, not made into it
_COMPARED = 4  # times as many firms as are asked for are compared by what they lack
_LEAST_COSINE = 0.6
_MOST_NODES = 60
_MOST_MEANT = 15
_BLOCK = 8_192
_MOST_THERE = 50  # firms that are looked at on one node


@dataclass(frozen=True, slots=True)
class Way:
    """From one node to a near one: how sure its makers could turn to the first, and why, in words.
    ``inferred`` where a rule or a meaning, and not a list or a firm, says so."""

    node: int
    confidence: float
    zh: str
    en: str
    inferred: bool


@dataclass(frozen=True, slots=True)
class Near:
    """An enterprise that sits at the end of a way; ``confidence`` is the way's times the seat's."""

    supplier: Supplier
    way: Way
    confidence: float


Usual = Sequence[Certificate]
Meant = Mapping[int, list[tuple[int, float]]]  # node → (other node, cosine), the nearest first


def meant(graph: ChainGraph, nodes: Sequence[int]) -> Meant:
    """For each of *nodes* the goods nearest by meaning on which somebody sits. All at once: one pass over the
    graph's vectors."""
    arrays = graph.stored.arrays
    taken = np.flatnonzero(np.diff(arrays.node_starts) > 0)
    if not taken.size or not len(nodes):
        return {}
    asked = arrays.vectors[np.asarray(nodes)].astype(np.float32)
    alike = np.concatenate(
        [
            arrays.vectors[taken[at : at + _BLOCK]].astype(np.float32) @ asked.T
            for at in range(0, taken.size, _BLOCK)
        ]
    )
    found: dict[int, list[tuple[int, float]]] = {}
    for column, node in enumerate(nodes):
        near = np.flatnonzero(alike[:, column] >= _LEAST_COSINE)
        best = near[np.argsort(-alike[near, column], kind="stable")][:_MOST_MEANT]
        found[node] = [(int(taken[at]), float(alike[at, column])) for at in best if taken[at] != node]
    return found


def ways(graph: ChainGraph, node: int, near: Meant) -> list[Way]:
    """From *node* to the goods near it, the surest first, each once; *near* as of :func:`meant`."""
    best: dict[int, Way] = {}
    for way in (*_ways(graph, node), *_meant(graph, node, near)):
        known = best.get(way.node)
        if (
            way.node != node
            and is_goods(graph, way.node)
            and (not known or known.confidence < way.confidence)
        ):
            best[way.node] = way
    return sorted(best.values(), key=lambda way: (-way.confidence, way.node))[:_MOST_NODES]


def _ways(graph: ChainGraph, node: int) -> Iterator[Way]:
    def along(step: Step, factor: float) -> Way:
        return Way(step.end, factor * step.confidence, *says(graph, step), step.origin is Origin.INFERRED)

    for step in graph.substitutes(node):
        yield along(step, _SUBSTITUTE)
    for step in graph.steps(node, [Relation.HAS_KIND], forward=False):
        yield along(step, _BROADER)
        for material in _materials(graph, step.end):  # a kind is made as the broader thing is
            yield along(material, _MATERIAL * _BROADER * step.confidence)
        if graph.degree(step.end) <= _MOST_KINDS:  # unlike names may be kinds of the same thing all the same
            for down in graph.steps(step.end, [Relation.HAS_KIND], forward=True):
                kin = transfer.Way(down.end, _KIND * step.confidence * down.confidence, node, (step, down))
                guessed = Origin.INFERRED in (step.origin, down.origin)
                yield Way(kin.node, kin.confidence, *_said(graph, kin), guessed)
    for step in _materials(graph, node):
        yield along(step, _MATERIAL)
    for way in (
        *transfer.forms(graph, node, 1.0),
        *transfer.siblings(graph, node, 1.0),
        *transfer.neighbours(graph, node, 1.0, loosely=True),
        *transfer.made_beside(graph, node, 1.0),
    ):
        guessed = way.makers > 0 or any(step.origin is Origin.INFERRED for step in way.steps)
        yield Way(way.node, way.confidence, *_said(graph, way), guessed)


def _materials(graph: ChainGraph, node: int) -> Iterator[Step]:
    return (step for step in graph.upstream(node) if not _WORK.search(graph.name(step.end)))


def _said(graph: ChainGraph, way: transfer.Way) -> tuple[str, str]:
    """What joins the two things: makers of both, the broader thing, or what both are made of or by."""
    if way.makers:
        one, other = graph.name(way.asked), graph.name(way.node)
        return (
            f"有 {way.makers} 家企业同时提供{one}和{other}（推断）",
            f"{way.makers} enterprises offer both {one} and {other} (inferred)",
        )
    if len(way.steps) == 1:
        return says(graph, way.steps[0])
    shares = next((at for at, s in enumerate(way.steps) if s.relation is not Relation.HAS_KIND), None)
    if shares is None:
        both = next(s.end for s in reversed(way.steps) if not s.forward)
        one, other, thing = (graph.name(node) for node in (way.asked, way.node, both))
        return f"{one}与{other}同属{thing}", f"{one} and {other} are both kinds of {thing}"
    out, back = way.steps[shares], way.steps[shares + 1]
    one, other, thing = (graph.name(node) for node in (out.start, back.end, out.end))
    if out.relation is Relation.PROCESSED_BY:
        return f"{one}与{other}都经{thing}加工", f"{one} and {other} are both processed by {thing}"
    return f"{one}与{other}都需要{thing}", f"{one} and {other} both need {thing}"


def _meant(graph: ChainGraph, node: int, near: Meant) -> Iterator[Way]:
    """By meaning among what ends alike: an encoder alone takes transformer oil for a transformer."""
    name = graph.name(node)
    for other, cosine in near.get(node, ()):
        there = graph.name(other)
        if there[-1] == name[-1]:
            yield Way(
                other,
                _MEANT * min(cosine, 1.0),
                f"{name}与{there}含义相近（余弦 {cosine:.2f}）",
                f"{name} and {there} mean nearly the same (cosine {cosine:.2f})",
                inferred=True,
            )


def closest(
    filling: Filling, node: int, without: Collection[int], limit: int, near: Meant, usual: Usual = ()
) -> list[Near]:
    """The enterprises nearest to filling *node*, the surest first and of equally sure ones those that lack
    least, then those that live by what they make there; not those in the rows *without*."""
    best: dict[int, Near] = {}
    for way in ways(filling.graph, node, near):
        for enterprise, supplier in list(filling.on(way.node).items())[:_MOST_THERE]:
            sure = way.confidence * supplier.confidence
            if enterprise not in without and (enterprise not in best or best[enterprise].confidence < sure):
                best[enterprise] = Near(supplier, way, sure)
    surest = sorted(best.values(), key=lambda each: (-each.confidence, each.supplier.enterprise))

    def merits(each: Near) -> tuple[float, int, float]:
        lacks = separates(filling, node, each.supplier.enterprise, usual)["lacks"]
        lives_by = filling.share(each.supplier.offering)
        return -round(each.confidence, 2), sum(map(len, lacks.values())), -lives_by

    looked_at = surest[: _COMPARED * limit]
    ordered = sorted(looked_at, key=merits)
    return [*ordered, *surest[len(looked_at) :]][:limit]


def separates(filling: Filling, node: int, row: int, usual: Usual) -> dict[str, Any]:
    """What the enterprise in *row* would need besides, to fill *node*: materials and processes of the node
    that none of its own nodes has, and those of the *usual* certificates that it does not hold."""
    graph = filling.graph
    own = {
        each for seat in graph.seats_of(row) for each in (seat.node, *graph.broader(seat.node, _MOST_NODES))
    }
    asked = (node, *graph.broader(node, _MOST_NODES))  # a kind is made as the broader thing is
    has_materials = own | {step.end for each in own for step in graph.upstream(each)}
    has_processes = {step.end for each in own for step in graph.processes(each)}
    materials = dict.fromkeys(step.end for each in asked for step in graph.upstream(each))
    processes = dict.fromkeys(step.end for each in asked for step in graph.processes(each))
    held = filling.certificates(row)
    return {
        "lacks": {
            "materials": [graph.name(each) for each in materials if each not in has_materials],
            "processes": [graph.name(each) for each in processes if each not in has_processes],
            "certificates": [str(c) for c in usual if not any(h.satisfies(c) for h in held)],
        },
        "has": {
            "materials": [graph.name(each) for each in materials if each in has_materials],
            "processes": [graph.name(each) for each in processes if each in has_processes],
        },
    }


def near_document(filling: Filling, node: int, near: Near, usual: Usual) -> dict[str, Any]:
    enterprise = filling.enterprise(near.supplier.enterprise)
    offering = filling.snapshot.offering(near.supplier.offering)
    return {
        "enterprise_id": enterprise.enterprise_id,
        "name": enterprise.name,
        "confidence": round(near.confidence, 3),
        "offering_id": offering.offering_id,
        "title": offering.title,
        "node": filling.graph.name(near.way.node),
        "zh": near.way.zh,
        "en": near.way.en,
        "inferred": near.way.inferred or near.supplier.how is not Sitting.NAME,
        **separates(filling, node, near.supplier.enterprise, usual),
    }

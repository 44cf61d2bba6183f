"""The firms closest to filling a node, by which way, and what separates them from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.catalogue.domain import Relation
from recommender.chains.filling import Filling, is_goods
from recommender.chains.graph import ChainGraph, Step, Supplier
from recommender.chains.stored import Origin, Sitting
from recommender.chains.view import says
from recommender.requirements.certificates import Certificate

# What a way leaves of the confidence that who makes the one thing can make the other: judged, not measured.
_SUBSTITUTE, _BROADER, _SIBLING, _SHARED, _MATERIAL, _MEANT = 0.7, 0.6, 0.5, 0.5, 0.2, 0.5
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

    name = graph.name(node)
    for step in graph.substitutes(node):
        yield along(step, _SUBSTITUTE)
    for up in graph.steps(node, [Relation.HAS_KIND], forward=False):
        yield along(up, _BROADER)
        for down in graph.steps(up.end, [Relation.HAS_KIND], forward=True):
            other, both = graph.name(down.end), graph.name(up.end)
            yield Way(
                down.end,
                _SIBLING * up.confidence * down.confidence,
                f"{name}与{other}同属{both}",
                f"{name} and {other} are both kinds of {both}",
                Origin.INFERRED in (up.origin, down.origin),
            )
    for step in graph.upstream(node):
        yield along(step, _MATERIAL)
    yield from _sharing(graph, node, _SHARED)
    for up in graph.steps(node, [Relation.HAS_KIND], forward=False):  # a kind is made as the broader thing is
        yield from _sharing(graph, up.end, _SHARED * _BROADER * up.confidence)


def _sharing(graph: ChainGraph, node: int, factor: float) -> Iterator[Way]:
    name = graph.name(node)
    for shared in graph.shared(node):
        other, thing = graph.name(shared.node), graph.name(shared.through)
        material = shared.relation is Relation.NEEDS_MATERIAL
        yield Way(
            shared.node,
            factor * shared.strength,
            f"{name}与{other}都需要{thing}" if material else f"{name}与{other}都经{thing}加工",
            f"{name} and {other} both {'need' if material else 'are processed by'} {thing}",
            inferred=False,
        )


def _meant(graph: ChainGraph, node: int, near: Meant) -> Iterator[Way]:
    name = graph.name(node)
    for other, cosine in near.get(node, ()):
        there = graph.name(other)
        yield Way(
            other,
            _MEANT * min(cosine, 1.0),
            f"{name}与{there}含义相近（余弦 {cosine:.2f}）",
            f"{name} and {there} mean nearly the same (cosine {cosine:.2f})",
            inferred=True,
        )


def closest(filling: Filling, node: int, without: Collection[int], limit: int, near: Meant) -> list[Near]:
    """The enterprises nearest to filling *node*, the surest first; not those in the rows *without*."""
    best: dict[int, Near] = {}
    for way in ways(filling.graph, node, near):
        for enterprise, supplier in list(filling.on(way.node).items())[:_MOST_THERE]:
            sure = way.confidence * supplier.confidence
            if enterprise not in without and (enterprise not in best or best[enterprise].confidence < sure):
                best[enterprise] = Near(supplier, way, sure)
    return sorted(best.values(), key=lambda each: (-each.confidence, each.supplier.enterprise))[:limit]


def separates(filling: Filling, node: int, row: int, usual: Sequence[Certificate]) -> dict[str, Any]:
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


def near_document(filling: Filling, node: int, near: Near, usual: Sequence[Certificate]) -> dict[str, Any]:
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

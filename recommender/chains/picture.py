"""A chain as a document that a page draws: places, edges, who fills each node, and what is weak there."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from recommender.catalogue.domain import Relation
from recommender.chains.filling import Filling, flow, is_goods
from recommender.chains.gaps import LEVELS, WEAKNESSES, find_gaps, usual_certificates
from recommender.chains.graph import ChainGraph, Step
from recommender.chains.layout import COLUMN, HEAD, INDENT, ROW, lay_out
from recommender.chains.stored import SEGMENTS, Origin
from recommender.chains.view import placed_chain
from recommender.snapshot import Snapshot

JSON = dict[str, Any]

MOST_NODES = 400
_FILLERS = 20  # who fills a node, by name
_LARGEST, _SMALLEST = 15, 6  # radius of a node's mark, pixels
_FONT = 13


def picture_document(snapshot: Snapshot, name: str, as_of: date) -> JSON:
    """The goods of a chain with their places; processes and segments are said in words, not drawn.

    A chain of more than :data:`MOST_NODES` goods is drawn with those most firms fill, and says how many are
    left out. Raises UnknownId.
    """
    graph = snapshot.graph
    title, kind, placed, edges = placed_chain(graph, name)
    filling = Filling(snapshot, as_of)
    all_goods = [node for node in placed if is_goods(graph, node)]
    kept = set(sorted(all_goods, key=lambda node: (-len(filling.on(node)), node))[:MOST_NODES])
    goods = [node for node in all_goods if node in kept]
    inside = [edge for edge in edges if {edge.start, edge.end} <= kept]
    weak: dict[int, list[JSON]] = {}
    findings = find_gaps(filling, goods, edges, usual_certificates(filling, goods))
    for each in findings:
        _, zh, en = WEAKNESSES[each.weakness]
        finding = {
            "weakness": each.weakness.value,
            "zh": zh,
            "en": en,
            "severity": each.severity,
            "level": each.level,
            "inferred": each.inferred,
            "evidence": list(each.evidence),
        }
        weak.setdefault(each.node, []).append(finding)
    flows = [(start, end) for start, ends in flow(_flowing(inside)).items() for end, _ in ends]
    broader = _broader(inside)
    bands = [[node for node in goods if placed[node][0] == segment] for segment in SEGMENTS]
    layout = lay_out(bands, flows, broader)
    most = max((len(filling.of(node)) for node in goods), default=0)
    return {
        "release": snapshot.release,
        "chain": title,
        "kind": kind,
        "as_of": as_of.isoformat(),
        "width": layout.width,
        "height": layout.height,
        "bands": [
            {"segment": segment, "x": band.x, "width": band.width}
            for segment, band in zip(SEGMENTS, layout.bands, strict=True)
        ],
        "head": HEAD,
        "row": ROW,
        "nodes": [
            _node(filling, at.node, placed[at.node], weak.get(at.node, []), most)
            | {"x": at.x, "y": at.y, "column": at.column, "depth": at.depth}
            | {"label": clipped(graph.name(at.node), COLUMN - INDENT * (at.depth + 1) - 86)}
            for at in layout.places
        ],
        "edges": [_edge(edge) for edge in inside if edge.start != edge.end],
        "left_out": len(all_goods) - len(goods),
        "levels": [name for _, name in LEVELS],
    }


def clipped(text: str, width: int) -> str:
    """*text* as far as it fits into *width* pixels: a character of Chinese is as wide as the font is high."""
    room = max(width, 4 * _FONT) / _FONT
    used = 0.0
    for at, character in enumerate(text):
        used += 1.0 if character > "\u2e7f" else 0.58
        if used > room:
            return text[: max(at - 1, 1)] + "…"
    return text


def _flowing(edges: list[Step]) -> list[Step]:
    return [edge for edge in edges if edge.relation in (Relation.NEEDS_MATERIAL, Relation.USED_IN)]


def _broader(edges: list[Step]) -> dict[int, int]:
    found: dict[int, int] = {}
    for edge in edges:
        if edge.relation is Relation.HAS_KIND and edge.start != edge.end:
            found[edge.end] = min(edge.start, found.get(edge.end, edge.start))
    return found


def _node(filling: Filling, node: int, place: tuple[str, bool], weak: list[JSON], most: int) -> JSON:
    graph: ChainGraph = filling.graph
    firms = filling.of(node)
    share = math.sqrt(len(firms) / most) if most else 0.0
    return {
        "node": node,
        "name": graph.name(node),
        "kind": graph.kind(node).name.lower(),
        "segment": place[0],
        "inferred_segment": not place[1],
        "suppliers": len(firms),
        "radius": round(_SMALLEST + (_LARGEST - _SMALLEST) * share, 1),
        "fillers": [
            {
                "enterprise_id": filling.enterprise(row).enterprise_id,
                "name": filling.enterprise(row).name,
                "offering_id": filling.snapshot.offerings.documents.id_of(each.offering),
                "title": filling.snapshot.offering(each.offering).title,
                "confidence": round(each.confidence, 3),
                "node": graph.name(each.node),
                "how": each.how.name.lower(),
            }
            for row, each in list(firms.items())[:_FILLERS]
        ],
        "processes": [graph.name(step.end) for step in graph.processes(node)],
        "weak": weak,
    }


def _edge(edge: Step) -> JSON:
    """Drawn the way things go: from a material to what needs it."""
    against = edge.relation is Relation.NEEDS_MATERIAL
    return {
        "source": edge.end if against else edge.start,
        "target": edge.start if against else edge.end,
        "relation": edge.relation.value,
        "confidence": round(edge.confidence, 3),
        "inferred": edge.origin is Origin.INFERRED,
    }

"""A chain, or the neighbourhood of a product, as a JSON document for commands, the API and the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from indexes.errors import InputError
from recommender.catalogue.domain import Relation
from recommender.chains.graph import ChainGraph, Step
from recommender.chains.seating import Supplier
from recommender.chains.stored import SEGMENTS, NodeKind
from recommender.chains.walking import ChainPath, path
from recommender.snapshot import Snapshot

JSON = dict[str, Any]
Placed = dict[int, tuple[str, bool]]  # node → segment, whether the list states it

NEIGHBOURS = 60  # nodes of a neighbourhood
STEPS = 2
TOP = 3  # suppliers that are named at a node

SAYS: Mapping[Relation, tuple[str, str]] = {
    Relation.NEEDS_MATERIAL: ("{0}需要{1}", "{0} needs {1}"),
    Relation.HAS_KIND: ("{1}是{0}的一种", "{1} is a kind of {0}"),
    Relation.USED_IN: ("{0}用于{1}", "{0} is used in {1}"),
    Relation.SUBSTITUTES: ("{0}可与{1}相互替代", "{0} and {1} can stand in for each other"),
    Relation.PROCESSED_BY: ("{0}经{1}加工", "{0} is processed by {1}"),
}


def says(graph: ChainGraph, step: Step) -> tuple[str, str]:
    """What the edge of *step* says, in Chinese and in English."""
    ends = (step.start, step.end) if step.forward else (step.end, step.start)
    chinese, english = SAYS[step.relation]
    names = [graph.name(node) for node in ends]
    return chinese.format(*names), english.format(*names)


def chains_document(snapshot: Snapshot) -> JSON:
    """All chains with the number of their nodes, and what the graph as a whole holds."""
    graph = snapshot.graph
    report = graph.stored.report()
    chains = [
        {"chain": name, "nodes": sum(1 for _ in graph.chain_nodes(number))}
        for number, name in enumerate(graph.chains)
    ]
    return {
        "release": snapshot.release,
        "chains": chains,
        "nodes": graph.size,
        "edges": report.get("edges", {}),
        "offerings": report.get("offerings", {}),
        "cleaned": report.get("cleaning", {}),
    }


def chain_document(snapshot: Snapshot, name: str) -> JSON:
    """The chain of this *name*, or else what lies around the product of this name, two steps either way.

    Raises UnknownId, which suggests near names.
    """
    graph = snapshot.graph
    title, kind, placed, edges = placed_chain(graph, name)
    extra = sorted({node for edge in edges for node in (edge.start, edge.end)} - placed.keys())
    nodes = [
        *(_node(snapshot, node, segment, stated) for node, (segment, stated) in placed.items()),
        *(_node(snapshot, node, "", True) for node in extra),
    ]
    return {
        "release": snapshot.release,
        "chain": title,
        "kind": kind,
        "segments": {
            segment: [node for node, (where, _) in placed.items() if where == segment] for segment in SEGMENTS
        },
        "nodes": nodes,
        "edges": [_edge(graph, edge) for edge in edges],
        "cleaned": graph.stored.report().get("cleaning", {}),
    }


def placed_chain(graph: ChainGraph, name: str) -> tuple[str, str, Placed, list[Step]]:
    """(title, "chain" or "neighbourhood", goods by segment, edges) of what *name* means. Raises UnknownId."""
    chain = graph.chain(name)
    if chain is not None:
        placed: Placed = {node: (segment, stated) for node, segment, stated in graph.chain_nodes(chain)}
        edges = graph.chain_edges(chain)
        return graph.chains[chain], "chain", placed, edges + _among(graph, placed, {e.edge for e in edges})
    centre = graph.node(name)
    placed = neighbourhood(graph, centre)
    return graph.name(centre), "neighbourhood", placed, _among(graph, placed, set())


def neighbourhood(graph: ChainGraph, centre: int, steps: int = STEPS, limit: int = NEIGHBOURS) -> Placed:
    """What goes into *centre* within *steps* is upstream, what it goes into downstream; it and its kinds are
    midstream. The surest are kept where there are more than *limit*, a third of them on each side."""
    third = limit // 3
    placed: Placed = {centre: ("midstream", False)}
    for kind in list(graph.kinds(centre, third)):
        placed.setdefault(kind, ("midstream", False))
    for segment, ahead in (("upstream", graph.upstream), ("downstream", graph.downstream)):
        border, count = [centre], 0
        for _ in range(steps):
            found = sorted((s for node in border for s in ahead(node)), key=lambda s: (-s.confidence, s.end))
            border = []
            for step in found:
                if step.end not in placed and count < third:
                    placed[step.end] = (segment, False)
                    border.append(step.end)
                    count += 1
    order = {segment: place for place, segment in enumerate(SEGMENTS)}
    return dict(sorted(placed.items(), key=lambda each: order[each[1][0]]))


def _among(graph: ChainGraph, nodes: Iterable[int], without: set[int]) -> list[Step]:
    """The edges between any two of *nodes*, but for those numbered in *without*."""
    known = set(nodes)
    return [
        step
        for node in sorted(known)
        for step in graph.steps(node, forward=True)
        if step.end in known and step.edge not in without
    ]


def _node(snapshot: Snapshot, node: int, segment: str, stated: bool) -> JSON:
    graph = snapshot.graph
    found: JSON = {
        "node": node,
        "name": graph.name(node),
        "kind": graph.kind(node).name.lower(),
        "segment": segment or None,
        "inferred_segment": not stated,
        "suppliers": graph.supplier_count(node),
        "top": [supplier_document(snapshot, each) for each in graph.suppliers(node, TOP)],
    }
    if graph.kind(node) is NodeKind.SEGMENT:
        found["segment"] = next(
            (
                s
                for word, s in zip(("上游", "中游", "下游"), SEGMENTS, strict=True)
                if found["name"].endswith(word)
            ),
            None,
        )
    return found


def supplier_document(snapshot: Snapshot, supplier: Supplier) -> JSON:
    """Who sits on a node, through which offering, how sure, and how that was found."""
    enterprise = snapshot.enterprise(supplier.enterprise)
    offering = snapshot.offering(supplier.offering)
    return {
        "enterprise_id": enterprise.enterprise_id,
        "name": enterprise.name,
        "offering_id": offering.offering_id,
        "title": offering.title,
        "confidence": round(supplier.confidence, 3),
        "how": supplier.how.name.lower(),
    }


def _edge(graph: ChainGraph, step: Step) -> JSON:
    return {
        "source": step.start,
        "target": step.end,
        "relation": step.relation.value,
        "confidence": round(step.confidence, 3),
        "origin": step.origin.name.lower(),
    }


def path_document(snapshot: Snapshot, start: str, end: str) -> JSON:
    """The surest path between two nodes, step by step, its weakest step marked.

    Raises UnknownId for a name that is no node, InputError where no path of eight steps joins them.
    """
    graph = snapshot.graph
    first, last = graph.node(start, "from"), graph.node(end, "to")
    found = path(graph, first, last)
    if found is None:
        raise InputError(
            "No path of at most eight steps joins them.",
            field="to",
            value=end,
            mend=f"try what {graph.name(last)} is a kind of, or is made from",
        )
    return {
        "release": snapshot.release,
        "from": graph.name(first),
        "to": graph.name(last),
        "confidence": round(found.confidence, 4),
        "steps": steps_document(graph, found),
    }


def steps_document(graph: ChainGraph, found: ChainPath) -> list[JSON]:
    """Each step with both names, its relation and direction, how sure it is, who says so, and in words."""
    return [step_document(graph, step) | {"weakest": step is found.weakest} for step in found.steps]


def step_document(graph: ChainGraph, step: Step) -> JSON:
    """One step, as it is walked."""
    chinese, english = says(graph, step)
    return {
        "from": graph.name(step.start),
        "to": graph.name(step.end),
        "relation": step.relation.value,
        "forward": step.forward,
        "confidence": round(step.confidence, 3),
        "origin": step.origin.name.lower(),
        "zh": chinese,
        "en": english,
    }

"""Transfer across chains: whom a need reaches through the graph, by which path, and what is still to prove.

Who makes the very thing or a kind of it is reached, who makes something that can stand in for it, who makes a
like thing of the same materials or by the same processes, and who makes its material and has its process.
A shared material alone says little (shoes and valves are both of plastic): the two things must be alike, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Enterprise, Need, Relation, Scope
from recommender.chains.graph import ChainGraph, Step
from recommender.chains.proofs import to_prove
from recommender.chains.stored import Sitting
from recommender.chains.view import says
from recommender.chains.walking import REACH, Reached, reach
from recommender.snapshot import Snapshot
from recommender.text.titles import wanted

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]

# who makes only the material or is only used alike does not make the thing
_DIRECT = {
    key: factor for key, factor in REACH.items() if key[0] in (Relation.HAS_KIND, Relation.SUBSTITUTES)
}
_SHARING = (Relation.NEEDS_MATERIAL, Relation.PROCESSED_BY)
_SHARED = 0.7  # what is left of the confidence at a thing of the same material or process
_BOTH = 0.4  # … at its material, made by who has its process, too
_MOST_SHARING = 200  # edges of a material or process from which on sharing it says nothing
_ALIKE = 0.5  # cosine of two things that may be made by the same hands
_FIRM = 0.6  # confidence from which on a need names a node, and does not only mention it
_LEAST = 0.05
_NEIGHBOURS = 40
# building, repairing and running things is no making of them
_WORK = re.compile(
    "(?:工程|施工|服务|改造|维修|维保|维护|运维|监理|设计|勘察|咨询|租赁|保险|物业|审计|检测|检验|建设|安装|运营|开发|培训"
    "|广告|宣传|研究|评估|代理|处置|回收|清洗|保养|拆除|迁改|整治|修复|升级|总承包|EPC|PPP|BT)(?:项目|标段|合同)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reaching:
    """The enterprises that a need reaches: (k,) rows, ascending, the confidence of each, the place in *ways*
    that gives it, and the row of its offering."""

    ways: tuple[Reached, ...]
    rows: Rows
    confidences: Floats
    places: Rows
    offerings: Rows

    def values(self, rows: Rows) -> Floats:
        """(c,) the confidence at each of *rows*; 0 where no path leads there."""
        at = np.searchsorted(self.rows, rows)
        at[at == len(self.rows)] = 0
        if not len(self.rows):
            return np.zeros(len(rows))
        return np.where(self.rows[at] == rows, self.confidences[at], 0.0)

    def best(self, allowed: NDArray[np.bool_] | None, count: int) -> Rows:
        """The *count* surest rows among *allowed* (n,), ties by row."""
        passed = np.arange(len(self.rows)) if allowed is None else np.flatnonzero(allowed[self.rows])
        order = np.lexsort((self.rows[passed], -self.confidences[passed]))[:count]
        return self.rows[passed[order]]

    def place(self, row: int) -> int | None:
        at = int(np.searchsorted(self.rows, row))
        return at if at < len(self.rows) and self.rows[at] == row else None


def reaching(graph: ChainGraph, need: Need) -> Reaching | None:
    """Whom *need* reaches; None where it names no node of the graph."""
    text = wanted(need.title)
    seats = [seat for seat in graph.nodes_of(text) if seat.confidence >= _FIRM] if graph.size else []
    if not seats:
        return None
    ways = {each.node: each for each in reach(graph, seats, factors=_DIRECT, least=_LEAST)}
    partners: dict[int, tuple[Reached, tuple[int, ...]]] = {}
    if not _WORK.search(text):
        for seat in seats:
            if seat.how is not Sitting.MEANING:
                for way in _neighbours(graph, seat.node, seat.confidence):
                    if way.node not in ways or ways[way.node].confidence < way.confidence:
                        ways[way.node] = way
                partners |= _materials(graph, seat.node, seat.confidence)
    listed = [way for way in ways.values() if graph.suppliers(way.node, 1)]
    rows, sure, places, offerings = graph.enterprises_on(
        [way.node for way in listed], [way.confidence for way in listed]
    )
    for way, processes in partners.values():
        makers, held, _, theirs = graph.enterprises_on([way.node], [way.confidence])
        able, _, _, _ = graph.enterprises_on(processes, [1.0] * len(processes))
        both = np.isin(makers, able) & ~np.isin(makers, rows)
        if both.any():
            listed.append(way)
            rows = np.concatenate([rows, makers[both]])
            sure = np.concatenate([sure, held[both]])
            places = np.concatenate([places, np.full(int(both.sum()), len(listed) - 1)])
            offerings = np.concatenate([offerings, theirs[both]])
    order = np.argsort(rows, kind="stable")
    return Reaching(tuple(listed), rows[order], sure[order], places[order], offerings[order])


def _neighbours(graph: ChainGraph, node: int, sure: float) -> list[Reached]:
    """What is made of the same material or by the same process as *node*, and is a like thing.

    A material that few need says more than one that many do. What counts is how much of all that both are
    made of they share: a pipe that is made of ten things shares little with a steel pipe by one of them.
    """
    shared: dict[int, list[tuple[float, Step, Step]]] = {}
    own = 0
    for relation in _SHARING:
        for out in graph.steps(node, [relation], forward=True):
            own += 1
            if graph.degree(out.end) > _MOST_SHARING:
                continue
            others = [s for s in graph.steps(out.end, [relation], forward=False) if s.end != node]
            for back in others:
                strength = out.confidence * back.confidence / max(1, len(others)) ** 0.25
                shared.setdefault(back.end, []).append((strength, out, back))
    if not shared:
        return []
    found = np.array(sorted(shared), np.int64)
    alike = _cosines(graph, node, found)
    ways = []
    for other, cosine in zip(found.tolist(), alike.tolist(), strict=True):
        told = shared[other]
        if cosine < _ALIKE:
            continue
        of_other = sum(1 for _ in graph.steps(other, _SHARING, forward=True))
        strength = sum(each for each, _, _ in told) / math.sqrt(own * of_other)
        confidence = sure * _SHARED * strength * min(1.0, cosine)
        if confidence >= _LEAST:
            _, out, back = max(told, key=lambda each: each[0])
            ways.append(Reached(other, confidence, (out, back)))
    return sorted(ways, key=lambda way: (-way.confidence, way.node))[:_NEIGHBOURS]


def _materials(graph: ChainGraph, node: int, sure: float) -> Mapping[int, tuple[Reached, tuple[int, ...]]]:
    """The materials of *node*, each with the processes of *node* that its maker must have."""
    processes = tuple(step.end for step in graph.processes(node))
    if not processes:
        return {}
    return {
        step.end: (Reached(step.end, sure * _BOTH * step.confidence, (step,)), processes)
        for step in graph.steps(node, [Relation.NEEDS_MATERIAL], forward=True)
        if graph.degree(step.end) <= _MOST_SHARING
    }


def _cosines(graph: ChainGraph, node: int, others: Rows) -> Floats:
    vectors = graph.stored.arrays.vectors
    own = vectors[node].astype(np.float32)
    alike: Floats = (vectors[others].astype(np.float32) @ own).astype(np.float64)
    return alike


# ---------------------------------------------------------------------- what is cross-chain


def crosses_chains(need: Need, chains: Sequence[str], way: Reached | None) -> bool:
    """The rule. Stated on both sides, chains that have none in common; not stated, a path that leaves the
    thing and its kinds: over a material, a process or a substitute."""
    if need.industry_chain and chains:
        return need.industry_chain not in chains
    return way is not None and _leaves(way)


def _leaves(way: Reached) -> bool:
    return any(step.relation in _SHARING for step in way.steps) or (
        len(way.steps) > 1 and any(step.relation is not Relation.HAS_KIND for step in way.steps)
    )


def crossing_mask(snapshot: Snapshot, need: Need, reached: Reaching | None, rows: Rows) -> NDArray[np.bool_]:
    """(c,) whether each of the enterprises *rows* is cross-chain for *need*: the rule, for many at once."""
    leaves = np.zeros(len(rows), np.bool_)
    if reached is not None and len(reached.rows):
        left = np.array([_leaves(way) for way in reached.ways], np.bool_)[reached.places]
        leaves = np.isin(rows, reached.rows[left])
    if not need.industry_chain:
        return leaves
    columns = snapshot.enterprises.filters
    stated = columns.mask_prefix("industry_chain", [""])[rows]
    same = columns.mask_any("industry_chain", [need.industry_chain])[rows]
    crosses: NDArray[np.bool_] = np.where(stated, ~same, leaves)
    return crosses


def in_scope(crosses: NDArray[np.bool_], scope: Scope) -> NDArray[np.bool_]:
    """(c,) which of them *scope* keeps."""
    if scope is Scope.ANY:
        return np.ones(len(crosses), np.bool_)
    return crosses if scope is Scope.CROSS else ~crosses


# ---------------------------------------------------------------------- how it is told


def crossing(
    snapshot: Snapshot,
    need: Need,
    enterprise: Enterprise,
    row: int | None,
    reached: Reaching | None,
    day: str,
) -> dict[str, object] | None:
    """From which chain to which, the path from what *enterprise* (in *row*) makes to what is needed, its
    weakest step, and what must still be proven; None where no chain is crossed."""
    at = reached.place(row) if reached is not None and row is not None else None
    way = reached.ways[int(reached.places[at])] if reached is not None and at is not None else None
    if not crosses_chains(need, enterprise.industry_chains, way):
        return None
    chains = enterprise.industry_chains
    told: dict[str, object] = {"from": chains[0] if chains else "", "to": need.industry_chain, "path": []}
    if reached is not None and at is not None and way is not None:
        graph = snapshot.graph
        offering = int(reached.offerings[at])
        told |= _told(graph, way, float(reached.confidences[at]), snapshot.offerings.documents.get(offering))
        start = way.steps[0].start if way.steps else way.node
        told["from"] = told["from"] or _chain_of(graph, way.node)
        told["to"] = told["to"] or _chain_of(graph, start)
    industry = need.industry_chain or wanted(need.title)
    return told | {"to_prove": to_prove(industry, enterprise.certifications, day)}


def _told(
    graph: ChainGraph, way: Reached, confidence: float, offering: Mapping[str, object]
) -> dict[str, object]:
    steps = [
        Step(step.end, step.start, step.relation, not step.forward, step.confidence, step.origin, step.edge)
        for step in reversed(way.steps)
    ]
    weakest = min(steps, key=lambda step: step.confidence, default=None)
    documents = []
    for step in steps:
        chinese, english = says(graph, step)
        documents.append(
            {
                "from": graph.name(step.start),
                "to": graph.name(step.end),
                "relation": step.relation.value,
                "forward": step.forward,
                "confidence": round(step.confidence, 3),
                "origin": step.origin.name.lower(),
                "zh": chinese,
                "en": english,
            }
        )
    return {
        "path": [graph.name(way.node), *(graph.name(step.end) for step in steps)],
        "offering": {"offering_id": offering["offering_id"], "title": offering["title"]},
        "steps": documents,
        "weakest": documents[steps.index(weakest)] if weakest is not None else None,
        "confidence": round(confidence, 4),
    }


def _chain_of(graph: ChainGraph, node: int) -> str:
    chains = graph.chains_of(node)
    return graph.chains[chains[0]] if chains else graph.name(node)

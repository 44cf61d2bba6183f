"""Transfer across chains: whom a need reaches through the graph, by which path, and what is still to prove.

Who makes the very thing or a kind of it is reached, who makes something that can stand in for it, who makes a
like thing of the same materials or by the same processes, who makes its material and has its process, and who
makes what the thing's makers often make beside it: gears and gearboxes come from the same hands, which is
inferred and says so. A shared material alone says little (shoes and valves are both of plastic): the two
things must be alike, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Enterprise, Need, Relation, Scope
from recommender.chains.graph import ChainGraph, Step
from recommender.chains.placing import Seat
from recommender.chains.proofs import to_prove
from recommender.chains.stored import Origin, Sitting
from recommender.chains.view import step_document
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
_MOST_COMPARED = 300  # things that share a material with one, after which no further material is looked at
_ALIKE = 0.5  # cosine of two things that may be made by the same hands
_FIRM = 0.6  # confidence from which on a need names a node, and does not only mention it
_MENTIONED, _LONG = 0.45, 4  # confidence and characters of a name that is mentioned elsewhere
_LEAST = 0.05
_MOST_WAYS = 80
_TOGETHER, _LEAST_MAKERS, _BESIDE = 0.26, 4, 0.38  # of two things that the same enterprises make
_NEIGHBOURS = 40
# building, repairing and running things is no making of them
_WORK = re.compile(
    "(?:工程|施工|服务|改造|维修|维保|维护|运维|监理|设计|勘察|咨询|租赁|保险|物业|审计|检测|检验|建设|安装|运营|开发|培训"
    "|养护|绿化|发电|广告|宣传|研究|评估|代理|处置|回收|清洗|保养|拆除|迁改|整治|修复|升级|总承包|EPC|PPP|BT)(?:项目|标段|合同)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Way:
    """A node that a need reaches, how sure who makes it can meet the need, and the steps that lead there.

    ``makers``, where it is not 0, is how many enterprises make both the *asked* node and this one, and
    ``together`` the cosine of the two sets of makers: that joins the two, and there are no steps.
    """

    node: int
    confidence: float
    asked: int
    steps: tuple[Step, ...] = ()
    makers: int = 0
    together: float = 0.0


@dataclass(frozen=True, slots=True)
class Reaching:
    """The enterprises that a need reaches: (k,) rows, ascending, the confidence of each, the place in *ways*
    that gives it, and the row of its offering."""

    ways: tuple[Way, ...]
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
    seats = [seat for seat in graph.nodes_of(text) if _names(graph, seat)] if graph.size else []
    if not seats:
        return None
    ways = {
        each.node: _way(each) for each in reach(graph, seats, factors=_DIRECT, least=_LEAST, limit=_MOST_WAYS)
    }
    direct = frozenset(ways)
    partners: dict[int, tuple[Way, tuple[int, ...]]] = {}
    if not _WORK.search(text):
        for seat in seats:
            if seat.how is not Sitting.MEANING:
                near = _neighbours(graph, seat.node, seat.confidence)
                for way in [*near, *_made_beside(graph, seat.node, seat.confidence)]:
                    known = ways.get(way.node)
                    if way.node not in direct and (known is None or known.confidence < way.confidence):
                        ways[way.node] = way
                partners |= _materials(graph, seat.node, seat.confidence)
    listed = [way for way in ways.values() if graph.is_taken(way.node)]
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


def _names(graph: ChainGraph, seat: Seat) -> bool:
    """Whether a need names the node of *seat*: as the head of what it asks for, or by a name of four or more
    characters anywhere. A short one that is only mentioned (客车润滑油) is not what is needed."""
    return seat.confidence > _FIRM or (seat.confidence >= _MENTIONED and len(graph.name(seat.node)) >= _LONG)


def _way(reached: Reached) -> Way:
    start = reached.steps[0].start if reached.steps else reached.node
    return Way(reached.node, reached.confidence, start, reached.steps)


def _neighbours(graph: ChainGraph, node: int, sure: float) -> list[Way]:
    """What is made of the same material or by the same process as *node*, and is a like thing.

    A material that few need says more than one that many do. What counts is how much of all that both are
    made of they share: a pipe that is made of ten things shares little with a steel pipe by one of them.
    """
    shared: dict[int, list[tuple[float, Step, Step]]] = {}
    own = 0
    for relation in _SHARING:
        for out in graph.steps(node, [relation], forward=True):
            own += 1
            if graph.degree(out.end) > _MOST_SHARING or len(shared) > _MOST_COMPARED:
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
        if cosine < _ALIKE or _nested(graph, node, other):
            continue
        of_other = sum(1 for _ in graph.steps(other, _SHARING, forward=True))
        strength = sum(each for each, _, _ in told) / math.sqrt(own * of_other)
        confidence = sure * _SHARED * strength * min(1.0, cosine)
        if confidence >= _LEAST:
            _, out, back = max(told, key=lambda each: each[0])
            ways.append(Way(other, confidence, node, (out, back)))
    return sorted(ways, key=lambda way: (-way.confidence, way.node))[:_NEIGHBOURS]


def _made_beside(graph: ChainGraph, node: int, sure: float) -> list[Way]:
    """What the makers of *node* make beside it: at least four of them, and a quarter of all that make either
    (the cosine of the two sets of makers). What is nothing like it is made beside it by chance."""
    own = graph.makers(node, _FIRM)
    if not _LEAST_MAKERS <= len(own) <= _MOST_SHARING:
        return []
    beside = graph.nodes_with(own, _FIRM)
    others, counts = np.unique(np.concatenate(beside), return_counts=True)
    often = (counts >= _LEAST_MAKERS) & (others != node)
    others, counts = others[often].astype(np.int64), counts[often]
    like = _cosines(graph, node, others) >= _BESIDE
    ways = []
    for other, count in zip(others[like].tolist(), counts[like].tolist(), strict=True):
        if _nested(graph, node, other):
            continue
        share = count / math.sqrt(len(own) * len(graph.makers(other, _FIRM)))
        if share >= _TOGETHER:
            ways.append(Way(other, sure * _SHARED * share, node, (), count, share))
    return sorted(ways, key=lambda way: (-way.confidence, way.node))[:_NEIGHBOURS]


def _nested(graph: ChainGraph, one: int, other: int) -> bool:
    """Whether one name ends with the other: 高压变压器 is a 变压器, and no other thing."""
    first, second = graph.name(one), graph.name(other)
    return first.endswith(second) or second.endswith(first)


def _materials(graph: ChainGraph, node: int, sure: float) -> Mapping[int, tuple[Way, tuple[int, ...]]]:
    """The materials of *node*, each with the processes of *node* that its maker must have."""
    processes = tuple(step.end for step in graph.processes(node))
    if not processes:
        return {}
    return {
        step.end: (Way(step.end, sure * _BOTH * step.confidence, node, (step,)), processes)
        for step in graph.steps(node, [Relation.NEEDS_MATERIAL], forward=True)
        if graph.degree(step.end) <= _MOST_SHARING
    }


def _cosines(graph: ChainGraph, node: int, others: Rows) -> Floats:
    vectors = graph.stored.arrays.vectors
    own = vectors[node].astype(np.float32)
    alike: Floats = (vectors[others].astype(np.float32) @ own).astype(np.float64)
    return alike


# ---------------------------------------------------------------------- what is cross-chain


def crosses_chains(need: Need, chains: Sequence[str], way: Way | None) -> bool:
    """The rule. Stated on both sides, chains that have none in common; not stated, a path that leaves the
    thing and its kinds: over a material, a process, a substitute's kinds or makers of both."""
    if need.industry_chain and chains:
        return need.industry_chain not in chains
    return way is not None and _leaves(way)


def _leaves(way: Way) -> bool:
    return (
        way.makers > 0
        or any(step.relation in _SHARING for step in way.steps)
        or (len(way.steps) > 1 and any(step.relation is not Relation.HAS_KIND for step in way.steps))
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
    stated = columns.has_label("industry_chain", rows)
    same = columns.has_any("industry_chain", [need.industry_chain], rows)
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
    as_of: date,
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
        told["from"] = told["from"] or _chain_of(graph, way.node)
        told["to"] = told["to"] or _chain_of(graph, way.asked)
    industry = need.industry_chain or wanted(need.title)
    return told | {"to_prove": to_prove(industry, enterprise.certifications, as_of)}


def _told(
    graph: ChainGraph, way: Way, confidence: float, offering: Mapping[str, object]
) -> dict[str, object]:
    walked = [
        Step(step.end, step.start, step.relation, not step.forward, step.confidence, step.origin, step.edge)
        for step in reversed(way.steps)
    ]
    documents = [step_document(graph, step) for step in walked]
    names = [graph.name(way.node), *(graph.name(step.end) for step in walked)]
    if way.makers:
        names.append(graph.name(way.asked))
        documents.append(_made_together(names[0], names[1], way))
    sure = [float(str(document["confidence"])) for document in documents]
    return {
        "path": names,
        "offering": {"offering_id": offering["offering_id"], "title": offering["title"]},
        "steps": documents,
        "weakest": documents[sure.index(min(sure))] if documents else None,
        "confidence": round(confidence, 4),
    }


def _made_together(one: str, other: str, way: Way) -> dict[str, object]:
    return {
        "from": one,
        "to": other,
        "relation": "made_together",
        "forward": True,
        "confidence": round(way.together, 3),
        "origin": Origin.INFERRED.name.lower(),
        "zh": f"有 {way.makers} 家企业同时提供{one}和{other}（推断）",
        "en": f"{way.makers} enterprises offer both {one} and {other} (inferred)",
    }


def _chain_of(graph: ChainGraph, node: int) -> str:
    chains = graph.chains_of(node)
    return graph.chains[chains[0]] if chains else graph.name(node)

"""Ways through the chain graph: the surest path between two nodes, and all that a need reaches.

A path is as sure as the product of its edges; every step costs a little, and a node that everything touches
(水, 钢) costs more, because a path through it says nothing.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from recommender.catalogue.domain import Relation
from recommender.chains.graph import ChainGraph, Step
from recommender.chains.placing import Seat
from recommender.chains.stored import Sitting

_STEP = 0.05  # cost of a step, in nats, so that of two equally sure paths the shorter is taken
_WIDE = 32  # edges from which on passing through a node costs, a nat for every e-fold of it
_MOST_NODES = 20_000  # nodes that a search for a path may visit
_LONGEST_PATH = 8
_LEAST_SURE = 3.0  # nats beyond which no path is worth being shown


@dataclass(frozen=True, slots=True)
class ChainPath:
    """Steps from one node to another; empty where both are the same. ``confidence`` is their product."""

    steps: tuple[Step, ...]

    @property
    def confidence(self) -> float:
        return math.prod(step.confidence for step in self.steps)

    @property
    def weakest(self) -> Step | None:
        """The step that is least sure, the first of several."""
        return min(self.steps, key=lambda step: step.confidence, default=None)


def path(graph: ChainGraph, start: int, end: int) -> ChainPath | None:
    """The surest path from *start* to *end* along edges in either direction (Dijkstra 1959), of at most eight
    steps; None where there is none."""
    came: dict[int, int] = {}  # node → the edge that led there
    cost = {start: 0.0}
    done: set[int] = set()
    heap: list[tuple[float, int, int]] = [(0.0, 0, start)]
    while heap and len(done) < _MOST_NODES:
        spent, length, node = heapq.heappop(heap)
        if node in done:
            continue
        if node == end:
            return ChainPath(tuple(reversed(list(_back(graph, came, start, end)))))
        done.add(node)
        if length == _LONGEST_PATH:
            continue
        others, edges, costs = graph.around(node)
        spent += _STEP + (0.0 if node == start else math.log(max(1.0, len(others) / _WIDE)))
        for other, edge, paid in zip(others, edges, costs, strict=True):
            ahead = spent + paid
            if other not in done and ahead < min(_LEAST_SURE, cost.get(other, math.inf)):
                cost[other], came[other] = ahead, edge
                heapq.heappush(heap, (ahead, length + 1, other))
    return None


def _back(graph: ChainGraph, came: Mapping[int, int], start: int, end: int) -> Iterator[Step]:
    node = end
    while node != start:
        step = graph.step_to(node, came[node])
        yield step
        node = step.start


@dataclass(frozen=True, slots=True)
class Reached:
    """A node that a need reaches, how sure who makes it can meet the need, and the steps that lead there."""

    node: int
    confidence: float
    steps: tuple[Step, ...] = ()
    broader: bool = False  # whether the node is more than the need asks for


# What a step leaves of the confidence: who makes a kind of the thing makes the thing; who makes the broader
# thing may make this kind; a substitute, a material or a neighbour is further away each.
REACH: Mapping[tuple[Relation, bool], float] = {
    (Relation.HAS_KIND, True): 0.9,
    (Relation.HAS_KIND, False): 0.5,
    (Relation.SUBSTITUTES, True): 0.6,
    (Relation.SUBSTITUTES, False): 0.6,
    (Relation.NEEDS_MATERIAL, True): 0.2,
    (Relation.USED_IN, False): 0.2,
}


def sureness(seat: Seat) -> float:
    """How sure it is that who makes what *seat* is on makes what is asked: the head of a text is broader."""
    return seat.confidence * (REACH[Relation.HAS_KIND, False] if seat.how is Sitting.HEAD else 1.0)


def reach(
    graph: ChainGraph,
    seats: Sequence[Seat],
    *,
    depth: int = 2,
    limit: int = 200,
    factors: Mapping[tuple[Relation, bool], float] = REACH,
    least: float = 0.1,
) -> list[Reached]:
    """The nodes within *depth* steps of *seats*, the surest first, at most *limit*.

    Every step multiplies the confidence by its edge's and by its factor in *factors* (relation, forward);
    relations that are not named there are not walked, and what falls below *least* is left out. A seat at
    the head of a text is broader than the text, as is what a step up a kind leads to: from there no step
    leads down again, because other kinds of the same thing are other things.
    """
    best: dict[int, Reached] = {}
    heap: list[tuple[float, int, Reached]] = []
    for seat in seats:
        sure = sureness(seat)
        heap.append((-sure, len(heap), Reached(seat.node, sure, broader=seat.how is Sitting.HEAD)))
    heapq.heapify(heap)
    relations = sorted({relation for relation, _ in factors})
    pushed = len(heap)
    while heap and len(best) < limit:
        _, _, at = heapq.heappop(heap)
        if at.node in best:
            continue
        best[at.node] = at
        if len(at.steps) == depth:
            continue
        for step in graph.steps(at.node, relations):
            kind = step.relation is Relation.HAS_KIND
            if kind and step.forward and at.broader:
                continue
            sure = at.confidence * step.confidence * factors.get((step.relation, step.forward), 0.0)
            if sure >= least and step.end not in best:
                heapq.heappush(
                    heap,
                    (
                        -sure,
                        pushed,
                        Reached(step.end, sure, (*at.steps, step), at.broader or (kind and not step.forward)),
                    ),
                )
                pushed += 1
    return list(best.values())


def expand(graph: ChainGraph, text: str, depth: int = 2, limit: int = 200) -> list[Reached]:
    """What a need reaches through the graph: :func:`reach` from the nodes that *text* names."""
    return reach(graph, graph.nodes_of(text), depth=depth, limit=limit)

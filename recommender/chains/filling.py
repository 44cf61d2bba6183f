"""Who fills a node of a chain today: has an offering there that delivers the thing."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from datetime import date

from recommender.catalogue.domain import Enterprise, Link, Relation
from recommender.chains.graph import ChainGraph, Step
from recommender.chains.seating import Supplier
from recommender.chains.stored import NodeKind, Sitting
from recommender.requirements.certificates import Certificate, canonical
from recommender.snapshot import Snapshot

_DELIVERS = (Link.SUPPLY.value, Link.INDUSTRY.value)  # of the other links only who offers the very thing
MOST_REACHED = 500  # nodes that are counted as hanging on one
_LEAST_REACHED = 0.01  # what is less sure than this does not hang on a node

Flow = Mapping[int, list[tuple[int, float]]]  # node → (what it goes into, how sure)


class Filling:
    """One day's view of a release; remembers what it looked up, so make one for each question."""

    def __init__(self, snapshot: Snapshot, as_of: date) -> None:
        self.snapshot, self.graph, self.as_of = snapshot, snapshot.graph, as_of
        self._open = snapshot.offerings_within((), as_of)
        self._delivers = snapshot.offerings_within(_DELIVERS, as_of)
        self._on: dict[int, dict[int, Supplier]] = {}
        self._enterprises: dict[int, Enterprise] = {}
        self._shares: dict[int, float] = {}

    def counts(self, supplier: Supplier) -> bool:
        """Whether its offering is available, and delivers the node rather than a loan or a course for it."""
        if self._delivers[supplier.offering]:
            return True
        return bool(self._open[supplier.offering]) and supplier.how is Sitting.NAME

    def available(self, offering: int) -> bool:
        return bool(self._open[offering])

    def on(self, node: int) -> dict[int, Supplier]:
        """Enterprise row → its surest offering on *node* itself, the surest enterprise first."""
        if node not in self._on:
            found: dict[int, Supplier] = {}
            for each in self.graph.suppliers(node):
                if each.enterprise not in found and self.counts(each):
                    found[each.enterprise] = each
            self._on[node] = found
        return self._on[node]

    def of(self, node: int) -> dict[int, Supplier]:
        """As :meth:`on`, with those who make a kind of it: who makes a kind of the thing makes the thing."""
        found = dict(self.on(node))
        for kind in self.graph.kinds(node):
            for enterprise, supplier in self.on(kind).items():
                found.setdefault(enterprise, supplier)
        return found

    def share(self, offering: int) -> float:
        """The share of its enterprise's revenue that this *offering* is; 0 where none is stated."""
        if offering not in self._shares:
            self._shares[offering] = float(self.snapshot.offering(offering).weight or 0.0)
        return self._shares[offering]

    def enterprise(self, row: int) -> Enterprise:
        if row not in self._enterprises:
            self._enterprises[row] = self.snapshot.enterprise(row)
        return self._enterprises[row]

    def certificates(self, row: int) -> list[Certificate]:
        """What the enterprise holds and is valid on the day."""
        held = self.enterprise(row).certifications
        return [canonical(c.name) for c in held if c.expires is None or c.expires >= self.as_of]


def is_goods(graph: ChainGraph, node: int) -> bool:
    """Whether somebody should fill it: processes, segments and industries are filled by nobody."""
    return graph.kind(node) in (NodeKind.PRODUCT, NodeKind.MATERIAL)


def flow(edges: Iterable[Step]) -> Flow:
    """What goes into what, and how much of it: a material into what needs it, a kind into the broader thing,
    which has as many ways out as it has kinds."""
    kinds: dict[int, int] = {}
    listed = list(edges)
    for edge in listed:
        if edge.relation is Relation.HAS_KIND:
            kinds[edge.start] = kinds.get(edge.start, 0) + 1
    found: dict[int, dict[int, float]] = {}
    for edge in listed:
        start, end, share = edge.start, edge.end, edge.confidence
        if edge.relation is Relation.HAS_KIND:
            start, end, share = end, start, share / kinds[edge.start]
        elif edge.relation is Relation.NEEDS_MATERIAL:
            start, end = end, start
        elif edge.relation is not Relation.USED_IN:
            continue
        if start != end:
            ends = found.setdefault(start, {})
            ends[end] = max(share, ends.get(end, 0.0))
    return {start: sorted(ends.items()) for start, ends in found.items()}


def hanging(flows: Flow, node: int, limit: int = MOST_REACHED) -> dict[int, float]:
    """What hangs on *node*: each node downstream with the product along its surest path, the surest first,
    at most *limit*. Their sum is the weighted reach of the node."""
    found: dict[int, float] = {}
    heap = [(-1.0, node)]
    while heap and len(found) <= limit:
        sure, at = heapq.heappop(heap)
        if at in found:
            continue
        found[at] = -sure
        for end, share in flows.get(at, ()):
            if end not in found and -sure * share >= _LEAST_REACHED:
                heapq.heappush(heap, (sure * share, end))
    found.pop(node, None)
    return found


def standing_out(reach: float, most: float) -> float:
    """Where *reach* stands below the *most* of its chain, 0 to 1, by the logarithm."""
    return math.log1p(reach) / math.log1p(most) if most > 0 else 0.0

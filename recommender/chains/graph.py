"""The chain graph of a release, opened: what a thing is made from, made into, a kind of, and who makes it.

Nodes are numbers, 0 … n-1; :meth:`ChainGraph.name` says what each is called. Nothing is loaded before it is
asked for, and threads may share a graph.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from indexes.errors import UnknownId
from indexes.strings import StringTable
from recommender.catalogue.domain import Relation
from recommender.chains.joining import spelling
from recommender.chains.placing import (
    LONGEST_NAME,
    Seat,
    Vectors,
    mentioned,
    named,
    nearest,
    parts_of,
)
from recommender.chains.stored import (
    RELATIONS,
    SEGMENTS,
    STARTS,
    Arrays,
    NodeKind,
    Origin,
    Sitting,
    Stored,
    dtype_of,
    load,
    starts_of,
    tails_of,
)

Rows = NDArray[np.int64]

_SUGGESTIONS = 5
_LONGEST_QUESTION = 400  # characters of a text in which nodes are looked for
_MENTION = 0.6  # confidence of a node that a text names elsewhere than at its head
_CODES = {relation: code for code, relation in enumerate(RELATIONS)}
_ORIGINS, _SEGMENT = tuple(Origin), int(NodeKind.SEGMENT)
_BITS = 32  # of the row of an enterprise
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Step:
    """One edge as it is walked from *start* to *end*; ``forward`` where it points that way itself."""

    start: int
    end: int
    relation: Relation
    forward: bool
    confidence: float
    origin: Origin
    edge: int


@dataclass(frozen=True, slots=True)
class Supplier:
    """An enterprise's row on a node, through the offering in row *offering*."""

    node: int
    enterprise: int
    offering: int
    confidence: float
    how: Sitting


@dataclass(frozen=True, slots=True)
class Shared:
    """Another product and what both need or are processed by; ``strength`` 0 … 1 falls with the number of
    products that share it, too."""

    node: int
    through: int
    relation: Relation
    strength: float


class ChainGraph:
    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._a = a = stored.arrays
        # steps read single numbers, for which a view takes a third of what an array does
        self._kinds, self._sources, self._targets = _view(a.kinds), _view(a.sources), _view(a.targets)
        self._relations, self._origins = _view(a.relations), _view(a.origins)
        self._confidences = _view(a.confidences)
        self._outgoing, self._incoming = _view(a.outgoing), _view(a.incoming)
        self._incoming_edges = _view(a.incoming_edges)

    @classmethod
    def load(cls, folder: Path) -> ChainGraph:
        """The graph in a release's ``graph`` folder. Raises DamagedRelease."""
        return cls(load(folder))

    @classmethod
    def empty(cls) -> ChainGraph:
        """A graph without nodes: of a release that was made before there were graphs."""
        none = StringTable.build([])
        arrays = {
            each.name: np.zeros(int(each.name in STARTS), dtype_of(each.name)) for each in fields(Arrays)
        }
        arrays["vectors"] = np.zeros((0, 1), np.float16)
        return cls(Stored(Path(), none, none, none, none, Arrays(**arrays)))

    # --- nodes ---

    @property
    def stored(self) -> Stored:
        return self._stored

    @property
    def size(self) -> int:
        return len(self._stored.names)

    @property
    def edge_count(self) -> int:
        return int(self._a.sources.size)

    def name(self, node: int) -> str:
        return self._stored.names[int(node)]

    def kind(self, node: int) -> NodeKind:
        return NodeKind(int(self._a.kinds[node]))

    def find(self, name: str) -> int | None:
        """The node of this name, however it is spelled; None where there is none."""
        number = self._stored.spellings.find(spelling(name[:_LONGEST_QUESTION]))
        return None if number is None else int(self._a.spelling_nodes[number])

    def node(self, name: str, field: str = "name") -> int:
        """As :meth:`find`. Raises UnknownId, which names near ones, where there is none."""
        found = self.find(name)
        if found is None:
            near = self.suggest(name)
            mend = f"perhaps {'、'.join(near)}" if near else "`rongtong chains list` names the chains"
            raise UnknownId("The chain graph has no such node.", field=field, value=name, mend=mend)
        return found

    def suggest(self, name: str) -> list[str]:
        """Names of up to five nodes (and chains) near *name*, the nearest first."""
        text = spelling(name[:LONGEST_NAME])
        if not text:
            return []
        near = {node for node, _, _ in mentioned(text, self.of_spelling)}
        names = [self.name(node) for node in sorted(near)]
        pool = [self.name(node) for node in self._by_tail.get(text[-1], ())] + list(self._stored.chains)
        names += difflib.get_close_matches(name[:LONGEST_NAME], pool, _SUGGESTIONS, 0.4)
        return list(dict.fromkeys(names))[:_SUGGESTIONS]

    def of_spelling(self, text: str) -> int | None:
        """The node of a name in looked-up spelling."""
        return self._spelled.get(text.encode("utf-8", "surrogatepass"))

    @cached_property
    def _spelled(self) -> dict[bytes, int]:
        # a need has hundreds of substrings to look up: a dictionary is worth its few milliseconds
        return dict(zip(self._stored.spellings.pieces(), self._a.spelling_nodes.tolist(), strict=True))

    @cached_property
    def _by_tail(self) -> dict[str, NDArray[np.int32]]:
        return tails_of(self._a.tails, self._a.tail_starts, self._a.tail_nodes)

    # --- edges ---

    def steps(
        self, node: int, relations: Sequence[Relation] = RELATIONS, *, forward: bool | None = None
    ) -> Iterator[Step]:
        """The edges at *node* as steps away from it: those it begins, those it ends, or (None) both.

        That a segment of a chain lists its goods makes them no kinds of it: such edges are not walked.
        """
        wanted = {_CODES[relation] for relation in relations}
        if forward is not False:
            for edge in self._edges(node, wanted, forward=True):
                yield self._step(edge, forward=True)
        if forward is not True:
            for edge in self._edges(node, wanted, forward=False):
                yield self._step(edge, forward=False)

    def ends(self, node: int, relation: Relation, *, forward: bool) -> list[tuple[int, float, int]]:
        """Of each of :meth:`steps` its end, its confidence and its edge: for those who look at many."""
        edges = self._edges(node, (_CODES[relation],), forward=forward)
        end, sure = self._targets if forward else self._sources, self._confidences
        return [(end[edge], sure[edge], edge) for edge in edges]

    def _edges(self, node: int, wanted: Collection[int], *, forward: bool) -> list[int]:
        """The edges at *node* whose relation is among the codes *wanted*, but those that list a segment's
        goods."""
        kinds, relations = self._kinds, self._relations
        if kinds[node] == _SEGMENT:
            return []
        if forward:
            first, last = self._outgoing[node], self._outgoing[node + 1]
            return [edge for edge, code in enumerate(relations[first:last], first) if code in wanted]
        edges = self._incoming_edges[self._incoming[node] : self._incoming[node + 1]]
        return [
            edge for edge in edges if relations[edge] in wanted and kinds[self._sources[edge]] != _SEGMENT
        ]

    def _step(self, edge: int, *, forward: bool) -> Step:
        source, target = self._sources[edge], self._targets[edge]
        return Step(
            source if forward else target,
            target if forward else source,
            RELATIONS[self._relations[edge]],
            forward,
            self._confidences[edge],
            _ORIGINS[self._origins[edge]],
            edge,
        )

    def around(self, node: int) -> tuple[list[int], list[int], list[float]]:
        """The other ends of all steps at *node*, their edges' numbers, and −ln of their confidences."""
        a = self._a
        if a.kinds[node] == NodeKind.SEGMENT:
            return [], [], []
        out = slice(int(a.outgoing[node]), int(a.outgoing[node + 1]))
        back = a.incoming_edges[int(a.incoming[node]) : int(a.incoming[node + 1])]
        back = back[~self._lists[back]]
        edges = [*range(out.start, out.stop), *back.tolist()]
        return (
            [*a.targets[out].tolist(), *a.sources[back].tolist()],
            edges,
            [*self._costs[out].tolist(), *self._costs[back].tolist()],
        )

    @cached_property
    def _lists(self) -> NDArray[np.bool_]:
        """(e,) the edges by which a segment lists its goods."""
        listing: NDArray[np.bool_] = self._a.kinds[self._a.sources] == NodeKind.SEGMENT
        return listing

    @cached_property
    def _costs(self) -> NDArray[np.float64]:
        return -np.log(np.clip(self._a.confidences, 1e-6, 1.0).astype(np.float64))

    def step_to(self, node: int, edge: int) -> Step:
        """The edge of this number, walked so that it ends at *node*."""
        return self._step(edge, forward=self._targets[edge] == node)

    def degree(self, node: int) -> int:
        out, back = self._outgoing, self._incoming
        return out[node + 1] - out[node] + back[node + 1] - back[node]

    def upstream(self, node: int) -> list[Step]:
        """What goes into *node*: its materials, and what is used in it. The surest first."""
        found = [
            *self.steps(node, [Relation.NEEDS_MATERIAL], forward=True),
            *self.steps(node, [Relation.USED_IN], forward=False),
        ]
        return _surest_first(found)

    def downstream(self, node: int) -> list[Step]:
        """What *node* goes into: what needs it, and where it is used. The surest first."""
        found = [
            *self.steps(node, [Relation.NEEDS_MATERIAL], forward=False),
            *self.steps(node, [Relation.USED_IN], forward=True),
        ]
        return _surest_first(found)

    def processes(self, node: int) -> list[Step]:
        return _surest_first(list(self.steps(node, [Relation.PROCESSED_BY], forward=True)))

    def substitutes(self, node: int) -> list[Step]:
        """What can stand in for *node*, whichever of the two the list begins with."""
        return _surest_first(list(self.steps(node, [Relation.SUBSTITUTES])))

    def kinds(self, node: int, limit: int = 1_000) -> dict[int, Step]:
        """All kinds of *node*, kinds of kinds included: node → the step that leads to it, nearest first."""
        return self._closure(node, limit, forward=True)

    def broader(self, node: int, limit: int = 1_000) -> dict[int, Step]:
        """All that *node* is a kind of: node → the step that leads to it, nearest first."""
        return self._closure(node, limit, forward=False)

    def _closure(self, node: int, limit: int, *, forward: bool) -> dict[int, Step]:
        found: dict[int, Step] = {}
        border = [node]
        while border and len(found) < limit:
            ahead: list[int] = []
            for each in border:
                for step in self.steps(each, [Relation.HAS_KIND], forward=forward):
                    if step.end != node and step.end not in found and len(found) < limit:
                        found[step.end] = step
                        ahead.append(step.end)
            border = ahead
        return found

    def shared(self, node: int, limit: int = 50) -> list[Shared]:
        """Products that share a material or a process with *node*, the strongest first.

        A material that a hundred products need joins none of them: strength is the product of both
        confidences over the root of the number that share it.
        """
        best: dict[int, Shared] = {}
        for relation in (Relation.NEEDS_MATERIAL, Relation.PROCESSED_BY):
            for out in self.steps(node, [relation], forward=True):
                others = list(self.steps(out.end, [relation], forward=False))
                for back in others:
                    strength = out.confidence * back.confidence / max(1, len(others) - 1) ** 0.5
                    known = best.get(back.end)
                    if back.end != node and (known is None or known.strength < strength):
                        best[back.end] = Shared(back.end, out.end, relation, round(strength, 4))
        return sorted(best.values(), key=lambda each: (-each.strength, each.node))[:limit]

    # --- chains ---

    @property
    def chains(self) -> tuple[str, ...]:
        return tuple(self._stored.chains)

    def chain(self, name: str) -> int | None:
        """The number of the chain of this name; None where there is none."""
        if (number := self._stored.chains.find(name)) is not None:
            return number
        wanted = spelling(name[:_LONGEST_QUESTION])
        return next((i for i, each in enumerate(self._stored.chains) if spelling(each) == wanted), None)

    def chain_nodes(self, chain: int) -> Iterator[tuple[int, str, bool]]:
        """(node, segment, whether the list states it) of a chain's goods, upstream first."""
        a = self._a
        for at in range(int(a.chain_node_starts[chain]), int(a.chain_node_starts[chain + 1])):
            yield int(a.chain_nodes[at]), SEGMENTS[a.chain_segments[at]], bool(a.segment_stated[at])

    def chain_edges(self, chain: int) -> list[Step]:
        a = self._a
        numbers = a.chain_edges[int(a.chain_edge_starts[chain]) : int(a.chain_edge_starts[chain + 1])]
        return [self._step(int(edge), forward=True) for edge in numbers]

    def chains_of(self, node: int) -> list[int]:
        """The chains that *node* is part of."""
        return self._chains_of.get(node, [])

    @cached_property
    def _chains_of(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for chain in range(len(self._stored.chains)):
            for node, _, _ in self.chain_nodes(chain):
                found.setdefault(node, []).append(chain)
        return found

    # --- who and what sits on nodes ---

    def _sittings(self, node: int) -> NDArray[np.int32]:
        return self._a.node_sittings[int(self._a.node_starts[node]) : int(self._a.node_starts[node + 1])]

    def suppliers(self, node: int, limit: int | None = None) -> list[Supplier]:
        """Who sits on *node*, the surest first; an enterprise once for each of its offerings there."""
        return [self._supplier(at) for at in self._sittings(node)[:limit].tolist()]

    def is_taken(self, node: int) -> bool:
        """Whether anybody sits on *node*."""
        return bool(self._a.node_starts[node] < self._a.node_starts[node + 1])

    def makers(self, node: int, least: float = 0.0) -> Rows:
        """(k,) the rows of the enterprises that sit on *node* with at least this confidence, ascending."""
        at = self._sittings(node)
        # nearly in order as they lie, they are sorted faster than numpy's unique() would hash them
        owners = np.sort(self._a.sitting_owners[at[self._a.sitting_confidences[at] >= least]], kind="stable")
        return owners[_begins(owners)].astype(np.int64)

    def maker_counts(self, nodes: Rows, least: float = 0.0) -> Rows:
        """(k,) how many :meth:`makers` each of *nodes* has."""
        a = self._a
        starts = a.node_starts[nodes]
        which, at = _runs(starts, a.node_starts[nodes + 1] - starts)
        at = a.node_sittings[at].astype(np.int64)
        sure = a.sitting_confidences[at] >= least
        pairs = np.sort((which[sure] << _BITS) | a.sitting_owners[at[sure]], kind="stable")
        counts: Rows = np.bincount(pairs[_begins(pairs)] >> _BITS, minlength=len(nodes))
        return counts

    def supplier_count(self, node: int) -> int:
        """How many enterprises sit on *node*."""
        return len(self.makers(node))

    def seats_of(self, enterprise: int) -> list[Supplier]:
        """Where the enterprise in row *enterprise* sits, by offering."""
        a = self._a
        if not 0 <= enterprise < a.owner_starts.size - 1:
            return []
        return [self._supplier(at) for at in range(*a.owner_starts[enterprise : enterprise + 2].tolist())]

    def nodes_with(self, enterprises: Rows, least: float = 0.0) -> tuple[Rows, Rows]:
        """The nodes (k,), ascending, that any of *enterprises* sits on with at least this confidence, and how
        many of them do."""
        a = self._a
        starts = a.owner_starts[enterprises]
        whose, at = _runs(starts, a.owner_starts[enterprises + 1] - starts)
        sure = a.sitting_confidences[at] >= least
        pairs = np.sort(a.sitting_nodes[at[sure]].astype(np.int64) * len(enterprises) + whose[sure])
        nodes = pairs[_begins(pairs)] // max(1, len(enterprises))
        starts = np.flatnonzero(_begins(nodes))
        return nodes[starts], np.diff(starts, append=len(nodes))

    def _supplier(self, at: int) -> Supplier:
        a = self._a
        return Supplier(
            int(a.sitting_nodes[at]),
            int(a.sitting_owners[at]),
            int(a.sitting_offerings[at]),
            float(a.sitting_confidences[at]),
            Sitting(int(a.sitting_hows[at])),
        )

    # --- what offerings state ---

    def stating(self, source: int, target: int, relation: Relation) -> Rows:
        """The rows of the offerings that state this edge, ascending."""
        a = self._a
        same = (a.said_sources == source) & (a.said_targets == target)
        same &= a.said_relations == RELATIONS.index(relation)
        rows: Rows = a.said_offerings[same].astype(np.int64)
        return rows

    @cached_property
    def work(self) -> frozenset[int]:
        """The nodes that the imported list says something is processed by."""
        a = self._a
        by = a.relations == RELATIONS.index(Relation.PROCESSED_BY)
        return frozenset(a.targets[by & (a.origins == Origin.IMPORTED)].tolist())

    # --- standards ---

    def standard(self, name: str) -> int | None:
        """The number of the standard of this name; None where no offering names it."""
        return self._stored.standards.find(name)

    def standard_name(self, standard: int) -> str:
        return self._stored.standards[int(standard)]

    def standards_on(self, node: int, least: float = 0.0) -> dict[int, int]:
        """The standards that offerings on *node* (seated with at least *least*) name, each with the row of
        the first of these offerings."""
        a, (starts, sittings, cites) = self._a, self._cites
        here = slice(*starts[node : node + 2].tolist())
        sure = a.sitting_confidences[sittings[here]] >= least
        at = cites[here][sure]
        found: dict[int, int] = {}
        for standard, row in zip(a.cited_standards[at].tolist(), a.cited_offerings[at].tolist(), strict=True):
            found.setdefault(standard, row)
        return found

    @cached_property
    def _cites(self) -> tuple[Rows, Rows, Rows]:
        """Sittings (k,) of offerings that name a standard, each once for every standard, with the place where
        it is named; by node, those of node i from the i-th of the (n + 1,) starts, then by offering."""
        a = self._a
        first, last = (np.searchsorted(a.sitting_offerings, a.cited_offerings, side) for side in _SIDES)
        cites, sittings = _runs(first, last - first)
        order = np.argsort(a.sitting_nodes[sittings], kind="stable")
        sittings = sittings[order]
        return starts_of(a.sitting_nodes[sittings], self.size), sittings, cites[order]

    def citing_count(self, standard: int) -> int:
        """How many offerings name *standard*."""
        start, end = self._a.standard_starts[standard : standard + 2].tolist()
        return int(end - start)

    def citing(self, standard: int) -> Rows:
        """The rows of the offerings that name *standard*, ascending."""
        a = self._a
        here = slice(*a.standard_starts[standard : standard + 2].tolist())
        rows: Rows = a.cited_offerings[a.standard_cites[here]].astype(np.int64)
        return rows

    def surest_seats(self, offerings: Rows) -> tuple[Rows, Rows, NDArray[np.float64], Rows]:
        """Where those of *offerings* (rows, ascending) that sit anywhere sit surest: nodes, the rows of their
        enterprises, confidences and the rows of the offerings, (k,) each."""
        a = self._a
        # numbers of another type would have all sittings copied for every search
        at = np.searchsorted(a.sitting_offerings, offerings.astype(a.sitting_offerings.dtype))
        at = at[at < a.sitting_offerings.size]
        seated = a.sitting_offerings[at]
        at = at[seated == offerings[: at.size]]
        return (
            a.sitting_nodes[at].astype(np.int64),
            a.sitting_owners[at].astype(np.int64),
            a.sitting_confidences[at].astype(np.float64),
            a.sitting_offerings[at].astype(np.int64),
        )

    def enterprises_on(
        self, nodes: Sequence[int], confidences: Sequence[float]
    ) -> tuple[Rows, NDArray[np.float64], Rows, Rows]:
        """The enterprises that sit on any of *nodes*, each of which counts with its confidence.

        (k,) rows of enterprises, ascending; the confidence of each, node times seat, by its best; the place
        in *nodes* and the row of the offering that give it.
        """
        rows, sure, places, offerings = self.seated_on(nodes, confidences)
        best = surest(rows, sure)
        return rows[best], sure[best], places[best], offerings[best]

    def seated_on(
        self, nodes: Sequence[int], confidences: Sequence[float], among: NDArray[np.bool_] | None = None
    ) -> tuple[Rows, NDArray[np.float64], Rows, Rows]:
        """As :meth:`enterprises_on`, but each of all sittings, by node; with *among* (enterprises,), those of
        enterprises where it is True."""
        a, asked = self._a, np.asarray(nodes, np.int64)
        starts = a.node_starts[asked]
        places, at = _runs(starts, a.node_starts[asked + 1] - starts)
        at = a.node_sittings[at].astype(np.int64)
        owners = a.sitting_owners[at]
        if among is not None:
            kept = among[owners]
            places, at, owners = places[kept], at[kept], owners[kept]
        sure = a.sitting_confidences[at] * np.asarray(confidences, np.float64)[places]
        return owners.astype(np.int64), sure, places, a.sitting_offerings[at].astype(np.int64)

    def sits_on(self, nodes: Sequence[int]) -> NDArray[np.bool_]:
        """(enterprises,) who sits on any of *nodes*."""
        found = np.zeros(self._a.owner_starts.size - 1, np.bool_)
        for node in nodes:
            found[self._a.sitting_owners[self._sittings(node)]] = True
        return found

    # --- what a text names ---

    def nodes_of(self, text: str) -> list[Seat]:
        """The nodes that *text* is about, the surest first: named, at the head of one of its parts, or
        mentioned."""
        best: dict[int, Seat] = {}
        parts = parts_of(text[:_LONGEST_QUESTION], self.of_spelling)
        heads = [seat for part in parts if (seat := named(part, self.of_spelling)) is not None]
        for seat in (*heads, *(seat for seat, _ in self.mentions(text))):
            if seat.node not in best or best[seat.node].confidence < seat.confidence:
                best[seat.node] = seat
        return sorted(best.values(), key=lambda seat: (-seat.confidence, seat.node))

    def mentions(self, text: str) -> Iterator[tuple[Seat, str]]:
        """The nodes that *text* names anywhere, with the words that do, in looked-up spelling."""
        for part in parts_of(text[:_LONGEST_QUESTION], self.of_spelling):
            for node, start, end in mentioned(part, self.of_spelling):
                share = (end - start) / len(part)
                yield (
                    Seat(node, round(_MENTION * min(1.0, 0.5 + share), 3), Sitting.HEAD),
                    part[start:end],
                )

    def nearest(self, texts: Sequence[str], vectors: Vectors) -> list[list[Seat]]:
        """For each of *texts*, in looked-up spelling, with their unit *vectors* (q, d), the nodes that are
        nearest by meaning."""
        return nearest(texts, vectors, self._by_tail, self._a.vectors, self.name)


def _runs(starts: Rows, counts: Rows) -> tuple[Rows, Rows]:
    """The numbers of k runs, one run after another: of which run each is, and the numbers."""
    ends = np.cumsum(counts)
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) + np.repeat(starts - (ends - counts), counts)


def surest(owners: Rows, sure: NDArray[np.float64]) -> Rows:
    """Of each of *owners* (s,), ascending, the place where it is surest, the first of several."""
    order = np.lexsort((-sure, owners))
    return order[_begins(owners[order])]


def _begins(numbers: NDArray[Any]) -> NDArray[np.bool_]:
    """(k,) where another of the sorted *numbers* begins."""
    found = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=found[1:])
    return found


def _view(array: NDArray[Any]) -> memoryview:
    return np.asarray(array, array.dtype.newbyteorder("=")).data  # a view reads no other order


def _surest_first(steps: list[Step]) -> list[Step]:
    return sorted(steps, key=lambda step: (-step.confidence, step.end))

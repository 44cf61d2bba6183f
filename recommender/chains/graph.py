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
from typing import Any

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
from recommender.chains.seating import Seating
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
    tails_of,
)

Rows = NDArray[np.int64]

_SUGGESTIONS = 5
_LONGEST_QUESTION = 400  # characters of a text in which nodes are looked for
_MENTION = 0.6  # confidence of a node that a text names elsewhere than at its head
_CODES = {relation: code for code, relation in enumerate(RELATIONS)}
_ORIGINS, _SEGMENT = tuple(Origin), int(NodeKind.SEGMENT)


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
class Shared:
    """Another product and what both need or are processed by; ``strength`` 0 … 1 falls with the number of
    products that share it, too."""

    node: int
    through: int
    relation: Relation
    strength: float


class ChainGraph(Seating):
    def __init__(self, stored: Stored) -> None:
        super().__init__(stored)
        a = stored.arrays
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


def _view(array: NDArray[Any]) -> memoryview:
    return np.asarray(array, array.dtype.newbyteorder("=")).data  # a view reads no other order


def _surest_first(steps: list[Step]) -> list[Step]:
    return sorted(steps, key=lambda step: (-step.confidence, step.end))

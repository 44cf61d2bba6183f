"""From the edges of a catalogue and what enterprises offer to the graph of a release."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError
from indexes.strings import StringTable
from recommender.catalogue.domain import Edge, Relation
from recommender.chains.cleaning import SEGMENT_WORDS, Cleaned, is_segment
from recommender.chains.inferring import infer
from recommender.chains.joining import Joined, join
from recommender.chains.placing import Seat, named, nearest, parts_of
from recommender.chains.stating import Stated
from recommender.chains.stored import (
    GRAPH,
    RELATIONS,
    SEGMENTS,
    Arrays,
    NodeKind,
    Origin,
    dtype_of,
    save,
    starts_of,
)
from recommender.intake.codes import industry_name, resolve_industry

UNWEIGHTED = 0.9  # confidence of an imported edge without a weight
_SAYS = 0.8  # seats as sure as this let an offering speak for its node

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]
Key = tuple[int, int, Relation]


@dataclass(slots=True)
class Offered:
    """What enterprises offer, by row: *titles* and the whole *texts* of m offerings, *starts* (n,) the first
    offering of each enterprise."""

    titles: Sequence[str]
    texts: Sequence[str]
    starts: Sequence[int]


@dataclass(slots=True)
class _Edges:
    """What is known of each edge, and which chains it belongs to."""

    facts: dict[Key, tuple[float, Origin]] = field(default_factory=dict)
    chains: dict[str, set[Key]] = field(default_factory=lambda: defaultdict(set))

    def add(self, key: Key, confidence: float, origin: Origin) -> bool:
        """Whether it is new. Who imports outranks who states, and who states outranks a rule."""
        if key in self.facts:
            return False
        self.facts[key] = (confidence, origin)
        return True


def build(cleaned: Cleaned, offered: Offered, encode: Encode, dimension: int, folder: Path) -> list[str]:
    """Write the graph below the release *folder*; the texts that were embedded for it, for the cache to keep.

    *encode* gives (n, *dimension*) unit vectors. Same edges and offerings, same bytes.
    """
    asked: list[str] = []

    def vectors(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return encode(texts) if texts else np.zeros((0, dimension), np.float32)

    uses = Counter(name for edge in cleaned.kept for name in (edge.source, edge.target))
    joined = join(uses, vectors)
    of_names = vectors(joined.names)
    edges = _imported(cleaned.kept, joined)
    imported = len(edges.facts)
    processes = frozenset(t for _, t, r in edges.facts if r is Relation.PROCESSED_BY)
    tails = _tails(joined)
    halves = of_names.astype(np.float16)
    seats = _seats(offered.titles, joined, vectors, tails, halves)
    stated = Stated(joined.node_of.get, processes)
    for row, found in enumerate(seats):
        if found and found[0].confidence >= _SAYS:
            stated.read(found[0].node, offered.texts[row])
    said = sum(edges.add((s, t, r), sure, Origin.STATED) for s, t, r, sure in stated.edges())
    inferred: Counter[str] = Counter()
    goods = [key for key in edges.facts if not is_segment(joined.names[key[0]], key[2])]
    for each in infer(joined.names, goods, of_names):
        key = (each.source, each.target, each.relation)
        inferred[each.rule] += edges.add(key, each.confidence, Origin.INFERRED)
    arrays = _arrays(edges, joined, seats, offered.starts, tails, halves)
    report: dict[str, object] = {
        "cleaning": cleaned.to_json(),
        "nodes": len(joined.names),
        "edges": {"imported": imported, "stated": said, "inferred": inferred.total()},
        "inferred": dict(inferred),
        "offerings": {"all": len(seats), "placed": sum(map(bool, seats))},
        "joins": [
            {"name": j.name, "node": j.node, "how": j.how}
            | ({"cosine": round(j.cosine, 3)} if j.how == "embedding" else {})
            for j in joined.joins
        ],
    }
    save(
        folder / GRAPH,
        names=StringTable.build(joined.names),
        spellings=StringTable.build(list(joined.node_of)),
        chains=StringTable.build(sorted(edges.chains)),
        arrays=arrays,
        report=report,
    )
    return asked


def _imported(kept: Sequence[Edge], joined: Joined) -> _Edges:
    edges = _Edges()
    for edge in kept:
        source, target = joined.node.get(edge.source), joined.node.get(edge.target)
        if source is None or target is None or source == target:
            continue  # a name of signs alone, or two names of one node
        key = (source, target, edge.relation)
        sure = UNWEIGHTED if edge.weight is None else min(max(edge.weight, 0.01), 1.0)
        if not edges.add(key, sure, Origin.IMPORTED):
            edges.facts[key] = (max(sure, edges.facts[key][0]), Origin.IMPORTED)
        if edge.chain:
            edges.chains[edge.chain].add(key)
    return edges


def _tails(joined: Joined) -> dict[str, NDArray[np.int32]]:
    """The nodes by the last character of each of their spellings."""
    found: dict[str, set[int]] = defaultdict(set)
    for text, node in joined.node_of.items():
        found[text[-1]].add(node)
    return {tail: np.array(sorted(nodes), np.int32) for tail, nodes in sorted(found.items())}


def _seats(
    titles: Sequence[str],
    joined: Joined,
    vectors: Encode,
    tails: Mapping[str, NDArray[np.int32]],
    nodes: NDArray[np.float16],
) -> list[tuple[Seat, ...]]:
    """For each title the nodes it sits on, the surest first; each distinct title is looked at once."""
    parts = {title: parts_of(title) for title in dict.fromkeys(titles)}
    by_part = {part: named(part, joined.node_of.get) for found in parts.values() for part in found}
    open_parts = [part for part, seat in by_part.items() if seat is None and part[-1] in tails]
    meant = dict(
        zip(
            open_parts,
            nearest(open_parts, vectors(open_parts), tails, nodes, joined.names.__getitem__),
            strict=True,
        )
    )
    by_title: dict[str, tuple[Seat, ...]] = {}
    for title, found in parts.items():
        best: dict[int, Seat] = {}
        for part in found:
            seat = by_part[part]
            for each in [seat] if seat else meant.get(part, ()):
                if each.node not in best or best[each.node].confidence < each.confidence:
                    best[each.node] = each
        by_title[title] = tuple(sorted(best.values(), key=lambda seat: (-seat.confidence, seat.node)))
    return [by_title[title] for title in titles]


def _arrays(
    edges: _Edges,
    joined: Joined,
    seats: Sequence[Sequence[Seat]],
    starts: Sequence[int],
    tails: Mapping[str, NDArray[np.int32]],
    vectors: NDArray[np.float16],
) -> Arrays:
    count = len(joined.names)
    rank = {relation: place for place, relation in enumerate(RELATIONS)}
    keys = sorted(edges.facts, key=lambda key: (key[0], rank[key[2]], key[1]))
    place = {key: number for number, key in enumerate(keys)}
    sources = np.array([s for s, _, _ in keys], np.int32)
    targets = np.array([t for _, t, _ in keys], np.int32)
    relations = np.array([rank[r] for _, _, r in keys], np.uint8)
    back = np.lexsort((sources, relations, targets)).astype(np.int32)
    kinds = _node_kinds(joined.names, keys)
    chains = sorted(edges.chains)
    members = [sorted(place[key] for key in edges.chains[chain]) for chain in chains]
    positions = [_positions(chain, edges.chains[chain], joined.names, kinds) for chain in chains]
    owners = np.repeat(np.arange(len(starts)), np.diff([*starts, len(seats)])) if starts else np.zeros(0, int)
    sitting = [
        (seat.node, -seat.confidence, int(owners[row]), row, int(seat.how))
        for row, found in enumerate(seats)
        for seat in found
    ]
    sitting.sort()
    owner = np.array([s[2] for s in sitting], np.int32)
    by_owner = np.argsort(owner, kind="stable").astype(np.int32)
    made: dict[str, object] = {
        "kinds": kinds,
        "sources": sources,
        "targets": targets,
        "relations": relations,
        "confidences": [edges.facts[key][0] for key in keys],
        "origins": [edges.facts[key][1] for key in keys],
        "outgoing": starts_of(sources, count),
        "incoming": starts_of(targets[back], count),
        "incoming_edges": back,
        "chain_edge_starts": np.cumsum([0, *map(len, members)]),
        "chain_edges": [number for each in members for number in each],
        "chain_node_starts": np.cumsum([0, *map(len, positions)]),
        "chain_nodes": [node for each in positions for node, _, _ in each],
        "chain_segments": [segment for each in positions for _, segment, _ in each],
        "segment_stated": [stated for each in positions for _, _, stated in each],
        "sitting_starts": starts_of(np.array([s[0] for s in sitting], np.int32), count),
        "sitting_nodes": [s[0] for s in sitting],
        "sitting_owners": owner,
        "sitting_offerings": [s[3] for s in sitting],
        "sitting_confidences": [-s[1] for s in sitting],
        "sitting_hows": [s[4] for s in sitting],
        "owner_starts": starts_of(owner[by_owner], len(starts)),
        "owner_sittings": by_owner,
        "spelling_nodes": list(joined.node_of.values()),
        "tails": sorted(map(ord, tails)),
        "tail_starts": np.cumsum([0, *(len(tails[tail]) for tail in sorted(tails))]),
        "tail_nodes": np.concatenate([np.zeros(0, np.int32), *(tails[tail] for tail in sorted(tails))]),
        "vectors": vectors,
    }
    return Arrays(**{name: np.asarray(value, dtype_of(name)) for name, value in made.items()})


def _node_kinds(names: Sequence[str], keys: Sequence[Key]) -> NDArray[np.uint8]:
    kinds = np.full(len(names), NodeKind.PRODUCT, np.uint8)
    needed, uses, work = (np.zeros(len(names), np.bool_) for _ in range(3))
    for source, target, relation in keys:
        if relation is Relation.NEEDS_MATERIAL:
            needed[target] = uses[source] = True
        elif relation is Relation.PROCESSED_BY:
            work[target] = True
    kinds[needed & ~uses] = NodeKind.MATERIAL
    kinds[work & ~needed & ~uses] = NodeKind.PROCESS
    for source, target, relation in keys:
        if is_segment(names[source], relation):
            kinds[source] = NodeKind.SEGMENT
            if _is_industry(names[target]):
                kinds[target] = NodeKind.INDUSTRY
    return kinds


def _is_industry(name: str) -> bool:
    try:
        return industry_name(resolve_industry(name)) == name
    except InputError:
        return False


def _positions(
    chain: str, keys: set[Key], names: Sequence[str], kinds: NDArray[np.uint8]
) -> list[tuple[int, int, int]]:
    """(node, place in SEGMENTS, stated) for the goods of a chain, by place, then by node.

    Stated: the list has the node under ``CHAIN上游`` and so on. Otherwise the flow decides: what needs
    nothing of the chain is upstream, what nothing in the chain needs is downstream; a kind or a substitute
    stands where the other thing does.
    """
    goods = {n for s, t, _ in keys for n in (s, t) if kinds[n] in (NodeKind.PRODUCT, NodeKind.MATERIAL)}
    stated = {
        t: SEGMENT_WORDS.index(names[s][-2:])
        for s, t, r in sorted(keys)
        if r is Relation.HAS_KIND and names[s][:-2] == chain and names[s][-2:] in SEGMENT_WORDS
    }
    feeds: set[int] = set()
    fed: set[int] = set()
    like: dict[int, int] = {}
    for source, target, relation in keys:
        if relation is Relation.NEEDS_MATERIAL:
            fed.add(source)
            feeds.add(target)
        elif relation is Relation.USED_IN:
            feeds.add(source)
            fed.add(target)
        elif relation in (Relation.HAS_KIND, Relation.SUBSTITUTES) and source in goods:
            like[target] = min(source, like.get(target, source))
    flowing = feeds | fed
    last = len(SEGMENTS) - 1

    def position(node: int) -> int:
        seen: set[int] = set()
        while node not in stated and node not in flowing and node in like and node not in seen:
            seen.add(node)
            node = like[node]
        if node in stated:
            return stated[node]
        if (node in feeds) == (node in fed):
            return last // 2
        return 0 if node in feeds else last

    return sorted(((n, position(n), int(n in stated)) for n in goods), key=lambda each: (each[1], each[0]))

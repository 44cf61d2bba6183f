"""What the edges of a catalogue alone decide of its chain graph: the nodes and their spellings, the edges
that are imported and those inferred from them, the chains and where in them a thing stands.

Offerings come to sit on a frame and may state further edges, but make no node and move none: while the edges
stay as they are, a refresh takes the frame from the release before.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError
from indexes.strings import StringTable
from recommender.catalogue.domain import Edge, Relation
from recommender.chains.cleaning import SEGMENT_WORDS, Cleaned, is_segment
from recommender.chains.edges import Edges, key_of
from recommender.chains.inferring import infer
from recommender.chains.joining import Joined, join
from recommender.chains.stored import FRAME, RELATIONS, SEGMENTS, NodeKind, Origin, Stored, tails_of, typed
from recommender.intake.codes import industry_name, resolve_industry

UNWEIGHTED = 0.9  # confidence of an imported edge without a weight
_PLACES = {relation: place for place, relation in enumerate(RELATIONS)}

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True)
class Frame:
    """``arrays`` are those of :data:`recommender.chains.stored.FRAME`; ``made_of`` tells the edges and the
    rules that it was made of from all others; ``report`` is what was cleaned, joined and inferred."""

    names: StringTable
    spellings: StringTable
    chains: StringTable
    arrays: Mapping[str, NDArray[Any]]
    made_of: str
    report: Mapping[str, object]

    @classmethod
    def of(cls, stored: Stored) -> Frame:
        """The frame of a graph that was made before. Raises DamagedRelease."""
        report = stored.report()
        own: dict[str, object] = {
            name: report[name] for name in ("cleaning", "nodes", "inferred", "joins") if name in report
        }
        arrays = {name: getattr(stored.arrays, name) for name in FRAME}
        made_of = str(report.get("made_of", ""))
        return cls(stored.names, stored.spellings, stored.chains, arrays, made_of, own)

    def cleaned_as(self, cleaned: Cleaned) -> Frame:
        """The same frame, of which the report says what was dropped this time."""
        return replace(self, report={**self.report, "cleaning": cleaned.to_json()})

    @property
    def by_these_rules(self) -> bool:
        """Whether this Rongtong would make the same frame of the same edges."""
        return self.made_of.startswith(f"{_rules_mark()} ")

    @property
    def edges(self) -> Edges:
        """The edges that are imported or inferred."""
        a = self.arrays
        return Edges(
            *(a[f"frame_{name}"] for name in ("sources", "targets", "relations", "confidences", "origins"))
        )

    @cached_property
    def processes(self) -> frozenset[int]:
        """The nodes that the list says something is processed by."""
        edges = self.edges
        by = (edges.relations == _PLACES[Relation.PROCESSED_BY]) & (edges.origins == Origin.IMPORTED)
        return frozenset(edges.targets[by].tolist())

    @cached_property
    def tails(self) -> dict[str, NDArray[np.int32]]:
        return tails_of(self.arrays["tails"], self.arrays["tail_starts"], self.arrays["tail_nodes"])

    @cached_property
    def find(self) -> Callable[[str], int | None]:
        """The node of a spelling."""
        known = dict(zip(self.spellings.pieces(), self.arrays["spelling_nodes"].tolist(), strict=True))
        return lambda text: known.get(text.encode("utf-8", "surrogatepass"))


def mark_of(kept: Iterable[Edge]) -> str:
    """What tells these edges, in whatever order, read by these rules, from all others."""
    lines = sorted(f"{e.source}\0{e.target}\0{e.relation.value}\0{e.chain}\0{e.weight}" for e in kept)
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass"))
    return f"{_rules_mark()} {digest.hexdigest()}"


@cache
def _rules_mark() -> str:
    """Of the sources that make frames and seats: a newer Rongtong builds on nothing that an older made."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted([*here.glob("*.py"), *here.glob("*.toml"), here.parent / "text" / "normalise.py"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def frame_of(cleaned: Cleaned, vectors: Encode) -> Frame:
    """The frame that the edges which were kept make; *vectors* gives (n, d) unit vectors of names."""
    uses = Counter(name for edge in cleaned.kept for name in (edge.source, edge.target))
    joined = join(uses, vectors)
    of_names = vectors(joined.names)
    imported, members = _imported(cleaned.kept, joined)
    inferred, by_rule = _inferred(imported, joined.names, of_names)
    edges = imported.besides(inferred)
    chains = sorted(members)
    keys = edges.keys()
    in_chain = [np.searchsorted(keys, np.unique(np.array(members[chain], np.int64))) for chain in chains]
    kinds = _node_kinds(joined.names, edges)
    positions = [
        _positions(chain, edges.take(rows), joined.names, kinds)
        for chain, rows in zip(chains, in_chain, strict=True)
    ]
    tails = _tails(joined)
    made: dict[str, object] = {
        "kinds": kinds,
        "frame_sources": edges.sources,
        "frame_targets": edges.targets,
        "frame_relations": edges.relations,
        "frame_confidences": edges.confidences,
        "frame_origins": edges.origins,
        "frame_chain_edges": np.concatenate([np.zeros(0, np.int64), *in_chain]),
        "chain_edge_starts": np.cumsum([0, *map(len, in_chain)]),
        "chain_node_starts": np.cumsum([0, *map(len, positions)]),
        "chain_nodes": [node for each in positions for node, _, _ in each],
        "chain_segments": [segment for each in positions for _, segment, _ in each],
        "segment_stated": [stated for each in positions for _, _, stated in each],
        "spelling_nodes": list(joined.node_of.values()),
        "tails": sorted(map(ord, tails)),
        "tail_starts": np.cumsum([0, *(len(tails[tail]) for tail in sorted(tails))]),
        "tail_nodes": np.concatenate([np.zeros(0, np.int32), *(tails[tail] for tail in sorted(tails))]),
        "vectors": of_names,
    }
    return Frame(
        StringTable.build(joined.names),
        StringTable.build(list(joined.node_of)),
        StringTable.build(chains),
        typed(made),
        mark_of(cleaned.kept),
        {
            "cleaning": cleaned.to_json(),
            "nodes": len(joined.names),
            "inferred": by_rule,
            "joins": [
                {"name": j.name, "node": j.node, "how": j.how}
                | ({"cosine": round(j.cosine, 3)} if j.how == "embedding" else {})
                for j in joined.joins
            ],
        },
    )


def _imported(kept: Sequence[Edge], joined: Joined) -> tuple[Edges, dict[str, list[int]]]:
    """The edges between nodes, and for each chain the keys of its own."""
    node = joined.node
    # a name of signs alone has no node, and two names of one node make no edge
    edges = [
        edge
        for edge in kept
        if edge.source in node and edge.target in node and node[edge.source] != node[edge.target]
    ]
    sources = np.fromiter((node[edge.source] for edge in edges), np.int64, len(edges))
    targets = np.fromiter((node[edge.target] for edge in edges), np.int64, len(edges))
    relations = np.fromiter((_PLACES[edge.relation] for edge in edges), np.int64, len(edges))
    sure = (UNWEIGHTED if edge.weight is None else min(max(edge.weight, 0.01), 1.0) for edge in edges)
    found = Edges.of(sources, targets, relations, np.fromiter(sure, np.float64, len(edges)))
    members: dict[str, list[int]] = defaultdict(list)
    for edge, key in zip(edges, key_of(sources, targets, relations).tolist(), strict=True):
        if edge.chain:
            members[edge.chain].append(key)
    return found, members


def _inferred(imported: Edges, names: Sequence[str], vectors: Vectors) -> tuple[Edges, dict[str, int]]:
    triples = zip(
        imported.sources.tolist(),
        imported.targets.tolist(),
        (RELATIONS[place] for place in imported.relations.tolist()),
        strict=True,
    )
    found = infer(names, [edge for edge in triples if not is_segment(names[edge[0]], edge[2])], vectors)
    edges = Edges.sorted(
        np.array([each.source for each in found], np.int64),
        np.array([each.target for each in found], np.int64),
        np.array([_PLACES[each.relation] for each in found], np.int64),
        np.array([each.confidence for each in found], np.float64),
        Origin.INFERRED,
    )
    return edges, dict(Counter(each.rule for each in found))


def _tails(joined: Joined) -> dict[str, NDArray[np.int32]]:
    """The nodes by the last character of each of their spellings."""
    found: dict[str, set[int]] = defaultdict(set)
    for text, node in joined.node_of.items():
        found[text[-1]].add(node)
    return {tail: np.array(sorted(nodes), np.int32) for tail, nodes in sorted(found.items())}


def _node_kinds(names: Sequence[str], edges: Edges) -> NDArray[np.uint8]:
    needed, uses, work = (np.zeros(len(names), np.bool_) for _ in range(3))
    needs = edges.relations == _PLACES[Relation.NEEDS_MATERIAL]
    needed[edges.targets[needs]] = True
    uses[edges.sources[needs]] = True
    work[edges.targets[edges.relations == _PLACES[Relation.PROCESSED_BY]]] = True
    kinds = np.full(len(names), NodeKind.PRODUCT, np.uint8)
    kinds[needed & ~uses] = NodeKind.MATERIAL
    kinds[work & ~needed & ~uses] = NodeKind.PROCESS
    lists = edges.take(edges.relations == _PLACES[Relation.HAS_KIND])
    segments = [names[s].endswith(SEGMENT_WORDS) for s in lists.sources.tolist()]
    lists = lists.take(np.array(segments, np.bool_))
    kinds[lists.sources] = NodeKind.SEGMENT
    for target in lists.targets.tolist():
        if _is_industry(names[target]):
            kinds[target] = NodeKind.INDUSTRY
    return kinds


@cache
def _is_industry(name: str) -> bool:
    try:
        return industry_name(resolve_industry(name)) == name
    except InputError:
        return False


def _positions(
    chain: str, edges: Edges, names: Sequence[str], kinds: NDArray[np.uint8]
) -> list[tuple[int, int, int]]:
    """(node, place in SEGMENTS, stated) for the goods of a chain, by place, then by node.

    Stated: the list has the node under ``CHAIN上游`` and so on. Otherwise the flow decides: what needs
    nothing of the chain is upstream, what nothing in the chain needs is downstream; a kind or a substitute
    stands where the other thing does.
    """
    relations = [RELATIONS[place] for place in edges.relations.tolist()]
    keys = list(zip(edges.sources.tolist(), edges.targets.tolist(), relations, strict=True))
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

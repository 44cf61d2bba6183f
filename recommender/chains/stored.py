"""The arrays of a chain graph, as a release holds them: read from memory maps, in milliseconds.

graph/nodes.*              the names of n nodes
graph/spellings.*          every spelling that stands for a node, and spelling_nodes.npy, which
graph/chains.*             the names of c chains
graph/standards.*          the product standards that offerings name
graph/*.npy                the arrays of :class:`Arrays`
graph/report.json          what was cleaned, joined and inferred
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.files import check_numbers, check_offsets, damaged, load_array, load_json, save_array, save_json
from indexes.strings import StringTable
from recommender.catalogue.domain import Relation

GRAPH = "graph"
RELATIONS = tuple(Relation)
SEGMENTS = ("upstream", "midstream", "downstream")


class Origin(IntEnum):
    """Who says that an edge is so: the imported list, an offering's own words, or a rule."""

    IMPORTED = 0
    STATED = 1
    INFERRED = 2


class NodeKind(IntEnum):
    PRODUCT = 0
    MATERIAL = 1
    PROCESS = 2
    SEGMENT = 3
    INDUSTRY = 4


class Sitting(IntEnum):
    """How an offering came to its node: the very name, the name as the head of its title, or by meaning."""

    NAME = 0
    HEAD = 1
    MEANING = 2


@dataclass(frozen=True, slots=True)
class Arrays:
    """n nodes, e edges, f of them in the frame (see below), c chains, s sittings of offerings on nodes.

    Edges are sorted by source, relation, target; those of node i lie at ``outgoing[i] : outgoing[i + 1]``.
    ``incoming_edges`` are the same ones by target, those of node i at ``incoming[i] : incoming[i + 1]``.
    ``chain_edges`` and ``chain_nodes`` list by chain; ``chain_segments`` says where in the chain a node
    stands (0 … 2 of :data:`SEGMENTS`), ``segment_stated`` whether the list says so or the flow suggests it.
    Sittings are sorted by offering and so by enterprise, the surest of an offering first; ``node_sittings``
    are the same ones by node, the surest first. ``said_*`` are the edges as each offering states them,
    ``cited_*`` the standards that it names; ``standard_cites`` are the latter by standard.

    The frame is what imported edges alone decide (:data:`FRAME`); ``frame_*`` are its edges.
    """

    kinds: NDArray[np.uint8]  # (n,) NodeKind
    frame_sources: NDArray[np.int32]  # (f,)
    frame_targets: NDArray[np.int32]  # (f,)
    frame_relations: NDArray[np.uint8]  # (f,)
    frame_confidences: NDArray[np.float32]  # (f,)
    frame_origins: NDArray[np.uint8]  # (f,)
    frame_chain_edges: NDArray[np.int32]
    chain_edge_starts: NDArray[np.int64]  # (c + 1,)
    chain_node_starts: NDArray[np.int64]  # (c + 1,)
    chain_nodes: NDArray[np.int32]
    chain_segments: NDArray[np.uint8]
    segment_stated: NDArray[np.uint8]
    spelling_nodes: NDArray[np.int32]  # the node of each spelling
    tails: NDArray[np.uint32]  # last characters of spellings, ascending
    tail_starts: NDArray[np.int64]  # (tails + 1,)
    tail_nodes: NDArray[np.int32]
    vectors: NDArray[np.float16]  # (n, d) of the names; half precision moves a cosine by less than 0.001
    sources: NDArray[np.int32]  # (e,)
    targets: NDArray[np.int32]  # (e,)
    relations: NDArray[np.uint8]  # (e,) place in RELATIONS
    confidences: NDArray[np.float32]  # (e,) 0 … 1
    origins: NDArray[np.uint8]  # (e,) Origin
    outgoing: NDArray[np.int64]  # (n + 1,)
    incoming: NDArray[np.int64]  # (n + 1,)
    incoming_edges: NDArray[np.int32]  # (e,)
    chain_edges: NDArray[np.int32]
    sitting_nodes: NDArray[np.int32]  # (s,)
    sitting_owners: NDArray[np.int32]  # (s,) rows of enterprises
    sitting_offerings: NDArray[np.int32]  # (s,) rows of offerings
    sitting_confidences: NDArray[np.float32]  # (s,)
    sitting_hows: NDArray[np.uint8]  # (s,) Sitting
    owner_starts: NDArray[np.int64]  # (enterprises + 1,)
    node_starts: NDArray[np.int64]  # (n + 1,)
    node_sittings: NDArray[np.int32]  # (s,)
    said_offerings: NDArray[np.int32]
    said_sources: NDArray[np.int32]
    said_targets: NDArray[np.int32]
    said_relations: NDArray[np.uint8]
    cited_offerings: NDArray[np.int32]
    cited_standards: NDArray[np.int32]
    standard_starts: NDArray[np.int64]  # (standards + 1,)
    standard_cites: NDArray[np.int32]


_NAMES = tuple(each.name for each in fields(Arrays))
FRAME = _NAMES[: _NAMES.index("sources")]
_DTYPES: dict[str, Any] = {
    "kinds": np.uint8,
    "relations": np.uint8,
    "origins": np.uint8,
    "frame_relations": np.uint8,
    "frame_origins": np.uint8,
    "frame_confidences": np.float32,
    "said_relations": np.uint8,
    "chain_segments": np.uint8,
    "segment_stated": np.uint8,
    "sitting_hows": np.uint8,
    "tails": np.uint32,
    "vectors": np.float16,
    "confidences": np.float32,
    "sitting_confidences": np.float32,
}
STARTS = {  # offsets → what they cut into pieces
    "outgoing": "sources",
    "incoming": "incoming_edges",
    "chain_edge_starts": "chain_edges",
    "chain_node_starts": "chain_nodes",
    "node_starts": "node_sittings",
    "owner_starts": "sitting_nodes",
    "standard_starts": "standard_cites",
    "tail_starts": "tail_nodes",
}


def dtype_of(name: str) -> Any:
    return _DTYPES.get(name, np.int64 if name in STARTS else np.int32)


def typed(made: Mapping[str, object]) -> dict[str, NDArray[Any]]:
    """*made*, each an array of the type that a release holds it in."""
    return {name: np.asarray(value, dtype_of(name)) for name, value in made.items()}


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies in a release's ``graph`` folder."""

    folder: Path
    names: StringTable
    spellings: StringTable
    chains: StringTable
    standards: StringTable
    arrays: Arrays

    def report(self) -> dict[str, Any]:
        """What was cleaned, joined and inferred when the graph was built; nothing for a graph without nodes.

        Raises DamagedRelease.
        """
        if not len(self.names) and self.folder == Path():
            return {}
        return load_json(self.folder / "report.json")


def save(
    folder: Path,
    *,
    names: StringTable,
    spellings: StringTable,
    chains: StringTable,
    standards: StringTable,
    arrays: Arrays,
    report: dict[str, object],
) -> None:
    """Write a graph into *folder*, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    names.save(folder, "nodes")
    spellings.save(folder, "spellings")
    chains.save(folder, "chains")
    standards.save(folder, "standards")
    for each in fields(arrays):
        save_array(folder / f"{each.name}.npy", getattr(arrays, each.name))
    save_json(folder / "report.json", report)


def load(folder: Path) -> Stored:
    """The graph in *folder*; :raises DamagedRelease: files are missing or do not fit together."""
    found = {
        each.name: load_array(
            folder / f"{each.name}.npy", dtype_of(each.name), 2 if each.name == "vectors" else 1
        )
        for each in fields(Arrays)
    }
    names, spellings = StringTable.load(folder, "nodes"), StringTable.load(folder, "spellings")
    chains, standards = StringTable.load(folder, "chains"), StringTable.load(folder, "standards")
    for starts, cut in STARTS.items():
        check_offsets(folder / f"{starts}.npy", found[starts], found[cut].size)
    sizes = {
        "nodes": len(names),
        "edges": found["sources"].size,
        "frame": found["frame_sources"].size,
        "sittings": found["sitting_nodes"].size,
        "said": found["said_sources"].size,
        "cites": found["cited_offerings"].size,
        "standards": len(standards),
    }
    for numbers, of in (
        ("sources", "nodes"),
        ("targets", "nodes"),
        ("incoming_edges", "edges"),
        ("chain_edges", "edges"),
        ("chain_nodes", "nodes"),
        ("frame_sources", "nodes"),
        ("frame_targets", "nodes"),
        ("frame_chain_edges", "frame"),
        ("sitting_nodes", "nodes"),
        ("node_sittings", "sittings"),
        ("said_sources", "nodes"),
        ("said_targets", "nodes"),
        ("cited_standards", "standards"),
        ("standard_cites", "cites"),
        ("spelling_nodes", "nodes"),
        ("tail_nodes", "nodes"),
    ):
        check_numbers(folder / f"{numbers}.npy", found[numbers], max(sizes[of], 1))
    for relations in ("relations", "frame_relations", "said_relations"):
        check_numbers(folder / f"{relations}.npy", found[relations], len(RELATIONS))
    for origins in ("origins", "frame_origins"):
        check_numbers(folder / f"{origins}.npy", found[origins], len(Origin))
    for name, size in (
        ("kinds", len(names)),
        ("outgoing", len(names) + 1),
        ("incoming", len(names) + 1),
        ("node_starts", len(names) + 1),
        ("vectors", len(names)),
        ("targets", sizes["edges"]),
        ("relations", sizes["edges"]),
        ("confidences", sizes["edges"]),
        ("origins", sizes["edges"]),
        ("chain_edge_starts", len(chains) + 1),
        ("chain_node_starts", len(chains) + 1),
        ("chain_segments", found["chain_nodes"].size),
        ("segment_stated", found["chain_nodes"].size),
        ("sitting_owners", sizes["sittings"]),
        ("sitting_offerings", sizes["sittings"]),
        ("sitting_confidences", sizes["sittings"]),
        ("sitting_hows", sizes["sittings"]),
        ("node_sittings", sizes["sittings"]),
        ("frame_targets", sizes["frame"]),
        ("frame_relations", sizes["frame"]),
        ("frame_confidences", sizes["frame"]),
        ("frame_origins", sizes["frame"]),
        ("frame_chain_edges", found["chain_edges"].size),
        ("said_offerings", sizes["said"]),
        ("said_targets", sizes["said"]),
        ("said_relations", sizes["said"]),
        ("cited_standards", sizes["cites"]),
        ("standard_starts", sizes["standards"] + 1),
        ("standard_cites", sizes["cites"]),
        ("spelling_nodes", len(spellings)),
        ("tail_starts", found["tails"].size + 1),
    ):
        if len(found[name]) != size:
            damaged(folder / f"{name}.npy", f"has {len(found[name])} entries, not {size}")
    return Stored(folder, names, spellings, chains, standards, Arrays(**found))


def starts_of(numbers: NDArray[Any], size: int) -> NDArray[np.int64]:
    """(size + 1,) where each number begins in the ascending *numbers*."""
    starts: NDArray[np.int64] = np.searchsorted(numbers, np.arange(size + 1)).astype(np.int64)
    return starts


def tails_of(
    tails: NDArray[np.uint32], starts: NDArray[np.int64], nodes: NDArray[np.int32]
) -> dict[str, NDArray[np.int32]]:
    """The nodes by the last character of their spellings."""
    return {chr(tail): nodes[starts[i] : starts[i + 1]] for i, tail in enumerate(tails.tolist())}

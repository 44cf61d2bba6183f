"""From the edges of a catalogue and what enterprises offer to the graph of a release."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.splice import Splice
from indexes.strings import StringTable
from recommender.chains.cleaning import Cleaned
from recommender.chains.edges import Edges, key_of
from recommender.chains.frame import Encode, Frame, Vectors, frame_of, mark_of
from recommender.chains.graph import ChainGraph
from recommender.chains.offered import Heard, Offered, hear, spliced
from recommender.chains.stating import sure_of
from recommender.chains.stored import GRAPH, Arrays, Origin, save, starts_of, typed


@dataclass(frozen=True, slots=True)
class Parent:
    """The graph of an older release, by the same encoder, and how the rows of offerings come from its own.
    ``same_edges`` where the edges are known to be what they were: then they are not read again."""

    graph: ChainGraph
    offerings: Splice
    same_edges: bool = False


def build(
    edges: Callable[[], Cleaned],
    offered: Offered,
    encode: Encode,
    dimension: int,
    folder: Path,
    parent: Parent | None = None,
) -> list[str]:
    """Write the graph below the release *folder*; the texts that were embedded for it, for a cache to keep.

    *encode* gives (n, *dimension*) unit vectors. Same edges and offerings, same bytes, with a *parent* and
    without: with one, only the offerings that it lacks are read, unless the edges have changed or the parent
    was built by other rules.
    """
    asked: list[str] = []

    def vectors(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return encode(texts) if texts else np.zeros((0, dimension), np.float32)

    frame, kept = _frame(edges, vectors, parent)
    if parent is not None and kept:
        fresh = hear(frame, offered, parent.offerings.fresh, vectors)
        heard = spliced(Heard.of(parent.graph.stored), fresh, parent.offerings)
    else:
        heard = hear(frame, offered, np.arange(offered.size), vectors)
    made = _edges(frame, heard)
    origins = np.bincount(made.origins, minlength=len(Origin)).tolist()
    placed = np.count_nonzero(np.diff(heard.sitting_offerings, prepend=-1))  # they rise
    report = {
        **frame.report,
        "made_of": frame.made_of,
        "edges": {each.name.lower(): origins[each] for each in Origin},
        "offerings": {"all": offered.size, "placed": int(placed)},
    }
    names, cited = np.unique(heard.cited_standards, return_inverse=True)
    save(
        folder / GRAPH,
        names=frame.names,
        spellings=frame.spellings,
        chains=frame.chains,
        standards=StringTable.build(names.tolist()),
        arrays=_arrays(frame, made, heard, cited, np.asarray(offered.starts, np.int64)),
        report=report,
    )
    return asked


def _frame(edges: Callable[[], Cleaned], vectors: Encode, parent: Parent | None) -> tuple[Frame, bool]:
    """The frame, and whether it is the parent's."""
    old = Frame.of(parent.graph.stored) if parent else None
    if parent and old and parent.same_edges and old.by_these_rules:
        return old, True
    cleaned = edges()
    if old and old.made_of == mark_of(cleaned.kept):
        return old.cleaned_as(cleaned), True
    return frame_of(cleaned, vectors), False


def _edges(frame: Frame, heard: Heard) -> Edges:
    """Who imports outranks who states, and who states outranks a rule: nothing is inferred between things of
    which an offering says more."""
    said = key_of(heard.said_sources, heard.said_targets, heard.said_relations)
    _, first, times = np.unique(said, return_index=True, return_counts=True)
    stated = Edges.sorted(
        heard.said_sources[first],
        heard.said_targets[first],
        heard.said_relations[first],
        sure_of(times),
        Origin.STATED,
    )
    edges = frame.edges
    told = (edges.origins == Origin.IMPORTED) | ~np.isin(edges.pairs(), stated.pairs())
    return edges.take(told).besides(stated)


def _arrays(
    frame: Frame, edges: Edges, heard: Heard, cited: NDArray[np.int64], starts: NDArray[np.int64]
) -> Arrays:
    """*cited* are the numbers of the standards that *heard* names."""
    count = len(frame.names)
    back = np.lexsort((edges.sources, edges.relations, edges.targets)).astype(np.int32)
    # the edges of chains are imported, and all of these are still there
    of_chains = frame.edges.keys()[frame.arrays["frame_chain_edges"]]
    owners = np.searchsorted(starts, heard.sitting_offerings, side="right") - 1
    by_standard = np.argsort(cited, kind="stable").astype(np.int32)
    by_node = np.lexsort((-heard.sitting_confidences, heard.sitting_nodes)).astype(np.int32)
    made: dict[str, object] = {
        **_fields(edges),
        "outgoing": starts_of(edges.sources, count),
        "incoming": starts_of(edges.targets[back], count),
        "incoming_edges": back,
        "chain_edges": np.searchsorted(edges.keys(), of_chains),
        **_fields(heard),
        "sitting_owners": owners,
        "owner_starts": starts_of(owners, len(starts)),
        "node_starts": starts_of(heard.sitting_nodes[by_node], count),
        "node_sittings": by_node,
        "cited_standards": cited,
        "standard_starts": starts_of(cited[by_standard], int(cited.max(initial=-1)) + 1),
        "standard_cites": by_standard,
    }
    return Arrays(**frame.arrays, **typed(made))


def _fields(of: Edges | Heard) -> dict[str, object]:
    return {each.name: getattr(of, each.name) for each in fields(of)}

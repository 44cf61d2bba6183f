"""What a release's vector search costs and misses, measured when the release is made and whenever asked."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from heapq import nsmallest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.calibration import measured
from indexes.recall import FIFTH, MEAN, Recall, is_estimated, recall
from indexes.release import Gate
from recommender.content import ENTERPRISES, NEEDS, OFFERINGS
from recommender.snapshot import TUNING, Snapshot

Vectors = NDArray[np.float32]

QUERIES = 64  # asked at each refresh: a second for a million offerings
# What each collection is searched with: needs look for offerings and profiles, profiles for needs
_ASKED_BY = {
    OFFERINGS: (NEEDS, ENTERPRISES),
    ENTERPRISES: (NEEDS, OFFERINGS),
    NEEDS: (ENTERPRISES, OFFERINGS),
}


def notes(built: Snapshot, older: Snapshot | None = None) -> dict[str, Any]:
    """What the manifest of a release notes for those who open it: the costs of searching each collection.
    Those of an *older* release that it was made from are taken over: they change with machine and size
    only."""
    if older and (costs := older.manifest.notes.get(TUNING)):
        return {TUNING: costs}
    found = {name: measured(built.collection(name).vectors) for name in _ASKED_BY}
    return {TUNING: {name: tuning.to_json() for name, tuning in found.items() if tuning}}


def recalls(snapshot: Snapshot, queries: int = QUERIES) -> Mapping[str, tuple[Recall, ...]]:
    """The recall of each collection that is not searched exactly, for as many of the vectors that ask it."""
    found = {}
    for name in _ASKED_BY:
        index = snapshot.collection(name).vectors
        if is_estimated(index):
            found[name] = recall(index, _sample(snapshot, name, queries))
    return found


def recall_kept(built: Snapshot) -> tuple[Gate, Mapping[str, float | int]]:
    """Whether search finds what an exact search finds, with the figures that the manifest keeps."""
    name, found = "recall", recalls(built)
    if not found:
        return Gate(name, True, "all collections are searched exactly"), {}
    figures = {
        f"{collection}@{each.depth}.{what}": value
        for collection, depths in found.items()
        for each in depths
        for what, value in each.to_json().items()
        if what != "depth"
    }
    told = "; ".join(
        f"{collection}@{each.depth} {each.mean:.4f} (p5 {each.fifth:.3f}, min {each.least:.3f})"
        for collection, depths in found.items()
        for each in depths
    )
    if all(each.passed for depths in found.values() for each in depths):
        return Gate(name, True, told), figures
    expected = f"on average {MEAN:g}, at the 5th percentile {FIFTH:g} of what exact search finds"
    return Gate(name, False, told, expected, "set RONGTONG_VECTOR_ENGINE to exact and refresh"), figures


def _sample(snapshot: Snapshot, name: str, most: int) -> Vectors:
    """At most *most* vectors that ask for rows of the collection *name*: the same from release to release,
    as long as they are there."""
    parts: list[Vectors] = []
    for source in _ASKED_BY[name]:
        wanted = most - sum(map(len, parts))
        if wanted > 0:
            collection = snapshot.collection(source)
            drawn = nsmallest(wanted, ((_draw(id), row) for row, id in enumerate(collection.documents.ids())))
            parts.append(collection.vectors.rows(np.array([row for _, row in drawn], np.int64)))
    return np.concatenate(parts)


def _draw(id: str) -> bytes:
    return blake2b(id.encode("utf-8", "replace"), digest_size=8).digest()

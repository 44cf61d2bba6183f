"""A few fixed needs that every release answers before it goes live, and keeps the answers.

    RELEASE/probes.json    {"as_of": day, "lists": {need_id: [enterprise_id, …]}}, ten each, best first

So two releases can be compared without asking the older one again. Which needs are asked depends on their ids
alone: what is added to the catalogue puts few others in their place. The day is that on which an enterprise
last changed, not today, so that the same catalogue gives the same bytes tomorrow.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexes.files import damaged, load_json, save_json
from recommender.query import SupplierQuery
from recommender.snapshot import Snapshot

if TYPE_CHECKING:
    from recommender.engine import Engine

PROBES = "probes.json"
DEPTH = 10
ASKED, JUDGED = 24, 16
"""Needs that are asked, and how many of them have judgments, where there are as many. A quarter of a second:
a small refresh takes one or two."""


@dataclass(frozen=True, slots=True)
class Probes:
    """Need id → the ids of the first ten enterprises, as things stood on *as_of*."""

    as_of: date
    lists: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of single requests without explanations over *offerings*: the median and the 95th
    percentile of *requests*, and the median of the processor's time, whoever else is at work."""

    p50: float
    p95: float
    cpu: float
    requests: int
    offerings: int

    def to_json(self) -> dict[str, float | int]:
        return asdict(self)


def day_of(snapshot: Snapshot) -> date:
    """The day on which an enterprise or offering of the release last changed."""
    changed = snapshot.enterprises.filters.numbers("changed")
    known = changed[~np.isnan(changed)]
    return date.fromordinal(int(known.max())) if known.size else date(1970, 1, 1)


def in_order(ids: Iterable[str]) -> list[str]:
    """*ids* in an order that looks like chance and that they alone decide."""
    return sorted(ids, key=lambda id: (zlib.crc32(id.encode("utf-8", "surrogatepass")), id))


def choose(ids: Iterable[str], judged: Collection[str] = ()) -> list[str]:
    """ASKED of *ids*, up to JUDGED of them *judged* ones, in an order that they alone decide."""
    order = in_order(ids)
    first = [id for id in order if id in judged][:JUDGED] if judged else []
    taken = set(first)
    return [*first, *(id for id in order if id not in taken)][:ASKED]


def ask(engine: Engine, judged: Collection[str] = ()) -> tuple[Probes, Latency | None]:
    """The lists of the needs chosen from the engine's release, and how long each took.

    One by one, as they come in service; the first is asked twice, since it also opens the files.
    """
    snapshot = engine.snapshot
    needs = snapshot.needs.documents
    chosen = choose(needs.ids(), judged)
    as_of = day_of(snapshot)
    lists: dict[str, tuple[str, ...]] = {}
    wall: list[float] = []
    cpu: list[float] = []
    for place, id in enumerate([*chosen[:1], *chosen]):
        row = needs.row_of(id)
        assert row is not None
        query = SupplierQuery(snapshot.need(row), as_of, DEPTH, explain=False)
        start, worked = time.perf_counter(), time.thread_time()
        found = engine.suppliers(query)
        if place:
            wall.append(time.perf_counter() - start)
            cpu.append(time.thread_time() - worked)
        lists[id] = tuple(result.enterprise_id for result in found.results)
    if not wall:
        return Probes(as_of, lists), None
    figures = np.quantile(wall, 0.5), np.quantile(wall, 0.95), np.quantile(cpu, 0.5)
    p50, p95, worked = (round(1000 * float(each), 2) for each in figures)
    return Probes(as_of, lists), Latency(p50, p95, worked, len(wall), snapshot.offerings.documents.size)


def write(folder: Path, probes: Probes) -> None:
    """Put *probes* into the *folder* of a release that is being built; the same lists give the same bytes."""
    lists = {id: list(found) for id, found in probes.lists.items()}
    save_json(folder / PROBES, {"as_of": probes.as_of.isoformat(), "lists": lists})


def read(folder: Path) -> Probes | None:
    """The probes of the release in *folder*, None where it has none. Raises DamagedRelease."""
    path = folder / PROBES
    if not path.exists():
        return None
    stored = load_json(path)
    lists, as_of = stored.get("lists"), stored.get("as_of")
    if not isinstance(lists, dict) or not isinstance(as_of, str):
        damaged(path, "does not hold lists and a day")
    for found in lists.values():
        if not isinstance(found, list) or not all(isinstance(id, str) for id in found):
            damaged(path, "has a list that is none of ids")
    try:
        return Probes(date.fromisoformat(as_of), {id: tuple(found) for id, found in lists.items()})
    except ValueError as error:
        damaged(path, str(error))

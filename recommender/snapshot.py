"""One release, opened for answering: three row-aligned collections and the arrays that join them.

``offerings`` has a row per offering, ``enterprises`` a row per enterprise with its offerings' rows adjacent,
``needs`` a row per need. What is not asked for is not loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes import engines
from indexes.code_lists import CodeLists
from indexes.documents import DocumentStore
from indexes.filters import FilterColumns
from indexes.lease import Lease
from indexes.lexical import LexicalIndex
from indexes.milvus import MilvusServer
from indexes.release import Manifest
from indexes.tuning import Tuning
from indexes.vectors import VectorIndex
from recommender.catalogue.domain import Enterprise, Need, Offering
from recommender.catalogue.json_values import Value
from recommender.chains.graph import ChainGraph
from recommender.chains.stored import GRAPH
from recommender.content import ENTERPRISES, KINDS, NEEDS, OFFERINGS
from recommender.query import Filters
from recommender.requirements import Demand, demands
from recommender.requirements.certificates import canonical
from recommender.requirements.stated import StatedCertificates

TUNING = "search costs"  # where the manifest's notes keep them, by collection

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]

# read lately: one that suits a need is read for its verdicts and again to be quoted, and suits other needs
_KEPT_NEEDS, _KEPT_OFFERINGS, _KEPT_ENTERPRISES = 4_096, 4_096, 4_096
_KEPT_MASKS = 16  # of a day and links: one for each link, yesterday and today


@dataclass(frozen=True)
class Collection:
    """The parts of one collection, each loaded when first used from a verified folder.

    ``tuning`` is what searching its vectors costs, where that was measured; ``milvus`` the server that
    searches them, where one does, for the release of this name.
    """

    folder: Path
    tuning: Tuning | None = None
    milvus: tuple[MilvusServer, str] | None = None

    @cached_property
    def vectors(self) -> VectorIndex:
        index = engines.load(self.folder / "vectors", self.tuning)
        if self.milvus is None:
            return index
        server, release = self.milvus
        return server.open(release, self.folder.name, index)

    @cached_property
    def lexical(self) -> LexicalIndex:
        return LexicalIndex.load(self.folder / "lexical")

    @cached_property
    def filters(self) -> FilterColumns:
        return FilterColumns.load(self.folder / "filters")

    @cached_property
    def documents(self) -> DocumentStore:
        return DocumentStore.load(self.folder / "documents")


@dataclass(frozen=True)
class Snapshot:
    """A verified release folder, opened. Nobody removes it while the *lease* lives, and with it this. Its
    vectors are searched here, or by a *milvus* server."""

    manifest: Manifest
    folder: Path
    lease: Lease | None = None
    milvus: MilvusServer | None = None

    @property
    def release(self) -> str:
        return self.manifest.release

    @cached_property
    def offerings(self) -> Collection:
        return self._open(OFFERINGS)

    @cached_property
    def enterprises(self) -> Collection:
        return self._open(ENTERPRISES)

    @cached_property
    def needs(self) -> Collection:
        return self._open(NEEDS)

    def _open(self, name: str) -> Collection:
        costs = self.manifest.notes.get(TUNING)
        tuning = Tuning.from_json(costs.get(name)) if isinstance(costs, Mapping) else None
        return Collection(
            self.folder / name, tuning, (self.milvus, self.release) if self.milvus is not None else None
        )

    def collection(self, name: str) -> Collection:
        """``offerings``, ``enterprises`` or ``needs``."""
        found: Collection = getattr(self, name)
        return found

    @cached_property
    def graph(self) -> ChainGraph:
        """The chain graph; one without nodes where the release was made before there were graphs."""
        folder = self.folder / GRAPH
        return ChainGraph.load(folder) if folder.is_dir() else ChainGraph.empty()

    @cached_property
    def kinds(self) -> CodeLists:
        """What the title of each offering names, as codes."""
        return CodeLists.load(self.folder / OFFERINGS / KINDS)

    @cached_property
    def certificates(self) -> StatedCertificates:
        """The certificates that enterprises state."""
        return StatedCertificates(self.enterprises.filters)

    @cached_property
    def first(self) -> Rows:
        """(n + 1,) the offering row at which each enterprise's offerings start; the last is their number."""
        starts = self.enterprises.filters.numbers("first_offering").astype(np.int64)
        return np.append(starts, self.manifest.counts[OFFERINGS])

    @cached_property
    def owner(self) -> Rows:
        """(m,) the enterprise row that each offering belongs to."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def enterprise(self, row: int) -> Enterprise:
        return self._enterprise(int(row))

    @cached_property
    def _enterprise(self) -> Callable[[int], Enterprise]:
        return lru_cache(_KEPT_ENTERPRISES)(partial(_read, Enterprise, self.enterprises))

    def offering(self, row: int) -> Offering:
        return self._offering(int(row))

    @cached_property
    def _offering(self) -> Callable[[int], Offering]:
        return lru_cache(_KEPT_OFFERINGS)(partial(_read, Offering, self.offerings))

    def need(self, row: int) -> Need:
        return self.needs.documents.get(int(row), Need)

    def need_asking(self, row: int) -> tuple[Need, tuple[Demand, ...]]:
        """The need *row* and what it demands; remembered, because the same needs are judged for many."""
        return self._needs_asking(int(row))

    def hold_needs(self) -> None:
        """Remember every need that is asked for from now on, however many: for those who judge thousands."""
        vars(self)["_needs_asking"] = lru_cache(None)(partial(_need_asking, self.needs))

    @cached_property
    def _needs_asking(self) -> Callable[[int], tuple[Need, tuple[Demand, ...]]]:
        return lru_cache(_KEPT_NEEDS)(partial(_need_asking, self.needs))

    def offering_rows(self, enterprise_row: int) -> Rows:
        return np.arange(self.first[enterprise_row], self.first[enterprise_row + 1])

    def offerings_of(self, rows: Rows) -> tuple[Rows, Rows]:
        """All offerings of the enterprises *rows* (r,) in one run: whose each is, a position in *rows*,
        ascending, and its own row."""
        starts = self.first[rows]
        counts = self.first[rows + 1] - starts
        whose = np.repeat(np.arange(len(rows)), counts)
        return whose, np.arange(len(whose)) + np.repeat(starts - (np.cumsum(counts) - counts), counts)

    def enterprises_within(self, filters: Filters, as_of: date) -> Mask | None:
        """(n,) enterprises that pass *filters*; None where nothing is filtered.

        A certificate filter passes holders of a certificate that covers it and is valid on *as_of*.
        """
        return _enterprises_within(self.enterprises.filters, filters, as_of)

    def offerings_within(self, links: tuple[str, ...], as_of: date) -> Mask:
        """(m,) offerings available on *as_of*, of one of *links* where any are given; read-only."""
        return self._offered(links, as_of)

    def suppliers_within(
        self, filters: Filters, links: tuple[str, ...], as_of: date
    ) -> tuple[Mask | None, Mask]:
        """Enterprises (n,) that pass *filters* and offer something on *links* (None: all of them), and their
        offerings (m,) that count; read-only."""
        return self._suppliers(filters, links, as_of)

    # masks over a nation's offerings take milliseconds, and the same are asked for all day long

    @cached_property
    def _offered(self) -> Callable[[tuple[str, ...], date], Mask]:
        return lru_cache(_KEPT_MASKS)(partial(_offerings_within, self.offerings.filters))

    @cached_property
    def _suppliers(self) -> Callable[[Filters, tuple[str, ...], date], tuple[Mask | None, Mask]]:
        # nothing that is kept here may hold the snapshot: it must be gone when nobody uses it
        return lru_cache(_KEPT_MASKS)(
            partial(_suppliers_within, self.enterprises.filters, self._offered, self.first)
        )

    def needs_within(
        self, filters: Filters, links: tuple[str, ...], visibility: tuple[str, ...], as_of: date
    ) -> Mask:
        """(n,) open needs that the caller may see and whose deadline has not passed on *as_of*."""
        columns = self.needs.filters
        mask = columns.mask_any("status", ["open"]) & columns.mask_any("visibility", visibility)
        mask &= columns.mask_range("deadline", float(as_of.toordinal()), np.inf, absent=True)
        if filters.region:
            mask &= columns.mask_prefix("region", filters.region)
        if filters.industry_chain:
            mask &= columns.mask_any("industry_chain", filters.industry_chain)
        if filters.buyer:
            mask &= columns.mask_any("buyer", filters.buyer)
        if filters.certification:
            mask &= columns.mask_any("certification", [str(canonical(c)) for c in filters.certification])
        if links:
            mask &= columns.mask_any("link", links)
        return mask


def _read(kind: type[Value], collection: Collection, row: int) -> Value:
    return collection.documents.get(row, kind)


def _need_asking(needs: Collection, row: int) -> tuple[Need, tuple[Demand, ...]]:
    need = needs.documents.get(row, Need)
    return need, demands(need)


def _enterprises_within(columns: FilterColumns, filters: Filters, as_of: date) -> Mask | None:
    masks: list[Mask] = []
    if filters.region:
        masks.append(columns.mask_prefix("region", filters.region))
    if filters.industry:
        masks.append(columns.mask_prefix("industry", filters.industry))
    for name in ("tier", "size", "industry_chain"):
        if values := getattr(filters, name):
            masks.append(columns.mask_any(name, values))
    if filters.certification:
        wanted = [canonical(c) for c in filters.certification]
        held = [
            value
            for value in columns.values("certification")
            if any(canonical(value.partition("@")[0]).satisfies(w) for w in wanted)
            and not (value.partition("@")[2] and value.partition("@")[2] < as_of.isoformat())
        ]
        masks.append(columns.mask_any("certification", held))
    return np.logical_and.reduce(masks) if masks else None


def _offerings_within(columns: FilterColumns, links: tuple[str, ...], as_of: date) -> Mask:
    day = float(as_of.toordinal())
    mask = columns.mask_range("available_from", -np.inf, day, absent=True)
    mask &= columns.mask_range("available_until", day, np.inf, absent=True)
    if links:
        mask &= columns.mask_any("link", links)
    mask.flags.writeable = False
    return mask


def _suppliers_within(
    columns: FilterColumns,
    offerings_within: Callable[[tuple[str, ...], date], Mask],
    first: Rows,
    filters: Filters,
    links: tuple[str, ...],
    as_of: date,
) -> tuple[Mask | None, Mask]:
    allowed, offered = _enterprises_within(columns, filters, as_of), offerings_within(links, as_of)
    if allowed is not None:
        offered = offered & np.repeat(allowed, np.diff(first))
    if links:
        # an enterprise's offerings adjoin, so that it has one where the running count rises
        counted = np.concatenate([[0], np.cumsum(offered)])
        allowed = counted[first[1:]] > counted[first[:-1]]
    for mask in (allowed, offered):
        if mask is not None:
            mask.flags.writeable = False
    return allowed, offered

"""The vector engine of the release by itself: beside the limits of the machine, and filtered beside peers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.filters import FilterColumns
from indexes.vectors import VectorIndex
from tests.benchmarks.speed.limits import matrix_product, memory_speed, one_core, reader
from tests.benchmarks.speed.peers import Peer, peers
from tests.benchmarks.speed.report import Row, Section, percentiles
from tests.benchmarks.timing import duration, in_turn, median

K = 100
RECALL = 0.99  # asked of an approximate peer, where ours is not below it
SHARES = (0.5, 0.1, 0.01, 0.001)
_BUCKETS = 10_000
_SINGLE, _BATCH = 60, 256
_PATIENCE = 20.0  # seconds after which a slow peer is timed on the queries asked so far
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Search = Callable[[Floats, int], Rows]  # queries (q, d) and the bound that passing rows are below


def limits(index: VectorIndex, queries: Floats) -> Section:
    """One query on one core beside a read of as many bytes from main memory, and of the same again and again,
    which a cache holds if they are few; a batch on all cores beside the bare product."""
    vectors = index.rows(np.arange(index.size))
    size = vectors.nbytes
    with one_core():
        numbers = cycle(range(len(queries)))
        search, read = in_turn(lambda: index.search(queries[next(numbers)][None], K), reader(vectors), 31)
        product = median(lambda: vectors @ queries[0], 11)
        memory = memory_speed()
    many = np.resize(queries, (_BATCH, queries.shape[1]))
    batch, bare = median(lambda: index.search(many, K), 3), matrix_product(vectors, many)
    flops = 2 * size / 4 * _BATCH
    recalls = _recalls(index, vectors, queries[:_SINGLE])
    return Section(
        f"Vectors: {index.size:,} × {vectors.shape[1]}, k = {K}, engine {type(index).__name__}",
        [
            Row(
                "one query, one core",
                search,
                peer="reading as many bytes from main memory",
                theirs=size / memory,
                target="≥ 0.85",
                met=size / memory / search >= 0.85,
                note=f"main memory gives {memory / 1e9:.1f} GB/s, the search takes {size / search / 1e9:.1f}",
                curve="one vector search, one core",
            ),
            Row(
                "… beside the caches",
                search,
                peer="reading the same bytes again and again",
                theirs=read,
                note=f"read at {size / read / 1e9:.1f} GB/s",
            ),
            Row("… beside numpy", search, peer="vectors @ query", theirs=product),
            Row(
                "… its recall, mean",
                float(np.mean(recalls)),
                "",
                target="≥ 0.99",
                met=float(np.mean(recalls)) >= RECALL,
                note=f"5th percentile {np.percentile(recalls, 5):.3f}, least {min(recalls):.3f}",
            ),
            Row(
                f"{_BATCH} queries, all cores",
                batch,
                peer="np.matmul of the same shape",
                theirs=bare,
                target="≥ 0.70",
                met=bare / batch >= 0.7,
                note=f"{flops / bare / 1e9:.0f} GFLOP/s bare",
            ),
        ],
    )


def _recalls(index: VectorIndex, vectors: Floats, queries: Floats) -> list[float]:
    """The recall of each query, unfiltered, against every vector compared."""
    right = truth(vectors, queries, np.ones(len(vectors), np.bool_))
    return [
        recall_of(
            vectors, query[None], index.search(query[None], K)[1], Truth(right.count, right.least[n : n + 1])
        )
        for n, query in enumerate(queries)
    ]


@dataclass(frozen=True, slots=True)
class Speed:
    """An engine at one selectivity and setting: recall, seconds a query, queries a second in a batch."""

    setting: str
    recall: float
    single: float
    batch: float


@dataclass(frozen=True, slots=True)
class Truth:
    """How many rows there are to find, K or fewer, and for each query the score of the last of them."""

    count: int
    least: NDArray[np.float32]


class FilteredJob:
    """The 100 nearest among the rows whose number is below a bound, for every share that passes.

    The filter does not follow the vectors: the number of a row is drawn by chance.
    """

    def __init__(self, vectors: Floats, queries: Floats) -> None:
        self.vectors, self.queries = vectors, queries
        self.buckets = np.random.default_rng(0).integers(0, _BUCKETS, len(vectors))
        alone = queries[:_SINGLE]
        self._right = {share: truth(vectors, alone, self.buckets < _below(share)) for share in SHARES}

    def measure(self, search: Search, share: float, setting: str = "") -> Speed:
        """Some one by one on one core; then all at once on all cores, or as many as there was time for."""
        below = _below(share)
        search(self.queries[:1], below)
        singles: list[float] = []
        found: list[Rows] = []
        with one_core():
            began = time.perf_counter()
            for query in self.queries[:_SINGLE]:
                start = time.perf_counter()
                found.append(search(query[None], below))
                singles.append(time.perf_counter() - start)
                if time.perf_counter() - began > _PATIENCE:
                    break
        recall = recall_of(
            self.vectors, self.queries[: len(found)], np.concatenate(found), self._right[share]
        )
        asked = self.queries if len(found) == _SINGLE else self.queries[: len(found)]
        start = time.perf_counter()
        search(asked, below)
        batch = time.perf_counter() - start
        if batch < 1:  # too short for one time to mean much
            batch = median(lambda: search(asked, below), 5)
        return Speed(setting, recall, percentiles(singles)[0], len(asked) / batch)


def filtered(index: VectorIndex, queries: Floats, *, beside: Collection[str]) -> list[Section]:
    """The filtered job by *index*, mask and all, and by each of the peers *beside* that is installed."""
    job = FilteredJob(index.rows(np.arange(index.size)), queries[:_BATCH])
    columns = FilterColumns.build(index.size, {}, {"bucket": job.buckets.astype(np.float64).tolist()})

    def ours(asked: Floats, below: int) -> Rows:
        return index.search(asked, K, columns.mask_range("bucket", None, below - 1, absent=False))[1]

    rows = []
    for share in SHARES:
        speed = job.measure(ours, share)
        note = f"recall {speed.recall:.3f}; batch {speed.batch:,.0f}/s, all cores"
        curve = f"filtered search, {share:.1%} pass"
        rows.append(Row(f"{share:.1%} pass: one query, one core", speed.single, note=note, curve=curve))
    sections = [Section(f"Filtered search, k = {K}, {index.size:,} vectors", rows)]
    for peer in peers(beside):
        if isinstance(peer, str):
            sections.append(Section("A peer that is missing", notes=[peer]))
        else:
            sections.append(_beside(peer, job, ours))
    return sections


def _beside(peer: Peer, job: FilteredJob, ours: Search) -> Section:
    """A peer at the settings that serve it best, and ours measured right after it."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        start = time.perf_counter()
        peer.build(job.vectors, job.buckets, Path(name))
        built = time.perf_counter() - start
        for share in SHARES:
            tried = [job.measure(partial(_asked, peer, peer.exact), share, peer.exact)] if peer.exact else []
            for setting in peer.settings:
                tried.append(job.measure(partial(_asked, peer, setting), share, setting))
                if tried[-1].recall >= RECALL:
                    break
            rows += compared(share, job.measure(ours, share), tried)
        peer.close()
    return Section(f"{peer.name}; built in {duration(built)}", rows)


def _asked(peer: Peer, setting: str, queries: Floats, below: int) -> Rows:
    return peer.search(queries, K, below, setting)


def compared(share: float, own: Speed, tried: Sequence[Speed]) -> list[Row]:
    """Ours beside the fastest of what was *tried* at our recall, or at :data:`RECALL` where ours is above it;
    beside the one of the highest recall where none reaches that, which leaves the target open."""
    wanted = min(RECALL, own.recall)
    able = [one for one in tried if one.recall >= wanted] or [max(tried, key=lambda one: one.recall)]
    rows = []
    for what, rate in (
        ("one by one, one core", lambda one: 1 / one.single),
        (f"in a batch of {_BATCH}, all cores", lambda one: one.batch),
    ):
        there = max(able, key=rate)
        reached = there.recall >= wanted
        note = f"recall {own.recall:.3f} against {there.recall:.3f}, {there.setting}"
        rows.append(
            Row(
                f"{share:.1%} pass, {what}",
                rate(own),
                "/s",
                peer="the peer",
                theirs=rate(there),
                target="≥ 2 ×",
                met=rate(own) >= 2 * rate(there) if reached else None,
                note=note if reached else f"{note}; {wanted:.2f} was not reached",
            )
        )
    return rows


def truth(vectors: Floats, queries: Floats, allowed: NDArray[np.bool_]) -> Truth:
    """What an exact search of the *allowed* (n,) rows finds for *queries* (q, d)."""
    part = vectors[allowed]
    k = min(K, len(part))
    if not k:
        return Truth(0, np.full(len(queries), np.inf, np.float32))
    return Truth(k, np.array([np.partition(part @ query, -k)[-k] for query in queries], np.float32))


def recall_of(vectors: Floats, queries: Floats, rows: Rows, right: Truth) -> float:
    """The share of what an exact search finds that stands in *rows* (q, k); ties with the last count."""
    hits = 0
    for query, found, least in zip(queries, rows, right.least, strict=False):
        there = found[found >= 0]
        hits += min(right.count, int((vectors[there] @ query >= least - 1e-5).sum()))
    return hits / (len(queries) * right.count) if right.count else 1.0


def _below(share: float) -> int:
    return round(share * _BUCKETS)

"""The vector engine of the release by itself: against the limits of the machine, and filtered beside peers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.filters import FilterColumns
from indexes.vectors import VectorIndex
from tests.benchmarks.speed.limits import matrix_product, one_core, reader
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


def limits(index: VectorIndex, queries: Floats) -> Section:
    """One query on one core beside a read of the bytes; a batch on all cores beside the bare product."""
    vectors = index.rows(np.arange(index.size))
    size = vectors.nbytes
    with one_core():
        numbers = cycle(range(len(queries)))
        search, read = in_turn(lambda: index.search(queries[next(numbers)][None], K), reader(vectors), 31)
        product = median(lambda: vectors @ queries[0], 11)
    many = np.resize(queries, (_BATCH, queries.shape[1]))
    batch, bare = median(lambda: index.search(many, K), 3), matrix_product(vectors, many)
    flops = 2 * size / 4 * _BATCH
    return Section(
        f"Vectors: {index.size:,} × {vectors.shape[1]}, k = {K}, engine {type(index).__name__}",
        [
            Row(
                "one query, one core",
                search,
                peer="reading the same bytes",
                theirs=read,
                target="≥ 0.85",
                met=read / search >= 0.85,
                note=f"read at {size / read / 1e9:.1f} GB/s",
                curve="one vector search, one core",
            ),
            Row("… beside numpy", search, peer="vectors @ query", theirs=product),
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


@dataclass(frozen=True, slots=True)
class Speed:
    """An engine at one selectivity and setting: recall, seconds a query, queries a second in a batch."""

    setting: str
    recall: float
    single: float
    batch: float


@dataclass(frozen=True, slots=True)
class Truth:
    """How many rows there are to find, k or fewer, and for each query the score of the last of them."""

    count: int
    least: NDArray[np.float32]


def filtered(index: VectorIndex, queries: Floats, *, beside: bool = True) -> list[Section]:
    """The filtered job at every selectivity: mask from a column, then the 100 nearest, ours and each peer.

    The filter does not follow the vectors: a number drawn for each row, compared with a bound.
    """
    vectors = index.rows(np.arange(index.size))
    buckets = np.random.default_rng(0).integers(0, _BUCKETS, index.size)
    columns = FilterColumns.build(index.size, {}, {"bucket": buckets.astype(np.float64).tolist()})
    queries = queries[:_SINGLE]

    def ours(asked: Floats, below: int) -> NDArray[np.int64]:
        return index.search(asked, K, columns.mask_range("bucket", -np.inf, below - 1))[1]

    best = {share: truth(vectors, queries, buckets < round(share * _BUCKETS)) for share in SHARES}
    found = {
        share: _measure(lambda q, b=round(share * _BUCKETS): ours(q, b), vectors, queries, best[share], "")
        for share in SHARES
    }
    sections = [
        Section(
            f"Filtered search, k = {K}, {index.size:,} vectors",
            [
                Row(
                    f"{share:.1%} pass: one query, one core",
                    speed.single,
                    note=f"recall {speed.recall:.3f}; batch {speed.batch:,.0f}/s, all cores",
                    curve=f"filtered search, {share:.1%} pass",
                )
                for share, speed in found.items()
            ],
        )
    ]
    for peer in peers() if beside else ():
        if isinstance(peer, str):
            sections.append(Section("A peer that is missing", notes=[peer]))
        else:
            sections.append(_beside(peer, vectors, buckets, queries, best, found))
    return sections


def _beside(
    peer: Peer,
    vectors: Floats,
    buckets: NDArray[np.int64],
    queries: Floats,
    best: dict[float, Truth],
    ours: dict[float, Speed],
) -> Section:
    rows = []
    with tempfile.TemporaryDirectory() as name:
        start = time.perf_counter()
        peer.build(vectors, buckets, Path(name))
        built = time.perf_counter() - start
        for share, own in ours.items():
            below = round(share * _BUCKETS)
            wanted = min(RECALL, own.recall)
            tried: list[Speed] = []
            for setting in peer.settings:
                tried.append(
                    _measure(
                        lambda q, s=setting, b=below: peer.search(q, K, b, s),
                        vectors,
                        queries,
                        best[share],
                        setting,
                    )
                )
                if tried[-1].recall >= wanted:
                    break
            there = tried[-1] if tried[-1].recall >= wanted else max(tried, key=lambda one: one.recall)
            rows += _compared(share, own, there, reached=there.recall >= wanted)
        peer.close()
    return Section(f"{peer.name}; built in {duration(built)}", rows)


def _compared(share: float, own: Speed, there: Speed, *, reached: bool) -> list[Row]:
    note = f"recall {own.recall:.3f} against {there.recall:.3f}, {there.setting}"
    if not reached:
        note += f"; {RECALL} was not reached"
    rows = []
    for what, one, two in (
        ("one by one, one core", 1 / own.single, 1 / there.single),
        (f"in a batch of {_SINGLE}, all cores", own.batch, there.batch),
    ):
        met = one >= 2 * two if reached else None
        rows.append(Row(f"{share:.1%} pass, {what}", one, "/s", "the peer", two, "≥ 2 ×", met, note))
    return rows


def _measure(
    search: Callable[[Floats], NDArray[np.int64]],
    vectors: Floats,
    queries: Floats,
    right: Truth,
    setting: str,
) -> Speed:
    search(queries[:1])
    singles: list[float] = []
    found: list[NDArray[np.int64]] = []
    with one_core():
        began = time.perf_counter()
        for query in queries:
            start = time.perf_counter()
            found.append(search(query[None]))
            singles.append(time.perf_counter() - start)
            if time.perf_counter() - began > _PATIENCE:
                break
    recall = recall_of(vectors, queries[: len(found)], np.concatenate(found), right)
    start = time.perf_counter()
    search(queries)
    batch = len(queries) / (time.perf_counter() - start)
    return Speed(setting, recall, percentiles(singles)[0], batch)


def truth(vectors: Floats, queries: Floats, allowed: NDArray[np.bool_]) -> Truth:
    """What an exact search of the *allowed* (n,) rows finds for *queries* (q, d)."""
    part = vectors[allowed]
    k = min(K, len(part))
    return Truth(k, np.array([np.partition(part @ query, -k)[-k] for query in queries], np.float32))


def recall_of(vectors: Floats, queries: Floats, rows: NDArray[np.int64], right: Truth) -> float:
    """The share of what an exact search finds that stands in *rows* (q, k); ties with the last count."""
    hits = 0
    for query, found, least in zip(queries, rows, right.least, strict=False):
        there = found[found >= 0]
        hits += min(right.count, int((vectors[there] @ query >= least - 1e-5).sum()))
    return hits / (len(queries) * right.count)

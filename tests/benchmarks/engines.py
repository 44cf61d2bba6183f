"""``python -m tests.benchmarks.engines VECTORS.npy QUERIES.npy [-k 800] [--others] [--milvus] [--json FILE]``

Every engine of :mod:`indexes` over the same vectors: time to build, bytes, one query on one thread, a batch,
recall against exact search, and filters of four selectivities; each beside its limit. The limit of one query
is the best of several plain streaming reads: of as many bytes from main memory, and of the same again and
again, which a cache holds if they are few. That of a batch is ``numpy.matmul`` of the same shape.
``--others`` adds what FAISS offers besides, the measurements that the choice of codes rests on.

Times of one query are processor time of its thread (other processes on the machine take wall time, not this),
medians over the queries; those of batches are wall time, the best of three, as is the product beside them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexes import engines
from indexes.approximate import ApproximateIndex
from indexes.calibration import measured
from indexes.exact import ExactIndex
from indexes.milvus import MilvusServer
from indexes.recall import recall
from indexes.scoring import library, one_thread
from indexes.vectors import VectorIndex
from tests.benchmarks.timing import machine

Floats = NDArray[np.float32]
SHARES = (0.5, 0.1, 0.01, 0.001)
_ALONE, _BATCH, _RECALL = 50, 256, 300  # queries


def say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


def alone(search: Callable[[Floats], object], queries: Floats) -> float:
    """Median milliseconds of the processor for one query."""
    search(queries[:1])
    spent = []
    for query in queries[:_ALONE]:
        start = time.thread_time()
        search(query[None])
        spent.append(time.thread_time() - start)
    return 1e3 * float(np.median(spent))


def together(run: Callable[[], object], count: int) -> float:
    """Wall milliseconds a query of a batch of *count*, the best of three."""
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        spent.append(time.perf_counter() - start)
    return 1e3 * min(spent) / count


def stream(vectors: Floats) -> float:
    """Milliseconds to read *vectors* once: the best of several plain reads, on one thread."""
    flat = vectors.reshape(-1)
    reads: list[Callable[[], object]] = [lambda: np.dot(flat, flat), flat.max, flat.sum]
    spent = []
    for read in reads:
        for _ in range(5):
            start = time.thread_time()
            read()
            spent.append(time.thread_time() - start)
    return 1e3 * min(spent)


def product(vectors: Floats, queries: Floats) -> float:
    """Milliseconds a query of the matrix product of *queries* with all *vectors*."""
    blocks = [vectors[at : at + 65_536] for at in range(0, len(vectors), 65_536)]
    out = np.empty(len(queries) * 65_536, np.float32)

    def run() -> None:
        for block in blocks:
            np.matmul(queries, block.T, out=out[: len(queries) * len(block)].reshape(len(queries), -1))

    return together(run, len(queries))


def row_of(name: str, index: VectorIndex, queries: Floats, k: int) -> dict[str, Any]:
    """Times and recall of one engine."""
    found: dict[str, Any] = {"engine": name, "size": index.size, "k": k}
    found["single_ms"] = alone(lambda query: index.search(query, k), queries)
    found["single_10_ms"] = alone(lambda query: index.search(query, 10), queries)
    batch = queries[:_BATCH]
    found["batch_ms"] = together(lambda: index.search(batch, k), len(batch))
    found["recall"] = [each.to_json() for each in recall(index, queries[:_RECALL])]
    for share in SHARES:
        allowed = np.random.default_rng(1).random(index.size) < share
        found[f"filtered_{share:g}_ms"] = alone(lambda query, a=allowed: index.search(query, k, a), queries)
        exact = getattr(index, "exact", None)
        if exact is not None:
            asked = queries[:_ALONE]
            truth, got = (each.search(asked, k, allowed)[0] for each in (exact, index))
            least = np.where(np.isneginf(truth), np.inf, truth).min(axis=1, keepdims=True)
            wanted = (~np.isneginf(truth)).sum(axis=1)
            found[f"filtered_{share:g}_recall"] = float(((got >= least).sum(axis=1) / wanted).mean())
    return found


def ours(vectors: Floats, queries: Floats, k: int, milvus: bool) -> Iterator[dict[str, Any]]:
    for engine in ("exact", "half", "approximate"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            start = time.process_time()
            built = engines.build(vectors, engine)
            built_in = time.process_time() - start
            built.save(folder)
            size = sum(path.stat().st_size for path in folder.iterdir())
            start = time.perf_counter()
            index = engines.load(folder)
            opened_in = time.perf_counter() - start
            index = engines.load(folder, measured(index))
            yield {"build_s": built_in, "bytes": size, "open_s": opened_in} | row_of(
                engine, index, queries, k
            )
    if milvus:
        with tempfile.TemporaryDirectory() as name:
            start = time.process_time()
            server = MilvusServer(str(Path(name) / "milvus.db"))
            index = server.open("benchmark", "offerings", ExactIndex.from_vectors(vectors))
            built_in = time.process_time() - start
            size = sum(path.stat().st_size for path in Path(name).rglob("*") if path.is_file())
            yield {"build_s": built_in, "bytes": size} | row_of("milvus lite", index, queries, k)


def others(vectors: Floats, queries: Floats, k: int) -> Iterator[dict[str, Any]]:
    """What else FAISS offers: the time to name a shortlist, and how much of the best *k* is in it."""
    exact, dimension = ExactIndex.from_vectors(vectors), vectors.shape[1]
    asked = queries[:_ALONE]
    truth = exact.search(asked, k)[0]
    sample = vectors[:: max(1, len(vectors) // 50_000)]

    def shortlist(name: str, index: Any, depth: int, start: float, **how: Any) -> dict[str, Any]:
        built_in = time.process_time() - start
        with one_thread():
            spent = alone(lambda query: index.search(query, depth, **how), asked)
            listed = [index.search(query[None], depth, **how)[1][0] for query in asked]
        found = [exact.score(query, rows[rows >= 0]) for query, rows in zip(asked, listed, strict=True)]
        share = np.array([min(1, (f >= t[-1]).sum() / k) for f, t in zip(found, truth, strict=True)])
        return {
            "engine": f"{name}, {depth} listed",
            "size": len(vectors),
            "k": k,
            "build_s": built_in,
            "single_ms": spent,
            "recall": [{"depth": k, "mean": share.mean(), "p5": np.percentile(share, 5), "min": share.min()}],
        }

    for depth in (4 * k + 1_024, 10 * k):
        start = time.process_time()
        codes = ApproximateIndex.from_vectors(vectors)

        class Ours:
            def search(self, queries: Floats, depth: int, codes: Any = codes) -> Any:
                return None, [rows for _, rows in codes.scan.nearest(queries, depth)]

        yield shortlist("codes of 2 bits", Ours(), depth, start)
    for parts in (dimension // 4, dimension // 2):
        start = time.process_time()
        index = faiss.IndexPQFastScan(dimension, parts, 4, faiss.METRIC_INNER_PRODUCT)
        index.train(sample)
        index.add(vectors)
        for depth in (4 * k + 1_024, 10 * k):
            yield shortlist(f"PQ {parts}×4 fast scan, trained", index, depth, start)
    start = time.process_time()
    index = faiss.IndexRaBitQFastScan(dimension, faiss.METRIC_INNER_PRODUCT)
    index.train(sample)
    index.add(vectors)
    for depth in (4 * k + 1_024, 10 * k):
        yield shortlist("RaBitQ fast scan", index, depth, start)
    lists = int(4 * np.sqrt(len(vectors)))
    start = time.process_time()
    index = faiss.index_factory(dimension, f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
    index.cp.max_points_per_centroid = 64
    index.train(vectors[:: max(1, len(vectors) // (64 * lists))])
    index.add(vectors)
    for share in (0.02, 0.1, 0.3):
        params = faiss.SearchParametersIVF(nprobe=max(1, int(share * lists)))
        yield shortlist(f"IVF {lists}, {share:.0%} of lists", index, k, start, params=params)
    if len(vectors) <= 200_000:
        start = time.process_time()
        index = faiss.IndexHNSWFlat(dimension, 32, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 100
        index.add(vectors)
        for depth in (k, 4 * k):
            params = faiss.SearchParametersHNSW(efSearch=depth)
            yield shortlist(f"HNSW 32, ef {depth}", index, k, start, params=params)


def told(row: dict[str, Any]) -> str:
    deepest = row["recall"][-1] if row["recall"] else None
    kept = f"{deepest['mean']:.4f} / {deepest['p5']:.3f} / {deepest['min']:.3f}" if deepest else "exact"
    filtered = " ".join(
        f"{row[f'filtered_{share:g}_ms']:.2f}"
        + (f" ({row[key]:.3f})" if (key := f"filtered_{share:g}_recall") in row else "")
        for share in SHARES
        if f"filtered_{share:g}_ms" in row
    )
    cells = (
        row["engine"],
        f"{row['build_s']:.1f}",
        f"{row['bytes'] / 1e6:,.0f}" if "bytes" in row else "",
        f"{row['single_ms']:.2f}",
        f"{row['single_10_ms']:.2f}" if "single_10_ms" in row else "",
        f"{row['batch_ms']:.3f}" if "batch_ms" in row else "",
        kept,
        filtered,
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vectors", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("-k", type=int, default=800)
    parser.add_argument("--rows", type=int, default=0, help="only so many, evenly drawn")
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--milvus", action="store_true")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    library()
    vectors, queries = np.load(given.vectors), np.load(given.queries)
    if given.rows:
        vectors = np.ascontiguousarray(vectors[:: len(vectors) // given.rows][: given.rows])
    streamed, multiplied = stream(vectors), product(vectors, queries[:_BATCH])
    fetched = stream(much := np.ones((1 << 19, 256), np.float32)) * vectors.nbytes / much.nbytes
    del much
    say(machine())
    say(
        f"{len(vectors):,} × {vectors.shape[1]}; limit of one query: {fetched:.2f} ms from main memory, ",
        end="",
    )
    say(f"{streamed:.2f} ms the same again and again; of a query in a batch of {_BATCH} {multiplied:.3f} ms")
    say(
        f"| engine | build s | MB | one, k {given.k} | one, k 10 | in a batch | recall mean / p5 / min |",
        end="",
    )
    say(f" filtered {', '.join(f'{share:.1%}' for share in SHARES)} (recall) |")
    say("|---|---|---|---|---|---|---|---|")
    rows = []
    for row in ours(vectors, queries, given.k, given.milvus):
        rows.append(row)
        say(told(row))
    exact = rows[0]
    say(f"exact: one query at {fetched / exact['single_ms']:.0%} of main memory's rate, ", end="")
    say(f"{streamed / exact['single_ms']:.0%} of reading the same again and again; ", end="")
    say(f"a batch at {multiplied / exact['batch_ms']:.0%} of the product")
    if given.others:
        for row in others(vectors, queries, given.k):
            rows.append(row)
            say(told(row))
    if given.json:
        limits = {"memory_ms": fetched, "stream_ms": streamed, "product_ms": multiplied}
        given.json.write_text(json.dumps({"machine": machine(), "limits": limits, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()

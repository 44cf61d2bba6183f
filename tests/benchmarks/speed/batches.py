"""Recommending for everyone beside the same lists asked for one by one, and the bare matrix product."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.store import ReleaseStore
from indexes.vectors import VectorIndex
from recommender import profile
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.matching.common import depth
from recommender.matching.everyone import PART, Direction, Job, columns, lists, who_asks
from recommender.matching.parts import JobFolder
from recommender.matching.running import run
from recommender.query import BuyerQuery, SupplierQuery
from recommender.snapshot import Rows
from tests.benchmarks.speed.limits import matrix_product, one_core
from tests.benchmarks.speed.report import Row, Section
from tests.benchmarks.timing import median
from training.models import packaged_encoder

_SHARE_OF_PRODUCT = 0.7
_TOP_K = 10  # results of a list
_WARMING, _WARM_NEEDS = 32, 4_096
Vectors = NDArray[np.float32]


def batches(home: Path, engine: Engine, most: int) -> list[Section]:
    """At most *most* lists in each direction on one core, then the whole job on all cores."""
    rows = [row for direction in Direction for row in _direction(home, engine, direction, most)]
    with one_core():
        products = _products(engine)
    return [
        Section("Recommending for everyone: ten results each, not explained", rows),
        Section(
            f"The scoring product of a part of {PART} needs, one core",
            products,
            ["Each search names and settles as many rows as a list of suppliers looks at."],
        ),
    ]


def _direction(home: Path, engine: Engine, direction: Direction, most: int) -> Iterable[Row]:
    job = Job(engine.release, direction, date.today())
    every = who_asks(engine.snapshot, job)
    asked = np.random.default_rng(0).permutation(every)[:most]
    whom = "needs" if direction is Direction.SUPPLIERS else "enterprises"
    with one_core():
        for row in range(min(_WARM_NEEDS, engine.snapshot.needs.documents.size)):
            engine.snapshot.need_asking(row)  # what needs demand is read once, whoever asks first
        _one_by_one(engine, job, asked[:_WARMING])
        together = _seconds(partial(_in_parts, engine, job, asked))
        alone = _seconds(partial(_one_by_one, engine, job, asked[: len(asked) // 2]))
    yield Row(
        f"{direction} for {len(asked)} {whom}, one core",
        len(asked) / together,
        "/s",
        "single requests in a loop",
        len(asked) // 2 / alone,
    )
    limited = Job(engine.release, direction, date.today(), limit=8 * most)
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(dir=home) as folder:
        begun = JobFolder.make(Path(folder), limited, min(len(every), limited.limit), PART)
        ran = run(begun, partial(_open, home), cores)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    yield Row(
        f"… the job for {ran.asked}, written as Parquet, {cores} processes",
        ran.asked / ran.seconds,
        "/s",
        "single requests in a loop",
        len(asked) // 2 / alone,
        note=f"with their start; all {len(every):,} would take {len(every) / ran.asked * ran.seconds:,.0f} s;"
        f" a process of this run had {peak / 1e6:,.0f} MB at most",
        curve=f"{direction} for everyone",
    )


def _open(home: Path, release: str) -> Engine:
    return Engine.open(ReleaseStore(home), load_encoder(packaged_encoder()), release)


def _in_parts(engine: Engine, job: Job, rows: Rows) -> None:
    for start in range(0, len(rows), PART):
        columns(engine.parts, job, lists(engine.parts, job, rows[start : start + PART]))


def _one_by_one(engine: Engine, job: Job, rows: Rows) -> None:
    snapshot = engine.snapshot
    for row in rows:
        if job.direction is Direction.SUPPLIERS:
            engine.suppliers(SupplierQuery(snapshot.need(row), job.as_of, job.top_k, explain=False))
            continue
        offerings = tuple(map(snapshot.offering, snapshot.offering_rows(row)))
        engine.buyers(
            BuyerQuery(
                snapshot.enterprise(row),
                offerings,
                job.as_of,
                job.top_k,
                explain=False,
                visibility=job.visible,
            )
        )


def _products(engine: Engine) -> Iterable[Row]:
    snapshot = engine.snapshot
    needs = [snapshot.need(row) for row in range(min(PART, snapshot.needs.documents.size))]
    texts = [profile.need_texts(need) for need in needs]
    parts = [engine.encoder.encode([text[part] for text in texts]) for part in range(3)]
    queries = np.stack([profile.need_vector(*three) for three in zip(*parts, strict=True)])
    return [
        _product("offerings", snapshot.offerings.vectors, queries, 2 * depth(_TOP_K)),
        _product("profiles", snapshot.enterprises.vectors, queries, depth(_TOP_K)),
    ]


def _product(name: str, index: VectorIndex, queries: Vectors, depth: int) -> Row:
    vectors = index.rows(np.arange(index.size))
    ours, bare = median(lambda: index.search(queries, depth), 5), matrix_product(vectors, queries)
    return Row(
        f"the {min(depth, index.size)} best {name} of {index.size:,}, {type(index).__name__}",
        ours,
        peer="np.matmul of the same shape",
        theirs=bare,
        target=f"≥ {_SHARE_OF_PRODUCT:.2f}",
        met=bare / ours >= _SHARE_OF_PRODUCT,
        note=f"{2 * vectors.size * len(queries) / bare / 1e9:.0f} GFLOP/s bare;"
        f" {1e6 * ours / len(queries):.0f} µs of a list",
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start

"""Single requests on one core, by stage; in this process, without HTTP."""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

from recommender.catalogue import Need, NeedStatus, Reader
from recommender.decisions import answer_bytes
from recommender.engine import Engine
from recommender.query import BuyerQuery, SupplierQuery
from recommender.results import Recommendation
from service.answers import document_of
from tests.benchmarks.speed.limits import one_core
from tests.benchmarks.speed.report import Row, Section, percentiles
from tests.benchmarks.speed.stages import watched

TOP_K = 10
_MOST_FIRMS = 100


def open_needs(catalogue: Reader, count: int) -> list[Need]:
    """The first *count* open needs, all of them where there are fewer."""
    return [need for need in catalogue.needs() if need.status is NeedStatus.OPEN][:count]


def asking(engine: Engine, catalogue: Reader, requests: int) -> list[Section]:
    """Latency of *requests* whole requests, from the question to the bytes of the answer."""
    needs = open_needs(catalogue, requests)
    count = min(_MOST_FIRMS, requests)
    today = date.today()

    def unread(time: str, *, explain: bool = True) -> list[SupplierQuery]:
        """The needs by other ids: a need that is kept as it was read spares what its first request pays."""
        anew = [replace(need, need_id=f"{need.need_id} {time}") for need in needs]
        return [SupplierQuery(need, today, top_k=TOP_K, explain=explain) for need in anew]

    plain, explained = unread("plain", explain=False), unread("explained")
    firms = islice(catalogue.enterprises(), 0, 7 * count, 7)
    reverse = [
        BuyerQuery(firm, catalogue.offerings_of(firm.enterprise_id), today, top_k=TOP_K) for firm in firms
    ]

    def suppliers(query: SupplierQuery) -> bytes:
        return _bytes(engine.suppliers(query))

    with one_core():
        for query in unread("warm")[: requests // 10]:
            suppliers(query)
        gc.freeze()  # as the service does with a release that it has opened
        ranked = _timed(suppliers, plain)
        used = time.process_time()
        whole = _timed(suppliers, explained)
        used = (time.process_time() - used) / len(explained)
        buyers = _timed(lambda query: _bytes(engine.buyers(query)), reverse)
        by_stage, watched_whole = _by_stage(suppliers, unread("watched"))
    p50, p95, p99 = percentiles(whole)
    rows = [
        Row(
            "suppliers, explained: p50",
            p50,
            target="≤ 25 ms",
            met=p50 <= 0.025,
            note=f"{used * 1e3:.1f} ms of processor time on average",
            curve="one request, explained, p50",
        ),
        Row("… p95", p95),
        Row(
            "… p99",
            p99,
            target="≤ 3 × p50",
            met=p99 <= 3 * p50,
            note=f"{p99 / p50:.2f} × p50",
            curve="one request, explained, p99",
        ),
    ]
    added = p50 - percentiles(ranked)[0]
    rows.append(Row("… of p50 for explaining", added, target="≤ 15 ms", met=added <= 0.015))
    for name, seconds in (("suppliers, not explained", ranked), ("buyers, explained", buyers)):
        for percent, value in zip((50, 95, 99), percentiles(seconds), strict=True):
            rows.append(Row(f"{name}: p{percent}" if percent == 50 else f"… p{percent}", value))
    total = sum(sum(times) for times in by_stage.values())
    staged = [
        _stage_row(name, times, total, len(explained))
        for name, times in sorted(by_stage.items(), key=lambda item: -sum(item[1]))
    ]
    inside, _, _ = percentiles(watched_whole)
    return [
        Section(f"One request, one core, ten results ({len(needs)} needs)", rows),
        Section(
            "Stages of an explained request: p50",
            staged,
            [
                f"With every stage watched a request takes {inside * 1e3:.1f} ms at p50,"
                f" without {p50 * 1e3:.1f} ms."
            ],
        ),
    ]


def _bytes(found: Recommendation) -> bytes:
    return answer_bytes(document_of(found))


def _timed(ask: Callable[..., object], queries: Sequence[object]) -> list[float]:
    seconds = []
    for query in queries:
        start = time.perf_counter()
        ask(query)
        seconds.append(time.perf_counter() - start)
    return seconds


def _by_stage(
    ask: Callable[[SupplierQuery], object], queries: Sequence[SupplierQuery]
) -> tuple[dict[str, list[float]], list[float]]:
    """Stage → seconds of each request that entered it, and the seconds of each request."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    whole = []
    with watched() as stages:
        for query in queries:
            stages.take()
            ask(query)
            taken = stages.take()
            whole.append(sum(taken.values()))
            for stage, seconds in taken.items():
                found[stage].append(seconds)
    return dict(found), whole


def _stage_row(name: str, times: list[float], total: float, requests: int) -> Row:
    p50, p95, p99 = (value * 1e3 for value in percentiles(times))
    often = f", in {len(times)} of {requests} requests" if len(times) < requests else ""
    return Row(name, p50 / 1e3, note=f"{sum(times) / total:.0%}; p95 {p95:.2f} ms, p99 {p99:.2f} ms{often}")

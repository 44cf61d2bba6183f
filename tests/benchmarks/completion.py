"""``python -m tests.benchmarks.completion HOME DIR [--show N]``: what the other links cost.

HOME is a workspace with a release; DIR is the data folder that holds ``catalogue/needs_tenders.jsonl`` and
``catalogue/needs_soe.csv``. Of the needs of DIR, and of those of the release that DIR does not hold, it takes
all that call for a partner. Prints how many do on each link; how long the processor takes to read what a need
calls for; what transfer over the chain graph, completion, and both together add to finding its suppliers, and
the share of needs to which they add more than 10 ms, when they are first asked and when they are asked again;
and with ``--show`` N drawn needs with their partners, to be judged by a reader.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from indexes.store import ReleaseStore
from recommender.catalogue.domain import Link, Need
from recommender.completion import CompletionQuery, Suggestion
from recommender.completion.answer import case_of
from recommender.completion.table import rows
from recommender.completion.triggers import called
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.query import SupplierQuery
from recommender.stages import clocked
from tests.benchmarks.requirements import read_texts
from training.models import packaged_encoder

_SEED = 11
_MOST = 10.0  # milliseconds that transfer and completion may add to a request


def needs_of(data: Path) -> list[Need]:
    """The notices in *data* as needs."""
    texts = read_texts(data)
    names = dict.fromkeys((source, id) for source, id, _ in texts if source.startswith("needs_"))
    return [
        Need(id, *(texts[source, id, field][:20_000] for field in ("title", "description", "qualification")))
        for source, id in names
        if texts[source, id, "title"]
    ]


def reading(needs: Sequence[Need], day: date) -> tuple[list[float], list[Need], Counter[str]]:
    """Milliseconds of the processor to find what calls for a partner, requirements being read; the needs that
    call for one; and how many call for one on each link."""
    rows()  # the table is read once in a process
    times: list[float] = []
    calling: list[Need] = []
    links: Counter[str] = Counter()
    for need in needs:
        case = case_of(CompletionQuery(need, day))
        start = time.thread_time()
        found, _ = called(case, list(Link))
        times.append(1e3 * (time.thread_time() - start))
        links.update({each.row.partner.link.value for each in found})
        if found:
            calling.append(need)
    return times, calling, links


def own_needs(engine: Engine, but: Sequence[Need]) -> list[Need]:
    """The needs of the release, without those of the ids that *but* have."""
    known, documents = {need.need_id for need in but}, engine.snapshot.needs.documents
    rows = [row for row in range(documents.size) if documents.id_of(row) not in known]
    return [engine.snapshot.need(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Added:
    """Milliseconds of the processor for each need: its suppliers, how much of that is ``transfer``, and what
    completing adds; and how many searches of partners that took in all."""

    suppliers: list[float]
    transfer: list[float]
    completion: list[float]
    searches: int


def adding(engine: Engine, needs: Sequence[Need], day: date) -> Added:
    found, searches = Added([], [], [], 0), 0
    for need in needs:
        start = time.thread_time()
        with clocked(time.thread_time) as seconds:
            engine.suppliers(SupplierQuery(need, day))
        between = time.thread_time()
        completion = engine.complete(CompletionQuery(need, day))
        found.completion.append(1e3 * (time.thread_time() - between))
        found.suppliers.append(1e3 * (between - start))
        found.transfer.append(1e3 * seconds["graph"])
        searches += len(completion.suggestions)
    return replace(found, searches=searches)


def spread(times: Sequence[float]) -> str:
    ordered = sorted(times)
    at = [ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95, 1.0)]
    return "median {:.2f} ms, 95 % {:.2f} ms, longest {:.2f} ms".format(*at)


def above(times: Sequence[float]) -> str:
    more = sum(each > _MOST for each in times)
    return f"more than {_MOST:.0f} ms for {more:,} of {len(times):,} ({more / len(times):.1%})"


def lines(suggestion: Suggestion) -> Iterator[str]:
    quotes = "; ".join(f"{each.source.field} “{each.source.span}”" for each in suggestion.triggers)
    yield f"  {suggestion.partner.link} {suggestion.partner.zh} ← {quotes}"
    for result in suggestion.results:
        yield f"      {result.score:.2f} {result.name} “{result.evidence[0].offer.span}”"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.completion")
    parser.add_argument("home", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--show", type=int, default=0, metavar="N")
    given = parser.parse_args(arguments)
    out, day, rng = sys.stdout, date.today(), random.Random(_SEED)
    engine = Engine.open(ReleaseStore(given.home), load_encoder(packaged_encoder()))
    start = time.process_time()
    engine.warm()
    gc.collect()
    gc.freeze()  # as the service does with a release that it has opened
    out.write(f"opened and warmed as a server is, in {time.process_time() - start:.2f} s\n")
    needs = needs_of(given.data)
    needs += own_needs(engine, needs)
    times, calling, links = reading(needs, day)
    out.write(f"{len(needs):,} needs; what calls for a partner is read in {spread(times)}\n")
    out.write(
        f"{len(calling):,} call for one: {', '.join(f'{link} {n:,}' for link, n in links.most_common())}\n"
    )
    count = engine.snapshot.manifest.counts["offerings"]
    rng.shuffle(calling)
    for when in ("at first", "then"):  # kinds of partners are foreseen; things, chains and firms are not
        added = adding(engine, calling, day)
        both = [one + other for one, other in zip(added.transfer, added.completion, strict=True)]
        out.write(f"on {count:,} offerings, {when}: suppliers for a need take {spread(added.suppliers)};\n")
        out.write(f"  transfer takes {spread(added.transfer)} of that, {above(added.transfer)};\n")
        out.write(
            f"  completing adds {spread(added.completion)}, {above(added.completion)}, "
            f"with {added.searches / len(calling):.1f} searches;\n"
        )
        out.write(f"  transfer and completion together {spread(both)}, {above(both)}\n")
    for need in calling[: given.show]:
        out.write(f"\n{need.need_id} {need.title}\n")
        for suggestion in engine.complete(CompletionQuery(need, day, top_k=2)).suggestions:
            out.write("\n".join(lines(suggestion)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

"""``python -m tests.benchmarks.completion HOME DIR [--show N]``: what the other links cost.

HOME is a workspace with a release; DIR is the data folder that holds ``catalogue/needs_tenders.jsonl`` and
``catalogue/needs_soe.csv``. Prints how long the processor takes to read what a need calls for, and to
complete it beside finding its suppliers, on needs of DIR; how many needs call for a partner on each link; and
with ``--show`` N drawn needs that call for one, with their partners, to be judged by a reader.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
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
from tests.benchmarks.requirements import read_texts
from training.models import packaged_encoder

_DRAWN = 200  # needs that are completed
_SEED = 11


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


def spread(times: Sequence[float]) -> str:
    ordered = sorted(times)
    at = [ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95, 1.0)]
    return "median {:.2f} ms, 95 % {:.2f} ms, longest {:.2f} ms".format(*at)


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
    needs = needs_of(given.data)
    engine = Engine.open(ReleaseStore(given.home), load_encoder(packaged_encoder()))
    start = time.process_time()
    engine.warm()
    out.write(f"opened and warmed as a server is, in {time.process_time() - start:.2f} s\n")
    times, calling, links = reading(needs, day)
    out.write(f"{len(needs):,} needs; what calls for a partner is read in {spread(times)}\n")
    out.write(
        f"{len(calling):,} call for one: {', '.join(f'{link} {n:,}' for link, n in links.most_common())}\n"
    )
    drawn = rng.sample(calling, k=min(_DRAWN, len(calling)))
    count = engine.snapshot.manifest.counts["offerings"]
    for when in ("at first", "then"):  # what is sought beside a thing is sought for each thing once
        alone, whole, searches = [], [], 0
        for need in drawn:
            start = time.thread_time()
            engine.suppliers(SupplierQuery(need, day))
            between = time.thread_time()
            searches += len(engine.complete(CompletionQuery(need, day)).suggestions)
            alone.append(1e3 * (between - start))
            whole.append(1e3 * (time.thread_time() - between))
        out.write(f"on {count:,} offerings, {when}: suppliers for a need take {spread(alone)};\n")
        out.write(f"completing it adds {spread(whole)}, with {searches / len(drawn):.1f} searches\n")
    for need in drawn[: given.show]:
        out.write(f"\n{need.need_id} {need.title}\n")
        for suggestion in engine.complete(CompletionQuery(need, day, top_k=2)).suggestions:
            out.write("\n".join(lines(suggestion)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

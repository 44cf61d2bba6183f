"""``python -m tests.benchmarks.crossing HOME [--draw N] [--show]``: are cross-chain answers sensible?

HOME is a workspace with a release that holds real needs and the real chain graph. Needs are taken in a fixed
random order; of each the first four answers of ``scope=cross`` that have a path are drawn, until there are N.
``crossing_judgments.csv`` holds what a reader said of each after reading the need, the offering and the path:
*sensible* (worth a call), *doubtful* (conceivable, but much is missing) or *silly*. An answer is named by the
first 16 characters of the sha256 of ``need TAB enterprise TAB path``, so that another path to the same
enterprise is another answer. ``--show`` prints the answers to be read.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from indexes.store import ReleaseStore
from recommender.catalogue import Need, Scope
from recommender.chains.transfer import reaching
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.query import SupplierQuery
from recommender.results import Result
from tests.benchmarks.edges import wilson
from training.models import packaged_encoder

JUDGMENTS = Path(__file__).with_name("crossing_judgments.csv")
VERDICTS = ("sensible", "doubtful", "silly")
_SEED, _DRAWN, _EACH = 20261127, 60, 4


@dataclass(frozen=True, slots=True)
class Answer:
    """A cross-chain answer to *need*; ``path`` as in :class:`recommender.results.Result`."""

    need: Need
    result: Result
    path: Mapping[str, Any]

    @property
    def mark(self) -> str:
        names = "→".join(self.path["path"])
        text = f"{self.need.need_id}\t{self.result.enterprise_id}\t{names}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def lines(self) -> Iterator[str]:
        steps = "; ".join(f"{step['zh']} {step['confidence']}" for step in self.path["steps"])
        yield f"{self.mark} {self.need.need_id} {self.need.title}"
        yield f"    {self.result.name} “{self.path['offering']['title']}” {self.result.score:.2f}"
        yield f"    {' → '.join(self.path['path'])} ({steps})"


def answers(engine: Engine, seed: int = _SEED) -> Iterator[Answer]:
    """The cross-chain answers to the release's needs, needs in random order."""
    rows = list(range(engine.snapshot.needs.documents.size))
    random.Random(seed).shuffle(rows)
    for row in rows:
        need = engine.snapshot.need(row)
        reached = reaching(engine.snapshot.graph, need, engine.encoder.encode)
        if reached is None or not any(way.leaves for way in reached.ways):
            continue
        found = engine.suppliers(SupplierQuery(need, date.today(), scope=Scope.CROSS)).results
        told = [(each, each.cross_chain or {}) for each in found]
        yield from [Answer(need, each, path) for each, path in told if path.get("path")][:_EACH]


def judgments() -> dict[str, str]:
    with open(JUDGMENTS, encoding="utf-8", newline="") as file:
        return {row["answer"]: row["verdict"] for row in csv.DictReader(file)}


def report(drawn: Sequence[Answer], known: Mapping[str, str]) -> Iterator[str]:
    counts = Counter(known.get(each.mark, "not judged") for each in drawn)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in (*VERDICTS, "not judged"))
    yield f"{len(drawn)} cross-chain answers to {len({a.need.need_id for a in drawn})} real needs: {told}"
    judged = counts.total() - counts["not judged"]
    low, high = wilson(counts["silly"], judged)
    yield f"silly: {counts['silly'] / max(judged, 1):.1%} [{low:.1%}, {high:.1%}] of {judged}"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.crossing")
    parser.add_argument("home", type=Path)
    parser.add_argument("--draw", type=int, default=_DRAWN, metavar="N")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args(arguments)
    engine = Engine.open(ReleaseStore(given.home), load_encoder(packaged_encoder()))
    drawn = [each for _, each in zip(range(given.draw), answers(engine), strict=False)]
    for each in drawn if given.show else ():
        sys.stdout.write("\n".join(each.lines()) + "\n")
    sys.stdout.write("\n".join(report(drawn, judgments())) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

"""From catalogue to release: full, one per cent changed, nothing changed; time, peak memory, size."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recommender.catalogue import Catalogue, Kind, as_record, open_catalogue
from tests.benchmarks.speed.report import Row, Section

EVERY = 100  # one enterprise in a hundred changes


@dataclass(frozen=True, slots=True)
class Run:
    """A command that has ended well: wall seconds, peak resident bytes, what it printed."""

    seconds: float
    peak: int
    printed: bytes


def command(home: Path, *words: str) -> Run:
    """Run ``rongtong WORDS --home HOME`` in a process of its own; CalledProcessError where it fails."""
    line = [sys.executable, "-m", "service.cli.main", *words, "--home", str(home)]
    # an installed program is compiled, whatever the environment of the benchmark says of its own modules
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        start = time.perf_counter()
        process = subprocess.Popen(line, stdout=out, stderr=error, env=compiled)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        error.seek(0)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, line, out.read(), error.read()[-4000:])
        return Run(seconds, usage.ru_maxrss * 1024, out.read())


def refreshing(home: Path) -> Section:
    """Refresh the workspace in *home*, which is changed: one per cent of its enterprises, twice."""
    full, first = _refresh(home, "--full")
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        counts = ", ".join(f"{count:,} {kind}" for kind, count in catalogue.counts().items())
        change(catalogue, EVERY, "。")
    little, second = _refresh(home)
    nothing, _ = _refresh(home)
    size = release_bytes(home)
    share = little.seconds / full.seconds
    return Section(
        "Refresh",
        [
            Row("full", full.seconds, note=counts, curve="refresh, full"),
            Row(
                "1 % of the enterprises changed, with all that they offer",
                little.seconds,
                peer="full",
                theirs=full.seconds,
                target="≤ 5 % of full",
                met=share <= 0.05,
                note=f"{share:.1%} of full",
                curve="refresh, 1 % changed",
            ),
            Row("nothing changed", nothing.seconds, peer="full", theirs=full.seconds),
            Row("peak memory, full", full.peak, "B", curve="peak memory of a full refresh"),
            Row("peak memory, 1 % changed", little.peak, "B"),
            Row("size of the release", size, "B", curve="size of the release"),
        ],
        [
            f"Full by stage: {_stages(first)}.",
            f"1 % by stage: {_stages(second)}; {second['embedded']:,} texts embedded.",
        ],
    )


def change(catalogue: Catalogue, every: int, mark: str) -> int:
    """Append *mark* to the descriptions of one enterprise in *every* and of its offerings; their number."""
    firms = [firm for number, firm in enumerate(catalogue.enterprises()) if number % every == 0]
    offerings = [one for firm in firms for one in catalogue.offerings_of(firm.enterprise_id)]
    with catalogue.transaction() as transaction:
        for kind, found in ((Kind.ENTERPRISES, firms), (Kind.OFFERINGS, offerings)):
            records = [
                {name: value for name, value in as_record(one).items() if name != "contact"}
                | {"description": one.description + mark}
                for one in found
            ]
            transaction.upsert(kind, records, given={"description"} | _key(kind))
    return len(firms) + len(offerings)


def release_bytes(home: Path) -> int:
    """Bytes of the live release's files."""
    live = home / "releases" / (home / "CURRENT").read_text().strip()
    return sum(path.stat().st_size for path in live.rglob("*") if path.is_file())


def _key(kind: Kind) -> set[str]:
    return {"offering_id", "enterprise_id"} if kind is Kind.OFFERINGS else {"enterprise_id"}


def _refresh(home: Path, *options: str) -> tuple[Run, Mapping[str, Any]]:
    run = command(home, "refresh", *options, "--json")
    return run, json.loads(run.printed)


def _stages(report: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report["seconds"].items())

"""``rongtong recommend everyone``"""

from __future__ import annotations

import os
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.common import Home, Json, output, print_json, progress, workspace
from service.cli.options import AsOf, as_day

if TYPE_CHECKING:
    from recommender.engine import Engine
    from recommender.matching.parts import JobFolder
    from service.settings import Settings
    from service.workspace import Workspace


class Whom(StrEnum):
    SUPPLIERS = "suppliers"
    BUYERS = "buyers"


def register(app: typer.Typer) -> None:
    app.command("everyone")(everyone)


def everyone(
    whom: Annotated[
        Whom,
        typer.Argument(
            help="suppliers: for every open need; buyers: needs for every enterprise that is not large."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the Parquet files go.")],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the job in FOLDER; its own options hold.")
    ] = False,
    top_k: Annotated[
        int, typer.Option("--top-k", metavar="K", help="How many results each, 1 to 1000.")
    ] = 10,
    where: Annotated[
        str,
        typer.Option("--where", metavar="FILTERS", help="Hard filters on the results, like 'region=31'."),
    ] = "",
    large: Annotated[bool, typer.Option("--large", help="Buyers for large enterprises, too.")] = False,
    processes: Annotated[
        int, typer.Option("--processes", metavar="N", min=0, help="How many at once (0: one a core).")
    ] = 0,
    as_of: AsOf = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Lists for everyone, written as Parquet; an interrupted job goes on with --resume."""
    from recommender.matching.running import run

    place = workspace(home)
    folder = _found(out) if resume else None
    if folder is None:
        folder = _begun(place, out, whom, top_k, where, large=large, as_of=as_of)
    opening = partial(_open, place.settings)
    with progress("recommend") as bar:
        ran = run(folder, opening, processes or len(os.sched_getaffinity(0)), bar(folder.job.direction.value))
    if folder.pinned:
        place.store().unpin(folder.job.release)
    summary = {
        "out": str(out),
        "release": folder.job.release,
        "asked": ran.asked,
        "done_now": ran.done,
        "results": ran.results,
        "seconds": round(ran.seconds, 3),
    }
    if as_json:
        print_json(summary)
        return
    rate = f", {ran.done / ran.seconds:,.0f} a second" if ran.done else ""
    output().print(
        f"[green]✓[/] {ran.asked:,} asked, {ran.results:,} results → {out} ({ran.seconds:,.1f} s{rate})"
    )


def _found(out: Path) -> JobFolder | None:
    from recommender.matching.parts import JobFolder

    return JobFolder.open(out)


def _begun(
    place: Workspace, out: Path, whom: Whom, top_k: int, where: str, *, large: bool, as_of: str
) -> JobFolder:
    """A new job on the live release, which is pinned until it is done: who goes on tomorrow finds it."""
    from recommender.matching.everyone import PART, Direction, Job, who_asks
    from recommender.matching.parts import JobFolder
    from recommender.query import Filters

    filters, day = Filters.parse(where), as_day(as_of)
    engine, store = place.engine(), place.store()
    job = Job(engine.release, Direction(whom.value), day, top_k, filters, large)
    asked = len(who_asks(engine.snapshot, job))
    new = job.release not in store.pinned()
    folder = JobFolder.make(out, job, asked, PART, pinned=new)
    if new:
        store.pin(job.release)
    return folder


def _open(settings: Settings, release: str) -> Engine:
    """The engine on *release*, in whichever process asks for it."""
    from recommender.engine import Engine
    from service.workspace import Workspace

    place = Workspace(settings)
    return Engine.open(place.store(), place.encoder(), release)

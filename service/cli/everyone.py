"""``rongtong recommend everyone``"""

from __future__ import annotations

import os
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.errors import InputError
from service.cli.common import Home, Json, messages, output, print_json, progress, workspace
from service.cli.options import AsOf, as_day

if TYPE_CHECKING:
    from recommender.engine import Engine
    from recommender.matching.everyone import Job
    from recommender.matching.parts import JobFolder
    from service.settings import Settings
    from service.workspace import Workspace


class Whom(StrEnum):
    SUPPLIERS = "suppliers"
    BUYERS = "buyers"


def register(app: typer.Typer) -> None:
    app.command("everyone")(everyone)


def everyone(
    context: typer.Context,
    whom: Annotated[
        Whom,
        typer.Argument(
            help="suppliers: for every open need; buyers: needs for every enterprise that is not large."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the Parquet files go.")],
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the job in FOLDER, on the release that it began with."),
    ] = False,
    top_k: Annotated[
        int, typer.Option("--top-k", metavar="K", help="How many results each, 1 to 1000.")
    ] = 10,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="FILTERS", help="Hard filters on the results, like 'region=31'."),
    ] = None,
    large: Annotated[bool, typer.Option("--large", help="Buyers for large enterprises, too.")] = False,
    public: Annotated[
        bool,
        typer.Option("--public", help="Only needs that everybody may see: for lists that are handed out."),
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=0, help="Only the first N who ask, to try (0: all).")
    ] = 0,
    processes: Annotated[
        int, typer.Option("--processes", metavar="N", min=0, help="How many at once (0: one a core).")
    ] = 0,
    as_of: AsOf = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Lists for everyone, written as Parquet; an interrupted job goes on with --resume."""
    from recommender.matching.everyone import Direction, Job
    from recommender.matching.parts import JobFolder
    from recommender.matching.running import run
    from recommender.query import Filters

    job = Job(
        "", Direction(whom.value), as_day(as_of), top_k, Filters.parse(*(where or ())), large, public, limit
    )
    place = workspace(home)
    folder = JobFolder.open(out) if resume else None
    if folder is None:
        folder = _begun(place, out, job)
    else:
        _check_same(context, folder.job, job)
        _hold(place, folder)
    release = folder.job.release
    opening = partial(_open, place.settings)
    let_go = partial(place.store().unpin, release) if folder.pinned and not folder.complete else None
    try:
        with progress("recommend") as bar:
            ran = run(folder, opening, processes or len(os.sched_getaffinity(0)), bar(whom.value), let_go)
    except KeyboardInterrupt:
        messages().print(f"[yellow]![/] interrupted; go on with --resume --out {out}", soft_wrap=True)
        raise
    summary = {
        "out": str(out),
        "release": release,
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


def _begun(place: Workspace, out: Path, job: Job) -> JobFolder:
    """A new job on the live release, which is pinned until it is done: who goes on tomorrow finds it."""
    from recommender.matching.everyone import PART, who_asks
    from recommender.matching.parts import JobFolder

    engine, store = place.engine(), place.store()
    job = replace(job, release=engine.release)
    new = job.release not in store.pinned()
    folder = JobFolder.make(out, job, len(who_asks(engine.snapshot, job)), PART, pinned=new)
    if new:
        store.pin(job.release)
    return folder


def _hold(place: Workspace, folder: JobFolder) -> None:
    """Keep the release of a job that goes on: a kill may have come before it was pinned.

    Raises NoRelease where it is gone, DamagedRelease where it is not whole.
    """
    from indexes.errors import NoRelease

    if folder.complete:
        return
    store, release = place.store(), folder.job.release
    try:
        store.open(release)
    except NoRelease as error:
        raise NoRelease(
            "The release that the job began with is gone, and another would give other lists.",
            field="release",
            value=release,
            mend="begin anew in another folder",
        ) from error
    if folder.pinned:
        store.pin(release)


_OPTIONS = {
    "top_k": "top_k",
    "where": "filters",
    "large": "large",
    "public": "public",
    "limit": "limit",
    "as_of": "as_of",
}


def _check_same(context: typer.Context, begun: Job, asked: Job) -> None:
    """Raises InputError where the command asks for something else than the job that it is to go on with."""
    given = [
        part
        for option, part in _OPTIONS.items()
        if getattr(context.get_parameter_source(option), "name", "") == "COMMANDLINE"
    ]
    for part in ("direction", *given):
        wanted, found = _told(getattr(asked, part)), _told(getattr(begun, part))
        if wanted != found:
            option = {"direction": "whom", "filters": "where"}.get(part, part)
            whom = f"name {found}" if part == "direction" else "go on without this option"
            raise InputError(
                f"The folder holds another job: its {option} is {found or 'nothing'}.",
                field=option,
                value=wanted,
                mend=f"{whom}, or begin anew in another folder",
            )


def _told(value: object) -> str:
    """*value* of a job as the command line writes it."""
    from recommender.query import Filters

    if isinstance(value, Filters):
        return ",".join(f"{name}={one}" for name, several in value.to_json().items() for one in several)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _open(settings: Settings, release: str) -> Engine:
    """The engine on *release*, which the command has verified, in whichever process asks for it."""
    from recommender.engine import Engine
    from service.workspace import Workspace

    place = Workspace(settings)
    return Engine.open(place.store(), place.encoder(), release, contents=False, milvus=place.milvus())

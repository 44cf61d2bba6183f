"""``rongtong doctor``: is the workspace healthy, and if not, what mends it?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexes.errors import RongtongError
from service.cli.common import Home, Json, output, print_json, workspace

if TYPE_CHECKING:
    from service.workspace import Workspace

ROOM = 500_000_000  # bytes: a refresh of a large catalogue writes less


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. ``mend`` is empty where all is well."""

    check: str
    healthy: bool
    detail: str
    mend: str = ""


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(home: Home = None, as_json: Json = False) -> None:
    """Check the workspace and say how to mend what is wrong. Exit code 0 only when it is healthy."""
    findings = list(examine(workspace(home)))
    healthy = all(each.healthy for each in findings)
    if as_json:
        print_json({"healthy": healthy, "checks": [asdict(each) for each in findings]})
    else:
        from rich.markup import escape

        console = output()
        for each in findings:
            mark = "[green]✓[/]" if each.healthy else "[red]✗[/]"
            console.print(f"{mark} {each.check:<10} {escape(each.detail)}")
            if not each.healthy and each.mend:
                console.print(f"            [cyan]→ {escape(each.mend)}[/]")
        console.print("[green]healthy[/]" if healthy else "[red]not healthy[/]")
    if not healthy:
        raise typer.Exit(1)


def examine(place: Workspace) -> Iterator[Finding]:
    """Every check, in an order in which mending makes sense. Changes nothing in the workspace."""
    found = _home(place.home)
    yield found
    yield _room(place.home)
    if not found.healthy:
        return
    yield from _guarded("catalogue", lambda: _catalogue(place))
    yield from _guarded("release", lambda: _release(place))
    yield from _guarded("encoder", lambda: _encoder(place))
    yield from _guarded("up to date", lambda: _up_to_date(place))
    yield from _guarded("leftovers", lambda: _leftovers(place))


def _guarded(check: str, look: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield look()
    except RongtongError as error:
        yield Finding(check, False, error.message, error.mend)


def _home(home: Path) -> Finding:
    if not home.is_dir():
        return Finding(
            "home", False, f"{home} does not exist", "import something first, or name another with --home"
        )
    if not os.access(home, os.W_OK | os.X_OK):
        return Finding(
            "home", False, f"{home} cannot be written to", "give yourself the right to write there"
        )
    return Finding("home", True, str(home))


def _room(home: Path) -> Finding:
    place = home.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    detail = f"{free / 1e9:,.1f} GB free"
    return Finding(
        "disk",
        free >= ROOM,
        detail,
        "" if free >= ROOM else "free some space, or `rongtong releases prune --keep 2`",
    )


def _catalogue(place: Workspace) -> Finding:
    settings = place.settings
    if not settings.database_url and not (place.home / "catalogue.db").exists():
        return Finding("catalogue", False, "there is no catalogue yet", "rongtong import enterprises FILE")
    with place.catalogue() as catalogue:
        counts = {kind.value: number for kind, number in catalogue.counts().items()}
    detail = ", ".join(f"{number:,} {kind}" for kind, number in counts.items())
    if not counts["enterprises"]:
        return Finding("catalogue", False, detail, "rongtong import enterprises FILE")
    return Finding("catalogue", True, detail)


def _release(place: Workspace) -> Finding:
    from indexes.release import verify

    live = place.store().current()
    if live.remark:
        return Finding("release", False, live.remark, f"rongtong releases promote {live.id}")
    problems = verify(live.path)
    if problems:
        return Finding(
            "release",
            False,
            f"{live.id}: {problems[0]}",
            "rongtong releases rollback, or rongtong refresh --full",
        )
    return Finding("release", True, f"{live.id} is whole")


def _encoder(place: Workspace) -> Finding:
    from indexes.release import load_manifest

    encoder = place.encoder()
    made_with = load_manifest(place.store().current().path).encoder
    if made_with.fingerprint != encoder.fingerprint:
        return Finding(
            "encoder",
            False,
            f"{encoder.name} is not what the release was made with ({made_with.name})",
            "rongtong refresh, or set RONGTONG_ENCODER back",
        )
    return Finding("encoder", True, f"{encoder.name}, {encoder.dimension} dimensions")


def _up_to_date(place: Workspace) -> Finding:
    from indexes.release import load_manifest

    released = load_manifest(place.store().current().path).counts
    with place.catalogue() as catalogue:
        now = {kind.value: number for kind, number in catalogue.counts().items()}
    differ = [
        f"{name}: {count:,} in the release, {now[name]:,} in the catalogue"
        for name, count in released.items()
        if name in now and now[name] != count
    ]
    return Finding(
        "up to date",
        not differ,
        "; ".join(differ) or "the release holds what the catalogue holds",
        "rongtong refresh" if differ else "",
    )


def _leftovers(place: Workspace) -> Finding:
    rests = place.store().leftovers()
    if rests:
        names = ", ".join(path.name for path in rests[:3])
        return Finding(
            "leftovers", False, f"a killed refresh left {names}", "the next rongtong refresh removes them"
        )
    return Finding("leftovers", True, "none")

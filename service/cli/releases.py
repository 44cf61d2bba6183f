"""``rongtong releases …``: the life of a release."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.errors import DamagedRelease, ReleaseError, VectorServerError
from service.cli.common import Home, Json, group, messages, output, print_json, workspace
from service.cli.compare import compare

if TYPE_CHECKING:
    from indexes.marks import Forced
    from indexes.shelf import Live, ReleaseInfo

app = group("List, check, promote, roll back and remove releases.")
ReleaseId = Annotated[str, typer.Argument(metavar="ID", help="Id of a release, as `releases list` shows it.")]
Force = Annotated[
    bool,
    typer.Option("--force", help="Even when the release did not pass its checks; this is recorded."),
]
_COLOURS = {"passed": "green", "forced": "yellow", "refused": "red", "damaged": "red", "other format": "red"}


@app.command("list")
def list_releases(home: Home = None, as_json: Json = False) -> None:
    """All releases, newest first."""
    store = workspace(home).store()
    releases = store.list()
    if as_json:
        print_json({"releases": [_summary(each) for each in releases]})
        return
    if not releases:
        messages().print("There is no release yet. Next: rongtong refresh")
        return
    from rich.table import Table

    table = Table("", "release", "created", "rows", "size", "gates", "", box=None, header_style="bold")
    for each in releases:
        found = each.manifest
        marks = [*(["pinned"] if each.pinned else []), *(["in use"] if each.in_use else [])]
        table.add_row(
            "[green]●[/]" if each.live else " ",
            f"[bold]{each.id}[/]" if each.live else each.id,
            found.created if found else "",
            ", ".join(f"{name} {count:,}" for name, count in found.counts.items()) if found else "",
            _megabytes(found.size) if found else "",
            f"[{_COLOURS[each.state]}]{each.state}[/]",
            ", ".join(marks),
        )
    output().print(table)
    if not any(each.live for each in releases):
        with suppress(ReleaseError):  # told of each below
            messages().print(store.current().remark, style="yellow", markup=False)
    for each in releases:
        if each.forced:
            messages().print(f"{each.id} was {_forced(each.forced)}", style="yellow", markup=False)
        elif each.problem:
            messages().print(f"{each.id}: {each.problem}", style="red", markup=False)


@app.command("show")
def show(release: ReleaseId, home: Home = None, as_json: Json = False) -> None:
    """What a release holds and how it was made: its manifest, and what was decided about it since."""
    from rich.text import Text

    from indexes.release import load_manifest
    from recommender.refresh import gate_json
    from service.cli.refresh import show_gate

    store = workspace(home).store()
    found = store.info(release)
    if found.manifest is None:
        load_manifest(store.path(release))  # raises, and says how to mend it
    manifest = found.manifest
    assert manifest is not None
    marks = {"live": found.live, "pinned": found.pinned, "in_use": found.in_use, "state": found.state}
    if as_json:
        forced = {"at": found.forced.at, "gates": list(found.forced.gates)} if found.forced else None
        print_json(manifest.to_json() | marks | {"forced": forced})
        return
    console = output()
    told = ", ".join(name.replace("_", " ") for name, held in marks.items() if held is True)
    console.print(f"[bold]{manifest.release}[/]  {manifest.created}  [green]{told}[/]")
    if found.forced:
        console.print(Text(f"  {_forced(found.forced)}", style="yellow"))
    console.print(f"  format   {manifest.format}")
    console.print(f"  parent   {manifest.parent or '(none)'}")
    console.print(f"  encoder  {manifest.encoder.name}, {manifest.encoder.dimension} dimensions")
    console.print(f"           [dim]{manifest.encoder.fingerprint}[/]")
    if ranker := manifest.files.get("ranker.json"):
        console.print(f"  ranker   [dim]{ranker.sha256}[/]")
    console.print("  counts   " + ", ".join(f"{name} {count:,}" for name, count in manifest.counts.items()))
    console.print(f"  files    {len(manifest.files)}, {_megabytes(manifest.size)}")
    for gate in manifest.gates:
        show_gate(console, gate_json(gate))


@app.command("verify")
def verify_release(release: ReleaseId, home: Home = None, as_json: Json = False) -> None:
    """Compare every file of a release with its manifest (size, sha256). Exit code 1 if one differs."""
    from indexes.release import verify

    problems = verify(workspace(home).store().path(release))
    if as_json:
        found = [{"path": each.path, "kind": each.kind, "detail": each.detail} for each in problems]
        print_json({"release": release, "whole": not problems, "problems": found})
    elif not problems:
        output().print(f"[green]✓[/] {release} is whole")
    else:
        console = output()
        for each in problems:
            console.print(f"[red]✗[/] {each.path}: {each.detail}", markup=True)
    if problems:
        raise typer.Exit(DamagedRelease.exit_code)


app.command("compare")(compare)


@app.command("promote")
def promote(release: ReleaseId, force: Force = False, home: Home = None, as_json: Json = False) -> None:
    """Make a release the live one, after verifying it."""
    _tell(workspace(home).store().promote(release, force=force), as_json)


@app.command("rollback")
def rollback(
    release: Annotated[
        str, typer.Argument(metavar="[ID]", help="The release to return to (default: the newest older one).")
    ] = "",
    force: Force = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Return to an older release."""
    _tell(workspace(home).store().rollback(release or None, force=force), as_json)


@app.command("pin")
def pin(release: ReleaseId, home: Home = None, as_json: Json = False) -> None:
    """Keep a release from being pruned."""
    workspace(home).store().pin(release)
    _done({"release": release, "pinned": True}, f"{release} is pinned", as_json)


@app.command("unpin")
def unpin(release: ReleaseId, home: Home = None, as_json: Json = False) -> None:
    """Undo `pin`."""
    workspace(home).store().unpin(release)
    _done({"release": release, "pinned": False}, f"{release} is no longer pinned", as_json)


@app.command("prune")
def prune(
    keep: Annotated[int, typer.Option("--keep", metavar="N", min=1, help="How many of the newest to keep.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Remove all but the newest N releases; the live one, pinned ones and those in use stay."""
    place = workspace(home)
    done = place.store().prune(keep)
    try:
        if server := place.milvus():
            server.drop(done.removed)
    except VectorServerError as problem:  # the releases are gone all the same
        messages().print(str(problem), style="yellow", markup=False)
    sentence = f"{len(done.removed)} removed"
    if done.in_use:
        sentence += f"; kept, because a process has them open: {', '.join(done.in_use)}"
    _done({"removed": list(done.removed), "in_use": list(done.in_use)}, sentence, as_json)


@app.command("recall")
def recall(
    release: Annotated[
        str, typer.Argument(metavar="[ID]", help="Id of a release (default: the live one).")
    ] = "",
    queries: Annotated[
        int, typer.Option("--queries", metavar="N", min=1, help="How many needs and profiles to ask.")
    ] = 500,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """How much of what an exact search finds the release finds: on average and for its worst queries."""
    from recommender.searching import recalls
    from recommender.snapshot import Snapshot

    place = workspace(home)
    opened = place.store().open(release or None)
    found = recalls(Snapshot(opened.manifest, opened.path, opened.lease, place.milvus()), queries)
    if as_json:
        measured = {name: [each.to_json() for each in depths] for name, depths in found.items()}
        print_json({"release": opened.manifest.release, "recall": measured})
        return
    if not found:
        output().print("All collections are searched exactly: nothing is missed.")
        return
    from rich.table import Table

    table = Table("collection", "best", "queries", "mean", "p5", "min", box=None, header_style="bold")
    for name, depths in found.items():
        for each in depths:
            shares = (f"{share:.4f}" for share in (each.mean, each.fifth, each.least))
            table.add_row(name, f"{each.depth}", f"{each.queries}", *shares)
    output().print(table)


def _tell(live: Live, as_json: bool) -> None:
    if live.remark and not as_json:
        messages().print(live.remark, style="yellow", markup=False)
    _done({"release": live.id, "remark": live.remark or None}, f"release {live.id} is live", as_json)


def _done(document: dict[str, object], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        output().print(f"[green]✓[/] {sentence}")


def _summary(each: ReleaseInfo) -> dict[str, object]:
    found = each.manifest
    return {
        "release": each.id,
        "live": each.live,
        "pinned": each.pinned,
        "in_use": each.in_use,
        "state": each.state,
        "forced": each.forced.at if each.forced else None,
        "problem": each.problem or None,
        "created": found.created if found else None,
        "parent": found.parent if found else None,
        "counts": dict(found.counts) if found else None,
        "size": found.size if found else None,
        "passed": found.passed if found else None,
    }


def _forced(forced: Forced) -> str:
    when = f" on {forced.at}" if forced.at else ""
    return f"put live by force{when}, against: {'; '.join(forced.gates) or 'unknown, the record is damaged'}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"

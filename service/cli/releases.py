"""``rongtong releases …``: the life of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from indexes.errors import DamagedRelease
from service.cli.common import Home, Json, group, messages, output, print_json, workspace

if TYPE_CHECKING:
    from indexes.store import Live, ReleaseInfo

app = group("List, check, promote, roll back and remove releases.")
ReleaseId = Annotated[str, typer.Argument(metavar="ID", help="Id of a release, as `releases list` shows it.")]
Override = Annotated[
    bool, typer.Option("--override-gates", help="Even when the release did not pass its checks.")
]


@app.command("list")
def list_releases(home: Home = None, as_json: Json = False) -> None:
    """All releases, newest first."""
    releases = workspace(home).store().list()
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
        table.add_row(
            "[green]●[/]" if each.live else " ",
            f"[bold]{each.id}[/]" if each.live else each.id,
            found.created if found else "",
            ", ".join(f"{name} {count:,}" for name, count in found.counts.items()) if found else "",
            _megabytes(found.size) if found else "",
            ("[green]passed[/]" if found.passed else "[red]failed[/]") if found else "[red]damaged[/]",
            "pinned" if each.pinned else "",
        )
    output().print(table)


@app.command("show")
def show(release: ReleaseId, home: Home = None, as_json: Json = False) -> None:
    """What a release holds and how it was made: its manifest."""
    from indexes.release import load_manifest

    manifest = load_manifest(workspace(home).store().path(release))
    if as_json:
        print_json(manifest.to_json())
        return
    console = output()
    console.print(f"[bold]{manifest.release}[/]  {manifest.created}")
    console.print(f"  parent   {manifest.parent or '(none)'}")
    console.print(f"  encoder  {manifest.encoder.name}, {manifest.encoder.dimension} dimensions")
    console.print(f"           [dim]{manifest.encoder.fingerprint}[/]")
    console.print("  counts   " + ", ".join(f"{name} {count:,}" for name, count in manifest.counts.items()))
    console.print(f"  files    {len(manifest.files)}, {_megabytes(manifest.size)}")
    for gate in manifest.gates:
        mark = "[green]✓[/]" if gate.passed else "[red]✗[/]"
        console.print(f"  {mark} {gate.name} [dim]{gate.detail}[/]")


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


@app.command("promote")
def promote(release: ReleaseId, override: Override = False, home: Home = None, as_json: Json = False) -> None:
    """Make a release the live one, after verifying it."""
    _tell(workspace(home).store().promote(release, override_gates=override), as_json)


@app.command("rollback")
def rollback(
    release: Annotated[
        str, typer.Argument(metavar="[ID]", help="The release to return to (default: the newest older one).")
    ] = "",
    override: Override = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Return to an older release."""
    _tell(workspace(home).store().rollback(release or None, override_gates=override), as_json)


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
    """Remove all but the newest N releases; the live one and pinned ones stay."""
    removed = workspace(home).store().prune(keep)
    _done({"removed": list(removed)}, f"{len(removed)} removed", as_json)


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
        "problem": each.problem or None,
        "created": found.created if found else None,
        "parent": found.parent if found else None,
        "counts": dict(found.counts) if found else None,
        "size": found.size if found else None,
        "passed": found.passed if found else None,
    }


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"

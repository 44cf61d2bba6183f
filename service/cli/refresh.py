"""``rongtong refresh``"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.errors import VectorServerError
from recommender.garbage import undisturbed
from service.cli.common import Home, Json, messages, output, print_json, stages, workspace

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    app.command("refresh")(refresh_releases)


def refresh_releases(
    full: Annotated[
        bool, typer.Option("--full", help="Embed everything anew, without the cached vectors.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Make it live although it did not pass its checks; this is recorded."),
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Embed what changed, build a release, check it, and make it live. The old one serves until then."""
    # a thread of numpy's that spins while it waits for work would keep a core from those that copy and hash
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    with undisturbed(), stages("refresh") as report_progress:
        place = workspace(home)
        store = place.store()
        with store.lock(), ThreadPoolExecutor(2) as aside:  # both read every byte while the rest is imported
            opening, encoder = aside.submit(store.open, substitute=True), aside.submit(place.encoder_to_read)
            from recommender.refresh import refresh

            with place.catalogue() as catalogue:
                report = refresh(
                    catalogue,
                    store,
                    encoder.result(),
                    cache=place.settings.vector_cache,
                    full=full,
                    force=force,
                    progress=report_progress,
                    engine=place.settings.built_engine,
                    opening=opening.result,
                )
        if place.milvus():
            report_progress("milvus", 0, 1)
            try:
                place.engine().warm()  # fills what Milvus lacks
            except VectorServerError as problem:  # the release is live; who opens it next fills Milvus
                messages().print(str(problem), style="yellow", markup=False)
            report_progress("milvus", 1, 1)
    document = report.to_json()
    if as_json:
        print_json(document)
        return
    show_report(document)


def show_report(document: Mapping[str, object]) -> None:
    """A refresh report for a person: counts, what changed, the time of each stage, the gates."""
    from rich.markup import escape

    console = output()
    console.print(f"[green]✓[/] release [bold]{document['release']}[/] is live", end="")
    parent = document.get("parent")
    if not document.get("built", True):
        console.print(": nothing has changed since it was built")
        return
    console.print(f" [dim](before: {parent})[/]" if parent else "")
    for title in ("counts", "changed"):
        numbers = document.get(title)
        if isinstance(numbers, Mapping) and numbers:
            shown = ", ".join(f"{key} {_number(value)}" for key, value in numbers.items())
            console.print(f"  {title}: {escape(shown)}")
    seconds = document.get("seconds")
    if isinstance(seconds, Mapping) and seconds:
        longest = max(float(value) for value in seconds.values()) or 1.0
        for stage, spent in seconds.items():
            bar = "▇" * round(20 * float(spent) / longest)
            console.print(f"  {stage:<12} {float(spent):>7.1f} s [cyan]{bar}[/]")
    gates = document.get("gates")
    if isinstance(gates, list):
        for gate in gates:
            show_gate(console, gate)


def show_gate(console: Console, gate: Mapping[str, object]) -> None:
    """A gate with its verdict; what was expected and the mend where it was not passed."""
    from rich.markup import escape

    told = {name: escape(str(gate.get(name, ""))) for name in ("gate", "detail", "expected", "mend")}
    mark = "[green]✓[/]" if gate.get("passed") else "[red]✗[/]"
    console.print(f"  {mark} {told['gate']} [dim]{told['detail']}[/]")
    if not gate.get("passed"):
        console.print(f"      [dim]expected[/] {told['expected']}\n      [cyan]→ {told['mend']}[/]")


def _number(value: object) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{key} {_number(each)}" for key, each in value.items()) + ")"
    return f"{value:,}" if isinstance(value, int) else str(value)

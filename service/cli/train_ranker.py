"""``rongtong train ranker``"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.common import Home, Json, messages, output, print_json, stages, workspace

if TYPE_CHECKING:
    from training.ranker import RankerReport


def register(app: typer.Typer) -> None:
    app.command("ranker")(train_ranker)


def train_ranker(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="New folder for model and card (default: HOME/rankers/…)."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the draw of candidates nobody was shown.")] = 0,
    promote: Annotated[
        bool, typer.Option("--promote", help="Install it for the next refresh, where it is better.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Fit the ranker to the outcomes in the catalogue and compare it with the live one on later needs.

    With --promote the next refresh takes it, where it is better beyond chance; otherwise exit code 1.
    """
    from recommender.ranking.stored import install
    from training.ranker import train_ranker as train

    place = workspace(home)
    folder = out or place.home / "rankers" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    with place.catalogue() as catalogue:
        needs, outcomes = list(catalogue.needs()), list(catalogue.outcomes())
    with stages("train ranker") as progress:
        report = train(
            needs, outcomes, place.engine(), folder, today=date.today(), seed=seed, progress=progress
        )
    installed = install(place.home, report.model) if promote and report.better else None
    if as_json:
        print_json(report.to_json() | {"installed": str(installed) if installed else None})
    else:
        _show(report)
        if installed:
            messages().print("Next: `rongtong refresh` builds a release with it; a rollback undoes both.")
    if promote and not installed:
        messages().print(
            "[bold red]✗[/] Not installed: on later needs it is not better beyond chance than the live one.\n"
            f"  [cyan]→ the model is kept in {folder}; import more outcomes and train again[/]"
        )
        raise typer.Exit(1)


def _show(report: RankerReport) -> None:
    from rich.table import Table

    table = Table("", "live", "trained", "p", box=None, header_style="bold", pad_edge=False)
    for name, new in report.trained.items():
        table.add_row(name, str(report.live[name]), str(new), f"{report.p_values[name]:.3g}")
    console = output()
    console.print(table)
    console.print(
        f"[dim]fitted to {report.trained_on:,} needs before {report.split}, "
        f"measured on {report.validated_on:,} later ones · live: release {report.release}[/]"
    )
    console.print(f"{'✓ better' if report.better else '! not better beyond chance'}: {report.folder}")

"""``rongtong sample DIR`` and ``rongtong settings``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.common import Home, Json, output, print_json, workspace


def register(app: typer.Typer) -> None:
    app.command("sample")(sample)
    app.command("settings")(settings)


def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the files; made where missing.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write the bundled sample: a fictional catalogue of ten industry chains, ready to be imported."""
    from recommender.sample.write import write_sample

    written = write_sample(folder).rows
    if as_json:
        print_json({"folder": str(folder), "files": dict(written)})
        return
    console = output()
    for name, rows in written.items():
        console.print(f"{rows:>8,}  {folder / name}")


def settings(home: Home = None, as_json: Json = False) -> None:
    """List every setting: its environment variable, its value now, its default, what it does."""
    from rich.table import Table

    from service.settings import PREFIX, settings_table, without_password

    now = workspace(home).settings
    rows = []
    for variable, default, help_text in settings_table():
        value = str(getattr(now, variable.removeprefix(PREFIX).lower()))
        rows.append((variable, without_password(value), default, help_text))
    if as_json:
        print_json(
            {"settings": [dict(zip(("name", "value", "default", "help"), row, strict=True)) for row in rows]}
        )
        return
    table = Table("variable", "value", "default", "help", box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*row)
    output().print(table)

"""``rongtong delete KIND ID…``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from indexes.errors import InputError
from recommender.catalogue import Kind
from service.cli.common import Home, Json, messages, output, print_json, workspace

SOME_MISSING = 3
_MOST_BYTES = 64 << 20
_SHOWN = 10


def register(app: typer.Typer) -> None:
    app.command("delete")(delete_records)


def delete_records(
    kind: Annotated[Kind, typer.Argument(help="What is deleted.")],
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID...]",
            help="Ids. Of an outcome: NEED|ENTERPRISE|STAGE|TIME, of an edge: SOURCE|TARGET|RELATION|CHAIN; "
            "an empty last part may be left out.",
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="A text file with an id a line (UTF-8).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, delete nothing.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Delete records from the catalogue; the next refresh drops them from the release.

    With an enterprise go its offerings, outcomes and contact, with a need its outcomes. Exit code 0: all were
    there, 3: some were not, 2: wrong usage.
    """
    from recommender.catalogue.rows import MAPPINGS

    asked = [*(ids or ()), *(_lines(file) if file else ())]
    if not asked:
        raise InputError("Nothing to delete is named.", field="id", mend="name ids, or a file with --file")
    columns = MAPPINGS[kind].key_columns
    keys = [_key(id, columns) for id in asked]
    with workspace(home).catalogue() as catalogue, catalogue.transaction(dry_run=dry_run) as transaction:
        missing = transaction.delete(kind, keys)
    deleted = len(set(keys)) - len(missing)
    unknown = ["|".join(key) for key in missing]
    if as_json:
        print_json({"kind": kind.value, "dry_run": dry_run, "deleted": deleted, "unknown": unknown})
    else:
        done = "would be deleted" if dry_run else "deleted"
        output().print(f"[green]✓[/] {deleted:,} {kind.value} {done}")
        for id in unknown[:_SHOWN]:
            output().print(f"  not in the catalogue: {id}", markup=False)
        if len(unknown) > _SHOWN:
            output().print(f"  … and {len(unknown) - _SHOWN:,} more")
        if deleted and not dry_run:
            messages().print("[dim]Next: rongtong refresh[/]")
    if unknown:
        raise typer.Exit(SOME_MISSING)


def _key(id: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    parts = id.split("|") if len(columns) > 1 else [id]
    parts += [""] * (len(columns) == len(parts) + 1 > 2)
    if len(parts) != len(columns):
        raise InputError("Not an id of this kind.", field="id", value=id, mend=f"write {'|'.join(columns)}")
    return tuple(parts)


def _lines(file: Path) -> list[str]:
    from indexes.files import read_regular

    try:
        text = read_regular(file, _MOST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The list of ids cannot be read: {error}.",
            field="file",
            value=str(file),
            mend="give a text file in UTF-8 with an id a line",
        ) from error
    return [line.strip() for line in text.splitlines() if line.strip()]

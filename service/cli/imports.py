"""``rongtong import KIND FILE…``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.errors import InputError, RongtongError
from recommender.catalogue import Kind
from service.cli.common import (
    Home,
    Json,
    fail,
    messages,
    output,
    print_json,
    problem_document,
    progress,
    workspace,
)

if TYPE_CHECKING:
    from recommender.intake.importer import ImportReport

SOME_REJECTED = 3


def register(app: typer.Typer) -> None:
    app.command("import")(import_files)


def import_files(
    kind: Annotated[Kind, typer.Argument(help="What the rows are.")],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help=".csv, .tsv, .xlsx, .jsonl or .parquet")
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="SOURCE=FIELD", help="Read the file's column SOURCE as FIELD. Repeatable."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects", metavar="PATH", help="Where rejected rows go (default: a file in HOME/rejects)."
        ),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Load enterprises, offerings, needs, outcomes or chain edges from files.

    Rows are upserted by id: importing a file twice changes nothing. Exit code 0: all rows accepted,
    3: some rejected, 2: wrong usage or unreadable file, 1: failure, nothing written.
    """
    from recommender.intake.importer import import_file

    columns = dict(_mapping(each) for each in column or [])
    if rejects is not None and len(files) > 1:
        raise InputError(
            "One rejects file cannot serve several files.",
            field="rejects",
            value=str(rejects),
            mend="import them one by one, or leave --rejects out",
        )
    place = workspace(home)
    reports: list[ImportReport] = []
    failure: RongtongError | None = None
    with place.catalogue() as catalogue, progress("import") as bar:
        for number, file in enumerate(files):
            try:
                report = import_file(
                    catalogue,
                    kind,
                    file,
                    columns=columns,
                    dry_run=dry_run,
                    rejects=rejects or _rejects_place(place.home, kind, file, number),
                    progress=bar(file.name),
                )
            except RongtongError as error:
                # The files before this one are in: their reports must not be lost with it.
                failure = error
                break
            reports.append(report)
    if as_json:
        print_json(_document(kind, dry_run, reports, failure))
    else:
        for report in reports:
            _show(report, dry_run)
        if failure:
            fail(failure, as_json=False)
        elif not dry_run and any(each.inserted or each.updated for each in reports):
            messages().print("[dim]Next: rongtong refresh[/]")
    if failure:
        raise typer.Exit(failure.exit_code)
    if any(each.rejected for each in reports):
        raise typer.Exit(SOME_REJECTED)


def _rejects_place(home: Path, kind: Kind, file: Path, number: int) -> Path:
    """Where rejects go when nobody says: into the workspace, for the file's own folder may be read-only."""
    folder = home / "rejects"
    folder.mkdir(parents=True, exist_ok=True)
    mark = f"-{number + 1}" if number else ""
    return folder / f"{kind.value}-{file.stem}{mark}.csv"


def _document(
    kind: Kind, dry_run: bool, reports: list[ImportReport], failure: RongtongError | None
) -> dict[str, object]:
    totals = {
        name: sum(getattr(each, name) for each in reports)
        for name in ("rows", "inserted", "updated", "unchanged", "rejected")
    }
    document: dict[str, object] = {"kind": kind.value, "dry_run": dry_run, **totals}
    document["files"] = [each.to_json() for each in reports]
    if failure:
        document["problem"] = problem_document(failure)
    return document


def _mapping(text: str) -> tuple[str, str]:
    source, equals, name = text.rpartition("=")
    if not equals or not source.strip() or not name.strip():
        raise InputError(
            "A column mapping has the form SOURCE=FIELD.",
            field="column",
            value=text,
            mend="for instance --column 公司简介=description",
        )
    return source.strip(), name.strip()


def _show(report: ImportReport, dry_run: bool) -> None:
    console = output()
    mark = "[yellow]![/]" if report.rejected else "[green]✓[/]"
    would = " (dry run, nothing written)" if dry_run else ""
    console.print(f"{mark} [bold]{_plain(report.file.name)}[/] → {report.kind.value}{would}")
    console.print(
        f"  {report.rows:,} rows: {report.inserted:,} new, {report.updated:,} changed, "
        f"{report.unchanged:,} unchanged, {report.rejected:,} rejected"
        + (f", {report.remarks:,} remarks" if report.remarks else "")
    )
    reasons = list(report.reasons.items())
    for (name, reason), count in reasons[:12]:
        console.print(f"    {count:>7,} × {_plain(name or 'row')}: {_plain(reason)}")
    if len(reasons) > 12:
        console.print(f"    … and {len(reasons) - 12} more reasons")
    if report.rejects_file:
        console.print(f"  rejects and remarks: {_plain(str(report.rejects_file))}")
    if report.unmapped:
        console.print(f"  [dim]columns left out: {_plain('、'.join(report.unmapped))}[/]")
    if report.other_sheets:
        console.print(f"  [dim]sheets not read: {_plain('、'.join(report.other_sheets))}[/]")


def _plain(text: str) -> str:
    """Text of a file, kept from being read as markup."""
    from rich.markup import escape

    return escape(text)

"""``rongtong evaluate``"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.errors import FileUnreadable
from service.cli.common import Home, Json, messages, output, print_json, stages, workspace
from service.cli.options import AsOf, as_day

if TYPE_CHECKING:
    from training.evaluation import Evaluation


def register(app: typer.Typer) -> None:
    app.command("evaluate")(evaluate_systems)


def evaluate_systems(
    needs: Annotated[Path, typer.Option("--needs", metavar="FILE", help="The needs, as for `recommend`.")],
    qrels: Annotated[
        Path, typer.Option("--qrels", metavar="FILE", help="Judgments: need_id,enterprise_id,grade.")
    ],
    systems: Annotated[
        str,
        typer.Option(
            "--systems", metavar="LIST", help="Which systems; the first is what others are compared with."
        ),
    ] = "lexical,dense,hybrid,full",
    as_of: AsOf = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="TABLE.csv", help="Every need with its figures, the worst first."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Measure the live release against judgments.

    nDCG@10, MRR, Recall@10 and Recall@100 of each system, with 95 % intervals (bootstrap over the needs) and
    paired significance (randomisation test).
    """
    from service.cli.files import needs_from
    from training.evaluation import by_need, evaluate

    when = as_day(as_of)
    judgments = read_qrels(qrels)
    asked, left_out = needs_from(needs)
    place = workspace(home)
    with stages("evaluate") as report:
        found = evaluate(
            place.engine(),
            asked,
            judgments,
            systems=[name.strip() for name in systems.split(",") if name.strip()],
            as_of=when,
            progress=report,
        )
    if left_out:
        messages().print(f"[yellow]![/] {len(left_out):,} needs could not be read and were left out")
    if out:
        by_need(found, asked).to_csv(out, index=False, encoding="utf-8-sig")
        messages().print(f"every need, the worst first: {out}")
    if as_json:
        print_json(found.to_json())
    else:
        _show(found)


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """need_id → enterprise_id → grade. Raises FileUnreadable, naming the line at fault."""
    judged: dict[str, dict[str, int]] = {}
    mend = "a CSV file in UTF-8 with the columns need_id, enterprise_id, grade"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not {"need_id", "enterprise_id", "grade"} <= set(rows.fieldnames or ()):
                raise FileUnreadable("A column is missing.", field="qrels", value=str(path), mend=mend)
            for row in rows:
                try:
                    grade = int(row["grade"] or "")
                except ValueError as error:
                    raise FileUnreadable(
                        f"Line {rows.line_num} has no whole number as grade.",
                        field="grade",
                        value=row["grade"],
                        mend=mend,
                    ) from error
                judged.setdefault(row["need_id"] or "", {})[row["enterprise_id"] or ""] = grade
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileUnreadable(
            f"The judgments cannot be read: {error}.", field="qrels", value=str(path), mend=mend
        ) from error
    return judged


def _show(found: Evaluation) -> None:
    from rich.table import Table

    from training.metrics import MEASURES

    first = found.systems[0]
    table = Table("system", *MEASURES, box=None, header_style="bold", pad_edge=False)
    for system in found.systems:
        cells = []
        for measure in MEASURES:
            each = found.means[system][measure]
            text = f"{each.mean:.4f} [dim]{each.low:.4f}–{each.high:.4f}[/]"
            p = found.p_values.get(system, {}).get(measure)
            if p is not None:
                text += f" [green]p={p:.3g}[/]" if p < 0.05 else f" [dim]p={p:.3g}[/]"
            cells.append(text)
        table.add_row(system, *cells)
    console = output()
    console.print(table)
    console.print(
        f"[dim]release {found.release} · {len(found.need_ids):,} judged needs · 95 % intervals · "
        f"p against {first}[/]"
    )

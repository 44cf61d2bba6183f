"""What `rongtong evaluate` reads: judgments, and what a list of needs says beyond a need's own fields."""

from __future__ import annotations

import csv
from pathlib import Path

from indexes.errors import FileUnreadable

WORKS = "construction"
_YES, _NO = {"1", "1.0", "true", "yes", "是"}, {"0", "0.0", "false", "no", "否"}


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


def read_works(path: Path) -> dict[str, bool]:
    """need_id → whether it orders building work, for the needs of a file whose column ``construction`` says
    so; empty without that column. Raises FileUnreadable."""
    from recommender.catalogue import Kind
    from recommender.intake.headers import Names
    from recommender.intake.readers import open_source

    stated: dict[str, bool] = {}
    names = Names(Kind.NEEDS)
    with open_source(path, names) as source:
        for row in source.rows:
            answer = str(row.cells.get(WORKS, "")).strip().lower()
            if answer in _YES | _NO:
                mapped = names.mapped(tuple(row.cells))
                ids = [str(row.cells[c.header]).strip() for c in mapped.columns if c.field == "need_id"]
                stated.update(dict.fromkeys(ids, answer in _YES))
    return stated

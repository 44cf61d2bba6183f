"""Needs and enterprises out of a file, read as `rongtong import` reads it, without importing them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexes.errors import FileUnreadable
from recommender.catalogue import Enterprise, Kind, Need
from recommender.intake.headers import Names
from recommender.intake.readers import open_source
from recommender.intake.rows import Outcome, RowParser

_NEEDED = {Kind.NEEDS: ("need_id", "title"), Kind.ENTERPRISES: ("enterprise_id", "name")}


def needs_from(path: Path) -> tuple[list[Need], list[str]]:
    """The needs of a file, in its order, and a line about each row that is none.

    Raises FileUnreadable for a file that cannot be read or lacks need_id or title.
    """
    found: list[Need] = []
    left_out: list[str] = []
    for record, complaint in _records(path, Kind.NEEDS):
        if record is None:
            left_out.append(complaint)
        else:
            found.append(Need(**record))
    return found, left_out


def enterprises_from(path: Path) -> tuple[list[Enterprise], list[str]]:
    """The enterprises of a file, as :func:`needs_from`; a credit code does for an id."""
    found: list[Enterprise] = []
    left_out: list[str] = []
    for record, complaint in _records(path, Kind.ENTERPRISES):
        if record is None:
            left_out.append(complaint)
        else:
            found.append(Enterprise(**record))
    return found, left_out


def _records(path: Path, kind: Kind) -> Iterator[tuple[dict[str, Any] | None, str]]:
    """Per row its record, or None and why not; of an id once, as an import takes it."""
    names = Names(kind)
    parser = RowParser(kind)
    earlier: dict[object, tuple[int, dict[str, Any]]] = {}
    with open_source(path, names) as source:
        mapped = None
        if source.headers is not None:
            mapped = names.mapped(source.headers)
            given = set(mapped.given)
            if kind is Kind.ENTERPRISES and "credit_code" in given:
                given.add("enterprise_id")
            lacking = [name for name in _NEEDED[kind] if name not in given]
            if lacking:
                raise FileUnreadable(
                    f"{path.name} has no column {' and no column '.join(lacking)}.",
                    field="file",
                    value=str(path),
                    mend=f"its columns are {', '.join(source.headers[:20])}",
                )
        for row in source.rows:
            parsed = parser.parse(row, mapped or names.mapped(tuple(row.cells)))
            record = parsed.record
            if record is not None and all(record.get(name) for name in _NEEDED[kind]):
                identity = _NEEDED[kind][0]
                number, said = earlier.setdefault(record[identity], (row.number, record))
                if number == row.number:
                    yield record, ""
                elif said != record:
                    yield (
                        None,
                        f"row {row.number}: {identity}: row {number} has the same id and says otherwise",
                    )
                continue
            faults = [each for each in parsed.rejects if each.outcome is Outcome.REJECTED]
            reason = (
                f"{faults[0].field}: {faults[0].reason}" if faults else f"no {' or no '.join(_NEEDED[kind])}"
            )
            yield None, f"row {row.number}: {reason}"

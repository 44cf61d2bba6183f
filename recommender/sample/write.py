"""The sample as import files: ``enterprises.csv``, ``offerings.csv``, ``needs.csv``, ``outcomes.csv``,
``edges.csv`` in the fields of CONTRACT.md; ``golden_needs.csv`` with ``golden_qrels.csv`` for `rongtong
evaluate`; and ``golden.csv``, which a workspace may hold so that every refresh asks it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from recommender.catalogue.domain import Edge, Enterprise, Need, Offering, Outcome
from recommender.sample.build import SEED, Sample, build_sample
from recommender.sample.golden import Expectation, Judgment, expectations


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What was written where: rows by file name."""

    folder: Path
    as_of: date
    rows: dict[str, int]


def write_sample(folder: Path, *, as_of: date | None = None, seed: int = SEED) -> SampleSummary:
    """Draws the sample and writes its files into *folder*, which is made if it is missing.

    Files of the same names are replaced. UTF-8, English headers, lists joined by ``;``.
    """
    return write_files(build_sample(as_of, seed), folder)


def write_files(sample: Sample, folder: Path) -> SampleSummary:
    folder.mkdir(parents=True, exist_ok=True)
    tables: tuple[tuple[str, Sequence[str], Iterable[object]], ...] = (
        ("enterprises.csv", _names(Enterprise), sample.enterprises),
        ("offerings.csv", _names(Offering), sample.offerings),
        ("needs.csv", _names(Need), sample.needs),
        ("outcomes.csv", _names(Outcome), sample.outcomes),
        ("edges.csv", _names(Edge), sample.edges),
        (
            "golden_needs.csv",
            ("need_id", "title", "description", "link", "required_certifications"),
            sample.golden,
        ),
        ("golden_qrels.csv", _names(Judgment), sample.judgments),
        ("golden.csv", _names(Expectation), expectations(sample.golden, sample.judgments)),
    )
    rows: dict[str, int] = {}
    for name, columns, records in tables:
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            rows[name] = 0
            for record in records:
                writer.writerow([cell(getattr(record, column)) for column in columns])
                rows[name] += 1
    return SampleSummary(folder, sample.as_of, rows)


def _names(kind: type[Any]) -> list[str]:
    return [field.name for field in fields(kind)]


def cell(value: object) -> str:
    """A value as an import file states it: enums by value, lists joined by ``;``, absent values empty."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return ";".join(cell(item) for item in value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)

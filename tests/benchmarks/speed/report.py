"""What a run found: rows by section, as Markdown for people and as JSON for the growth curves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from tests.benchmarks.timing import duration, machine

_RATES = frozenset({"/s", "B/s", ""})  # the more the better; of seconds and bytes the fewer


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ``unit`` is "s", "B", "/s", "B/s" or "" (a share: more is better).

    ``peer`` is what it is compared with, in the same unit; ``target`` says in words what is to be reached and
    ``met`` whether it was. ``curve`` names the growth curve that the figure is a point of.
    """

    what: str
    ours: float
    unit: str = "s"
    peer: str = ""
    theirs: float = float("nan")
    target: str = ""
    met: bool | None = None
    note: str = ""
    curve: str = ""

    @property
    def ratio(self) -> float:
        """How many times better ours is than the peer's; NaN without one."""
        if not self.peer or not self.ours or not self.theirs:
            return float("nan")
        return self.ours / self.theirs if self.unit in _RATES else self.theirs / self.ours


@dataclass(slots=True)
class Section:
    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """All that one size was measured for."""

    size: int  # offerings
    command: str
    machine: str = field(default_factory=machine)
    sections: list[Section] = field(default_factory=list)

    def markdown(self) -> str:
        parts = [f"## {self.size:,} offerings", self.machine, f"`{self.command}`"]
        for section in self.sections:
            parts.append(f"### {section.title}")
            if section.rows:
                parts.append(table(section.rows))
            parts += section.notes
        return "\n\n".join(parts) + "\n"

    def save(self, folder: Path) -> None:
        """``<size>.json`` and ``<size>.md`` in *folder*, replacing those of an earlier run."""
        folder.mkdir(parents=True, exist_ok=True)
        name = folder / f"{self.size}"
        name.with_suffix(".json").write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1))
        name.with_suffix(".md").write_text(self.markdown())

    @classmethod
    def load(cls, path: Path) -> Report:
        read = json.loads(path.read_text())
        sections = [
            Section(one["title"], [Row(**row) for row in one["rows"]], one["notes"])
            for one in read["sections"]
        ]
        return cls(read["size"], read["command"], read["machine"], sections)


def curves(reports: Iterable[Report]) -> dict[str, list[tuple[int, float, str]]]:
    """Curve → (offerings, value, unit) by size."""
    found: dict[str, list[tuple[int, float, str]]] = {}
    for report in sorted(reports, key=lambda one: one.size):
        for row in (row for section in report.sections for row in section.rows if row.curve):
            found.setdefault(row.curve, []).append((report.size, row.ours, row.unit))
    return found


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table; columns that no row fills are left out."""
    lines = []
    for row in rows:
        ratio = "" if np.isnan(row.ratio) else f"{row.ratio:.2f}"
        met = {None: "", True: " ✓", False: " ✗"}[row.met]
        theirs = quantity(row.theirs, row.unit) if row.peer else ""
        lines.append(
            (row.what, quantity(row.ours, row.unit), row.peer, theirs, ratio, row.target + met, row.note)
        )
    heads = ("what", "measured", "beside", "", "ratio", "to reach", "note")
    used = [column for column in range(len(heads)) if any(line[column] for line in lines)]
    numbers = {1, 3, 4}
    return "\n".join(
        "| " + " | ".join(str(line[column]).replace("|", "\\|") for column in used) + " |"
        for line in (heads, *lines)
    ).replace("\n", "\n|" + "|".join("---:" if column in numbers else "---" for column in used) + "|\n", 1)


def quantity(value: float, unit: str) -> str:
    """*value* for people.

    >>> quantity(0.0123, "s"), quantity(2.5e9, "B"), quantity(812.4, "/s"), quantity(0.99, "")
    ('12.3 ms', '2.5 GB', '812/s', '0.990')
    """
    if np.isnan(value):
        return "–"
    if unit == "s":
        return duration(value) if value < 1000 else f"{value:,.0f} s"
    if unit in ("B", "B/s"):
        scale, name = next(
            (s, n) for s, n in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")) if value >= s or s == 1
        )
        return f"{value / scale:.3g} {name}{unit[1:]}"
    if unit == "/s":
        return f"{value:,.0f}/s" if value >= 100 else f"{value:.3g}/s"
    return f"{value:.3f}"


def percentiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and p99 by the nearest rank above, so that each is a time that was measured.

    >>> percentiles([0.001 * n for n in range(1, 101)])
    (0.05, 0.095, 0.099)
    """
    if not seconds:
        return (float("nan"),) * 3
    p50, p95, p99 = (float(np.percentile(seconds, p, method="inverted_cdf")) for p in (50, 95, 99))
    return p50, p95, p99

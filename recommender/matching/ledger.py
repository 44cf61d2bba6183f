"""The exposure ledger: a SQLite file with the attention that each enterprise got and deserved, day by day.

A day's lists are arranged by what was known when the day began, so that the same question has the same answer
all day long in every process, and any past day can be computed again. The same question counts once a day:
asking a hundred times moves nobody.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from recommender.journal import Journal
from recommender.matching.exposure import Exposure, Fairness, gini

WINDOW = 30  # days that count
_KEPT = 400  # days after which what was counted is forgotten
_SCHEMA = """
CREATE TABLE IF NOT EXISTS attention (
    day TEXT NOT NULL, enterprise_id TEXT NOT NULL, given REAL NOT NULL, deserved REAL NOT NULL,
    PRIMARY KEY (day, enterprise_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS question (day TEXT NOT NULL, question TEXT NOT NULL, PRIMARY KEY (day, question))
    WITHOUT ROWID;
"""

Attention = Mapping[str, tuple[float, float]]  # enterprise id → given, deserved


@dataclass(frozen=True, slots=True)
class Concentration:
    """How attention was spread: ``gini`` over all *enterprises* of a release, the share of the ten that got
    most, and the share of SMEs of what was given and of what their scores deserved."""

    lists: int
    shown: int
    enterprises: int
    gini: float
    top_ten: float
    sme_given: float
    sme_deserved: float


class ExposureLedger(Journal[tuple[date, str, Attention]]):
    name, schema = "the exposure ledger", _SCHEMA

    def __init__(
        self, path: Path, rules: Fairness | None = None, *, today: Callable[[], date] = date.today
    ) -> None:
        super().__init__(path)
        self.rules = rules or Fairness()
        self.today = today
        self._known: Exposure | None = None

    def before(self, day: date) -> Exposure:
        """What was known when *day* began: the balances of the 30 days before it."""
        with self._lock:
            if self._known is None or self._known.day != day:
                balance = {
                    each: given - deserved
                    for each, (given, deserved) in self.totals(day - timedelta(WINDOW), day).items()
                }
                self._known = Exposure(day, balance, self.rules)
            return self._known

    def totals(self, first: date, end: date) -> dict[str, tuple[float, float]]:
        """Enterprise id → attention given and deserved on the days from *first* to before *end*."""
        rows: list[tuple[str, float, float]] = []
        with self.reading() as file:
            if file is not None:
                rows = file.execute(
                    "SELECT enterprise_id, SUM(given), SUM(deserved) FROM attention "
                    "WHERE day >= ? AND day < ? GROUP BY enterprise_id ORDER BY enterprise_id",
                    (first.isoformat(), end.isoformat()),
                ).fetchall()
        return {each: (given, deserved) for each, given, deserved in rows}

    def lists(self, first: date, end: date) -> int:
        """How many different questions were answered on the days from *first* to before *end*."""
        count, days = 0, (first.isoformat(), end.isoformat())
        with self.reading() as file:
            if file is not None:
                found = file.execute("SELECT COUNT(*) FROM question WHERE day >= ? AND day < ?", days)
                (count,) = found.fetchone()
        return count

    def record(self, question: str, attention: Attention) -> None:
        """Count a list that was shown; *question* tells whether it was shown before today."""
        self.add((self.today(), question, attention))

    def _write(self, file: sqlite3.Connection, waiting: Sequence[tuple[date, str, Attention]]) -> None:
        oldest = (min(day for day, _, _ in waiting) - timedelta(_KEPT)).isoformat()
        file.execute("DELETE FROM attention WHERE day < ?", (oldest,))
        file.execute("DELETE FROM question WHERE day < ?", (oldest,))
        for day, question, attention in waiting:
            new = file.execute("INSERT OR IGNORE INTO question VALUES (?, ?)", (day.isoformat(), question))
            if new.rowcount:
                file.executemany(
                    "INSERT INTO attention VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                    "given = given + excluded.given, deserved = deserved + excluded.deserved",
                    [(day.isoformat(), each, *amounts) for each, amounts in attention.items()],
                )


def concentration(
    totals: Attention, enterprises: Sequence[str], small: frozenset[str], lists: int
) -> Concentration:
    """How *totals* are spread over the *enterprises* of a release, *small* of which are SMEs."""
    given = [totals.get(each, (0.0, 0.0))[0] for each in enterprises]
    deserved = [totals.get(each, (0.0, 0.0))[1] for each in enterprises]
    to_small = [each in small for each in enterprises]

    def share(amounts: Sequence[float], chosen: Sequence[bool]) -> float:
        total = sum(amounts)
        return sum(a for a, c in zip(amounts, chosen, strict=True) if c) / total if total > 0 else 0.0

    total = sum(given)
    return Concentration(
        lists=lists,
        shown=sum(each > 0 for each in given),
        enterprises=len(enterprises),
        gini=gini(given),
        top_ten=sum(sorted(given)[-10:]) / total if total > 0 else 0.0,
        sme_given=share(given, to_small),
        sme_deserved=share(deserved, to_small),
    )

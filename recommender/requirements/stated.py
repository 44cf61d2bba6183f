"""The certificates that enterprises of a release state, read once for each way in which one is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from indexes.filters import FilterColumns
from indexes.topk import distinct
from recommender.requirements.certificates import Certificate, canonical

_COLUMN = "certification"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_UNREAD = -1

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stated:
    """The certificates of some rows: whose each is, by position, ascending; which it is of *certificates*;
    and the ordinal of its last day, infinite where none is stated."""

    whose: Rows
    which: Rows
    ends: NDArray[np.float64]
    certificates: tuple[Certificate, ...]


class StatedCertificates:
    """What the column of certificates of a release says. Threads may share it."""

    def __init__(self, columns: FilterColumns) -> None:
        self._columns = columns
        count = columns.count(_COLUMN)
        self._which = np.full(count, _UNREAD, np.int64)
        self._ends = np.full(count, np.inf)
        self._certificates: dict[Certificate, int] = {}
        self._lock = Lock()

    def at(self, rows: Rows) -> Stated:
        """Those of *rows* (r,)."""
        whose, labels = self._columns.labels_at(_COLUMN, rows)
        unread = distinct(labels[self._which[labels] == _UNREAD])
        with self._lock:
            for place in unread.tolist():
                self._read(place)
            certificates = tuple(self._certificates)
        return Stated(whose, self._which[labels], self._ends[labels], certificates)

    def _read(self, place: int) -> None:
        label = self._columns.value(_COLUMN, place)
        name, _, day = label.rpartition("@")
        dated = _DAY.fullmatch(day) is not None
        certificate = canonical(name if dated else label)
        if dated:
            self._ends[place] = date.fromisoformat(day).toordinal()
        self._which[place] = self._certificates.setdefault(certificate, len(self._certificates))

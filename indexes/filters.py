"""Filters: what a row must have, as a boolean per row.

Labels are strings, any number a row (regions, tiers, certificates); numbers are floats, one a row or none.
Masks combine with numpy's ``&``, ``|``, ``~`` and go to the ``allowed`` of a search.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError
from indexes.files import check_numbers, check_offsets, damaged, load_array, load_json, save_array, save_json
from indexes.vectors import check_rows


class FilterColumns:
    """Columns over *size* rows. Threads may share them.

    >>> columns = FilterColumns.build(2, {"tier": [["champion"], []]}, {"capacity": [8.0, float("nan")]})
    >>> columns.mask_any("tier", ["champion"]).tolist()
    [True, False]
    """

    def __init__(
        self,
        size: int,
        labels: Mapping[str, Sequence[str]],
        value_offsets: NDArray[np.int64],
        value_rows: NDArray[np.int32],
        row_offsets: NDArray[np.int64],
        row_values: NDArray[np.int32],
        numbers: Mapping[str, NDArray[np.float64]],
    ) -> None:
        """*labels*: of each column its values, sorted. The values of all columns are numbered through, in the
        order of *labels*: value v is in rows ``value_rows[value_offsets[v]:value_offsets[v+1]]``. In column
        c, row r has values ``row_values[row_offsets[c·size+r]:row_offsets[c·size+r+1]]``."""
        self.size = size
        self._labels = {name: tuple(values) for name, values in labels.items()}
        self._value_offsets, self._value_rows = value_offsets, value_rows
        self._row_offsets, self._row_values = row_offsets, row_values
        self._numbers = dict(numbers)
        self._position = {name: position for position, name in enumerate(self._labels)}
        self._first = dict(
            zip(self._labels, np.cumsum([0, *map(len, self._labels.values())]).tolist(), strict=False)
        )

    @classmethod
    def build(
        cls,
        size: int,
        labels: Mapping[str, Sequence[Collection[str]]],
        numbers: Mapping[str, Sequence[float]],
    ) -> FilterColumns:
        """Columns by name, each with *size* rows. Repeated and empty strings in a row are dropped; nan is an
        absent number.

        :raises InputError: a column has another number of rows, a name is both a label and a number, or a
            row of labels is a single string.
        """
        for name, column in [*labels.items(), *numbers.items()]:
            if len(column) != size:
                raise InputError(f"{len(column)} rows in a column of {size}", field="column", value=name)
        for name, column in labels.items():
            if any(isinstance(row, str) for row in column):
                raise InputError("a row of labels must be a list of strings", field="column", value=name)
        for name in labels.keys() & numbers.keys():
            raise InputError("is both a label and a number", field="column", value=name)
        values: dict[str, list[str]] = {}
        held: list[NDArray[np.int64]] = []  # (column · size + row) · width + value, one for each label
        width = sum(len(row) for column in labels.values() for row in column) + 1
        first = 0
        for position, (name, column) in enumerate(sorted(labels.items())):
            flat = [value for row in column for value in row]
            values[name] = sorted({*flat} - {""})
            place = {value: first + i for i, value in enumerate(values[name])} | {"": -1}
            numbered = np.array([place[value] for value in flat], np.int64)
            rows = np.repeat(np.arange(size), [len(row) for row in column])
            held.append(((position * size + rows) * width + numbered)[numbered >= 0])
            first += len(values[name])
        pairs = np.unique(np.concatenate(held)) if held else np.zeros(0, np.int64)
        by_row = (pairs % width).astype(np.int32)
        # where each label stands, ordered by value; stable, so that rows rise within a value
        order = np.argsort(by_row, kind="stable")
        return cls(
            size,
            values,
            _offsets(np.bincount(by_row, minlength=first)),
            (pairs // width % max(size, 1)).astype(np.int32)[order],
            _offsets(np.bincount(pairs // width, minlength=len(values) * size)),
            by_row,
            {name: np.array(column, np.float64) for name, column in sorted(numbers.items())},
        )

    @property
    def label_columns(self) -> tuple[str, ...]:
        return tuple(self._labels)

    @property
    def number_columns(self) -> tuple[str, ...]:
        return tuple(self._numbers)

    def values(self, column: str) -> tuple[str, ...]:
        """The labels that occur in *column*, sorted."""
        return self._labels[self._known(column, self._labels)]

    def counts(self, column: str) -> dict[str, int]:
        """How many rows have each label of *column*."""
        first = self._first[self._known(column, self._labels)]
        held = np.diff(self._value_offsets[first : first + len(self._labels[column]) + 1])
        return dict(zip(self._labels[column], held.tolist(), strict=True))

    def labels_of(self, column: str, row: int) -> tuple[str, ...]:
        """The labels of *row* in *column*, sorted; :raises InputError: no such row."""
        (number,) = check_rows(np.array([row]), self.size)
        start = self._position[self._known(column, self._labels)] * self.size + int(number)
        held = self._row_values[int(self._row_offsets[start]) : int(self._row_offsets[start + 1])]
        return tuple(self._labels[column][value - self._first[column]] for value in held.tolist())

    def labels_at(self, column: str, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Every label that *rows* (r,) have in *column*: whose it is, a position in *rows*, ascending, and
        which, a position in :meth:`values`. Takes time for *rows* alone, whatever the size of the column."""
        start = self._position[self._known(column, self._labels)] * self.size + rows
        first = self._row_offsets[start]
        counts = self._row_offsets[start + 1] - first
        whose = np.repeat(np.arange(rows.size), counts)
        at = np.arange(whose.size) + np.repeat(first - (np.cumsum(counts) - counts), counts)
        return whose, self._row_values[at].astype(np.int64) - self._first[column]

    def count(self, column: str) -> int:
        """How many labels occur in *column*: the length of :meth:`values`."""
        return len(self._labels[self._known(column, self._labels)])

    def value(self, column: str, place: int) -> str:
        """``values(column)[place]``, one alone."""
        return self._labels[self._known(column, self._labels)][place]

    def has_any(self, column: str, values: Iterable[str], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """``mask_any(column, values)[rows]``, without looking at the other rows."""
        held = self.values(column)
        places = [(bisect_left(held, value), value) for value in values]
        wanted = [place for place, value in places if place < len(held) and held[place] == value]
        found = np.zeros(rows.size, np.bool_)
        if wanted:
            whose, which = self.labels_at(column, rows)
            found[whose[np.isin(which, wanted)]] = True
        return found

    def has_label(self, column: str, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(r,) whether each of *rows* has a label of *column* at all."""
        start = self._position[self._known(column, self._labels)] * self.size + rows
        labelled: NDArray[np.bool_] = self._row_offsets[start + 1] > self._row_offsets[start]
        return labelled

    def numbers(self, column: str) -> NDArray[np.float64]:
        """The numbers (n,) of *column*, nan where absent; read-only."""
        return self._numbers[self._known(column, self._numbers)]

    def mask_any(self, column: str, values: Iterable[str]) -> NDArray[np.bool_]:
        """Rows that have at least one of *values*; a value that does not occur matches nothing."""
        held = self.values(column)
        mask = np.zeros(self.size, np.bool_)
        for value in values:
            place = bisect_left(held, value)
            if place < len(held) and held[place] == value:
                self._mark(mask, column, place, place + 1)
        return mask

    def mask_prefix(self, column: str, prefixes: Iterable[str]) -> NDArray[np.bool_]:
        """Rows with a label that starts with one of *prefixes*: ``31`` finds the districts of Shanghai. The
        empty prefix finds every row that has a label."""
        held = self.values(column)
        mask = np.zeros(self.size, np.bool_)
        for prefix in prefixes:
            # labels that share a prefix adjoin, the prefix itself would stand first
            start = stop = bisect_left(held, prefix)
            while stop < len(held) and held[stop].startswith(prefix):
                stop += 1
            self._mark(mask, column, start, stop)
        return mask

    def mask_range(
        self, column: str, low: float | None, high: float | None, absent: bool
    ) -> NDArray[np.bool_]:
        """Rows whose number lies in [*low*, *high*], either end open where None; *absent* says whether rows
        without a number pass."""
        numbers = self.numbers(column)
        missing = np.isnan(numbers)
        mask = ~missing
        if low is not None:
            mask &= numbers >= low
        if high is not None:
            mask &= numbers <= high
        return mask | missing if absent else mask

    def _mark(self, mask: NDArray[np.bool_], column: str, start: int, stop: int) -> None:
        """Mark the rows with one of the values *start* … *stop* - 1 of *column*: their postings adjoin."""
        first = self._first[column]
        span = slice(int(self._value_offsets[first + start]), int(self._value_offsets[first + stop]))
        mask[self._value_rows[span]] = True

    def _known(self, column: str, columns: Mapping[str, object]) -> str:
        if column not in columns:
            raise InputError(
                "no such filter column", field="column", value=column, mend=f"one of {', '.join(columns)}"
            )
        return column

    def save(self, folder: Path) -> None:
        """Write the columns into *folder*, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        # a list, because a JSON object's order is nothing to rely on
        labels = [[name, list(values)] for name, values in self._labels.items()]
        facts = {"size": self.size, "labels": labels, "numbers": list(self._numbers)}
        save_json(folder / "filters.json", facts)
        save_array(folder / "value_offsets.npy", self._value_offsets)
        save_array(folder / "value_rows.npy", self._value_rows)
        save_array(folder / "row_offsets.npy", self._row_offsets)
        save_array(folder / "row_values.npy", self._row_values)
        matrix = np.zeros((len(self._numbers), self.size), np.float64)
        for position, column in enumerate(self._numbers.values()):
            matrix[position] = column
        save_array(folder / "numbers.npy", matrix)

    @classmethod
    def load(cls, folder: Path) -> FilterColumns:
        """The columns that :meth:`save` wrote, memory-mapped.

        :raises DamagedRelease: files are missing or do not fit together.
        """
        size, labels, names = _facts(folder / "filters.json")
        value_offsets = load_array(folder / "value_offsets.npy", np.int64)
        value_rows = load_array(folder / "value_rows.npy", np.int32)
        row_offsets = load_array(folder / "row_offsets.npy", np.int64)
        row_values = load_array(folder / "row_values.npy", np.int32)
        numbers = load_array(folder / "numbers.npy", np.float64, axes=2)
        check_offsets(folder / "value_offsets.npy", value_offsets, value_rows.size)
        check_numbers(folder / "value_rows.npy", value_rows, size)
        check_offsets(folder / "row_offsets.npy", row_offsets, row_values.size)
        total = sum(map(len, labels.values()))
        if (
            value_offsets.size != total + 1
            or row_offsets.size != len(labels) * size + 1
            or numbers.shape != (len(names), size)
        ):
            damaged(folder / "filters.json", "does not fit the arrays beside it")
        # each row's values must be of the column that it is asked for
        ends = np.cumsum([0, *map(len, labels.values())])
        for position in range(len(labels)):
            start, stop = row_offsets[position * size], row_offsets[(position + 1) * size]
            held = row_values[int(start) : int(stop)]
            if held.size and (held.min() < ends[position] or held.max() >= ends[position + 1]):
                damaged(folder / "row_values.npy", "points to a value of another column")
        columns = dict(zip(names, numbers, strict=True))
        return cls(size, labels, value_offsets, value_rows, row_offsets, row_values, columns)


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _facts(path: Path) -> tuple[int, dict[str, list[str]], list[str]]:
    """Size, labels and number columns as ``filters.json`` has them; :raises DamagedRelease: it does not."""
    facts = load_json(path)
    size, pairs, names = facts.get("size"), facts.get("labels"), facts.get("numbers")
    if (
        type(size) is not int
        or not 0 <= size < 1 << 31
        or not isinstance(names, list)
        or not isinstance(pairs, list)
        or not all(isinstance(pair, list) and len(pair) == 2 and _sorted_strings(pair[1]) for pair in pairs)
    ):
        damaged(path, "does not describe filter columns")
    columns = [*names, *(pair[0] for pair in pairs)]
    if not all(isinstance(name, str) for name in columns) or len(set(columns)) != len(columns):
        damaged(path, "names a column twice, or not by a string")
    return size, dict(pairs), names


def _sorted_strings(values: object) -> bool:
    return (
        isinstance(values, list)
        and all(isinstance(value, str) for value in values)
        and all(one < two for one, two in pairwise(values))
    )

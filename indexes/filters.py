"""Filters: what a row must have, as a boolean per row.

Labels are strings, any number a row (regions, tiers, certificates); numbers are floats, one a row or none.
Masks combine with numpy's ``&``, ``|``, ``~`` and go to the ``allowed`` of a search.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError
from indexes.files import check_numbers, check_offsets, damaged, load_array, load_json, save_array, save_json
from indexes.splice import Splice
from indexes.strings import StringTable, joined
from indexes.vectors import check_rows

Labels = NDArray[np.int32]

_MARK = "\0"  # between the name of a column and a label; no name holds it


@dataclass(frozen=True, slots=True)
class _Held:
    """Which rows hold which labels. The labels of all columns are numbered through, by column and label:
    label v is in rows ``rows[offsets[v]:offsets[v+1]]``. In column c, row r has labels
    ``labels[row_offsets[c·size+r]:row_offsets[c·size+r+1]]``."""

    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    row_offsets: NDArray[np.int64]
    labels: NDArray[np.int32]

    @classmethod
    def of(
        cls, places: NDArray[np.int64], labels: NDArray[np.int64], size: int, columns: int, count: int
    ) -> _Held:
        """From pairs of place (column · size + row) and label number, in any order, repeated or not."""
        keys = np.sort(places * max(count, 1) + labels)
        keys = keys[np.diff(keys, prepend=-1) > 0]
        places, by_row = np.divmod(keys, max(count, 1))
        held = np.bincount(places, minlength=columns * size).reshape(columns, size)
        return cls.in_order(held, by_row.astype(np.int32), count)

    @classmethod
    def in_order(cls, held: NDArray[np.int64], labels: NDArray[np.int32], count: int) -> _Held:
        """From how many labels are *held* (columns, size) at each place, and these, by place and number."""
        row_offsets = _starts(held.ravel())
        edges = row_offsets[:: max(held.shape[1], 1)] if held.shape[1] else np.zeros(len(held) + 1, np.int64)
        rows = np.empty(labels.size, np.int32)
        for column, (start, end) in enumerate(pairwise(edges.tolist())):
            if start == end:
                continue
            # where each label stands, ordered by label; stable, so that rows rise within a label
            own = labels[start:end] - labels[start:end].min()
            if own.max() < 1 << 16:
                own = own.astype(np.uint16)  # these numpy sorts by counting
            whose = np.repeat(np.arange(held.shape[1], dtype=np.int32), held[column])
            rows[start:end] = whose[np.argsort(own, kind="stable")]
        return cls(_starts(np.bincount(labels, minlength=count)), rows, row_offsets, labels)

    def spliced(self, splice: Splice, fresh: _Held, columns: int) -> tuple[NDArray[np.int64], Labels]:
        """How many labels are held at each place (columns, size) of the rows that *splice* takes from here
        and from *fresh*, and which: of *fresh* ones the ``~number``."""
        ours, theirs = self._counts(columns), fresh._counts(columns)
        held = np.empty((columns, splice.size), np.int64)
        held[:, splice.kept], held[:, splice.fresh] = ours[:, splice.old], theirs
        parts = [np.zeros(0, np.int32)]
        others = ~fresh.labels
        for column in range(columns):
            for is_fresh, start, end in splice.runs():
                source, labels = (fresh, others) if is_fresh else (self, self.labels)
                at = column * (theirs if is_fresh else ours).shape[1]
                parts.append(labels[source.row_offsets[at + start] : source.row_offsets[at + end]])
        return held, np.concatenate(parts)

    def _counts(self, columns: int) -> NDArray[np.int64]:
        """(columns, size) how many labels are held at each place."""
        size = (self.row_offsets.size - 1) // max(columns, 1)
        return np.diff(self.row_offsets).reshape(columns, size)


class FilterColumns:
    """Columns over *size* rows. Threads may share them.

    >>> columns = FilterColumns.build(2, {"tier": [["champion"], []]}, {"capacity": [8.0, float("nan")]})
    >>> columns.mask_any("tier", ["champion"]).tolist()
    [True, False]
    """

    def __init__(
        self,
        size: int,
        names: Sequence[str],
        labels: StringTable,
        held: _Held,
        numbers: Mapping[str, NDArray[np.float64]],
    ) -> None:
        """*names* of the columns of labels, sorted; *labels*: ``NAME\\0LABEL``, sorted. See :meth:`build`."""
        self.size = size
        self._labels, self._held = labels, held
        # the labels of a column adjoin: those that start with its name and the mark
        self._spans = {
            name: (labels.first_from(name + _MARK), labels.first_from(name + "\1")) for name in names
        }
        self._numbers = dict(numbers)
        self._position = {name: position for position, name in enumerate(names)}

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
        values: list[bytes] = []
        places, found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for position, (name, column) in enumerate(sorted(labels.items())):
            distinct = sorted({*chain.from_iterable(column)} - {""}, key=_encoded)
            number = {value: len(values) + i for i, value in enumerate(distinct)} | {"": -1}
            flat = np.array([number[value] for row in column for value in row], np.int64)
            rows = np.repeat(np.arange(size), [len(row) for row in column])
            places.append((position * size + rows)[flat >= 0])
            found.append(flat[flat >= 0])
            values += [_encoded(name + _MARK + value) for value in distinct]
        return cls(
            size,
            sorted(labels),
            StringTable.of_pieces(values),
            _Held.of(np.concatenate(places), np.concatenate(found), size, len(labels), len(values)),
            {name: np.array(column, np.float64) for name, column in sorted(numbers.items())},
        )

    @classmethod
    def spliced(cls, old: FilterColumns, splice: Splice, fresh: FilterColumns) -> FilterColumns:
        """The columns of all rows, from *old* ones and those of the *fresh* rows alone: what :meth:`build`
        makes of them together, to the byte. The columns are those of *fresh*; *old* may have more numbers.

        :raises InputError: *old* has other columns.
        """
        names = fresh.label_columns
        if names != old.label_columns or not {*fresh.number_columns} <= {*old.number_columns}:
            raise InputError("other filter columns", field="column", value=", ".join(old.label_columns))
        held, labels = old._held.spliced(splice, fresh._held, len(names))
        stays = np.bincount(labels[labels >= 0], minlength=len(old._labels)) > 0
        table, old_place, new_place, _ = joined(old._labels, stays, fresh._labels)
        place = np.concatenate([old_place, new_place[::-1]]).astype(np.int32)  # ~number counts from the end
        numbers = {}
        for name in fresh.number_columns:
            numbers[name] = np.empty(splice.size)
            numbers[name][splice.kept] = old.numbers(name)[splice.old]
            numbers[name][splice.fresh] = fresh.numbers(name)
        return cls(splice.size, names, table, _Held.in_order(held, place[labels], len(table)), numbers)

    def with_numbers(self, numbers: Mapping[str, NDArray[Any]]) -> FilterColumns:
        """These columns with other *numbers* (n,) in columns of numbers that they have or have not yet.

        :raises InputError: a column has another number of rows, or is one of labels.
        """
        given = {name: np.asarray(column, np.float64) for name, column in numbers.items()}
        for name, column in given.items():
            if column.shape != (self.size,) or name in self._spans:
                raise InputError("not a column of numbers of this size", field="column", value=name)
        every = dict(sorted({**self._numbers, **given}.items()))
        return FilterColumns(self.size, self.label_columns, self._labels, self._held, every)

    @property
    def label_columns(self) -> tuple[str, ...]:
        return tuple(self._position)

    @property
    def number_columns(self) -> tuple[str, ...]:
        return tuple(self._numbers)

    def values(self, column: str) -> tuple[str, ...]:
        """The labels that occur in *column*, sorted."""
        return self._texts(column, range(*self._spans[self._known(column, self._spans)]))

    def counts(self, column: str) -> dict[str, int]:
        """How many rows have each label of *column*."""
        start, stop = self._spans[self._known(column, self._spans)]
        held = np.diff(self._held.offsets[start : stop + 1])
        return dict(zip(self.values(column), held.tolist(), strict=True))

    def labels_of(self, column: str, row: int) -> tuple[str, ...]:
        """The labels of *row* in *column*, sorted; :raises InputError: no such row."""
        (number,) = check_rows(np.array([row]), self.size)
        place = self._position[self._known(column, self._position)] * self.size + int(number)
        start, stop = self._held.row_offsets[place : place + 2].tolist()
        return self._texts(column, self._held.labels[start:stop].tolist())

    def labels_at(self, column: str, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Every label that *rows* (r,) have in *column*: whose it is, a position in *rows*, ascending, and
        which, a position in :meth:`values`. Takes time for *rows* alone, whatever the size of the column."""
        first, end = self._where(column, rows)
        counts = end - first
        whose = np.repeat(np.arange(rows.size), counts)
        at = np.arange(whose.size) + np.repeat(first - (np.cumsum(counts) - counts), counts)
        return whose, self._held.labels[at].astype(np.int64) - self._spans[column][0]

    def count(self, column: str) -> int:
        """How many labels occur in *column*: the length of :meth:`values`."""
        start, end = self._spans[self._known(column, self._spans)]
        return end - start

    def value(self, column: str, place: int) -> str:
        """``values(column)[place]``, one alone."""
        start, _ = self._spans[self._known(column, self._spans)]
        return self._texts(column, [start + place])[0]

    def has_any(self, column: str, values: Iterable[str], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """``mask_any(column, values)[rows]``, without looking at the other rows."""
        start, _ = self._spans[self._known(column, self._spans)]
        numbers = [self._labels.find(column + _MARK + value) for value in values]
        wanted = [number - start for number in numbers if number is not None]
        found = np.zeros(rows.size, np.bool_)
        if wanted:
            whose, which = self.labels_at(column, rows)
            for number in wanted:  # mostly one, for which isin() takes ten times as long
                found[whose[which == number]] = True
        return found

    def has_label(self, column: str, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(r,) whether each of *rows* has a label of *column* at all."""
        first, end = self._where(column, rows)
        labelled: NDArray[np.bool_] = end > first
        return labelled

    def _where(self, column: str, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(r,), (r,) where the labels of *rows* in *column* begin and end."""
        start = self._position[self._known(column, self._position)] * self.size + rows
        return self._held.row_offsets[start], self._held.row_offsets[start + 1]

    def numbers(self, column: str) -> NDArray[np.float64]:
        """The numbers (n,) of *column*, nan where absent; read-only."""
        return self._numbers[self._known(column, self._numbers)]

    def mask_any(self, column: str, values: Iterable[str]) -> NDArray[np.bool_]:
        """Rows that have at least one of *values*; a value that does not occur matches nothing."""
        self._known(column, self._spans)
        mask = np.zeros(self.size, np.bool_)
        for value in values:
            if (number := self._labels.find(column + _MARK + value)) is not None:
                self._mark(mask, number, number + 1)
        return mask

    def mask_prefix(self, column: str, prefixes: Iterable[str]) -> NDArray[np.bool_]:
        """Rows with a label that starts with one of *prefixes*: ``31`` finds the districts of Shanghai. The
        empty prefix finds every row that has a label."""
        end = self._spans[self._known(column, self._spans)][1]
        mask = np.zeros(self.size, np.bool_)
        for prefix in prefixes:
            # labels that share a prefix adjoin, the prefix itself would stand first
            start = stop = self._labels.first_from(column + _MARK + prefix)
            while stop < end and self._labels[stop].startswith(column + _MARK + prefix):
                stop += 1
            self._mark(mask, start, stop)
        return mask

    def mask_range(
        self, column: str, low: float | None, high: float | None, absent: bool
    ) -> NDArray[np.bool_]:
        """Rows whose number lies in [*low*, *high*], either end open where None; *absent* says whether rows
        without a number pass."""
        numbers = self.numbers(column)
        mask: NDArray[np.bool_] = numbers <= (np.inf if high is None else high)  # nan passes no comparison
        if low is not None:
            mask &= numbers >= low
        return mask | np.isnan(numbers) if absent else mask

    def _mark(self, mask: NDArray[np.bool_], start: int, stop: int) -> None:
        """Mark the rows with one of the labels *start* … *stop* - 1: their postings adjoin."""
        first, last = int(self._held.offsets[start]), int(self._held.offsets[stop])
        mask[self._held.rows[first:last]] = True

    def _texts(self, column: str, numbers: Iterable[int]) -> tuple[str, ...]:
        return tuple(self._labels[number][len(column) + 1 :] for number in numbers)

    def _known(self, column: str, columns: Mapping[str, object]) -> str:
        if column not in columns:
            raise InputError(
                "no such filter column", field="column", value=column, mend=f"one of {', '.join(columns)}"
            )
        return column

    def save(self, folder: Path) -> None:
        """Write the columns into *folder*, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        facts = {"size": self.size, "labels": list(self.label_columns), "numbers": list(self.number_columns)}
        save_json(folder / "filters.json", facts)
        self._labels.save(folder, "labels")
        save_array(folder / "label_offsets.npy", self._held.offsets)
        save_array(folder / "label_rows.npy", self._held.rows)
        save_array(folder / "row_offsets.npy", self._held.row_offsets)
        save_array(folder / "row_labels.npy", self._held.labels)
        matrix = np.zeros((len(self._numbers), self.size), np.float64)
        for position, column in enumerate(self._numbers.values()):
            matrix[position] = column
        save_array(folder / "numbers.npy", matrix)

    @classmethod
    def load(cls, folder: Path) -> FilterColumns:
        """The columns that :meth:`save` wrote, memory-mapped.

        :raises DamagedRelease: files are missing or do not fit together.
        """
        size, names, numbered = _facts(folder / "filters.json")
        labels = StringTable.load(folder, "labels")
        offsets = load_array(folder / "label_offsets.npy", np.int64)
        rows = load_array(folder / "label_rows.npy", np.int32)
        row_offsets = load_array(folder / "row_offsets.npy", np.int64)
        row_labels = load_array(folder / "row_labels.npy", np.int32)
        numbers = load_array(folder / "numbers.npy", np.float64, axes=2)
        check_offsets(folder / "label_offsets.npy", offsets, rows.size)
        check_numbers(folder / "label_rows.npy", rows, size)
        check_offsets(folder / "row_offsets.npy", row_offsets, row_labels.size)
        check_numbers(folder / "row_labels.npy", row_labels, len(labels))
        if (
            offsets.size != len(labels) + 1
            or row_offsets.size != len(names) * size + 1
            or numbers.shape != (len(numbered), size)
        ):
            damaged(folder / "filters.json", "does not fit the arrays beside it")
        held = _Held(offsets, rows, row_offsets, row_labels)
        found = cls(size, names, labels, held, dict(zip(numbered, numbers, strict=True)))
        # each row's labels must be of the column that it is asked for
        for name, position in found._position.items():
            start, stop = row_offsets[position * size], row_offsets[(position + 1) * size]
            own, (first, end) = row_labels[int(start) : int(stop)], found._spans[name]
            if own.size and (own.min() < first or own.max() >= end):
                damaged(folder / "row_labels.npy", "points to a label of another column")
        return found


def _encoded(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _facts(path: Path) -> tuple[int, list[str], list[str]]:
    """Size and names of both kinds of columns; :raises DamagedRelease: ``filters.json`` has them not."""
    facts = load_json(path)
    size, names, numbered = facts.get("size"), facts.get("labels"), facts.get("numbers")
    if (
        type(size) is not int
        or not 0 <= size < 1 << 31
        or not isinstance(names, list)
        or not isinstance(numbered, list)
        or not all(isinstance(name, str) and name and _MARK not in name for name in [*names, *numbered])
        or names != sorted(names)
        or len({*names, *numbered}) != len(names) + len(numbered)
    ):
        damaged(path, "does not describe filter columns")
    return size, names, numbered

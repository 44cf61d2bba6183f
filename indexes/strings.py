"""Distinct strings in order, on disk, found without loading them.

A dictionary of 200,000 tokens costs 0.1 s and 30 MB in each process that opens it; a one-shot command asks
for thirty of them. Here strings lie end to end in one file and are found by binary search over a memory map.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from operator import lt
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError
from indexes.files import check_numbers, check_offsets, damaged, load_array, map_file, save_array
from indexes.splice import Splice

_FEW = 32  # looking a string up on disk takes as long as listing so many


class StringTable:
    """n distinct strings, numbered 0 … n-1 in the order given.

    >>> table = StringTable.build(["b", "a"])
    >>> table[0], table.find("a"), table.find("c")
    ('b', 1, None)
    """

    def __init__(self, data: mmap.mmap | bytes, offsets: NDArray[np.int64], order: NDArray[np.int32]) -> None:
        """*data*: the strings in UTF-8, end to end. *offsets* (n+1,): where each begins. *order* (n,): their
        numbers, sorted by their bytes."""
        self._data = data
        self._offsets = offsets
        self._order = order
        # one by one, numbers come out of a memory view in half the time
        self._at = offsets.astype(np.int64, copy=False).view(np.int64).data
        self._sorted = order.astype(np.int32, copy=False).view(np.int32).data

    @classmethod
    def build(cls, strings: Sequence[str]) -> StringTable:
        """:raises InputError: a string is given twice."""
        # surrogatepass: a lone surrogate is a bad string, but no reason to fail a refresh
        return cls.of_pieces([string.encode("utf-8", "surrogatepass") for string in strings])

    @classmethod
    def of_pieces(cls, pieces: Sequence[bytes]) -> StringTable:
        """The table of strings that are encoded already (see :meth:`pieces`).

        :raises InputError: a string is given twice.
        """
        order = np.arange(len(pieces), dtype=np.int32)
        if not all(map(lt, pieces, islice(pieces, 1, None))):  # not in order yet
            listed = sorted(range(len(pieces)), key=pieces.__getitem__)
            for one, two in pairwise(listed):
                if pieces[one] == pieces[two]:
                    raise InputError(
                        "listed twice", field="string", value=pieces[one].decode("utf-8", "replace")
                    )
            order = np.array(listed, np.int32)
        offsets = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)), out=offsets[1:])
        return cls(b"".join(pieces), offsets, order)

    @classmethod
    def spliced(cls, old: StringTable, splice: Splice, fresh: StringTable) -> StringTable:
        """The table of the strings that *splice* takes from *old* and *fresh*: what :meth:`build` makes of
        them. Where they are in order, as ids are, no string is looked at but where the two meet.

        :raises InputError: a string is given twice.
        """
        lengths = np.empty(splice.size, np.int64)
        lengths[splice.kept] = np.diff(old._offsets)[splice.old]
        lengths[splice.fresh] = np.diff(fresh._offsets)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        sources = ((fresh if is_fresh else old, start, end) for is_fresh, start, end in splice.runs())
        data = b"".join(
            source._data[int(source._offsets[start]) : int(source._offsets[end])]
            for source, start, end in sources
        )
        found = cls(data, offsets, np.arange(splice.size, dtype=np.int32))
        seams = np.flatnonzero((splice.source[1:] < 0) | (splice.source[:-1] < 0)).tolist()
        rising = old._rises and fresh._rises and all(found._bytes(i) < found._bytes(i + 1) for i in seams)
        return found if rising else cls.of_pieces(found.pieces())

    @property
    def _rises(self) -> bool:
        """Whether the strings are in order."""
        return bool((self._order == np.arange(self._order.size)).all())

    def __len__(self) -> int:
        return self._order.size

    def _bytes(self, number: int) -> bytes:
        return self._data[self._at[number] : self._at[number + 1]]

    def __getitem__(self, number: int) -> str:
        """:raises IndexError: *number* is not in 0 … n-1. :raises DamagedRelease: the file is no UTF-8."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        try:
            return self._bytes(number).decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            damaged(Path("strings"), f"string {number} is not UTF-8")

    def __iter__(self) -> Iterator[str]:
        return (self[number] for number in range(len(self)))

    def pieces(self) -> list[bytes]:
        """All strings in UTF-8, in order: five times as fast as one by one."""
        data = bytes(self._data)
        return [data[start:end] for start, end in pairwise(self._offsets.tolist())]

    def find(self, string: str) -> int | None:
        """The number of *string*, or None."""
        wanted = string.encode("utf-8", "surrogatepass")
        place = self._place(wanted)
        if place < len(self) and self._bytes(number := self._sorted[place]) == wanted:
            return number
        return None

    def first_from(self, string: str) -> int:
        """How many strings sort before *string*, by their bytes: in a table built in order, the number of the
        first that is not less."""
        return self._place(string.encode("utf-8", "surrogatepass"))

    def _place(self, wanted: bytes) -> int:
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(self._sorted[middle]) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def save(self, folder: Path, name: str) -> None:
        """Write ``NAME.bin``, ``NAME_offsets.npy`` and ``NAME_order.npy`` into the existing *folder*."""
        (folder / f"{name}.bin").write_bytes(self._data)
        save_array(folder / f"{name}_offsets.npy", self._offsets)
        save_array(folder / f"{name}_order.npy", self._order)

    @classmethod
    def load(cls, folder: Path, name: str) -> StringTable:
        """:raises DamagedRelease: the files are missing or do not fit together."""
        data = map_file(folder / f"{name}.bin")
        offsets = load_array(folder / f"{name}_offsets.npy", np.int64)
        order = load_array(folder / f"{name}_order.npy", np.int32)
        check_offsets(folder / f"{name}_offsets.npy", offsets, len(data))
        if order.size != offsets.size - 1:
            damaged(folder / f"{name}_order.npy", f"has {order.size} entries for {offsets.size - 1} strings")
        check_numbers(folder / f"{name}_order.npy", order, max(order.size, 1))
        return cls(data, offsets, order)


class Joined(NamedTuple):
    """Two tables in order made one: the *table*, the new numbers of the strings of both (-1: gone), and how
    many strings of the older one come before each fresh one."""

    table: StringTable
    old: NDArray[np.int64]
    fresh: NDArray[np.int64]
    before: NDArray[np.int64]


def joined(old: StringTable, stays: NDArray[np.bool_], fresh: StringTable) -> Joined:
    """The strings of *old* that *stays* (n,) keeps and all *fresh* ones, each once, in order, as both tables
    must be."""
    come = fresh.pieces()
    if len(come) * _FEW < len(old):
        numbers = range(len(old))
        places = np.array([bisect_left(numbers, piece, key=old._bytes) for piece in come], np.int64)
    else:
        pieces = old.pieces()
        places = np.array([bisect_left(pieces, piece) for piece in come], np.int64)
    known = np.array(
        [at < len(old) and old._bytes(at) == piece for at, piece in zip(places.tolist(), come, strict=True)],
        np.bool_,
    )
    held = stays.copy()
    held[places[known]] = True
    new = places[~known]  # where strings unknown so far come in, before the old ones of these places
    before = np.cumsum(np.bincount(new, minlength=len(old) + 1))
    kept = np.concatenate([np.zeros(1, np.int64), np.cumsum(held)])  # old strings kept before each place
    old_place = kept[:-1] + before[:-1]
    new_place = np.empty(len(come), np.int64)
    new_place[known] = old_place[places[known]]
    new_place[~known] = kept[new] + np.arange(new.size)
    source = np.empty(int(kept[-1]) + new.size, np.int64)
    source[old_place[held]] = np.flatnonzero(held)
    source[new_place[~known]] = ~np.arange(new.size)
    added = StringTable.of_pieces([come[number] for number in np.flatnonzero(~known).tolist()])
    table = StringTable.spliced(old, Splice(source), added)
    return Joined(table, np.where(held, old_place, -1), new_place, places)

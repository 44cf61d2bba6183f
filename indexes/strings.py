"""Distinct strings in order, on disk, found without loading them.

A dictionary of 200,000 tokens costs 0.1 s and 30 MB in each process that opens it; a one-shot command asks
for thirty of them. Here strings lie end to end in one file and are found by binary search over a memory map.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError
from indexes.files import check_numbers, check_offsets, damaged, load_array, map_file, save_array


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

    @classmethod
    def build(cls, strings: Sequence[str]) -> StringTable:
        """:raises InputError: a string is given twice."""
        # surrogatepass: a lone surrogate is a bad string, but no reason to fail a refresh
        encoded = [string.encode("utf-8", "surrogatepass") for string in strings]
        order = sorted(range(len(encoded)), key=encoded.__getitem__)
        for one, two in pairwise(order):
            if encoded[one] == encoded[two]:
                raise InputError("listed twice", field="string", value=strings[one])
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(piece) for piece in encoded], out=offsets[1:])
        return cls(b"".join(encoded), offsets, np.array(order, np.int32))

    def __len__(self) -> int:
        return self._order.size

    def _bytes(self, number: int) -> bytes:
        return self._data[int(self._offsets[number]) : int(self._offsets[number + 1])]

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
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(int(self._order[middle])) < wanted:
                low = middle + 1
            else:
                high = middle
        if low < len(self) and self._bytes(number := int(self._order[low])) == wanted:
            return number
        return None

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

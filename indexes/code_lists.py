"""Lists of small numbers, one a row, read for some rows at once: what each row's text is made of, say."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.files import check_offsets, damaged, load_array, save_array
from indexes.splice import Splice

Rows = NDArray[np.int64]
Codes = NDArray[np.uint32]


class CodeListBuilder:
    """Takes lists one by one and keeps four bytes a number."""

    def __init__(self) -> None:
        self._codes, self._ends = array("I"), array("q", [0])

    def add(self, codes: Iterable[int]) -> None:
        """The next row."""
        self._codes.extend(codes)
        self._ends.append(len(self._codes))

    def build(self) -> CodeLists:
        return CodeLists(np.array(self._ends, np.int64), np.array(self._codes, np.uint32))


class CodeLists:
    """n rows, each a list of codes, in the order given. Threads may share them.

    >>> lists = CodeLists.build([[7, 5], [], [7]])
    >>> [found.tolist() for found in lists.at(np.array([2, 1, 0]))]
    [[0, 2, 2], [7, 7, 5]]
    """

    def __init__(self, offsets: Rows, codes: Codes) -> None:
        """Row i has the codes ``codes[offsets[i]:offsets[i+1]]``."""
        self._offsets = offsets
        self._codes = codes

    @classmethod
    def build(cls, lists: Iterable[Iterable[int]]) -> CodeLists:
        """Codes lie in 0 … 2³² − 1."""
        builder = CodeListBuilder()
        for codes in lists:
            builder.add(codes)
        return builder.build()

    @classmethod
    def spliced(cls, old: CodeLists, splice: Splice, fresh: CodeLists) -> CodeLists:
        """The lists of all rows, from *old* ones and those of the *fresh* rows alone: what :meth:`build`
        makes of them together."""
        lengths = np.zeros(splice.size, np.int64)
        lengths[splice.kept] = np.diff(old._offsets)[splice.old]
        lengths[splice.fresh] = np.diff(fresh._offsets)
        pieces = [np.zeros(0, np.uint32)]
        for is_fresh, start, end in splice.runs():
            source = fresh if is_fresh else old
            pieces.append(source._codes[int(source._offsets[start]) : int(source._offsets[end])])
        return cls(np.concatenate([[0], np.cumsum(lengths)]), np.concatenate(pieces))

    @property
    def size(self) -> int:
        return self._offsets.size - 1

    def at(self, rows: Rows) -> tuple[Rows, Codes]:
        """The codes of *rows* (r,) in one run: whose each is, a position in *rows*, ascending, and it."""
        starts = self._offsets[rows]
        counts = self._offsets[rows + 1] - starts
        whose = np.repeat(np.arange(rows.size), counts)
        return whose, self._codes[
            np.arange(whose.size) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
        ]

    def save(self, folder: Path) -> None:
        """Write the lists into *folder*, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        save_array(folder / "code_offsets.npy", self._offsets)
        save_array(folder / "codes.npy", self._codes)

    @classmethod
    def load(cls, folder: Path) -> CodeLists:
        """The lists that :meth:`save` wrote, memory-mapped.

        :raises DamagedRelease: files are missing or do not fit together.
        """
        offsets = load_array(folder / "code_offsets.npy", np.int64)
        codes = load_array(folder / "codes.npy", np.uint32)
        if not offsets.size:
            damaged(folder / "code_offsets.npy", "is empty")
        check_offsets(folder / "code_offsets.npy", offsets, codes.size)
        return cls(offsets, codes)

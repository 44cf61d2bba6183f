"""How the rows of a new collection are made from those of an older one.

A refresh after a small change keeps nearly every row. Each part of a collection (vectors, words, filters,
documents) has a class method ``spliced`` that takes the older part, a :class:`Splice`, and the same part
built of the fresh rows alone; its result is what ``build`` makes of all rows, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Splice:
    """Row i of the new collection is row ``source[i]`` of the older one, or fresh row ``~source[i]`` where
    that is negative. *source* (n,) names every fresh row once and an older one at most once, both rising.

    >>> splice = Splice(np.array([0, ~0, 2]))      # the first and third of an older one, a fresh one between
    >>> splice.kept.tolist(), splice.fresh.tolist()
    ([0, 2], [1])
    """

    source: Rows

    def __post_init__(self) -> None:
        fresh = ~self.source[self.source < 0]
        if not np.array_equal(fresh, np.arange(fresh.size)):
            raise InputError("fresh rows must come in order, each once", field="source")
        old = self.source[self.source >= 0]
        if bool((old[1:] <= old[:-1]).any()):
            raise InputError("older rows must come in order, each once at most", field="source")

    @property
    def size(self) -> int:
        """How many rows the new collection has."""
        return int(self.source.size)

    def changes_nothing(self, old_size: int) -> bool:
        """Whether the new collection is the older one, of *old_size* rows."""
        return self.size == old_size == self.kept.size

    @cached_property
    def kept(self) -> Rows:
        """The new rows that come from the older collection, ascending."""
        return np.flatnonzero(self.source >= 0)

    @cached_property
    def fresh(self) -> Rows:
        """The new rows that are fresh, ascending."""
        return np.flatnonzero(self.source < 0)

    @cached_property
    def old(self) -> Rows:
        """The older row of each of :attr:`kept`."""
        return self.source[self.kept]

    def new_rows(self, old_size: int) -> Rows:
        """(old_size,) the new row of each older one, -1 where it is gone."""
        found = np.full(old_size, -1, np.int64)
        found[self.old] = self.kept
        return found

    def keeps(self, old_size: int) -> NDArray[np.bool_]:
        """(old_size,) whether each older row is kept."""
        return self.new_rows(old_size) >= 0

    def places(self, old_size: int) -> tuple[Rows, NDArray[np.bool_]]:
        """(old_size,) a place in the new collection for each older row, rising or the same: of a kept one its
        row, of one that is gone that of the fresh row that came for it, as where a record changed; and
        whether it has one of its own: more may have gone than came."""
        places = self.new_rows(old_size)
        gone = np.flatnonzero(places < 0)
        gap = np.searchsorted(self.old, gone)  # the kept rows before
        old, new = np.append(-1, self.old)[gap], np.append(-1, self.kept)[gap]
        place, last = new + gone - old, np.append(self.kept, self.size)[gap] - 1
        places[gone] = np.minimum(place, last)
        own = np.ones(old_size, np.bool_)
        own[gone] = place <= last
        return places, own

    def runs(self) -> Iterator[tuple[bool, int, int]]:
        """(fresh, start, end) of the longest stretches that adjoin in their own source, in order of new rows:
        ``start:end`` are fresh row numbers where *fresh* is True and older ones otherwise."""
        return zip(*self._runs, strict=True)

    @cached_property
    def _runs(self) -> tuple[list[bool], list[int], list[int]]:
        fresh = self.source < 0
        number = np.where(fresh, ~self.source, self.source)
        breaks = np.flatnonzero((fresh[1:] != fresh[:-1]) | (number[1:] != number[:-1] + 1)) + 1
        starts = np.concatenate([np.zeros(min(self.size, 1), np.int64), breaks])
        ends = np.append(breaks, self.size)[: starts.size] - 1
        return fresh[starts].tolist(), number[starts].tolist(), (number[ends] + 1).tolist()

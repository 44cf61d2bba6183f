"""Approximate search for large catalogues: codes name a shortlist, the vectors themselves settle it.

Every row is compared by its code of two bits a component (:mod:`indexes.codes`), a sixteenth of the bytes of
an exact search; the best by code, several times as many as asked for, are scored exactly. Nothing is trained
and no row is left out beforehand, so there is no quantizer to go stale, and filters are honoured by looking
deeper. Scores are those of exact search; a row may be missing, how seldom :mod:`indexes.recall` measures.

Inverted lists do worse on our vectors: to name 99 % of the best 800 of a million, a quarter to half of all
lists must be read, for short texts of several words lie between their centroids.
"""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from indexes import codes
from indexes.exact import ExactIndex, Floats, Mask, Rows
from indexes.files import damaged, load_array, load_json, save_array, save_json
from indexes.scoring import best, side_by_side
from indexes.splice import Splice
from indexes.tuning import Tuning
from indexes.vectors import NO_ROW, check_search, check_vectors

CODES = "codes.npy"
FACTS = "codes.json"
# The shortlist for k, so many times as many and so many more, whichever is shorter: of the best of a million
# 99.9 % (k 100 to 800) were in it.
_LISTED = (4, 1_024), (6, 448)
# Rows that a filter lets pass are as many in the shortlist as without it, where they are spread evenly; a
# tenth more for chance. A shortlist that ends up with less than this share is not relied on.
_MORE, _ENOUGH = 1.1, 0.75
_DEEPER = 4
# A batch picks rows once for all its queries, which then are a product: codes cannot keep up with that. As a
# batch must find what its queries do alone, codes have to be so many times as cheap for one.
_PICKED = 1.5
# Nanoseconds that it takes to put the code of a row together with others, for 256 components.
_TOGETHER = 150
# Shortlisted rows held at a time: bounds the memory of a batch to some 50 MB a thread.
_HELD = 1 << 22
_SPARE = 32


class ApproximateIndex:
    """A :class:`~indexes.vectors.VectorIndex` that compares codes first; threads may share it."""

    kind: ClassVar[str] = "approximate"

    def __init__(self, exact: ExactIndex, packed: NDArray[np.uint8], scale: float) -> None:
        """*packed*: the codes of the vectors of *exact*, made with *scale*. Use the class methods."""
        self.exact = exact
        self._packed, self._scale = packed, scale
        self.scan = codes.CodeScan(packed, exact.size, exact.dimension, scale)

    @classmethod
    def from_vectors(cls, vectors: NDArray[Any], tuning: Tuning | None = None) -> Self:
        """An index of *vectors* (n, d); row i is vector i.

        :raises InputError: not a matrix, no columns, or not finite.
        """
        exact = ExactIndex.from_vectors(vectors, tuning)
        scale = _scale(exact.longest)
        return cls(exact, codes.pack(codes.encode(exact.vectors, scale)), scale)

    @classmethod
    def save_spliced(
        cls, folder: Path, old: ApproximateIndex | ExactIndex, splice: Splice, fresh: Floats
    ) -> None:
        """Write the index of the vectors that *splice* takes from *old* and from *fresh* (m, d) into
        *folder*: what :meth:`from_vectors` and :meth:`save` make of them, to the byte. Vectors are copied,
        and codes where *old* has some of the same scale.

        :raises InputError: as :meth:`from_vectors`, or *fresh* is of another dimension.
        """
        held = old.exact if isinstance(old, ApproximateIndex) else old
        exact = ExactIndex.save_spliced(folder, held, splice, fresh)
        scale = _scale(exact.longest)
        if isinstance(old, ApproximateIndex) and old._scale == scale:
            packed = codes.spliced(old._packed, splice, codes.encode(exact.rows(splice.fresh), scale))
        else:
            packed = codes.pack(codes.encode(exact.vectors, scale))
        _save_codes(folder, packed, scale)

    @property
    def dimension(self) -> int:
        return self.exact.dimension

    @property
    def size(self) -> int:
        return self.exact.size

    def search(self, queries: Floats, k: int, allowed: Mask | None = None) -> tuple[Floats, Rows]:
        """As :meth:`indexes.vectors.VectorIndex.search`, but rows may be missing. A large batch runs on
        several threads."""
        check_search(k, allowed, self.size)
        matrix = check_vectors(queries, self.dimension)
        count = self.size if allowed is None else int(np.count_nonzero(allowed))
        depth = self._depth(k, count)
        if not depth:
            return self.exact.search(matrix, k, allowed)
        if count == self.size:
            allowed = None
        passing = None
        if allowed is not None and self.scan.collects(depth, True) and self._parts(len(matrix), count):
            rows = np.flatnonzero(allowed)
            passing = self.scan.part(self._codes[rows], rows)
        return side_by_side(
            lambda part: self._search(part, k, depth, allowed, passing), matrix, self.exact.tuning.threads
        )

    def _search(
        self, queries: Floats, k: int, depth: int, allowed: Mask | None, passing: Any = None
    ) -> tuple[Floats, Rows]:
        """As :meth:`search` with all checked, by shortlists of *depth* rows, *passing* being the part of the
        codes that is allowed."""
        scores = np.full((len(queries), k), -np.inf, np.float32)
        rows = np.full((len(queries), k), NO_ROW, np.int64)
        step = max(2, _HELD // depth)
        unsure = []
        for start in range(0, len(queries), step):
            # all shortlists first: in turn, the vectors would drive the codes out of the caches
            shortlists = [*self.scan.nearest(queries[start : start + step], depth, allowed, passing)]
            for at, (near, listed) in enumerate(shortlists, start):
                if listed.size < _ENOUGH * _listed(k):
                    unsure.append(at)
                else:
                    (scores[at],), (rows[at],) = best(*self._scored(queries[at], k, near, listed), k)
        if unsure:
            # a tie at the end of a shortlist, or a filter that lets less through near this query
            deeper, count = _DEEPER * depth, self.size if allowed is None else int(np.count_nonzero(allowed))
            if self._pays(deeper, deeper * count // self.size, count):
                scores[unsure], rows[unsure] = self._search(queries[unsure], k, deeper, allowed)
            else:
                scores[unsure], rows[unsure] = self.exact.search(queries[unsure], k, allowed)
        return scores, rows

    def _scored(self, query: Floats, k: int, near: Floats, listed: Rows) -> tuple[Floats, Rows]:
        """Scores and rows, both (1, m), of those of *listed* (l,), whose codes score *near* (l,), that may be
        among the *k* best: the best by code tell a score that the others must reach."""
        spare = listed.size - 2 * k - _SPARE
        if spare <= 0:
            return self.exact.score(query, listed)[None], listed[None]
        lead = near >= np.partition(near, spare)[spare]
        ahead = listed[lead]
        led = self.exact.score(query, ahead)
        least = self.scan.least(query, np.partition(led, led.size - k)[led.size - k])
        others = listed[(near >= least) & ~lead]
        scores = np.concatenate([led, self.exact.score(query, others)])
        return scores[None], np.concatenate([ahead, others])[None]

    def _depth(self, k: int, count: int) -> int:
        """How many rows codes shall name so that enough of *count* allowed ones are among them; 0 where exact
        search is cheaper."""
        listed = _listed(k)
        if count <= listed:
            return 0
        depth = listed if count == self.size else math.ceil(_MORE * listed * self.size / count)
        return depth if self._pays(depth, listed, count) else 0

    def _pays(self, depth: int, listed: int, count: int) -> bool:
        """Whether naming *depth* rows by code and scoring *listed* of them is cheaper than reading all in a
        stream, and clearly cheaper than picking the *count* that a filter lets pass."""
        cost, size = self.exact.tuning, self.size
        by_codes = size * cost.code + depth * cost.listed + listed * cost.row
        picked = count * cost.row if count < size else math.inf
        return depth < size and by_codes < size * cost.scan and _PICKED * by_codes < picked

    def _parts(self, queries: int, count: int) -> bool:
        """Whether so many *queries* are worth putting the codes of the *count* rows that pass together."""
        return queries * (self.size - count) * self.exact.tuning.code > count * _TOGETHER

    @cached_property
    def _codes(self) -> NDArray[np.uint8]:
        """(n, b) the codes row by row."""
        return codes.unpack(self._packed, self.size)

    def rows(self, numbers: Rows) -> Floats:
        return self.exact.rows(numbers)

    def save(self, folder: Path) -> None:
        self.exact.save(folder)
        _save_codes(folder, self._packed, self._scale)

    @classmethod
    def load(cls, folder: Path, tuning: Tuning | None = None) -> Self:
        """The index that :meth:`save` wrote: vectors memory-mapped, codes in memory.

        :raises DamagedRelease: files are missing or do not fit together.
        """
        exact = ExactIndex.load(folder, tuning, mapped=True)
        scale = load_json(folder / FACTS).get("scale")
        if type(scale) is not float or not 0 < scale < math.inf:
            damaged(folder / FACTS, "does not describe codes")
        packed = load_array(folder / CODES, np.uint8, axes=2)
        if packed.shape != (-(-exact.size // codes.BLOCK), codes.BLOCK * codes.code_bytes(exact.dimension)):
            damaged(folder / CODES, f"does not fit {exact.size} vectors of {exact.dimension} floats")
        return cls(exact, packed, scale)


def _save_codes(folder: Path, packed: NDArray[np.uint8], scale: float) -> None:
    save_array(folder / CODES, packed)
    save_json(folder / FACTS, {"scale": scale})


def _listed(k: int) -> int:
    """Rows on the shortlist for the *k* best."""
    return min(times * k + more for times, more in _LISTED)


def _scale(longest: float) -> float:
    """The norm that codes are made for: *longest*, rounded up to a quarter power of two, so that it seldom
    changes, and 1 for vectors of norm 1 but for rounding."""
    return 2.0 ** (math.ceil(4 * math.log2(longest) - 0.01) / 4) if longest else 1.0

"""Exact search: every vector is compared.

A single query reads the vectors in one stream, as fast as memory gives them; a batch is a matrix product.
Under a filter that few rows pass only those are read, where graph indexes lose most of their recall.

Both are fast by adding up in an order of their own, so they name the candidates, with a margin as wide as
their rounding error; :func:`~indexes.scoring.score_pairs` settles scores and ties (see there).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from indexes.files import damaged, load_json, map_file, save_json
from indexes.pages import copied
from indexes.scoring import (
    BLOCK,
    NO_SCORE,
    best,
    best_of_pairs,
    candidates,
    library,
    named_by_product,
    one_thread,
    score_all,
    score_pairs,
    side_by_side,
    slack,
)
from indexes.splice import Splice
from indexes.tuning import Tuning
from indexes.vectors import MAX_NORM, check_rows, check_search, check_vectors

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

VECTORS = "vectors.faiss"
FACTS = "vectors.json"
_CHUNK = 4_096
# Rows written at a time: half a megabyte of 256 floats. Larger pieces are no faster, and often slower.
_WRITTEN = 512


class ExactIndex:
    """A :class:`~indexes.vectors.VectorIndex` that compares every vector; threads may share it."""

    kind: ClassVar[str] = "exact"
    _stored: ClassVar[Any] = np.float32
    # nanoseconds for 256 components: a row in a stream, a row here and there, a row by its code
    _costs: ClassVar[tuple[float, float, float]] = (31.0, 110.0, 3.0)
    # bytes up to which vectors are read into memory
    _in_memory: ClassVar[int] = 256 << 20

    def __init__(
        self, vectors: NDArray[Any], longest: float, path: Path | None = None, tuning: Tuning | None = None
    ) -> None:
        """*vectors* (n, d) as they are stored, *longest* their greatest norm, *path* the file they come
        from. Use the class methods."""
        self.vectors = vectors
        self.longest = longest
        self._path = path
        self.tuning = tuning or self.usual_costs(vectors.shape[1])

    @classmethod
    def from_vectors(cls, vectors: NDArray[Any], tuning: Tuning | None = None) -> Self:
        """An index of *vectors* (n, d); row i is vector i. They are kept as they are, neither normalised nor
        copied.

        :raises InputError: not a matrix, no columns, or not finite.
        """
        matrix = cls._to_store(check_vectors(vectors)).view()
        matrix.flags.writeable = False
        return cls(matrix, _longest(matrix), None, tuning)

    @classmethod
    def usual_costs(cls, dimension: int) -> Tuning:
        """What searching vectors of *dimension* costs where nothing was measured."""
        scan, row, code = (cost * dimension / 256 for cost in cls._costs)
        return Tuning(scan, row, code)

    @classmethod
    def _to_store(cls, matrix: Floats) -> NDArray[Any]:
        return matrix

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])

    @property
    def size(self) -> int:
        return len(self.vectors)

    def search(self, queries: Floats, k: int, allowed: Mask | None = None) -> tuple[Floats, Rows]:
        """As :meth:`indexes.vectors.VectorIndex.search`. A large batch runs on several threads."""
        check_search(k, allowed, self.size)
        matrix = check_vectors(queries, self.dimension)
        k = min(k, self.size)
        count = self.size if allowed is None else int(np.count_nonzero(allowed))
        if count == self.size:
            allowed = None
        return side_by_side(lambda part: self._search(part, k, count, allowed), matrix, self.tuning.threads)

    def _search(self, queries: Floats, k: int, count: int, allowed: Mask | None) -> tuple[Floats, Rows]:
        """As :meth:`search` with all checked, *count* being the number of *allowed* rows."""
        left: Iterable[int] = range(len(queries))
        scores, rows = np.empty((len(queries), k), np.float32), np.empty((len(queries), k), np.int64)
        if count and len(queries) >= self.tuning.product_from:
            blocks = self._blocks(allowed)
            done, whose, named = named_by_product(queries, min(k, count), count, blocks, self.longest)
            found = best_of_pairs(self._score(queries, whose, named), whose, named, len(queries), k)
            if done.all():
                return found
            scores, rows = found
            left = np.flatnonzero(~done).tolist()
        few = np.flatnonzero(allowed) if allowed is not None and self._gathers(count) else None
        for i in left:
            near = self._likely(queries[i], min(k, count), allowed) if few is None else few
            settled = self._score(queries[i : i + 1], np.zeros(near.size, np.int64), near)
            scores[i], rows[i] = best(settled, near, k)
        return scores, rows

    def score(self, query: Floats, rows: Rows) -> Floats:
        """(m,) the scores of *rows* (m,), the same bits as in :meth:`search`."""
        with one_thread():
            return self._score(query[None], np.zeros(rows.size, np.int64), np.ascontiguousarray(rows))

    def _score(self, queries: Floats, whose: Rows, rows: Rows) -> Floats:
        """(p,) as :meth:`score` for the query *whose* (p,) of *queries* (q, d)."""
        return score_pairs(self.vectors, queries, whose, rows)

    def rows(self, numbers: Rows) -> Floats:
        found: Floats = self.vectors[check_rows(numbers, self.size)]
        return found

    def _gathers(self, count: int) -> bool:
        """Whether reading *count* rows here and there is cheaper than reading all in a stream."""
        return count * self.tuning.row < self.size * self.tuning.scan

    def _likely(self, query: Floats, k: int, allowed: Mask | None) -> Rows:
        """Rows that hold the *k* best for one *query*, and few others; at least k are *allowed*."""
        margin = float(slack(query[None], self.longest)[0])
        if not margin:  # all scores are zero: nothing to search
            return (np.arange(k) if allowed is None else np.flatnonzero(allowed))[:k]
        return self._near(query, k, allowed, margin)

    def _near(self, query: Floats, k: int, allowed: Mask | None, margin: float) -> Rows:
        """As :meth:`_likely`, by scores two of which may be *margin* off."""
        scores = score_all(self.vectors, query)
        if allowed is not None:
            scores -= NO_SCORE * ~allowed  # where() guesses row by row, every other time wrong
        return candidates(scores, k, margin)

    def _blocks(self, allowed: Mask | None) -> Iterator[tuple[Rows, Floats]]:
        """What :func:`named_by_product` searches."""
        numbers = np.arange(self.size) if allowed is None else np.flatnonzero(allowed)
        in_place = allowed is None and self._stored is np.float32
        for at in range(0, numbers.size, BLOCK):
            part = numbers[at : at + BLOCK]
            yield part, self.vectors[at : at + BLOCK] if in_place else self.rows(part)

    def save(self, folder: Path) -> None:
        """Write the index into *folder*, which is made where it is missing. :raises OSError: no room."""
        self._write(folder, self.vectors.shape, self.longest, [self.vectors])

    @classmethod
    def save_spliced(cls, folder: Path, old: ExactIndex, splice: Splice, fresh: Floats) -> Self:
        """Write the index of the vectors that *splice* takes from *old* and from *fresh* (m, d) into *folder*
        and open it: what :meth:`from_vectors` and :meth:`save` make of them, to the byte. Those of *old*,
        which holds them as this kind does, are copied unread.

        :raises InputError: *fresh* is not a matrix, of another dimension, or not finite.
        """
        added = cls.from_vectors(check_vectors(fresh, old.dimension))
        gone = np.delete(np.arange(old.size), splice.old)
        longest = max(old.longest, added.longest)
        if gone.size and added.longest < old.longest <= _longest(old.vectors, gone):
            longest = max(_longest(old.vectors, splice.old), added.longest)
        runs = splice.runs()
        parts = ((added if is_fresh else old).vectors[start:end] for is_fresh, start, end in runs)
        cls._write(folder, (splice.size, old.dimension), longest, parts)
        return cls.load(folder, mapped=True)

    @classmethod
    def _write(
        cls, folder: Path, shape: tuple[int, ...], longest: float, parts: Iterable[NDArray[Any]]
    ) -> None:
        """Write the index of vectors of *shape* (n, d), the rows of *parts*, into *folder*."""
        folder.mkdir(parents=True, exist_ok=True)
        size, dimension = shape
        with open(folder / VECTORS, "wb") as file:
            file.write(cls._header(dimension, size))
            for part in parts:
                for at in range(0, len(part), _WRITTEN):
                    file.write(np.ascontiguousarray(part[at : at + _WRITTEN]).data)
        facts = {"dimension": dimension, "kind": cls.kind, "longest": longest, "size": size}
        save_json(folder / FACTS, facts)

    @classmethod
    def load(cls, folder: Path, tuning: Tuning | None = None, mapped: bool = False) -> Self:
        """The index that :meth:`save` wrote: in memory, where reading all is fastest, unless it is large or
        shall be *mapped*.

        FAISS trusts what it reads: a flipped byte loads silently, a bad header can hang. The header is
        checked here, the content is not: load only folders whose sha256 have been verified
        (:func:`indexes.release.load_verified`).

        :raises DamagedRelease: files are missing, or are not a flat index of the size they name.
        """
        facts, path = load_json(folder / FACTS), folder / VECTORS
        dimension, size, longest = facts.get("dimension"), facts.get("size"), facts.get("longest")
        if not (
            type(dimension) is int
            and 0 < dimension < 1 << 20
            and type(size) is int
            and 0 <= size < 1 << 31
            and type(longest) is float
            and 0 <= longest < 2 * MAX_NORM
            and facts.get("kind") == cls.kind
        ):
            damaged(folder / FACTS, f"does not describe an index of kind {cls.kind}")
        data, header = map_file(path), cls._header(dimension, size)
        stored = np.dtype(cls._stored).newbyteorder("<")
        if data[: len(header)] != header or len(data) != len(header) + stored.itemsize * size * dimension:
            damaged(path, f"is not a flat index of {size} vectors of {dimension} floats")
        vectors = np.frombuffer(data, stored, size * dimension, offset=len(header)) if size else np.zeros(0)
        vectors = vectors.reshape(size, dimension).astype(stored, copy=False)
        if not mapped and vectors.nbytes <= cls._in_memory:
            vectors = copied(vectors)
        return cls(vectors, longest, path, tuning)

    @classmethod
    def _header(cls, dimension: int, size: int) -> bytes:
        """What stands before the vectors in the file of a FAISS index: as in an empty one, but for the number
        of vectors and, last, of their values."""
        blank: bytes = library().serialize_index(cls._empty(dimension)).tobytes()
        counted = size * dimension * (1 if cls._stored is np.float32 else np.dtype(cls._stored).itemsize)
        return blank[:8] + size.to_bytes(8, "little") + blank[16:-8] + counted.to_bytes(8, "little")

    @staticmethod
    def _empty(dimension: int) -> Any:
        return library().IndexFlatIP(dimension)


def _longest(vectors: NDArray[Any], rows: Rows | None = None) -> float:
    """The greatest norm of *vectors* (m, d), or of those in *rows*; 0 of none."""
    count, greatest = len(vectors) if rows is None else rows.size, 0.0
    for at in range(0, count, _CHUNK):
        part = vectors[at : at + _CHUNK] if rows is None else vectors[rows[at : at + _CHUNK]]
        whole = part.astype(np.float32, copy=False)
        greatest = max(greatest, float(np.einsum("ij,ij->i", whole, whole).max()))
    return float(np.sqrt(greatest))

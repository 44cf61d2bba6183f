"""Exact search: every vector is compared, over FAISS.

Up to some hundred thousand vectors this is fast enough (75,000 × 256: 2.5 ms), and under a filter it is
faster and loses nothing, where graph indexes lose most of their recall.

FAISS adds up inner products in an order that depends on the batch size and on a row's place in its block, so
the last bits of a score vary, and among equal scores it keeps whichever row its heap likes. Catalogues are
full of equal vectors (many companies offer 汽车零部件), hence two steps: FAISS names the candidates, with a
margin as wide as its rounding error; then their scores are added up again in one fixed order and ties are
settled by row.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.errors import DamagedRelease
from indexes.files import damaged, load_json, map_file, save_json
from indexes.topk import best_rows
from indexes.vectors import NO_ROW, check_rows, check_search, check_vectors

VECTORS = "vectors.faiss"
FACTS = "vectors.json"
# Candidates asked for beyond k, so that a boundary without many ties needs no second search.
_SPARE = 32
# Vectors scored again at once: bounds the memory of a query that ties with the whole index.
_CHUNK = 4096
# Below this (dimension × queries) FAISS scans query by query. Its own value, 128,000, lets batches under 500
# queries of 256 floats miss BLAS, which is 4 to 8 times faster from four queries on.
_BLAS_FROM = 1000
# A flat index as write_index lays it out: "IxFI", int32 d, int64 n, two int64 dummies, bool trained,
# int32 metric (0 = inner product), uint64 number of floats, then the floats.
_HEADER_BYTES = 45


@cache
def _faiss() -> Any:
    import faiss

    faiss.cvar.distance_compute_blas_threshold = _BLAS_FROM
    return faiss


class ExactIndex:
    """A :class:`~indexes.vectors.VectorIndex` that compares every vector; threads may share it."""

    def __init__(self, index: Any, longest: float) -> None:
        """*index*: a ``faiss.IndexFlatIP``; *longest*: its greatest norm. Use the class methods."""
        self._index = index
        self._longest = longest
        shape = (self.size, self.dimension)
        if self.size:
            vectors = _faiss().rev_swig_ptr(index.get_xb(), self.size * self.dimension).reshape(shape)
            vectors.flags.writeable = False  # they may lie in a read-only map
        else:
            vectors = np.zeros(shape, np.float32)
        self._vectors: NDArray[np.float32] = vectors

    @classmethod
    def from_vectors(cls, vectors: NDArray[Any]) -> ExactIndex:
        """An index of *vectors* (n, d); row i is vector i. They are stored as they are, not normalised.

        :raises InputError: not a matrix, no columns, or not finite.
        """
        matrix = check_vectors(vectors)
        index = _faiss().IndexFlatIP(matrix.shape[1])
        index.add(matrix)
        longest = max(
            (
                float(np.linalg.norm(matrix[i : i + _CHUNK], axis=1).max())
                for i in range(0, len(matrix), _CHUNK)
            ),
            default=0.0,
        )
        return cls(index, longest)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, queries: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """As :meth:`indexes.vectors.VectorIndex.search`. One query runs on one thread, a batch on all that
        OpenMP has."""
        check_search(k, allowed, self.size)
        matrix = check_vectors(queries, self.dimension)
        k = min(k, self.size)
        scores = np.full((len(matrix), k), -np.inf, np.float32)
        rows = np.full((len(matrix), k), NO_ROW, np.int64)
        if not k or not len(matrix):
            return scores, rows
        scan = _Scan(self._index, allowed)
        near, found = scan.nearest(matrix, min(k + _SPARE, self.size))
        # |inner product as added up - true one| ≤ d u |q| |x| in any order of addition, u = 2^-24 (Higham,
        # Accuracy and Stability of Numerical Algorithms, §3.1). Four times: for the k-th score and for a
        # candidate's, in either way of adding up.
        slack = 4 * self.dimension * 2.0**-24 * self._longest * np.linalg.norm(matrix, axis=1)
        for i, query in enumerate(matrix):
            if not query.any():  # all scores are zero: nothing to search
                best = (np.arange(self.size) if allowed is None else np.flatnonzero(allowed))[:k]
                again = np.zeros(best.size, np.float32)
            else:
                candidates = found[i][found[i] >= 0]
                # a full list that ends inside the margin may have left out a row that belongs to the k best
                if candidates.size < self.size and candidates.size == near.shape[1]:
                    floor = near[i, k - 1] - slack[i]
                    if near[i, -1] >= floor:
                        candidates = scan.above(query, floor)
                again, best = self._settle(query, candidates, k)
            scores[i, : best.size], rows[i, : best.size] = again, best
        return scores, rows

    def _settle(
        self, query: NDArray[np.float32], candidates: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Scores and rows of the k best *candidates*, scored in one fixed order of addition."""
        rows = np.sort(candidates)
        scores = np.empty(rows.size, np.float32)
        for i in range(0, rows.size, _CHUNK):
            chunk = slice(i, i + _CHUNK)
            # a product and a sum along each row: unlike BLAS, the same vector gives the same bits in any row
            scores[chunk] = (self._vectors[rows[chunk]] * query).sum(axis=1)
        best = best_rows(scores, k)
        return scores[best], rows[best]

    def rows(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        copied: NDArray[np.float32] = self._vectors[check_rows(numbers, self.size)]
        return copied

    def save(self, folder: Path) -> None:
        """Write the index into *folder*, which is made where it is missing. :raises OSError: no room."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / VECTORS
        try:
            _faiss().write_index(self._index, str(path))
        except RuntimeError as error:  # how FAISS reports every failure
            raise OSError(f"FAISS cannot write {path.name}: {error}") from error
        # what fails when it closes the file FAISS only prints
        if path.stat().st_size != _HEADER_BYTES + 4 * self.size * self.dimension:
            raise OSError(f"{path.name} was not written to its end")
        save_json(
            folder / FACTS,
            {"kind": "exact", "dimension": self.dimension, "size": self.size, "longest": self._longest},
        )

    @classmethod
    def load(cls, folder: Path) -> ExactIndex:
        """The index that :meth:`save` wrote, memory-mapped.

        FAISS trusts what it reads: a flipped byte loads silently, a bad header can hang. The header is
        checked here, the content is not: load only folders whose sha256 have been verified
        (:func:`indexes.release.load_verified`).

        :raises DamagedRelease: files are missing, or are not a flat index of the size they name.
        """
        facts, path = load_json(folder / FACTS), folder / VECTORS
        dimension, size, longest = facts.get("dimension"), facts.get("size"), facts.get("longest")
        if not (
            type(dimension) is int and type(size) is int and type(longest) is float and 0 <= longest < 2e18
        ):
            damaged(folder / FACTS, "does not describe an exact index")
        data = map_file(path)
        header = (
            b"IxFI"
            + dimension.to_bytes(4, "little")
            + size.to_bytes(8, "little")
            + data[16:32]
            + b"\x01\0\0\0\0"
            + (size * dimension).to_bytes(8, "little")
            if 0 < dimension < 1 << 20 and 0 <= size < 1 << 40
            else b""
        )
        if data[:_HEADER_BYTES] != header or len(data) != _HEADER_BYTES + 4 * size * dimension:
            damaged(path, f"is not a flat index of {size} vectors of {dimension} floats")
        faiss = _faiss()
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:  # how FAISS reports every failure
            raise DamagedRelease(f"FAISS cannot read it: {error}", field="file", value=str(path)) from error
        return cls(index, longest)


class _Scan:
    """FAISS' two scans over the *allowed* rows of an index."""

    def __init__(self, index: Any, allowed: NDArray[np.bool_] | None) -> None:
        self._index = index
        self._params = None
        if allowed is not None:
            # the wrapper keeps a reference to the bits, FAISS itself does not
            bits = np.packbits(allowed, bitorder="little")
            self._params = _faiss().SearchParameters(sel=_faiss().IDSelectorBitmap(bits))

    def nearest(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The k best by FAISS' own sums, best first; fewer are padded with row -1."""
        if len(queries) > 1:
            scores, rows = self._index.search(queries, k, params=self._params)
        else:
            scores, rows = self._alone(lambda: self._index.search(queries, k, params=self._params))
        return scores, rows

    def above(self, query: NDArray[np.float32], floor: float) -> NDArray[np.int64]:
        """All rows that FAISS scores at least *floor*."""
        radius = float(np.nextafter(np.float32(floor), np.float32(-np.inf)))
        _, _, rows = self._alone(lambda: self._index.range_search(query[None], radius, params=self._params))
        found: NDArray[np.int64] = rows
        return found

    @staticmethod
    def _alone(scan: Any) -> Any:
        """*scan* on one OpenMP thread: more only slow a single query down. The number belongs to the
        calling thread, so that other threads' searches are not touched."""
        faiss = _faiss()
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)
        try:
            return scan()
        finally:
            faiss.omp_set_num_threads(threads)

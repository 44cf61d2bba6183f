"""Exact search over vectors stored as 16-bit floats: half the bytes, half the time of a single query.

Each number keeps 11 significant bits: components come back within 2^-11 (0.05 %) of themselves, and scores
within 2^-11 of the product of both norms. Among the vectors as they are stored search is exact.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from indexes.errors import DamagedRelease, InputError
from indexes.exact import ExactIndex, Floats, Mask, Rows
from indexes.scoring import BLOCK, library, score_pairs
from indexes.vectors import check_rows

_SPARE = 32
_RANGE = 60_000.0  # of 16-bit floats, 65,504, with room for rounding


class HalfIndex(ExactIndex):
    """A :class:`~indexes.vectors.VectorIndex` of 16-bit floats; threads may share it."""

    kind: ClassVar[str] = "half"
    _stored: ClassVar[Any] = np.float16
    _costs: ClassVar[tuple[float, float, float]] = (18.0, 500.0, 3.0)
    _in_memory: ClassVar[int] = 0  # FAISS maps them itself

    @classmethod
    def _to_store(cls, matrix: Floats) -> NDArray[Any]:
        if matrix.size and max(float(matrix.max()), -float(matrix.min())) > _RANGE:
            raise InputError(
                f"a component is beyond {_RANGE:,.0f}, the range of 16-bit floats",
                field="vectors",
                mend="choose the engine exact",
            )
        return matrix.astype(np.float16)

    @staticmethod
    def _empty(dimension: int) -> Any:
        faiss = library()
        return faiss.IndexScalarQuantizer(
            dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )

    @cached_property
    def _index(self) -> Any:
        """The vectors as FAISS scans them: mapped from the file, or copied where there is none."""
        faiss = library()
        if self._path is None:
            index = self._empty(self.dimension)
            codes = np.ascontiguousarray(self.vectors).view(np.uint8)
            index.add_sa_codes(codes)
            return index
        try:
            return faiss.read_index(str(self._path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:  # how FAISS reports every failure
            raise DamagedRelease(
                f"FAISS cannot read it: {error}", field="file", value=str(self._path)
            ) from error

    def _score(self, queries: Floats, whose: Rows, rows: Rows) -> Floats:
        scores = np.empty(rows.size, np.float32)
        for at in range(0, rows.size, BLOCK):
            part = slice(at, at + BLOCK)
            vectors = self.rows(rows[part])
            scores[part] = score_pairs(vectors, queries, whose[part], np.arange(len(vectors)))
        return scores

    def rows(self, numbers: Rows) -> Floats:
        found: Floats = self.vectors[check_rows(numbers, self.size)].astype(np.float32)
        return found

    def _near(self, query: Floats, k: int, allowed: Mask | None, margin: float) -> Rows:
        faiss, params = library(), None
        if allowed is not None:
            # the wrapper keeps a reference to the bits, FAISS itself does not
            bits = np.packbits(allowed, bitorder="little")
            params = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))
        most = min(k + _SPARE, self.size)
        near, rows = self._index.search(query[None], most, params=params)
        floor = near[0, k - 1] - margin
        # a full list that ends inside the margin may have left out a row that belongs to the k best
        if most < self.size and rows[0, -1] >= 0 and near[0, -1] >= floor:
            radius = float(np.nextafter(np.float32(floor), np.float32(-np.inf)))
            found: Rows = self._index.range_search(query[None], radius, params=params)[2]
            return found
        listed: Rows = rows[0][rows[0] >= 0]
        return listed

"""The interface of a vector index, and the checks every backend makes on what it is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError

NO_ROW = -1
# Inner products of longer vectors could leave the range of float32.
MAX_NORM = 1e18


class VectorIndex(Protocol):
    """*size* vectors of *dimension* float32, numbered by row, searched by inner product.

    Every backend passes ``tests/indexes/test_vector_contract.py``.
    """

    @property
    def dimension(self) -> int: ...

    @property
    def size(self) -> int: ...

    def search(
        self, queries: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Scores and rows, both (q, k') with k' = min(k, size), for *queries* (q, dimension).

        Best first; equal scores by row number; a query answers the same alone as in a batch. With *allowed*
        (size,), only rows where it is True. A query with fewer hits is padded with row -1, score -inf.

        :raises InputError: k < 1, or *queries* or *allowed* of the wrong shape or kind, or not finite.
        """
        ...

    def rows(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """The stored vectors (m, dimension) of *numbers* (m,), a copy; :raises InputError: no such row."""
        ...

    def save(self, folder: Path) -> None:
        """Write the index into *folder*, which is made where it is missing."""
        ...


def check_vectors(vectors: NDArray[Any], dimension: int | None = None) -> NDArray[np.float32]:
    """*vectors* as a C-ordered float32 matrix (m, d), finite, of *dimension* columns where one is given."""
    matrix = np.ascontiguousarray(vectors, dtype=np.float32)
    if matrix.ndim != 2 or matrix.shape[1] == 0 or (dimension is not None and matrix.shape[1] != dimension):
        raise InputError(
            f"expected vectors of shape (m, {dimension or 'd'})", field="shape", value=matrix.shape
        )
    # two passes and no copy find NaN, infinities and what would overflow; NaN fails every comparison
    if matrix.size and not (
        max(float(matrix.max()), -float(matrix.min())) * np.sqrt(matrix.shape[1]) <= MAX_NORM
    ):
        raise InputError("a vector is not finite or is longer than 1e18", field="vectors")
    return matrix


def check_search(k: int, allowed: NDArray[np.bool_] | None, size: int) -> None:
    """Check the other arguments of a search over *size* rows; :raises InputError: one is wrong."""
    if k < 1:
        raise InputError("k must be at least 1", field="k", value=k)
    if allowed is not None and (allowed.dtype != np.bool_ or allowed.shape != (size,)):
        raise InputError(
            f"expected {size} booleans, one a row", field="allowed", value=(allowed.dtype, allowed.shape)
        )


def check_rows(numbers: NDArray[Any], size: int) -> NDArray[np.int64]:
    """*numbers* (m,) as row numbers of an index of *size* rows; :raises InputError: one is outside it."""
    rows = np.asarray(numbers)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise InputError("expected a vector of row numbers", field="rows", value=(rows.dtype, rows.shape))
    if rows.size and (rows.min() < 0 or rows.max() >= size):
        raise InputError(f"row numbers lie in 0 … {size - 1}", field="rows", value=(rows.min(), rows.max()))
    return rows.astype(np.int64)

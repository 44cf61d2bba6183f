"""16-bit floats: how far off, what does not fit, and the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes.errors import DamagedRelease, InputError
from indexes.exact import ExactIndex
from indexes.half import HalfIndex


@pytest.fixture
def vectors() -> NDArray[np.float32]:
    found = np.random.default_rng(1).standard_normal((2_000, 40))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def test_vectors_and_scores_are_off_by_a_two_thousandth_at_most(vectors: NDArray[np.float32]) -> None:
    index, rows = HalfIndex.from_vectors(vectors), np.arange(2_000)
    assert (np.abs(index.rows(rows) - vectors) <= np.abs(vectors) * 2**-11 + 2**-24).all()
    for query in vectors[:20]:
        assert np.abs(index.score(query, rows) - vectors @ query).max() <= 2**-11


def test_it_takes_half_the_bytes(vectors: NDArray[np.float32], tmp_path: Path) -> None:
    sizes = []
    for kind in (ExactIndex, HalfIndex):
        kind.from_vectors(vectors).save(tmp_path)
        sizes.append((tmp_path / "vectors.faiss").stat().st_size)
    assert sizes[1] == pytest.approx(sizes[0] / 2, rel=0.01)


def test_what_a_16_bit_float_cannot_hold_is_refused() -> None:
    with pytest.raises(InputError, match="16-bit"):
        HalfIndex.from_vectors(np.full((2, 2), 1e5, np.float32))


def test_ties_beyond_the_spare_candidates_are_settled_by_row(vectors: NDArray[np.float32]) -> None:
    crowded = vectors.copy()
    crowded[10:110] = crowded[0]
    asked = vectors[:1]
    assert HalfIndex.from_vectors(crowded).search(asked, 4)[1].tolist() == [[0, 10, 11, 12]]
    allowed = np.arange(2_000) >= 50
    assert HalfIndex.from_vectors(crowded).search(asked, 3, allowed)[1].tolist() == [[50, 51, 52]]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: b"IxFI" + data[4:],
        lambda data: data[:40] + b"\xff\xff" + data[42:],
        lambda data: data[:60] + b"\xff" * 8 + data[68:],
    ],
)
def test_a_file_that_is_none_never_reaches_faiss(
    vectors: NDArray[np.float32], tmp_path: Path, damage
) -> None:
    HalfIndex.from_vectors(vectors[:10]).save(tmp_path)
    path = tmp_path / "vectors.faiss"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedRelease, match="not a flat index"):
        HalfIndex.load(tmp_path)

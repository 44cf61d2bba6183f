"""The exact index against numpy in double precision, and its files."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest

from indexes.errors import DamagedRelease
from indexes.exact import ExactIndex


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((5000, 32)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("batch", [1, 3, 100])
@pytest.mark.parametrize("share", [None, 0.5, 0.01, 0.0004])
def test_the_best_are_those_of_double_precision(vectors: np.ndarray, batch: int, share: float | None) -> None:
    random = np.random.default_rng(2)
    queries = random.standard_normal((batch, 32)).astype(np.float32)
    allowed = None if share is None else random.random(5000) < share
    scores, rows = ExactIndex.from_vectors(vectors).search(queries, 20, allowed)
    truth = queries.astype(np.float64) @ vectors.astype(np.float64).T
    if allowed is not None:
        truth[:, ~allowed] = -np.inf
    expected = np.argsort(-truth, axis=1, kind="stable")[:, :20]
    best = np.take_along_axis(truth, expected, axis=1)
    assert np.array_equal(rows, np.where(np.isinf(best), -1, expected))
    assert np.allclose(scores, best, atol=1e-6)


def test_hundreds_of_equal_vectors_are_listed_by_row(vectors: np.ndarray) -> None:
    crowded = vectors.copy()
    crowded[np.arange(7, 5000, 9)] = vectors[0]  # 555 rows, far more than the spare candidates
    crowded[0] = vectors[1]
    rows = ExactIndex.from_vectors(crowded).search(vectors[:1], 10)[1]
    assert rows[0].tolist() == list(range(7, 7 + 90, 9))


def test_an_index_of_one_vector_repeated_is_listed_by_row() -> None:
    index = ExactIndex.from_vectors(np.full((9000, 3), 0.1, np.float32))
    scores, rows = index.search(np.full((2, 3), 0.7, np.float32), 4)
    assert rows.tolist() == [[0, 1, 2, 3]] * 2
    assert len(set(scores.ravel().tolist())) == 1


def test_threads_get_the_answers_they_get_alone(vectors: np.ndarray) -> None:
    index = ExactIndex.from_vectors(vectors)
    masks = [np.random.default_rng(i).random(5000) < 0.2 for i in range(16)]

    def ask(i: int) -> list[int]:
        return index.search(vectors[i : i + 1], 10, masks[i])[1][0].tolist()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(16))) == [ask(i) for i in range(16)]


def test_a_search_leaves_the_number_of_threads_alone(vectors: np.ndarray) -> None:
    before = faiss.omp_get_max_threads()
    ExactIndex.from_vectors(vectors).search(vectors[:1], 5)
    assert faiss.omp_get_max_threads() == before


def test_a_loaded_index_can_be_saved_again(vectors: np.ndarray, tmp_path: Path) -> None:
    ExactIndex.from_vectors(vectors).save(tmp_path / "a")
    ExactIndex.load(tmp_path / "a").save(tmp_path / "b")
    for name in ("vectors.faiss", "vectors.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_stored_vectors_cannot_be_written_through(vectors: np.ndarray, tmp_path: Path) -> None:
    ExactIndex.from_vectors(vectors).save(tmp_path)
    loaded = ExactIndex.load(tmp_path)
    with pytest.raises(ValueError, match="read-only"):
        loaded.vectors[0, 0] = 1.0


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:30],
        lambda data: data[:-4],
        lambda data: data + b"\0\0\0\0",
        lambda data: b"IxF2" + data[4:],
        lambda data: data[:4] + b"\x08\0\0\0" + data[8:],
        lambda data: data[:8] + b"\xff" * 8 + data[16:],
        lambda data: data[:33] + b"\x01" + data[34:],
        lambda data: data[:37] + b"\xff" * 8 + data[45:],
    ],
)
def test_a_file_that_is_no_flat_index_never_reaches_faiss(
    vectors: np.ndarray, tmp_path: Path, damage
) -> None:
    ExactIndex.from_vectors(vectors[:10]).save(tmp_path)
    path = tmp_path / "vectors.faiss"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedRelease, match="not a flat index"):
        ExactIndex.load(tmp_path)


@pytest.mark.parametrize(
    "facts",
    [
        "{}",
        '{"dimension": true, "size": 10, "longest": 1.0}',
        '{"dimension": 32, "size": -1, "longest": 1.0}',
        '{"dimension": 99999999999, "size": 10, "longest": 1.0}',
        '{"dimension": 32, "size": 10, "longest": -1.0}',
        '{"dimension": 32, "size": 10, "longest": 1e999}',
    ],
)
def test_facts_that_do_not_fit_are_refused(vectors: np.ndarray, tmp_path: Path, facts: str) -> None:
    ExactIndex.from_vectors(vectors[:10]).save(tmp_path)
    (tmp_path / "vectors.json").write_text(facts)
    with pytest.raises(DamagedRelease):
        ExactIndex.load(tmp_path)

"""The exact index: its files, and what it never does. What it finds: test_vector_oracle.py."""

from __future__ import annotations

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


def test_a_row_scores_the_same_wherever_it_lies(vectors: np.ndarray, tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    for dimension in (1, 3, 7, 16, 24, 33, 100):
        one = random.standard_normal((1, dimension)).astype(np.float32)
        many = np.concatenate([random.standard_normal((37, dimension)), one.repeat(40, axis=0)])
        ExactIndex.from_vectors(many).save(tmp_path)
        for index in (ExactIndex.from_vectors(many), ExactIndex.load(tmp_path)):
            asked = random.standard_normal((9, dimension)).astype(np.float32)
            for query in asked:
                assert len({*index.score(query, np.arange(37, 77)).tolist()}) == 1


@pytest.mark.parametrize("scale", [1e-18, 1.0, 1e17])
def test_a_filter_holds_for_vectors_of_any_length_and_scores_below_zero(
    vectors: np.ndarray, scale: float
) -> None:
    long = -np.abs(vectors) * np.float32(scale)
    query, allowed = np.abs(vectors[:1]) * np.float32(scale), np.arange(5000) % 3 > 0
    scores, rows = ExactIndex.from_vectors(long).search(query, 3_000, allowed)
    assert sorted(rows[0].tolist()) == sorted(
        np.flatnonzero(allowed)[np.argsort(-(long[allowed].astype(float) @ query[0]))[:3_000]].tolist()
    )
    assert (np.diff(scores) <= 0).all()


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
    for mapped in (False, True):
        loaded = ExactIndex.load(tmp_path, mapped=mapped)
        with pytest.raises(ValueError, match="read-only"):
            loaded.vectors[0, 0] = 1.0


def test_in_memory_and_mapped_it_answers_alike(vectors: np.ndarray, tmp_path: Path) -> None:
    ExactIndex.from_vectors(vectors).save(tmp_path)
    mapped, held = ExactIndex.load(tmp_path, mapped=True), ExactIndex.load(tmp_path)
    assert np.array_equal(mapped.vectors, held.vectors)
    for queries in (vectors[:1], vectors[:40]):
        for ours, theirs in zip(mapped.search(queries, 30), held.search(queries, 30), strict=True):
            assert ours.tobytes() == theirs.tobytes()


def test_a_file_that_faiss_wrote_is_read(vectors: np.ndarray, tmp_path: Path) -> None:
    index = faiss.IndexFlatIP(32)
    index.add(vectors)
    ExactIndex.from_vectors(vectors).save(tmp_path)
    written = (tmp_path / "vectors.faiss").read_bytes()
    faiss.write_index(index, str(tmp_path / "vectors.faiss"))
    assert (tmp_path / "vectors.faiss").read_bytes() == written


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
        '{"kind": "half", "dimension": 32, "size": 10, "longest": 1.0}',
        '{"kind": "exact", "dimension": true, "size": 10, "longest": 1.0}',
        '{"kind": "exact", "dimension": 32, "size": -1, "longest": 1.0}',
        '{"kind": "exact", "dimension": 99999999999, "size": 10, "longest": 1.0}',
        '{"kind": "exact", "dimension": 32, "size": 10, "longest": -1.0}',
        '{"kind": "exact", "dimension": 32, "size": 10, "longest": 1e999}',
    ],
)
def test_facts_that_do_not_fit_are_refused(vectors: np.ndarray, tmp_path: Path, facts: str) -> None:
    ExactIndex.from_vectors(vectors[:10]).save(tmp_path)
    (tmp_path / "vectors.json").write_text(facts)
    with pytest.raises(DamagedRelease):
        ExactIndex.load(tmp_path)

"""The approximate index: what it finds of what there is, under filters and among ties, and its files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes import codes
from indexes.approximate import ApproximateIndex
from indexes.errors import DamagedRelease
from indexes.exact import ExactIndex
from indexes.recall import recall
from indexes.scoring import best
from indexes.splice import Splice
from indexes.tuning import Tuning
from tests.indexes.backends import CODES
from tests.indexes.splicing import same_bytes, splice_of
from tests.indexes.test_vector_oracle import clustered

SIZE = 12_000


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    return clustered(1, SIZE, 64)


@pytest.fixture(scope="module")
def index(vectors: NDArray[np.float32]) -> ApproximateIndex:
    return ApproximateIndex.from_vectors(vectors, CODES)


def test_nearly_all_that_exact_search_finds_is_found(index: ApproximateIndex) -> None:
    for found in recall(index, clustered(2, 50, 64)):
        assert found.mean > 0.995
        assert found.fifth > 0.98


@pytest.mark.parametrize("share", [0.9, 0.5, 0.3])
def test_a_filter_costs_no_recall(index: ApproximateIndex, share: float) -> None:
    allowed = np.random.default_rng(3).random(SIZE) < share
    queries = clustered(4, 50, 64)
    assert index._depth(20, int(allowed.sum())) > 0  # by codes, not by all that pass
    found, truth = (each.search(queries, 20, allowed)[0] for each in (index, index.exact))
    assert (found >= truth[:, -1:]).mean() > 0.995


def test_a_filter_against_the_query_is_answered_exactly(
    index: ApproximateIndex, vectors: NDArray[np.float32]
) -> None:
    """Half of the rows pass, none of them among the many that codes name first."""
    query = vectors[:1]
    allowed = (vectors @ query[0]) < np.median(vectors @ query[0])
    found, truth = (each.search(query, 20, allowed) for each in (index, index.exact))
    assert found[1].tolist() == truth[1].tolist()
    assert found[0].tolist() == truth[0].tolist()


def test_more_equal_vectors_than_a_shortlist_holds_are_listed_by_row(vectors: NDArray[np.float32]) -> None:
    crowded = vectors.copy()
    crowded[100:5_100] = vectors[0]
    index = ApproximateIndex.from_vectors(crowded, CODES)
    assert index.search(vectors[:1], 30)[1].tolist() == [[0, 1, *range(100, 128)]]


def test_a_tie_at_the_end_of_a_shortlist_is_looked_behind_without_reading_every_row(
    vectors: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    crowded = vectors.copy()
    crowded[100:1_500] = vectors[0]
    index = ApproximateIndex.from_vectors(crowded, CODES)
    truth = index.exact.search(vectors[:1], 30)
    monkeypatch.setattr(ExactIndex, "search", None)
    assert [found.tolist() for found in index.search(vectors[:1], 30)] == [found.tolist() for found in truth]


def test_scores_are_those_of_the_exact_index(index: ApproximateIndex) -> None:
    queries = clustered(5, 10, 64)
    scores, rows = index.search(queries, 50)
    for query, found, given in zip(queries, rows, scores, strict=True):
        assert index.exact.score(query, found).tolist() == given.tolist()


def test_a_large_batch_answers_as_its_queries_do_alone(index: ApproximateIndex) -> None:
    queries = clustered(6, 60, 64)
    for allowed in (None, np.random.default_rng(7).random(SIZE) < 0.4):
        scores, rows = index.search(queries, 40, allowed)
        for i in range(0, 60, 7):
            alone = index.search(queries[i : i + 1], 40, allowed)
            assert (alone[0][0].tolist(), alone[1][0].tolist()) == (scores[i].tolist(), rows[i].tolist())


@pytest.mark.parametrize("share", [0.5, 0.05, 0.0])
def test_the_part_that_passes_names_what_all_codes_under_the_filter_do(
    index: ApproximateIndex, share: float
) -> None:
    allowed = np.random.default_rng(21).random(SIZE) < share
    rows = np.flatnonzero(allowed)
    part = index.scan.part(index._codes[rows], rows)
    queries = np.concatenate([clustered(22, 7, 64), np.zeros((1, 64), np.float32)])  # one without a bound
    every, own = (index.scan.nearest(queries, 900, allowed, read) for read in (None, part))
    for (near, named), (near_own, named_own) in zip(every, own, strict=True):
        assert near_own.tolist() == near.tolist()
        assert named_own.tolist() == named.tolist()


def test_a_filtered_batch_reads_the_part_that_passes_and_answers_as_one_by_one(
    index: ApproximateIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries, allowed = clustered(23, 120, 64), np.random.default_rng(24).random(SIZE) < 0.5
    alone = [index.search(query[None], 40, allowed) for query in queries]
    monkeypatch.setattr(index.exact, "tuning", replace(CODES, code=100.0))
    monkeypatch.setattr(index.scan, "_every", None)
    scores, rows = index.search(queries, 40, allowed)
    assert scores.tolist() == [found[0].tolist() for found, _ in alone]
    assert rows.tolist() == [found[0].tolist() for _, found in alone]


def test_in_a_large_index_a_deep_filter_alone_is_worth_a_part(
    vectors: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "_SAMPLED_UP_TO", SIZE // 2)
    large = ApproximateIndex.from_vectors(vectors, replace(CODES, code=100.0))
    queries, random = clustered(25, 60, 64), np.random.default_rng(26).random(SIZE)
    for share, deep in ((0.9, False), (0.1, True)):
        allowed = random < share
        assert large.scan.collects(large._depth(40, int(allowed.sum())), True) == deep
        together = large.search(queries, 40, allowed)
        alone = [large.search(query[None], 40, allowed) for query in queries]
        assert together[0].tolist() == [scores[0].tolist() for scores, _ in alone]
        assert together[1].tolist() == [rows[0].tolist() for _, rows in alone]


def test_the_planner_compares_costs() -> None:
    vectors = np.zeros((10_000, 8), np.float32)
    index = ApproximateIndex.from_vectors(vectors, Tuning(scan=100, row=200, code=1, listed=10))
    assert index._depth(10, 10_000) == 508  # 10 µs of codes and 107 µs for a shortlist, a stream 1,000 µs
    assert index._depth(10, 5_000) == 1_118  # half pass: twice as deep and a tenth more
    assert index._depth(10, 1_000) == 0  # 200 µs for those that pass, once for a batch; a shortlist 168 µs
    assert index._depth(10, 500) == 0  # fewer than a shortlist
    cheap = ApproximateIndex.from_vectors(vectors, Tuning(scan=10, row=200, code=1, listed=10))
    assert cheap._depth(10, 10_000) == 0  # the whole stream costs 100 µs


@pytest.mark.parametrize("longest", [1.0, 1.0000001, 7.0, 1e-3, 0.0])
def test_vectors_of_any_length_are_told_apart(longest: float) -> None:
    vectors = clustered(8, 4_000, 32) * np.float32(longest)
    (found,) = recall(ApproximateIndex.from_vectors(vectors, CODES), vectors[:20], (50,))
    assert found.mean > 0.99


def test_codes_taken_over_are_the_codes_of_all_rows(vectors: NDArray[np.float32]) -> None:
    random = np.random.default_rng(9)
    splice = splice_of(random.choice(["kept", "kept", "kept", "gone", "fresh"], 3_000).tolist())
    old = ApproximateIndex.from_vectors(vectors[: splice.source.max() + 1])
    whole = np.empty((splice.size, 64), np.float32)
    whole[splice.kept] = old.rows(splice.old)
    whole[splice.fresh] = clustered(10, splice.fresh.size, 64)
    same_bytes(
        ApproximateIndex.from_vectors(whole).save,
        lambda folder: ApproximateIndex.save_spliced(folder, old, splice, whole[splice.fresh]),
    )


def test_codes_made_for_other_lengths_are_not_taken_over(vectors: NDArray[np.float32]) -> None:
    old = ApproximateIndex.from_vectors(vectors[:50])
    whole = np.concatenate([vectors[:50], 3 * vectors[50:60]])
    splice = Splice(np.array([*range(50), *(~np.arange(10)).tolist()]))
    same_bytes(
        ApproximateIndex.from_vectors(whole).save,
        lambda folder: ApproximateIndex.save_spliced(folder, old, splice, whole[splice.fresh]),
    )


def test_a_loaded_index_answers_as_the_one_that_was_saved(index: ApproximateIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    queries = clustered(11, 5, 64)
    loaded = ApproximateIndex.load(tmp_path, CODES)
    for found, expected in zip(loaded.search(queries, 30), index.search(queries, 30), strict=True):
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("facts", ["{}", '{"scale": 0.0}', '{"scale": 1}', '{"scale": -1.0}', "[]"])
def test_facts_that_do_not_fit_are_refused(tmp_path: Path, facts: str) -> None:
    ApproximateIndex.from_vectors(np.eye(5, dtype=np.float32)).save(tmp_path)
    (tmp_path / "codes.json").write_text(facts)
    with pytest.raises(DamagedRelease):
        ApproximateIndex.load(tmp_path)


@pytest.mark.parametrize("shape", [(2, 64), (1, 32), (0, 64), (1, 96)])
def test_codes_of_other_rows_are_refused(tmp_path: Path, shape: tuple[int, int]) -> None:
    ApproximateIndex.from_vectors(np.eye(5, dtype=np.float32)).save(tmp_path)
    np.save(tmp_path / "codes.npy", np.zeros(shape, np.uint8))
    with pytest.raises(DamagedRelease, match="does not fit 5 vectors"):
        ApproximateIndex.load(tmp_path)


def test_every_code_is_harmless(tmp_path: Path) -> None:
    """Whatever bytes the file holds, each names levels that exist."""
    ApproximateIndex.from_vectors(clustered(12, 2_000, 16), CODES).save(tmp_path)
    path = tmp_path / "codes.npy"
    noise = np.random.default_rng(13).integers(0, 256, np.load(path).shape).astype(np.uint8)
    np.save(path, noise)
    rows = ApproximateIndex.load(tmp_path, CODES).search(clustered(14, 3, 16), 10)[1]
    assert ((rows >= 0) & (rows < 2_000)).all()
    assert json.loads((tmp_path / "codes.json").read_text()) == {"scale": 1.0}


@pytest.mark.parametrize("share", [None, 0.3])
def test_a_sampled_bound_names_all_rows_that_a_list_of_the_best_does(
    index: ApproximateIndex, monkeypatch: pytest.MonkeyPatch, share: float | None
) -> None:
    allowed = None if share is None else np.random.default_rng(15).random(SIZE) < share
    queries = np.concatenate([clustered(16, 7, 64), np.zeros((1, 64), np.float32)])
    sampled = [*index.scan.nearest(queries, 900, allowed)]
    monkeypatch.setattr(codes, "_LEAST", 1e9)
    listed = [np.sort(rows).tolist() for _, rows in index.scan.nearest(queries, 900, allowed)]
    assert all(len(rows) > 200 for rows in listed[:7])
    for (near, rows), best_rows in zip(sampled, listed, strict=True):
        ahead = np.argsort(-near)[: len(best_rows)]
        assert np.sort(rows[ahead]).tolist() == best_rows
        assert allowed is None or allowed[rows].all()
    monkeypatch.setattr(codes, "_SAMPLED_UP_TO", 0)
    large = ApproximateIndex.from_vectors(index.rows(np.arange(SIZE)))
    assert listed == [np.sort(rows).tolist() for _, rows in large.scan.nearest(queries, 900, allowed)]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_row_passed_over_by_its_code_is_none_of_the_best(sign: int) -> None:
    """Scores of either sign, vectors of all lengths: the codes of short ones say more than they score."""
    lengths = np.random.default_rng(17).random((6_000, 1), np.float32)
    index = ApproximateIndex.from_vectors(sign * np.abs(clustered(17, 6_000, 64)) * lengths, CODES)
    for query in np.abs(clustered(18, 20, 64)):
        ((_, rows),) = index.scan.nearest(query[None], index._depth(30, 6_000))
        every = best(index.exact.score(query, rows)[None], rows[None], 30)
        assert [found.tolist() for found in index.search(query[None], 30)] == [a.tolist() for a in every]


def test_many_rows_of_a_shortlist_are_passed_over(index: ApproximateIndex) -> None:
    queries = clustered(19, 20, 64)
    scored = [
        index._scored(query, 30, *near)[1].size
        for query, near in zip(queries, index.scan.nearest(queries, 1_144), strict=True)
    ]
    assert np.mean(scored) < 800

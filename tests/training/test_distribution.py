"""The linear algebra of the distributional vectors, on matrices small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from training.distribution import (
    BOUNDARY,
    cooccurrence,
    decompose,
    frequencies,
    ppmi,
    project,
    token_weights,
)

IDS = np.array([1, 2, 3, BOUNDARY, 1, 2, BOUNDARY], dtype=np.int32)


def test_frequencies_leave_boundaries_out() -> None:
    assert frequencies([IDS], 4).tolist() == [0.0, 0.4, 0.4, 0.2]


def test_windows_weigh_distance_and_end_at_documents() -> None:
    counts = cooccurrence([(IDS, 1.0)], frequencies([IDS], 4), window=2, subsample=1.0, seed=1).toarray()
    expected = np.zeros((4, 4))
    expected[1, 2], expected[2, 3], expected[1, 3] = 2.0, 1.0, 0.5
    assert np.array_equal(counts, expected)


def test_a_sources_weight_multiplies_its_counts() -> None:
    frequency = frequencies([IDS], 4)
    once = cooccurrence([(IDS, 1.0)], frequency, window=2, subsample=1.0, seed=1)
    thrice = cooccurrence([(IDS, 3.0)], frequency, window=2, subsample=1.0, seed=1)
    assert np.allclose(thrice.toarray(), 3 * once.toarray())


def test_thinning_follows_the_seed() -> None:
    ids = np.random.default_rng(0).integers(1, 9, 3000).astype(np.int32)
    frequency = frequencies([ids], 9)
    same = [cooccurrence([(ids, 1.0)], frequency, window=3, subsample=0.01, seed=s).sum() for s in (1, 1, 2)]
    assert same[0] == same[1] != same[2]


def test_ppmi_is_the_textbook_value_without_smoothing() -> None:
    upper = sp.csr_matrix(np.array([[0, 4, 1], [0, 0, 0], [0, 0, 0]], dtype=np.float32))
    found = ppmi(upper, smoothing=1.0).toarray()
    # 4 of 10 directed pairs are (0, 1); tokens 0, 1, 2 make up 5, 4, 1 of 10
    assert found[0, 1] == pytest.approx(np.log(0.4 / (0.5 * 0.4)))
    assert found[0, 2] == pytest.approx(np.log(0.1 / (0.5 * 0.1)))
    assert np.array_equal(found, found.T)


def test_ppmi_drops_rare_pairs() -> None:
    upper = sp.csr_matrix(np.array([[0, 4, 1], [0, 0, 0], [0, 0, 0]], dtype=np.float32))
    assert ppmi(upper, least=2.0)[0, 2] == 0.0


def test_decomposition_finds_the_eigenvectors_of_a_symmetric_matrix() -> None:
    random = np.random.default_rng(3)
    basis, _ = np.linalg.qr(random.standard_normal((40, 40)))
    values = np.concatenate(([9.0, -7.0, 5.0], np.full(37, 0.01)))
    matrix = sp.csr_matrix(((basis * values) @ basis.T).astype(np.float32))
    found = decompose(matrix, 3, seed=1, extra=8)
    expected = basis[:, :3] / np.linalg.norm(basis[:, :3], axis=1, keepdims=True)
    assert np.allclose(np.abs(found), np.abs(expected), atol=1e-3)
    assert np.array_equal(found, decompose(matrix, 3, seed=1, extra=8))


def test_projection_keeps_inner_products_along_what_varies() -> None:
    random = np.random.default_rng(4)
    sentences = np.zeros((50, 6), dtype=np.float32)
    sentences[:, [1, 4]] = random.standard_normal((50, 2))
    found = project(sentences, sentences, 2)
    assert found.shape == (50, 2)
    assert np.allclose(found @ found.T, sentences @ sentences.T, atol=1e-4)


def test_frequent_tokens_weigh_less_and_the_unknown_one_nothing() -> None:
    weights = token_weights(np.array([0.0, 1e-4, 1e-2]), 1e-4)
    assert weights.tolist() == pytest.approx([0.0, 0.5, 1 / 101])

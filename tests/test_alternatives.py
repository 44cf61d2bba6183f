"""The parts of the benchmark of alternatives that no other code shares."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tests.benchmarks.alternatives import cutting, expansion, pooling
from tests.benchmarks.alternatives.matching import conditional_logit
from tests.benchmarks.alternatives.variants import without_common


def test_overlapping_bigrams_leave_no_known_character_uncovered():
    cut = cutting.bigrams(["[UNK]", "不锈", "锈钢", "阀", "钢"])
    (encoding,) = cut.encode_batch_fast(["不锈钢阀 阀"], add_special_tokens=False)
    assert encoding.ids == [1, 2, 3, 3]


def test_bigrams_are_counted_within_runs_of_letters():
    assert cutting.count_bigrams(["电缆，桥架"]) == dict.fromkeys(["电", "缆", "桥", "架", "电缆", "桥架"], 1)


def test_the_longest_product_at_a_place_is_the_one_named():
    assert expansion.named("采购电力电缆及附件", {"电缆", "电力电缆", "附件"}) == ["电力电缆", "附件"]


@pytest.fixture
def two_sellers() -> SimpleNamespace:
    """The first offers two things of like weight, the second one."""
    return SimpleNamespace(starts=np.array([0, 2]), roots=np.array([0.5, 0.5, 1.0], np.float32))


def test_a_cold_soft_max_is_the_best_offering_and_a_weighted_one_of_likes_their_common_value(two_sellers):
    cosines = np.array([[0.2, 0.8, 0.5]], np.float32)
    cold = pooling.soft(0.01)(cosines, two_sellers)
    assert cold == pytest.approx(pooling.best(cosines, two_sellers), abs=1e-3)
    alike = np.array([[0.4, 0.4, 0.4]], np.float32)
    for pool in (pooling.mean, pooling.soft(0.1, weighted=True)):
        assert pool(alike, two_sellers) == pytest.approx(np.array([[0.4, 0.4]]), abs=1e-5)


def test_reciprocal_rank_fusion_prefers_whom_both_halves_place_well():
    fused = pooling.reciprocal([np.array([[3.0, 2.0, 1.0]]), np.array([[1.0, 3.0, 2.0]])])
    assert fused.argmax() == 1


def test_learned_weights_find_the_feature_that_decides():
    random = np.random.default_rng(1)
    features = random.standard_normal((200, 60, 2)).astype(np.float32)
    winners = (features[:, :, 0] + 0.2 * random.standard_normal((200, 60))).argmax(axis=1)
    weights = conditional_logit(features, winners, np.ones(200, np.bool_))
    assert weights[0] > 2
    assert abs(weights[1]) < 0.5


def test_without_common_components_texts_lose_what_all_share():
    texts = np.array([[1.0, 0.1], [1.0, -0.1]], np.float32)
    kept = without_common(np.array([[5.0, 2.0]], np.float32), texts, 1)
    assert kept == pytest.approx(np.array([[0.0, 2.0]]), abs=1e-5)

import math

import numpy as np
import pytest

from indexes.errors import InputError
from recommender.ranking import FEATURES, PRIOR, AdditiveModel, Curve, probability, score
from recommender.ranking.features import region_match

MODEL = AdditiveModel(
    -1.0,
    (
        Curve("near", ((0.0, 0.0), (1.0, 2.0)), +1, "a"),
        Curve("late", ((0.0, 1.0), (1.0, 0.0)), -1, "b"),
    ),
)


def test_contributions_and_base_add_up_to_the_log_odds_by_hand():
    parts = MODEL.contributions({"near": np.array([0.5, 2.0]), "late": np.array([0.25, math.nan])})
    assert parts.tolist() == [[1.0, 0.75], [2.0, 0.0]]
    assert MODEL.log_odds(parts).tolist() == [0.75, 1.0]


def test_a_feature_that_is_not_given_adds_nothing():
    assert MODEL.contributions({"near": np.array([1.0])}).tolist() == [[2.0, 0.0]]


@pytest.mark.parametrize(
    ("knots", "direction"),
    [(((0.0, 0.0),), 0), (((1.0, 0.0), (0.0, 1.0)), 0), (((0.0, 1.0), (1.0, 0.0)), +1)],
)
def test_a_curve_must_be_a_curve_and_keep_its_direction(knots, direction):
    with pytest.raises(InputError):
        Curve("x", knots, direction, "")


def test_equal_scores_keep_the_order_of_their_rows():
    scored = score(MODEL, {"near": np.array([0.1, 0.5, 0.5])}, np.array([7, 9, 8]), 3)
    assert scored.positions.tolist() == [2, 1, 0]


def test_the_logistic_function_has_no_overflow():
    assert probability(0.0) == 0.5
    assert probability(800.0) == 1.0
    assert probability(-800.0) == 0.0


def test_every_curve_of_the_prior_has_labels_a_direction_and_a_reason():
    for curve in PRIOR.curves:
        assert curve.feature in FEATURES
        assert curve.direction == +1
        assert curve.reason


def test_nearness_follows_the_levels_of_the_region_code():
    places = np.array([330212, 330203, 330100, 310115, 0, 330000])
    found = region_match(np.array([330212]), places)
    assert found[:4].tolist() == [1.0, 0.8, 0.4, 0.0]
    assert math.isnan(found[4])
    assert found[5] == 0.4


def test_districts_of_a_municipality_are_one_city():
    assert region_match(np.array([310115]), np.array([310101, 310000])).tolist() == [0.8, 0.8]

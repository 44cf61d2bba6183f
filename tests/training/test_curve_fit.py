import math
from dataclasses import replace

import numpy as np
import pytest

from recommender.ranking import PRIOR, AdditiveModel, Curve
from training.curve_fit import comparable_base, design, fit
from training.slates import Slate

MODEL = AdditiveModel(
    -1.0,
    (
        Curve("near", ((0.0, -0.5), (0.5, 0.0), (1.0, 1.0)), +1, "a"),
        Curve("stale", ((0.0, 0.0), (10.0, -0.4)), -1, "b"),
    ),
)


def slate(grades: list[int], shown: list[bool] | None = None, ranks: list[int] | None = None, **features):
    size = len(grades)
    return Slate(
        need_id="n",
        day=None,
        ids=tuple(f"e{i}" for i in range(size)),
        features={name: np.array(values, np.float64) for name, values in features.items()},
        grades=np.array(grades, np.int64),
        shown=np.array(shown or [True] * size, np.bool_),
        ranks=np.array(ranks or range(1, size + 1), np.int64),
        found=np.ones(size, np.bool_),
    )


def heights(model: AdditiveModel, feature: str) -> list[float]:
    return [y for curve in model.curves if curve.feature == feature for _, y in curve.knots]


def test_the_rises_times_their_shares_are_the_curves():
    values = np.array([-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0, math.nan])
    features = {"near": values, "stale": values * 4}
    rises = np.array([0.5, 1.0, 0.4])  # of both curves, each in its direction
    summed = MODEL.contributions(features).sum(axis=1)
    assert (design(features, MODEL) @ rises).tolist() == pytest.approx(summed.tolist())


def test_the_shares_hold_for_every_curve_that_ships():
    values = np.linspace(-2, 2000, 400)
    features = {
        feature: np.append(values / 2000 if feature != "freshness" else values, math.nan)
        for feature in PRIOR.features
    }
    rises = np.concatenate([np.abs(np.diff([y for _, y in curve.knots])) for curve in PRIOR.curves])
    summed = PRIOR.contributions(features).sum(axis=1)
    assert (design(features, PRIOR) @ rises).tolist() == pytest.approx(summed.tolist())


def test_without_outcomes_the_model_stays_as_it_was():
    values = np.array([-1.0, 0.0, 0.3, 0.7, 2.0, 7.0, math.nan])
    for slates in ([], [slate([0, 0], near=[0.0, 1.0])]):
        model = fit(slates, MODEL)
        assert model.base == MODEL.base
        for after, before in zip(model.curves, MODEL.curves, strict=True):
            assert after(values).tolist() == pytest.approx(before(values).tolist(), abs=1e-6)


def test_fitting_again_cuts_the_curves_no_finer():
    once = fit([], MODEL)
    assert [len(curve.knots) for curve in once.curves] == [9, 9]
    assert fit([], once) == once


def test_one_outcome_moves_a_curve_by_what_the_formula_says():
    # 1 against 0.5, half of the curve: loss log(1 + e^-d) + (d − 1)² / (2 σ² / 2); grade 4 at rank 1 weighs 1
    model = fit([slate([4, 0], near=[1.0, 0.5])], MODEL, belief=0.5)
    rise = heights(model, "near")[-1]
    assert (rise - 1.0) / 0.125 == pytest.approx(1 / (1 + math.exp(rise)), abs=1e-4)
    assert heights(model, "stale")[-1] == -0.4


def test_few_outcomes_move_little_and_many_decide():
    against = slate([4, 0], near=[0.0, 1.0])  # the far one was awarded
    few, many = fit([against] * 2, MODEL), fit([against] * 500, MODEL)
    assert heights(few, "near")[-1] > 0.5
    assert not any(heights(many, "near"))


def test_directions_and_the_values_that_add_nothing_are_kept():
    wild = [slate([4, 0, -1], near=[0.0, 0.6, 1.0], stale=[20.0, 5.0, 0.0]) for _ in range(300)]
    for curve, before in zip(fit(wild, MODEL).curves, MODEL.curves, strict=True):
        assert (curve.direction, curve.reason) == (before.direction, before.reason)
        assert curve(np.array([before.neutral, math.nan])).tolist() == [0.0, 0.0]


def test_a_success_far_down_the_list_counts_more():
    top, low = (slate([4, 0], ranks=ranks, near=[1.0, 0.5]) for ranks in ([1, 2], [15, 1]))
    assert heights(fit([low], MODEL), "near")[-1] > heights(fit([top], MODEL), "near")[-1]


def test_who_was_not_shown_counts_less_than_who_was_shown_in_vain():
    shown, unshown = (slate([4, 0], shown=[True, both], near=[1.0, 0.5]) for both in (True, False))
    moved = [heights(fit([one], MODEL), "near")[-1] for one in (shown, unshown)]
    assert 1.0 < moved[1] < moved[0]


def test_many_unshown_are_drawn_the_same_way_for_the_same_seed():
    random = np.random.default_rng(5)
    big = slate([4] + [0] * 300, shown=[True] + [False] * 300, near=[0.9, *random.random(300)])
    assert fit([big], MODEL, seed=1) == fit([big], MODEL, seed=1)
    assert fit([big], MODEL, seed=1) != fit([big], MODEL, seed=2)


def test_a_rejected_candidate_stands_below_one_of_whom_nothing_came():
    assert heights(fit([slate([-1, 0], near=[0.5, 1.0])], MODEL), "near")[-1] > 1.0


def test_scores_stay_comparable_with_those_before():
    lists = [slate([3, 0], near=[1.0, 0.4]), slate([4, 2], near=[0.8, 0.0])] * 20
    found = fit(lists, MODEL)
    assert heights(found, "near")[-1] > 1.05

    def mean(model: AdditiveModel) -> float:
        odds = [model.log_odds(model.contributions(each.features))[each.shown] for each in lists]
        return float((1 / (1 + np.exp(-np.concatenate(odds)))).mean())

    assert mean(found) == pytest.approx(mean(MODEL), abs=1e-6)


def test_the_base_is_the_one_before_where_nobody_was_shown():
    assert comparable_base([], replace(MODEL, base=7.0), MODEL) == 7.0
    unseen = slate([3, 4], shown=[False, False], near=[1.0, 0.0])
    assert comparable_base([unseen], replace(MODEL, base=7.0), MODEL) == 7.0

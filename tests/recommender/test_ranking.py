import json
import math
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from indexes.errors import InputError
from indexes.store import ReleaseStore
from recommender.catalogue import Catalogue, Enterprise, Kind, Outcome, Stage, as_record
from recommender.catalogue.domain import Need, Offering
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.places import Places
from recommender.ranking import FEATURES, PRIOR, AdditiveModel, Curve, probability, score
from recommender.ranking.features import (
    capacity_fit,
    freshness,
    need_features,
    region_match,
    scale_fit,
    supplier_features,
)
from recommender.refresh import refresh
from recommender.retrieval import Candidates

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
        assert curve.direction == (-1 if curve.feature in ("freshness", "distance") else +1)
        assert curve.reason
        assert curve(np.array([curve.neutral, math.nan])).tolist() == [0.0, 0.0]


def test_nearness_follows_the_levels_of_the_region_code():
    places = np.array([330212, 330203, 330100, 310115, 0, 330000])
    found = region_match(np.array([330212]), places)
    assert found[:4].tolist() == [1.0, 0.8, 0.4, 0.0]
    assert math.isnan(found[4])
    assert found[5] == 0.4


def test_districts_of_a_municipality_are_one_city():
    assert region_match(np.array([310115]), np.array([310101, 310000])).tolist() == [0.8, 0.8]


def test_the_neutral_value_of_a_curve_is_the_best_that_adds_nothing():
    assert Curve("x", ((0.0, -1.0), (0.5, 0.0), (1.0, 0.0)), +1, "").neutral == 1.0
    assert Curve("x", ((0.0, 0.0), (9.0, 0.0), (10.0, -1.0)), -1, "").neutral == 0.0


def test_a_model_survives_its_json_to_the_last_bit():
    assert AdditiveModel.from_json(json.loads(json.dumps(PRIOR.to_json()))) == PRIOR


def broken(**changes: object) -> object:
    return json.loads(json.dumps(MODEL.to_json())) | changes


def curve(**changes: object) -> list[object]:
    return [{"feature": "x", "knots": [[0, 0], [1, 1]], "direction": 1, "reason": ""} | changes]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "no additive model"),
        ([], "no additive model"),
        (broken(format=2), "no additive model"),
        (broken(base="1"), "base"),
        (broken(base=True), "base"),
        (broken(base=1e300), "too large"),
        (broken(base=math.nan), "too large"),
        (broken(curves=[]), "missing"),
        (broken(curves=curve() * 101), "too many"),
        (broken(curves=curve() + curve()), "two curves"),
        (broken(curves=[None]), "not an object"),
        (broken(curves=curve(feature=3)), "no text"),
        (broken(curves=curve(reason="x" * 3000)), "too long"),
        (broken(curves=curve(direction=2)), "direction"),
        (broken(curves=curve(direction=-1)), "against"),
        (broken(curves=curve(knots=[[0, 0]])), "two or more"),
        (broken(curves=curve(knots=[[0, 0], [0, 1]])), "ascending"),
        (broken(curves=curve(knots=[[0, 0], [1, 1, 1]])), "pairs"),
        (broken(curves=curve(knots=[[0, 0], [1, "2"]])), "number of x"),
        (broken(curves=curve(knots=[[i, i] for i in range(1001)])), "short list"),
    ],
)
def test_what_is_no_model_is_refused(value, why):
    with pytest.raises(ValueError, match=why):
        AdditiveModel.from_json(value)


def test_capacity_counts_up_to_what_is_wanted_and_an_unknown_side_says_nothing():
    found = capacity_fit(np.array([50.0, 300.0, math.nan, 5.0]), np.array([100.0]))
    assert found[:2].tolist() == [0.5, 1.0]
    assert np.isnan(found[2])
    assert np.isnan(capacity_fit(np.array([5.0]), np.array([0.0, math.nan]))).all()


def test_an_order_may_fill_half_a_year_and_five_years_are_too_much():
    business = np.array([100.0])
    assert scale_fit(np.array([0.0, 1.0, 50.0, 500.0, 9e9]), business).tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]
    assert scale_fit(np.array([50 * math.sqrt(10)]), business) == pytest.approx([0.5])


def test_days_count_from_the_last_change_and_not_before_it():
    day = date(2026, 11, 21)
    changed = np.array([day.toordinal() - 30, day.toordinal() + 1, day.toordinal() + 2, math.nan])
    assert freshness(changed, day)[:2].tolist() == [30.0, 0.0]
    assert np.isnan(freshness(changed, day)[2:]).all()


# ---------------------------------------------------------------------- features of a release

DAY = date(2026, 11, 21)
ORDER = Need("n", "轴承采购", quantity=100.0, unit="套", budget=1_000_000.0)


def release(catalogue: Catalogue, home, encoder: Encoder, *enterprises: Enterprise, **kinds: list[object]):
    """The engine on a catalogue of *enterprises* that sell bearings, 50 sets each."""
    offerings = [
        Offering(f"{e.enterprise_id}-1", e.enterprise_id, "轴承", capacity=50.0, unit="套")
        for e in enterprises
    ]
    with catalogue.transaction() as transaction:
        for kind, values in (
            (Kind.ENTERPRISES, enterprises),
            (Kind.OFFERINGS, offerings),
            (Kind.NEEDS, kinds.get("needs", [])),
            (Kind.OUTCOMES, kinds.get("outcomes", [])),
        ):
            if values:
                records = [as_record(value) for value in values]
                transaction.upsert(kind, records, given=records[0].keys())
    store = ReleaseStore(home)
    refresh(catalogue, store, encoder, cache=home / "cache")
    return Engine.open(store, encoder)


def everybody(engine: Engine, profile: float = 0.5) -> Candidates:
    """All enterprises of *engine*, alike to the need in every way."""
    size = engine.snapshot.manifest.counts["enterprises"]
    rows = np.arange(size)
    same = np.full(size, profile)
    return Candidates(rows, same, engine.snapshot.first[:-1], same, same, 1.0)


def test_what_an_enterprise_can_carry_and_has_won_becomes_features(catalogue, tmp_path, encoder):
    engine = release(
        catalogue,
        tmp_path,
        encoder,
        Enterprise("big", "大厂（示例）", revenue=10_000_000.0),
        Enterprise("new", "新厂（示例）"),
        Enterprise("tiny", "小厂（示例）", registered_capital=50_000.0),
        needs=[replace(ORDER, need_id=id) for id in ("n1", "n2")],
        outcomes=[
            Outcome("n1", "big", Stage.AWARDED, datetime(2026, 11, 21), 10_000_000.0),
            Outcome("n1", "tiny", Stage.REJECTED, datetime(2026, 11, 20)),
        ],
    )
    found = supplier_features(engine.snapshot, everybody(engine), ORDER, Places(), DAY)
    assert found["capacity_fit"].tolist() == [0.5, 0.5, 0.5]
    assert found["scale_fit"][0] == 1.0
    assert np.isnan(found["scale_fit"][1])
    assert found["scale_fit"][2] == 0.0  # 1,000,000 against 3 × 50,000 a year
    # one of two decided matches was won: (1 + 6/2) / (1 + 6) − 1/2
    assert found["track_record"][[0, 2]] == pytest.approx([4 / 7 - 1 / 2, 3 / 7 - 1 / 2], abs=1e-6)
    assert np.isnan(found["track_record"][1])
    # what it won today fills the year, half a year later the half of it
    assert found["reciprocity"][0] == pytest.approx(1 / 2)
    later = supplier_features(engine.snapshot, everybody(engine), ORDER, Places(), date(2027, 5, 22))
    assert later["reciprocity"][0] == pytest.approx(1 / (1 + 183 / 365))
    assert np.isnan(found["reciprocity"][1])


def test_another_unit_or_no_quantity_says_nothing_of_the_capacity(catalogue, tmp_path, encoder):
    engine = release(catalogue, tmp_path, encoder, Enterprise("a", "甲厂（示例）"))
    for need in (replace(ORDER, unit="吨"), replace(ORDER, unit=""), replace(ORDER, quantity=None)):
        found = supplier_features(engine.snapshot, everybody(engine), need, Places(), DAY)
        assert np.isnan(found["capacity_fit"]).all()


def test_a_trifle_is_not_worth_the_while_of_a_giant(catalogue, tmp_path, encoder):
    engine = release(catalogue, tmp_path, encoder, Enterprise("giant", "巨厂（示例）", revenue=1e12))
    found = supplier_features(engine.snapshot, everybody(engine), ORDER, Places(), DAY)
    assert found["reciprocity"].tolist() == pytest.approx([0.3])
    assert found["scale_fit"].tolist() == [1.0]


def test_interest_falls_with_the_distance_to_the_ten_matches_that_suit_best(catalogue, tmp_path, encoder):
    needs = [replace(ORDER, need_id=f"n{i}", title="轴承") for i in range(10)]
    engine = release(catalogue, tmp_path, encoder, Enterprise("a", "甲厂（示例）"), needs=needs)
    nearest = float(engine.snapshot.enterprises.filters.numbers("nearest_needs")[0])
    for below, interest in ((0.0, 1.0), (0.15, 0.5), (0.3, 0.0), (0.6, 0.0)):
        found = everybody(engine, nearest - below)
        measured = supplier_features(engine.snapshot, found, replace(ORDER, budget=None), Places(), DAY)
        assert measured["reciprocity"].tolist() == pytest.approx([interest], abs=1e-9)


def test_with_fewer_than_ten_matches_to_compare_with_nothing_is_said_of_interest(
    catalogue, tmp_path, encoder
):
    engine = release(catalogue, tmp_path, encoder, Enterprise("a", "甲厂（示例）"), needs=[ORDER])
    assert np.isnan(engine.snapshot.enterprises.filters.numbers("nearest_needs")).all()
    assert np.isnan(engine.snapshot.needs.filters.numbers("nearest_enterprises")).all()


def test_the_same_pair_fits_alike_from_both_sides(catalogue, tmp_path, encoder):
    enterprise = Enterprise("a", "甲厂（示例）", revenue=1_000_000.0)
    engine = release(catalogue, tmp_path, encoder, enterprise, needs=[ORDER])
    offering = engine.snapshot.offering(0)
    one = supplier_features(engine.snapshot, everybody(engine), ORDER, Places(), DAY)
    pair = Candidates(np.array([0]), np.array([0.5]), np.array([0]), np.array([0.5]), np.array([0.5]), 1.0)
    other = need_features(engine.snapshot, pair, enterprise, [offering], DAY)
    for feature in ("capacity_fit", "scale_fit", "semantic_match", "link_match"):
        assert one[feature].tolist() == other[feature].tolist()
    assert one["scale_fit"][0] == pytest.approx(1 - math.log10(2))


def test_a_new_firm_without_history_is_not_buried(catalogue, tmp_path, encoder):
    """Alike in every word, it stands no lower than the median of established firms of average standing."""
    needs = [replace(ORDER, need_id=f"n{i}") for i in range(4)]
    usual = {"revenue": 2e7, "technology": 70.0, "quality": 70.0, "size": None}
    old = [Enterprise(f"old{i}", f"老厂{i}（示例）", **usual) for i in range(8)]
    fates = [Stage.AWARDED, Stage.REJECTED] * 4
    outcomes = [
        Outcome(f"n{i // 2}", firm.enterprise_id, stage, datetime(2025, 1, 1))
        for i, (firm, stage) in enumerate(zip(old, fates, strict=True))
    ]
    engine = release(
        catalogue, tmp_path, encoder, *old, Enterprise("new", "新厂（示例）"), needs=needs, outcomes=outcomes
    )
    features = supplier_features(engine.snapshot, everybody(engine), ORDER, Places(), DAY)
    odds = PRIOR.log_odds(PRIOR.contributions(features))
    new = engine.snapshot.enterprises.documents.row_of("new")
    assert odds[new] >= np.median(np.delete(odds, new))
    for feature in ("tier", "assessment", "scale_fit", "track_record", "reciprocity"):
        assert np.isnan(features[feature][new])

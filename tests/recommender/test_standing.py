import math
from datetime import date, datetime

import pytest

from recommender.catalogue.domain import Enterprise, Outcome, Stage
from recommender.standing import judgments_of, pasts, yearly_business

SPRING, SUMMER = datetime(2026, 4, 1), datetime(2026, 7, 1)


def test_the_revenue_speaks_for_the_size_and_else_the_registered_capital():
    assert yearly_business(Enterprise("a", "甲", revenue=5.0, registered_capital=100.0)) == 5.0
    assert yearly_business(Enterprise("a", "甲", registered_capital=100.0)) == 300.0
    assert yearly_business(Enterprise("a", "甲", revenue=0.0)) is None


def test_a_track_record_is_drawn_towards_the_usual():
    # a won both, b lost both, c won one: the usual share is 3 of 5
    found = pasts(
        [
            Outcome("n1", "a", Stage.QUALIFIED, SPRING),
            Outcome("n2", "a", Stage.AWARDED, SPRING),
            Outcome("n1", "b", Stage.REJECTED, SPRING),
            Outcome("n2", "b", Stage.REJECTED, SPRING),
            Outcome("n3", "c", Stage.QUALIFIED, SPRING),
            Outcome("n3", "d", Stage.MET, SPRING),
        ]
    )
    assert found["a"].track_record == pytest.approx((2 + 3.6) / 8 - 0.6, abs=1e-6)
    assert found["b"].track_record == pytest.approx(3.6 / 8 - 0.6, abs=1e-6)
    assert found["c"].track_record == pytest.approx(4.6 / 7 - 0.6, abs=1e-6)
    assert "d" not in found


def test_stages_of_one_match_count_once_and_a_rejection_undoes_a_qualification():
    outcomes = [Outcome("n", "a", stage, SPRING) for stage in (Stage.QUALIFIED, Stage.AWARDED, Stage.MET)]
    rejected = [Outcome("n", "b", stage, SPRING) for stage in (Stage.QUALIFIED, Stage.REJECTED)]
    found = pasts(outcomes + rejected)
    assert found["a"].track_record == -found["b"].track_record > 0


def test_nothing_from_the_day_on_is_known_before_it():
    outcomes = [
        Outcome("n", "a", Stage.AWARDED, SUMMER, 10.0),
        Outcome("n", "b", Stage.REJECTED, SPRING),
        Outcome("n", "c", Stage.REJECTED),
    ]
    assert set(pasts(outcomes, before=date(2026, 7, 1))) == {"b"}
    assert set(pasts(outcomes, before=date(2026, 7, 2))) == {"a", "b"}
    assert set(pasts(outcomes)) == {"a", "b", "c"}


def test_orders_are_worked_off_within_a_year():
    outcomes = [
        Outcome("old", "a", Stage.AWARDED, datetime(2025, 7, 1), 999.0),
        Outcome("n1", "a", Stage.AWARDED, SPRING, 365.0),
        Outcome("n2", "a", Stage.AWARDED, SUMMER, 100.0),
    ]
    past = pasts(outcomes)["a"]
    assert past.booked_day == SUMMER.toordinal()
    assert past.booked == pytest.approx(100 + 365 - 91)
    assert math.isnan(pasts([Outcome("n", "a", Stage.AWARDED, SPRING)])["a"].booked)


def test_judgments_are_who_qualified_and_who_was_awarded():
    stages = [
        ("N1", "E1", Stage.QUALIFIED),
        ("N1", "E1", Stage.AWARDED),
        ("N1", "E2", Stage.QUALIFIED),
        ("N2", "E1", Stage.REJECTED),
        ("N2", "E1", Stage.VIEWED),
    ]
    outcomes = [Outcome(need, enterprise, stage, SPRING) for need, enterprise, stage in stages]
    assert judgments_of(outcomes) == {"N1": {"E1": 2, "E2": 1}}

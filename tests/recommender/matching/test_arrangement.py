import math
from datetime import date

from recommender.matching.arrangement import arrange
from recommender.matching.diversity import Twin
from recommender.matching.exposure import FEW_SME, Exposure

DAY = date(2026, 11, 21)


def listed(placed):
    return [(each.place, each.moved.by_score if each.moved else None) for each in placed]


def test_a_twin_yields_to_those_that_are_worse_by_no_more_than_its_penalty():
    twins = {1: Twin(0, 2.0, "again")}
    assert listed(arrange([5.0, 4.9, 3.5, 2.0], twins, 4)) == [(0, None), (2, None), (1, 2), (3, None)]


def test_an_enterprise_that_is_listed_twice_yields_to_everybody():
    twins = {1: Twin(0, math.inf, "twice")}
    placed = arrange([5.0, 4.9, 1.0, -3.0], twins, 4)
    assert listed(placed) == [(0, None), (2, None), (3, None), (1, 2)]
    assert placed[3].moved.reason == "twice"
    assert listed(arrange([5.0, 4.9, 1.0, -3.0], twins, 3)) == [(0, None), (2, None), (3, None)]


def test_a_twin_that_nobody_passes_carries_no_note():
    assert listed(arrange([5.0, 4.9, 1.0], {1: Twin(0, 2.0, "again")}, 3)) == [
        (0, None),
        (1, None),
        (2, None),
    ]


def test_two_twins_that_change_places_are_both_noted():
    twins = {1: Twin(0, 4.0, "third"), 2: Twin(0, 2.0, "second")}
    assert listed(arrange([5.0, 4.9, 4.8, 3.5], twins, 4)) == [(0, None), (3, None), (2, 3), (1, 2)]


def test_a_list_longer_than_what_is_compared_goes_on_by_score():
    odds = [10.0 - place / 100 for place in range(200)]
    placed = arrange(odds, {1: Twin(0, math.inf, "twice")}, 150)
    assert [each.place for each in placed] == [0, *range(2, 151)]


def test_a_twin_is_not_lifted_for_being_small():
    exposure = Exposure(DAY)
    ids, small = ["a", "b", "c", "d"], [False, False, False, True]
    odds = [3.0, 2.5, 2.4, 2.3]
    placed = arrange(odds, {}, 3, exposure=exposure, ids=ids, small=small)
    assert [(each.place, each.moved.reason if each.moved else "") for each in placed][2] == (3, FEW_SME)
    twins = {3: Twin(0, 0.05, "again")}
    assert listed(arrange(odds, twins, 3, exposure=exposure, ids=ids, small=small))[2] == (2, None)


def test_a_list_that_is_only_counted_stays_as_scored():
    counted = Exposure(DAY, {"a": 9.0, "c": -9.0}, moves=False)
    placed = arrange([2.0, 1.9, 1.8], {}, 2, exposure=counted, ids=["a", "b", "c"], small=[False] * 3)
    assert listed(placed) == [(0, None), (1, None)]

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.matching.exposure import FEW_SME, SELDOM_SEEN, Fairness, attention, gini, spread, weight
from recommender.ranking import probability

FREE = Fairness(sme_share=0.0, moved_share=1.0, margin=0.5, least_ndcg=0.0, untouched=0, step=1.0)


def seats(odds, top_k, rules, balance=None, small=None, may_rise=None):
    size = len(odds)
    found = spread(
        odds, balance or [0.0] * size, small or [False] * size, may_rise or [True] * size, top_k, rules
    )
    return [seat.place for seat in found], {seat.place: seat.lifted for seat in found if seat.lifted}


def test_without_a_past_and_without_smes_the_order_is_that_of_the_scores():
    assert seats([2.0, 1.9, 1.8, 1.7], 3, Fairness()) == ([0, 1, 2], {})


def test_who_was_seen_less_than_deserved_takes_the_place_of_a_near_equal():
    order, lifted = seats([2.0, 1.9, 1.8], 2, FREE, balance=[3.0, 0.0, -2.0])
    assert order == [2, 1]
    assert lifted == {2: SELDOM_SEEN, 1: SELDOM_SEEN}


def test_nobody_passes_one_who_is_better_by_more_than_the_margin():
    assert seats([2.0, 1.4], 2, FREE, balance=[9.0, -9.0]) == ([0, 1], {})
    assert seats([2.0, 1.6], 2, FREE, balance=[9.0, -9.0])[0] == [1, 0]


def test_a_small_difference_of_balance_moves_nobody():
    assert seats([2.0, 2.0], 1, FREE, balance=[0.5, -0.4]) == ([0], {})


def test_the_first_place_follows_the_score():
    rules = Fairness(sme_share=0.0, moved_share=1.0)
    order, lifted = seats([2.0] * 4, 3, rules, balance=[9.0, 9.0, 0.0, -1.0])
    assert order == [0, 3, 2]
    assert set(lifted) == {3, 2}


def test_only_a_share_of_the_places_is_moved():
    balance = [9.0] * 10 + [0.0] * 10
    _, lifted = seats([2.0] * 20, 10, Fairness(sme_share=0.0), balance=balance)
    assert len(lifted) == 2


def test_turns_are_taken_where_no_sme_is_known():
    balance = [9.0] * 10 + [0.0] * 10
    assert len(seats([2.0] * 20, 10, Fairness(), balance=balance)[1]) == 2


def test_relevance_may_fall_no_further_than_the_bound():
    odds, balance = [0.0, -0.5, -0.5], [9.0, 9.0, -9.0]
    assert seats(odds, 1, FREE, balance=balance)[0] == [2]
    strict = Fairness(sme_share=0.0, moved_share=1.0, least_ndcg=0.95, untouched=0)
    assert seats(odds, 1, strict, balance=balance)[0] == [0]


def test_a_qualified_sme_close_to_the_last_place_gets_it():
    odds = [3.0, 2.5, 2.0, 1.9, 1.8]
    order, lifted = seats(odds, 4, Fairness(), small=[False] * 4 + [True])
    assert (order, lifted) == ([0, 1, 2, 4], {4: FEW_SME})


def test_no_sme_is_lifted_from_far_behind_nor_where_enough_are_listed():
    assert seats([3.0, 2.5, 2.0, 1.9, 1.2], 4, Fairness(), small=[False] * 4 + [True])[1] == {}
    assert seats([3.0, 2.5, 2.0, 1.9, 1.8], 4, Fairness(), small=[True, False, True, False, True])[1] == {}


def test_who_may_not_rise_stays():
    assert seats([2.0, 1.9], 1, FREE, balance=[9.0, -9.0], may_rise=[True, False])[0] == [0]


@given(
    st.lists(
        st.tuples(st.floats(-6, 6), st.floats(-5, 5), st.booleans(), st.booleans()), min_size=1, max_size=30
    ),
    st.integers(1, 20),
)
def test_whatever_the_ledger_says_the_bounds_hold(candidates, top_k):
    candidates.sort(key=lambda each: -each[0])
    odds, balance, small, may_rise = (list(column) for column in zip(*candidates, strict=True))
    rules = Fairness()
    order, lifted = seats(odds, top_k, rules, balance, small, may_rise)
    count = min(top_k, len(odds))
    assert len(set(order)) == len(order) == count
    assert len(lifted) <= math.ceil(rules.moved_share * count)
    kept = [place for place in order if place not in lifted]
    assert kept == sorted(kept)
    assert all(may_rise[place] for place in lifted)
    for at, place in enumerate(order):
        passed = [each for each in range(len(odds)) if each not in order[:at]]
        assert odds[min(passed)] - odds[place] <= rules.margin + 1e-9
    gains = [probability(each) for each in odds]
    listed = sum(gains[place] * weight(rank) for rank, place in enumerate(order, 1))
    ideal = sum(gain * weight(rank) for rank, gain in enumerate(gains[:count], 1))
    assert listed >= rules.least_ndcg * ideal - 1e-9


def test_attention_given_equals_attention_deserved_over_a_list():
    found = attention(["a", "b"], {"a": 0.6, "b": 0.3, "c": 0.3})
    assert found["a"] == pytest.approx((1.0, 0.5 * (1 + 1 / math.log2(3))))
    assert found["c"][0] == 0.0
    assert sum(given for given, _ in found.values()) == pytest.approx(sum(due for _, due in found.values()))


def test_turns_bring_what_is_given_and_what_is_deserved_together():
    """Ten equals, a list of five: by score the same five would always be seen, now all are."""
    odds, balance, given = [1.0] * 10, [0.0] * 10, [0.0] * 10
    for _ in range(60):
        order, _ = seats(odds, 5, Fairness(sme_share=0.0), balance=balance)
        for name, (got, due) in attention([str(p) for p in order], {str(p): 1.0 for p in range(10)}).items():
            balance[int(name)] += got - due
            given[int(name)] += got
    always = [weight(rank) if rank <= 5 else 0.0 for rank in range(1, 11)]
    assert min(given) > 0
    assert gini(given) < 0.8 * gini(always)


def test_gini_of_known_amounts():
    assert gini([1, 1, 1, 1]) == pytest.approx(0)
    assert gini([0, 0, 0, 4]) == pytest.approx(0.75)
    assert gini([1, 3]) == pytest.approx(0.25)
    assert gini([]) == gini([0, 0]) == 0.0

import math

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.metrics import bootstrap, intervals, randomisation_test, scores_by_query, significance

DOCUMENTS = [f"d{i}" for i in range(15)]


def test_the_measures_of_a_list_solved_by_hand():
    queries, values = scores_by_query({"q": {"a": 1, "b": 1, "z": 0}}, {"q": ["x", "a", "y", "b"]})
    assert queries == ["q"]
    assert values["MRR"].tolist() == [0.5]
    assert values["R@10"].tolist() == [1.0]
    assert values["nDCG@10"][0] == pytest.approx(
        (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
    )


def test_a_query_without_an_answer_scores_nothing_and_one_without_a_judgment_does_not_count():
    queries, values = scores_by_query({"q": {"a": 1}, "p": {"a": 0}}, {"p": ["a"]})
    assert queries == ["q"]
    assert values["R@100"].tolist() == [0.0]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 3), min_size=1),
    st.lists(st.sampled_from(DOCUMENTS), unique=True),
)
def test_the_measures_agree_with_ir_measures(judged, ranked):
    if not any(judged.values()):
        judged = {**judged, "d0": 1}
    _, values = scores_by_query({"q": judged}, {"q": ranked})
    run = (
        {"q": {document: float(-place) for place, document in enumerate(ranked)}}
        if ranked
        else {"q": {"_": 0.0}}
    )
    wanted = {"nDCG@10": "nDCG@10", "MRR": "RR", "R@10": "R@10", "R@100": "R@100"}
    for ours, theirs in wanted.items():
        expected = ir_measures.calc_aggregate([ir_measures.parse_measure(theirs)], {"q": judged}, run)
        assert values[ours][0] == pytest.approx(next(iter(expected.values())), abs=1e-9)


def test_the_interval_holds_the_mean_and_narrows_with_more_queries():
    few, many = bootstrap(np.array([0.0, 1.0] * 10)), bootstrap(np.array([0.0, 1.0] * 1000))
    assert few.low < few.mean < few.high
    assert many.high - many.low < few.high - few.low
    assert bootstrap(np.array([])).mean == 0.0


def test_the_paired_test_tells_a_steady_gain_from_noise():
    random = np.random.default_rng(1)
    base = random.random(300)
    assert randomisation_test(base + 0.05, base) < 0.001
    assert randomisation_test(base, random.permutation(base)) > 0.05
    assert randomisation_test(base, base) == 1.0


def test_measures_taken_together_are_those_taken_one_by_one():
    random = np.random.default_rng(2)
    one = {"a": random.random(40), "b": random.random(40)}
    other = {"a": random.random(40), "b": one["b"] - 0.1}
    assert intervals(one)["b"].low == pytest.approx(bootstrap(one["b"]).low)
    together = significance(one, other)
    assert together["a"] == randomisation_test(one["a"], other["a"])
    assert together["b"] < 0.001 < together["a"]


def test_queries_of_one_group_are_no_independent_witnesses():
    alone, base = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0]), np.full(6, 0.2)
    values, other = np.repeat(alone, 50), np.repeat(base, 50)
    groups = np.repeat(np.arange(6), 50)
    grouped, free = bootstrap(values, groups=groups), bootstrap(values)
    assert grouped.mean == free.mean == pytest.approx(4 / 6)
    assert grouped.low == pytest.approx(bootstrap(alone).low)
    assert free.high - free.low < (grouped.high - grouped.low) / 4
    assert randomisation_test(values, other, groups=groups) == randomisation_test(alone, base) > 0.05
    assert randomisation_test(values, other) < 0.001


def test_a_group_of_many_queries_weighs_as_many():
    assert bootstrap(np.array([1.0, 1.0, 1.0, 0.0]), groups=np.array([7, 7, 7, 9])).mean == 0.75

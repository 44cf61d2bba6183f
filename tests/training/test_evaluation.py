from datetime import date
from types import SimpleNamespace

import ir_measures
import numpy as np
import pytest

from indexes.errors import InputError
from recommender.catalogue import Need
from training.evaluation import Standing, by_need, evaluate
from training.slices import Slice, measure_slices

DAY = date(2026, 11, 21)
NEEDS = [Need("n1", "轴承"), Need("n2", "棉纱"), Need("n3", "无人评判")]
QRELS = {"n1": {"a": 1}, "n2": {"b": 2}}
RANKINGS = {"lexical": {"n1": ["a", "b"], "n2": ["a", "b"]}, "full": {"n1": ["a"], "n2": ["c"]}}


def ranking(queries, system):
    for query in queries:
        yield [(enterprise_id, 1.0) for enterprise_id in RANKINGS[system][query.need.need_id]]


ENGINE = SimpleNamespace(release="r1", ranking=ranking)


def test_each_system_is_measured_on_the_judged_needs():
    found = evaluate(ENGINE, NEEDS, QRELS, systems=("lexical", "full"), as_of=DAY)
    assert found.need_ids == ("n1", "n2")
    assert found.means["lexical"]["MRR"].mean == 0.75
    assert found.means["full"]["R@10"].mean == 0.5
    assert set(found.p_values) == {"full"}
    document = found.to_json()
    assert (document["needs"], document["compared_with"]) == (2, "lexical")


def test_the_table_of_needs_has_the_worst_first():
    found = evaluate(ENGINE, NEEDS, QRELS, systems=("lexical", "full"), as_of=DAY)
    table = by_need(found, NEEDS)
    assert table["need_id"].tolist() == ["n2", "n1"]
    assert table["title"].tolist() == ["棉纱", "轴承"]
    assert table["full MRR"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("systems", "qrels"), [(("magic",), QRELS), ((), QRELS), (("full",), {"n1": {"a": 0}}), (("full",), {})]
)
def test_what_cannot_be_measured_is_refused(systems, qrels):
    with pytest.raises(InputError):
        evaluate(ENGINE, NEEDS, qrels, systems=systems, as_of=DAY)


def test_the_main_system_is_the_one_that_users_see():
    assert evaluate(ENGINE, NEEDS, QRELS, systems=("full", "lexical"), as_of=DAY).main == "full"
    assert evaluate(ENGINE, NEEDS, QRELS, systems=("lexical",), as_of=DAY).main == "lexical"


def test_where_the_right_one_stands_is_kept_with_what_stands_above():
    found = evaluate(ENGINE, NEEDS, QRELS, systems=("full", "lexical"), as_of=DAY)
    assert found.standings["n1"] == Standing("a", 1, (("a", 1.0),))
    assert found.standings["n2"] == Standing(None, None, (("c", 1.0),))


def test_who_is_neither_right_nor_wrong_is_taken_out_of_the_list():
    found = evaluate(ENGINE, NEEDS, QRELS, systems=("lexical",), as_of=DAY, ignored={"n2": {"a"}})
    assert found.values["lexical"]["MRR"].tolist() == [1.0, 1.0]


def test_needs_of_one_group_are_numbered_alike():
    found = evaluate(ENGINE, NEEDS, QRELS, systems=("lexical",), as_of=DAY, groups={"n1": "g", "n2": "g"})
    assert found.groups.tolist() == [0, 0]
    apart = evaluate(ENGINE, NEEDS, QRELS, systems=("lexical",), as_of=DAY, groups={"n1": "n2"})
    assert apart.groups.tolist() == [0, 1]


def test_the_means_of_a_part_of_the_needs_agree_with_ir_measures():
    found = evaluate(ENGINE, NEEDS, QRELS, systems=("lexical",), as_of=DAY)
    (figures,) = measure_slices(found, [Slice("kind", "works", np.array([False, True]))])
    run = {"n2": {"a": 2.0, "b": 1.0}}
    for ours, theirs in {"nDCG@10": "nDCG@10", "MRR": "RR", "R@10": "R@10", "R@100": "R@100"}.items():
        measure = ir_measures.parse_measure(theirs)
        expected = ir_measures.calc_aggregate([measure], {"n2": QRELS["n2"]}, run)[measure]
        assert figures.means["lexical"][ours].mean == pytest.approx(expected)

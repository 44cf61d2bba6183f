from datetime import date
from types import SimpleNamespace

import pytest

from indexes.errors import InputError
from recommender.catalogue import Need
from training.evaluation import by_need, evaluate

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

import math

import numpy as np
import pytest

from recommender.catalogue import Enterprise, Need
from recommender.matching.diversity import enterprise_twins, need_twins, plain_name

SAME = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
APART = np.eye(3, dtype=np.float32)
LONG = (
    "我们加工精密轴承套圈，拥有车削、热处理与磨削全工序能力，年产能六十万套，客户遍及轨道交通与风电行业。" * 2
)


def twins(documents, vectors=APART, texts=("", "", "")):
    firms = [Enterprise(str(number), **{"name": "", **document}) for number, document in enumerate(documents)]
    return enterprise_twins(firms, vectors[: len(firms)], lambda place: texts[place])


def test_the_same_credit_code_is_the_same_enterprise():
    found = twins([{"name": "甲厂", "credit_code": "X"}, {"name": "甲厂二部", "credit_code": "X"}])
    assert found[1].of == 0
    assert math.isinf(found[1].penalty)
    assert "甲厂" in found[1].reason


@pytest.mark.parametrize(
    "name", ["湘江轴承（株洲）有限责任公司", " 湘江轴承(株洲)有限公司 ", "湘江轴承·株洲·有限公司"]
)
def test_a_name_written_differently_is_the_same_name(name):
    assert plain_name(name) == plain_name("湘江轴承（株洲）有限公司")
    assert math.isinf(twins([{"name": "湘江轴承（株洲）有限公司"}, {"name": name}])[1].penalty)


def test_the_same_name_with_another_credit_code_is_another_enterprise():
    found = twins([{"name": "甲厂", "credit_code": "X"}, {"name": "甲厂", "credit_code": "Y"}])
    assert found[1].penalty == 2.0


def test_copied_words_make_twins_and_each_copy_yields_more():
    names = [{"name": name} for name in ("甲", "乙", "丙")]
    found = twins(names, np.ones((3, 1), np.float32), (LONG, LONG, LONG + "完"))
    assert {place: (twin.of, twin.penalty) for place, twin in found.items()} == {1: (0, 2.0), 2: (0, 4.0)}


def test_the_same_trade_in_other_words_makes_no_twins():
    names = [{"name": "甲"}, {"name": "乙"}]
    assert twins(names, SAME, (LONG, "完全不同的文字" * 20)) == {}
    assert twins(names, SAME, ("精密轴承", "精密轴承")) == {}
    assert twins(names, APART, (LONG, LONG)) == {}


def test_enterprises_without_name_or_code_are_not_confused():
    assert twins([{}, {}, {}]) == {}


def test_nearly_the_same_need_of_the_same_buyer_is_a_twin():
    needs = [
        Need("a", "轴承一标段", buyer_name="集团"),
        Need("b", "轴承二标段", buyer_name="集团"),
        Need("c", "钢轨"),
    ]
    found = need_twins(needs, SAME)
    assert {place: (twin.of, twin.penalty) for place, twin in found.items()} == {1: (0, 2.0)}
    assert "轴承一标段" in found[1].reason


def test_needs_of_different_or_unknown_buyers_are_no_twins():
    needs = [Need("a", "轴承", buyer_name="甲"), Need("b", "轴承", buyer_name="乙"), Need("c", "轴承")]
    assert need_twins(needs, np.ones((3, 1), np.float32)) == {}
    assert need_twins([Need("a", "轴承"), Need("b", "轴承")], SAME[:2]) == {}


def test_a_notice_without_a_buyer_that_is_published_again_is_a_twin():
    first, again = "某市明创汽车公司车辆采购公告", "某市明创汽车公司车辆采购（第二次）公告"
    assert list(need_twins([Need("a", first), Need("b", again)], SAME[:2])) == [1]

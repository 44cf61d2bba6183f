"""Each rule drops what it is there for, and leaves its neighbours alone."""

from __future__ import annotations

import pytest

from recommender.catalogue.domain import Edge, Relation
from recommender.chains.cleaning import WIDEST, clean, rules
from recommender.sample.chains import edges as sample_edges
from recommender.sample.chains import load_chains
from tests.recommender.chains.conftest import BY, INSTEAD, KIND, NEEDS, USED


def dropped_by(*edges: Edge) -> dict[str, int]:
    return {rule: count for rule, count in clean(edges).dropped.items() if count}


@pytest.mark.parametrize(
    ("rule", "source", "target", "relation"),
    [
        ("self-loop", "轴承", "轴承", NEEDS),
        ("too long", "轴承", "轴" * 5_000, NEEDS),
        ("too short", "轴承", "x", NEEDS),
        ("odd sign", "轴承", "<b>钢</b>", NEEDS),
        ("brackets", "轴承", "钢材(热轧", NEEDS),
        ("brackets", "香菇酱", "香菇（鲜", NEEDS),
        ("amount", "肉饼", "猪肉半斤", NEEDS),
        ("amount", "肉饼", "毫升", NEEDS),
        ("sentence", "千分尺", "采用不锈钢", NEEDS),
        ("sentence", "荧光灯", "荧光粉制成", NEEDS),
        ("organisation", "轴承", "某某轴承有限公司", KIND),
        ("organisation", "公路", "贵毕高速公路", KIND),
        ("no goods", "轴承", "轴承论文", NEEDS),
        ("no goods", "酒", "酒文化", NEEDS),
        ("generic", "设备", "除静电设备", KIND),
        ("generic", "轴承", "S系统", NEEDS),
        ("half a word", "PPE", "CAPPE", KIND),
        ("half a word", "PC", "PCR", KIND),
        ("other head", "轴承", "轴承座", KIND),
        ("negated", "金属材料", "非金属材料", KIND),
        ("dish", "豆腐", "家常烧豆腐", KIND),
    ],
)
def test_a_rule_drops_what_it_names(rule: str, source: str, target: str, relation: Relation) -> None:
    assert dropped_by(Edge(source, target, relation)) == {rule: 1}


@pytest.mark.parametrize(
    ("source", "target", "relation"),
    [
        ("轴承", "轴箱轴承", KIND),
        ("聚氯乙烯", "PVC-U管", USED),
        ("硫酸", "硫", NEEDS),  # a single Han character is a material
        ("聚丙烯", "聚丙烯(PP)", USED),
        ("维生素", "维生素C", KIND),
        ("齿轮", "等温淬火", BY),
        ("旋耕刀", "精选", BY),  # a process may be called what no product is
        ("炸药", "含铝炸药", KIND),
        ("闸片", "合成闸片", INSTEAD),
    ],
)
def test_what_breaks_no_rule_is_kept(source: str, target: str, relation: Relation) -> None:
    edge = Edge(source, target, relation)
    assert clean([edge]).kept == [edge]


def test_of_two_that_need_each_other_neither_is_believed() -> None:
    assert dropped_by(Edge("香精", "香膏", NEEDS), Edge("香膏", "香精", NEEDS)) == {"contradiction": 2}


def test_of_two_kinds_of_each_other_the_shorter_name_is_the_broader() -> None:
    cleaned = clean([Edge("滚珠轴承", "轴承", KIND), Edge("轴承", "滚珠轴承", KIND)])
    assert [edge.source for edge in cleaned.kept] == ["轴承"]
    assert cleaned.dropped["reversed"] == 1


def test_what_is_made_of_a_thing_is_no_kind_of_it() -> None:
    cleaned = clean([Edge("豆腐", "冻豆腐", KIND), Edge("冻豆腐", "豆腐", NEEDS)])
    assert [edge.relation for edge in cleaned.kept] == [NEEDS]
    assert cleaned.dropped["made of it"] == 1


def test_a_circle_of_kinds_is_opened_where_it_closes() -> None:
    cleaned = clean([Edge("甲阀", "乙阀", KIND), Edge("乙阀", "丙阀", KIND), Edge("丙阀", "甲阀", KIND)])
    assert [(e.source, e.target) for e in cleaned.kept] == [("甲阀", "乙阀"), ("丙阀", "甲阀")]
    assert cleaned.dropped["cycle"] == 1


def test_a_long_line_of_kinds_is_no_circle_and_needs_no_deep_recursion() -> None:
    line = [Edge(f"阀甲{i}乙", f"阀甲{i + 1}乙", KIND) for i in range(3_000)]
    assert len(clean(line).kept) == 3_000


def test_a_word_with_endless_kinds_tells_nothing() -> None:
    wide = [Edge("钢", f"牌号甲{i}乙钢", KIND) for i in range(WIDEST + 1)]
    assert dropped_by(*wide) == {"hub": WIDEST + 1}
    assert len(clean(wide[:WIDEST]).kept) == WIDEST


def test_every_edge_is_kept_or_counted_under_one_rule_with_examples() -> None:
    given = [Edge("设备", f"试验{i}用设备", KIND) for i in range(9)] + [Edge("轴承", "轴箱轴承", KIND)]
    report = clean(given).to_json()
    assert report["given"] == 10
    assert report["kept"] == 1
    (rule,) = report["rules"]
    assert rule["rule"] == "generic"
    assert rule["dropped"] == 9
    assert len(rule["examples"]) == 5


def test_each_rule_says_why_in_both_languages() -> None:
    assert len({rule.name for rule in rules()}) == len(rules())
    assert all(rule.reason and rule.english for rule in rules())


def test_the_sample_is_clean() -> None:
    given = list(sample_edges(load_chains().values()))
    assert dropped_by(*given) == {}


def test_a_name_is_looked_at_once_however_many_edges_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    rule = rules()[0]
    assert rule.breaks_name is not None
    spied = [type(rule)("spy", "", "", lambda name: bool(looked.append(name)))]
    monkeypatch.setattr("recommender.chains.cleaning.rules", lambda: (*spied, *rules()))
    clean([Edge("轴承", f"轴承{i}型", USED) for i in range(50)])
    assert looked.count("轴承") == 1

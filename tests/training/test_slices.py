from types import SimpleNamespace

import numpy as np
import pytest

from recommender.catalogue import Enterprise, Need, Outcome, Stage
from training.evaluation import Evaluation
from training.slices import OTHERS, experienced, is_works, label, measure_slices, slices_of

WINNERS = {
    "hunan": Enterprise("hunan", "湘江轴承", region="430200", industry_chains=("轨道交通装备",)),
    "zhejiang": Enterprise("zhejiang", "宁波棉纺", region="330200", industry_chains=("纺织",)),
    "nowhere": Enterprise("nowhere", "无地址公司"),
}
NEEDS = [
    Need("n1", "株洲轴箱轴承采购", buyer_name="株洲车辆厂"),
    Need("n2", "长沙市道路改造工程施工"),
    Need("n3", "棉纱", industry_chain=""),
]
QRELS = {"n1": {"hunan": 1}, "n2": {"zhejiang": 1, "hunan": 0}, "n3": {"nowhere": 1}}
NAMES = list(WINNERS)
SNAPSHOT = SimpleNamespace(
    enterprises=SimpleNamespace(
        documents=SimpleNamespace(row_of=lambda e: NAMES.index(e) if e in NAMES else None)
    ),
    enterprise=lambda row: WINNERS[NAMES[row]],
)


def evaluation(values: dict[str, list[float]], need_ids=("n1", "n2", "n3"), groups=None) -> Evaluation:
    systems = {s: {"MRR": np.array(v)} for s, v in values.items()}
    return Evaluation("r1", tuple(need_ids), tuple(values), systems, {}, {}, {}, groups)


FOUND = evaluation({"lexical": [1.0, 0.0, 0.5], "full": [1.0, 1.0, 1.0]})


def cut(**options) -> dict[str, dict[str, list[bool]]]:
    dimensions: dict[str, dict[str, list[bool]]] = {}
    for each in slices_of(FOUND, NEEDS, QRELS, SNAPSHOT, **options):
        dimensions.setdefault(each.dimension, {})[each.name] = each.members.tolist()
    return dimensions


def test_works_are_told_by_their_words_and_by_the_list_where_it_says_so():
    assert cut()["kind"] == {"goods and services": [True, False, True], "works": [False, True, False]}
    stated = cut(works={"n1": True, "n2": False})
    assert stated["kind"] == {"works": [True, False, False], "goods and services": [False, True, True]}


@pytest.mark.parametrize(
    ("title", "works"),
    [
        ("某高速公路土建施工第三标段", True),
        ("设计施工总承包采购", True),
        ("水环境治理PPP项目", True),
        ("市政道路改造", True),
        ("道路工程监理服务", False),
        ("地铁工程综合安防设备采购", False),
        ("轴箱轴承", False),
        ("bottle robots", False),
    ],
)
def test_building_work_names_itself(title, works):
    assert is_works(title) is works


def test_the_region_compares_the_winners_seat_with_site_and_buyer():
    assert cut()["region"] == {
        "same province": [True, False, False],
        "other province": [False, True, False],
        "place unknown": [False, False, True],
    }


def test_the_chain_is_the_winners_where_the_needs_have_none():
    assert cut()["winner chain"] == {
        "轨道交通装备": [True, False, False],
        "纺织": [False, True, False],
        "unknown": [False, False, True],
    }


def test_rare_chains_stand_together():
    needs = [Need(f"n{i:02}", "轴承", industry_chain=f"链{min(i, 9)}") for i in range(20)]
    ids = [need.need_id for need in needs]
    found = evaluation({"full": [0.0] * 20}, ids)
    cuts = slices_of(found, needs, {n: {"hunan": 1} for n in ids}, SNAPSHOT)
    names = [each.name for each in cuts if each.dimension == "need chain"]
    assert names[0] == "链9"
    assert (len(names), names[-1]) == (9, OTHERS)


def test_a_winner_is_new_where_nobody_dealt_with_it_over_another_need():
    outcomes = [
        Outcome("n1", "hunan", Stage.AWARDED),
        Outcome("old", "zhejiang", Stage.MET),
        Outcome("old", "nowhere", Stage.SHOWN),
    ]
    known = experienced(outcomes, FOUND.need_ids)
    assert known == {"zhejiang"}
    assert cut(known=known)["history"] == {"new": [True, False, True], "known": [False, True, False]}


def test_what_puts_all_needs_in_one_slice_is_left_out():
    dimensions = cut()
    assert dimensions["buyer"]["named"] == [True, False, False]
    assert not {"judged", "history", "length"} & set(dimensions)


def test_lengths_rise_and_everything_has_a_name_to_read():
    needs = [Need("n1", "字" * 61), Need("n2", "字" * 15), Need("n3", "字" * 20)]
    names = [s.name for s in slices_of(FOUND, needs, QRELS, SNAPSHOT) if s.dimension == "length"]
    assert names == ["≤ 15", "16–30", "> 60"]
    assert all(" " in label(name) for name in ("works", "history", "new", "region", "other province"))


def test_each_slice_has_both_systems_their_intervals_and_a_mark_where_it_is_small():
    figures = measure_slices(FOUND, slices_of(FOUND, NEEDS, QRELS, SNAPSHOT))
    goods = next(each for each in figures if each.name == "goods and services")
    assert (goods.needs, goods.small) == (2, True)
    assert (goods.means["lexical"]["MRR"].mean, goods.means["full"]["MRR"].mean) == (0.75, 1.0)
    assert 0 < goods.p_values["MRR"] <= 1
    systems = goods.to_json()["systems"]
    assert systems["lexical"]["MRR"]["p"] is None
    assert systems["full"]["MRR"]["p"] == goods.p_values["MRR"]


def test_a_slice_keeps_its_groups_together():
    values = {"lexical": [0.0] * 40, "full": [1.0] * 40}
    ids = [f"n{i}" for i in range(40)]
    needs = [Need(n, "轴承", buyer_name="某厂" if i % 2 else "") for i, n in enumerate(ids)]
    qrels = {n: {"hunan": 1} for n in ids}
    together = evaluation(values, ids, groups=np.zeros(40, np.int64))
    cuts = [s for s in slices_of(together, needs, qrels, SNAPSHOT) if s.dimension == "buyer"]
    (named, _) = measure_slices(together, cuts)
    assert named.p_values["MRR"] == 1.0
    (free, _) = measure_slices(evaluation(values, ids), cuts)
    assert free.p_values["MRR"] < 0.001

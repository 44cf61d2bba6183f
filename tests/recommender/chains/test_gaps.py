"""Where the small chain is thin, who is closest to mending it, and who could step in for a supplier.

轴承钢坯 → 轴承钢 → 轴承 (kinds: 轴箱轴承, 风电轴承) → 转向架 → 动车组;  轴箱轴承 ~ 滚子轴承;  轴承 by 磨削
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from indexes.errors import InputError, UnknownId
from indexes.release import load_verified
from indexes.store import ReleaseStore
from recommender.catalogue import (
    Certification,
    Enterprise,
    Kind,
    Link,
    Need,
    Offering,
    Outcome,
    Stage,
)
from recommender.catalogue.domain import Edge
from recommender.chains.filling import Filling, flow, hanging, standing_out
from recommender.chains.gaps import gaps_document
from recommender.chains.graph import Step
from recommender.chains.picture import clipped, picture_document
from recommender.chains.stored import Origin
from recommender.chains.substitutes import _ends, substitutes_document
from recommender.snapshot import Snapshot
from tests.homes import filled
from tests.recommender.chains.conftest import BY, KIND, NEEDS, RAIL, USED

DAY = date(2026, 11, 21)
ISO = "ISO 9001"
ENTERPRISES = (
    Enterprise("axle", "轴箱轴承厂", region="430200", certifications=(Certification(ISO),), revenue=1e8),
    Enterprise("steel-a", "钢厂甲", region="320400", certifications=(Certification(ISO, date(2026, 12, 1)),)),
    Enterprise("steel-b", "钢厂乙", region="320500", certifications=(Certification(ISO),)),
    Enterprise("bogie", "转向架厂", region="220100", credit_rating="D", revenue=1000.0),
    Enterprise("roller", "滚子轴承厂", region="430100", certifications=(Certification("IATF 16949"),)),
    Enterprise("gear", "齿轮厂", region="430100"),
    Enterprise("gear-b", "齿轮厂乙", region="430200"),
    Enterprise("lender", "银行", region="110000"),
    Enterprise("bank", "银行乙", region="110000"),
)

OFFERINGS = (
    Offering("a1", "axle", "轴箱轴承", capacity=100, unit="套", weight=0.9),
    Offering("a2", "axle", "轴承钢", weight=0.1),
    Offering("sa", "steel-a", "轴承钢"),
    Offering("sb", "steel-b", "轴承钢"),
    Offering("bo", "bogie", "转向架"),
    Offering("r", "roller", "滚子轴承", capacity=50, unit="套"),
    Offering("g", "gear", "齿轮"),
    Offering("gb", "gear-b", "齿轮"),
    Offering("l", "lender", "动车组订单融资", link=Link.CAPITAL),
    Offering("k", "bank", "动车组订单贷款融资", link=Link.CAPITAL),
    Offering("old", "gear", "动车组", available_until=date(2026, 1, 1)),
)
NEED = Need("n", "转向架采购")
WON = Outcome("n", "bogie", Stage.AWARDED, datetime(2026, 11, 20), 5000.0)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory, encoder) -> Snapshot:
    home = tmp_path_factory.mktemp("gaps")
    values = {
        Kind.ENTERPRISES: ENTERPRISES,
        Kind.OFFERINGS: OFFERINGS,
        Kind.NEEDS: (NEED,),
        Kind.OUTCOMES: (WON,),
        Kind.EDGES: (*RAIL, Edge("轴承钢", "渗碳轴承钢", KIND, "轨道")),
    }
    live = ReleaseStore(filled(Path(home), encoder, values)).current()
    return Snapshot(load_verified(live.path), live.path)


@pytest.fixture(scope="module")
def found(snapshot: Snapshot) -> dict[tuple[str, str], dict]:
    document = gaps_document(snapshot, "轨道", DAY)
    return {(gap["name"], gap["weakness"]): gap for gap in document["gaps"]}


def step(start: int, end: int, relation, confidence: float = 1.0) -> Step:
    return Step(start, end, relation, True, confidence, Origin.IMPORTED, 0)


def test_what_hangs_on_a_node_counts_with_the_product_of_the_surest_path():
    flows = flow([step(2, 1, NEEDS, 0.8), step(2, 3, USED, 0.5), step(3, 1, NEEDS, 0.9), step(2, 9, BY)])
    assert hanging(flows, 1) == {3: 0.9, 2: 0.8}
    assert hanging(flows, 3) == {}
    assert standing_out(1.7, 1.7) == 1.0
    assert standing_out(0.0, 1.7) == 0.0


def test_a_kind_is_one_of_several_ways_to_the_broader_thing():
    assert flow([step(1, 2, KIND), step(1, 3, KIND)]) == {2: [(1, 0.5)], 3: [(1, 0.5)]}


def test_circles_do_not_hang_on_themselves():
    assert hanging(flow([step(1, 2, USED), step(2, 1, USED)]), 1) == {2: 1.0}


def test_what_nobody_offers_is_a_gap_and_a_loan_or_an_expired_offering_fills_nothing(found):
    assert found["动车组", "gap"]["evidence"] == [{"field": "offerings", "value": 0}]
    assert ("轴承钢坯", "gap") in found
    assert ("轴承", "gap") not in found  # who makes a kind of it makes it


def test_more_hangs_on_what_stands_further_upstream(found):
    billet, train = found["轴承钢坯", "gap"], found["动车组", "gap"]
    assert billet["reach"] > train["reach"] == 0.0
    assert train["severity"] == 0.25
    assert billet["severity"] == 1.0
    assert billet["level"] == "high"
    assert billet["hangs"][0] == "轴承钢"


def test_a_kind_of_what_others_offer_is_no_gap_but_unstated(found):
    kind, billet = found["渗碳轴承钢", "unstated_kind"], found["轴承钢坯", "gap"]
    assert kind["evidence"][1] == {"field": "broader", "value": "轴承钢", "suppliers": 3}
    assert kind["reach"] == billet["reach"]
    assert kind["severity"] == pytest.approx(0.3 * billet["severity"])
    assert ("渗碳轴承钢", "gap") not in found
    other = found["风电轴承", "unstated_kind"]["evidence"][1]
    assert other == {"field": "broader", "value": "轴承", "suppliers": 2}  # by other kinds of it


def test_each_weakness_names_the_fact_that_shows_it(found):
    (offer,) = found["转向架", "single_source"]["evidence"]
    assert (offer["enterprise_id"], offer["offering_id"], offer["value"]) == ("bogie", "bo", "转向架")
    (rating,) = found["转向架", "failing"]["evidence"]
    assert (rating["field"], rating["value"]) == ("credit_rating", "D")
    (booked,) = found["转向架", "over_booked"]["evidence"]
    assert (booked["value"], booked["business"]) == (4986, 1000.0)
    assert ("轴承钢", "expiring") not in found  # two other firms hold it for longer


def test_firms_of_one_province_are_one_region(snapshot: Snapshot, found):
    assert ("轴承钢", "one_region") not in found  # 湖南 and 江苏
    (gap,) = gaps_document(snapshot, "齿轮", DAY)["gaps"]
    assert gap["weakness"] == "one_region"
    assert [(fact["enterprise_id"], fact["place"]) for fact in gap["evidence"]] == [
        ("gear", "湖南省"),
        ("gear-b", "湖南省"),
    ]


def test_the_closest_firm_comes_with_its_way_and_what_it_lacks(found):
    closest = found["轴箱轴承", "single_source"]["closest"]
    roller = next(near for near in closest if near["enterprise_id"] == "roller")
    assert roller["zh"] == "轴箱轴承可与滚子轴承相互替代"
    assert not roller["inferred"]
    assert roller["has"] == {"materials": ["轴承钢"], "processes": ["磨削"]}  # both make bearings
    assert roller["lacks"]["certificates"] == []  # IATF 16949 includes ISO 9001
    gear = next(near for near in closest if near["enterprise_id"] == "gear")
    assert gear["zh"] == "轴承与齿轮都经磨削加工"
    assert (gear["lacks"]["materials"], gear["has"]["processes"]) == (["轴承钢"], ["磨削"])
    assert gear["lacks"]["certificates"] == [ISO]
    assert all(near["enterprise_id"] != "axle" for near in closest)


def test_without_a_supplier_what_would_be_empty_comes_first(snapshot: Snapshot):
    document = substitutes_document(snapshot, "axle", DAY)
    assert document["left_empty"] == ["轴箱轴承"]
    first, second = document["things"]
    assert (first["name"], first["others"], first["share"]) == ("轴箱轴承", 0, 0.9)
    assert (second["name"], second["others"]) == ("轴承钢", 2)
    assert [each["enterprise_id"] for each in second["substitutes"][:2]] == ["steel-a", "steel-b"]
    assert second["substitutes"][0]["confidence"] == 1.0
    assert second["substitutes"][0]["differs"]["region"] == ["湖南省株洲市", "江苏省常州市"]
    roller = next(each for each in first["substitutes"] if each["enterprise_id"] == "roller")
    assert roller["differs"]["capacity"] == 0.5
    assert document["overall"][0]["enterprise_id"] == "roller"


def test_a_lacking_certificate_is_named_and_an_expired_one_counts_as_lacking(snapshot: Snapshot):
    things = substitutes_document(snapshot, "axle", date(2027, 1, 1))["things"]
    (steel,) = (thing for thing in things if thing["name"] == "轴承钢")
    lacks = {e["enterprise_id"]: e["differs"]["lacks_certificates"] for e in steel["substitutes"]}
    assert (lacks["steel-a"], lacks["steel-b"]) == ([ISO], [])


def test_who_has_no_node_is_replaced_by_meaning(snapshot: Snapshot):
    (loan,) = substitutes_document(snapshot, "lender", DAY)["things"]
    assert (loan["node"], loan["name"]) == (None, "动车组订单融资")
    assert [each["enterprise_id"] for each in loan["substitutes"]] == ["bank"]
    assert loan["substitutes"][0]["inferred"]


def test_a_title_that_names_no_thing_is_nothing_to_replace(snapshot: Snapshot):
    filling = Filling(snapshot, DAY)
    assert _ends(filling, "销售类") == _ends(filling, "新材料") == _ends(filling, "其他业务") == set()
    assert _ends(filling, "普通车床、钻床系列产品") == {"床"}


def test_wrong_questions_are_refused(snapshot: Snapshot):
    with pytest.raises(UnknownId, match="no such enterprise"):
        substitutes_document(snapshot, "nobody", DAY)
    with pytest.raises(InputError, match="top_k"):
        substitutes_document(snapshot, "axle", DAY, 0)
    with pytest.raises(UnknownId):
        gaps_document(snapshot, "无此链", DAY)


def test_a_picture_has_a_place_for_all_goods_and_both_ends_of_each_edge(snapshot: Snapshot):
    picture = picture_document(snapshot, "轨道", DAY)
    nodes = {node["node"]: node for node in picture["nodes"]}
    names = {node["name"] for node in nodes.values()}
    assert {"轴承", "动车组", "轴承钢坯"} <= names
    assert "磨削" not in names  # processes are said, not drawn
    assert {end for edge in picture["edges"] for end in (edge["source"], edge["target"])} <= nodes.keys()
    by_name = {node["name"]: node for node in nodes.values()}
    steel, bearing = by_name["轴承钢"], by_name["轴承"]
    flows = [(edge["source"], edge["target"]) for edge in picture["edges"]]
    assert (steel["node"], bearing["node"]) in flows  # drawn the way things go
    assert steel["radius"] == 15
    assert by_name["动车组"]["radius"] == 6
    assert bearing["processes"] == ["磨削"]
    assert {f["enterprise_id"] for f in steel["fillers"]} == {"axle", "steel-a", "steel-b"}
    assert by_name["动车组"]["weak"][0]["weakness"] == "gap"


def test_a_long_name_is_clipped_to_its_column():
    assert clipped("轴承", 130) == "轴承"
    assert clipped("城" * 5000, 130) == "城" * 9 + "…"
    assert clipped("a" * 17, 130) == "a" * 17

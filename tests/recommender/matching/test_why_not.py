import math

import pytest

from indexes.errors import UnknownId
from indexes.store import ReleaseStore
from recommender.catalogue import (
    Certification,
    Enterprise,
    Kind,
    Link,
    Need,
    Offering,
)
from recommender.engine import Engine
from recommender.explanation.changes import wanted_title
from recommender.query import Filters, Policy, SupplierQuery
from tests.homes import filled
from tests.recommender.conftest import DAY, NEEDS

PUMP = Need("pump", "高压柱塞泵采购", "", "供应商须通过 ISO 9001 认证，注册资本不低于500万元。")
MAKERS = 12


@pytest.fixture(scope="module")
def market(encoder, tmp_path_factory) -> Engine:
    """Twelve makers of pumps with all papers, one without, one that makes something else, one that says
    nothing."""
    home = tmp_path_factory.mktemp("market")
    held, lower = (Certification("ISO 9001"),), (Certification("ISO 14001"),)
    firms = [
        *(
            Enterprise(f"m{i:02}", f"泵厂{i}", certifications=held, registered_capital=1e7)
            for i in range(MAKERS)
        ),
        Enterprise("bare", "无证泵厂", certifications=lower, registered_capital=1e7),
        Enterprise("cake", "糕点厂"),
        Enterprise("mute", "沉默泵厂"),
    ]
    other = {"cake": "月饼与糕点", "mute": "液压柱塞泵"}
    offers = [
        Offering(f"o-{firm.enterprise_id}", firm.enterprise_id, other.get(firm.enterprise_id, "高压柱塞泵"))
        for firm in firms
    ]
    filled(home, encoder, {Kind.ENTERPRISES: firms, Kind.OFFERINGS: offers})
    return Engine.open(ReleaseStore(home), encoder)


def odds(score: float) -> float:
    return math.log(score / (1 - score))


@pytest.mark.parametrize("who", ["m00", "bare", "cake", "mute"])
def test_the_differences_to_the_tenth_add_up(market: Engine, who: str):
    found = market.why(SupplierQuery(PUMP, DAY), who)
    total = sum(each.difference for each in found.differences)
    assert total == pytest.approx(odds(found.score) - odds(found.tenth_score), abs=1e-6)
    assert found.candidates == MAKERS + 3


def test_ranks_and_scores_are_those_of_the_whole_list(market: Engine):
    listed = market.suppliers(SupplierQuery(PUMP, DAY, top_k=15)).results
    for result in listed:
        found = market.why(SupplierQuery(PUMP, DAY), result.enterprise_id)
        assert found.rank == (result.moved.by_score if result.moved else result.rank)
        assert found.score == pytest.approx(result.score, abs=1e-9)
        assert found.tenth_score == pytest.approx(sorted((r.score for r in listed), reverse=True)[9], abs=0.2)


def test_who_lacks_a_certificate_is_told_to_obtain_it(market: Engine):
    found = market.why(SupplierQuery(PUMP, DAY), "bare")
    assert not found.listed
    best = max((c for c in found.changes if len(c.steps) == 1), key=lambda change: change.gain)
    assert [(s.kind, s.subject) for s in best.steps] == [("certificate", "ISO 9001")]
    assert (best.gain, best.rank <= found.rank) == (pytest.approx(1.2), True)
    assert "取得并填报 ISO 9001" in found.for_supplier


def test_who_makes_something_else_is_told_so(market: Engine):
    found = market.why(SupplierQuery(PUMP, DAY), "cake")
    (named,) = [s for c in found.changes for s in c.steps if s.kind == "offering" and len(c.steps) == 1]
    assert named.subject == "高压柱塞泵"
    assert "若确能提供" in named.chinese
    assert "现有资料未见同类业务" in named.chinese


def test_what_would_be_true_has_only_to_be_said(market: Engine):
    found = market.why(SupplierQuery(PUMP, DAY), "mute")
    kinds = {step.kind for change in found.changes for step in change.steps}
    assert {"registered_capital", "certificate", "offering"} <= kinds
    assert all(change.gain > 0 for change in found.changes)


def test_pairs_are_tried_only_where_nothing_alone_is_enough(market: Engine):
    for who in ("bare", "cake", "mute"):
        changes = market.why(SupplierQuery(PUMP, DAY), who).changes
        singles = [change for change in changes if len(change.steps) == 1]
        if any(change.enough for change in singles):
            assert changes == tuple(singles)


def test_strict_policy_keeps_out_who_fails_and_says_what(market: Engine):
    found = market.why(SupplierQuery(PUMP, DAY, policy=Policy.STRICT), "bare")
    assert [(each.by, each.value) for each in found.kept_out] == [("requirement", "ISO 9001")]
    assert not found.listed
    cured = [c for c in found.changes if any(s.kind == "certificate" for s in c.steps)]
    others = [c for c in found.changes if c not in cured]
    assert not any(change.enough for change in others)


def test_a_filter_keeps_out_and_nothing_is_promised(engine: Engine):
    query = SupplierQuery(NEEDS[0], DAY, filters=Filters.parse("region=43,tier=little_giant"))
    found = engine.why(query, "yarn")
    assert [each.by for each in found.kept_out] == ["region", "tier"]
    assert (found.listed, found.changes) == (False, ())
    assert "不符合筛选条件：43" in found.for_supplier


def test_a_link_on_which_nothing_is_offered_keeps_out(engine: Engine):
    found = engine.why(SupplierQuery(NEEDS[0], DAY, link=Link.CAPITAL), "bearing")
    assert [each.by for each in found.kept_out] == ["link"]


def test_the_buyer_is_not_recommended_to_itself(engine: Engine):
    found = engine.why(SupplierQuery(Need("n", "轴承", buyer_id="bearing"), DAY), "bearing")
    assert [each.by for each in found.kept_out] == ["buyer"]


def test_who_is_in_the_list_is_told_so(engine: Engine):
    found = engine.why(SupplierQuery(NEEDS[0], DAY), "bearing")
    assert (found.rank, found.listed, found.changes) == (1, True, ())
    assert "已在推荐名单中" in found.for_supplier


def test_an_enterprise_that_the_release_does_not_hold_is_refused(engine: Engine):
    with pytest.raises(UnknownId):
        engine.why(SupplierQuery(NEEDS[0], DAY), "nobody")


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("某某有限公司2026年轴承采购项目_询比公告", "轴承"),
        ("高铁轴承，须通过认证", "高铁轴承"),
        ("采购", "采购"),
        ("甬江南岸、世茂世界湾花园可视对讲系统采购公告", "可视对讲系统"),
        ("宁波某投资有限责任公司、某集团有限公司三年期税务顾问服务项目", "三年期税务顾问"),
        ("国际贸易展览中心12号馆电子导览系统采购项目（重发）", "电子导览系统"),
        ("广告宣传零星制作采购项目询比采购公告", "广告宣传零星制作"),
        ("“去慈城赶集”项目灯光秀制作采购公告", "灯光秀制作"),
        ("药剂采购项目标段3、4、5、8、9（重发）招标公告", "药剂"),
        ("停车场改造项目（监理）招标公告", "监理"),
    ],
)
def test_what_a_need_is_about_is_called_as_an_offering_would_be(title: str, wanted: str):
    assert wanted_title(Need("n", title)) == wanted

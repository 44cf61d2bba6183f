"""Which partners a need calls for, because of which words, and who they are."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime

import numpy as np
import pytest

from indexes.errors import InputError
from recommender.catalogue import Certification, Enterprise, Link, Need, Offering
from recommender.completion import CompletionQuery, complete
from recommender.completion.answer import case_of
from recommender.completion.facts import LARGE_ORDER, READERS
from recommender.completion.results import Trigger, Without
from recommender.completion.table import rows
from recommender.completion.triggers import called
from recommender.engine import Engine
from recommender.query import Filters, SupplierQuery
from recommender.results import Evidence, Result, Span
from tests.recommender.conftest import DAY, ENTERPRISES, NEEDS, OFFERINGS

AXLE = NEEDS[0]


class States:
    """A release in which something is offered on every link."""

    release = "r"

    def offerings_within(self, links: tuple[str, ...], as_of: date) -> np.ndarray:
        return np.ones(1, np.bool_)


BEARING = ENTERPRISES[0]


def calls(
    need: Need, enterprise: Enterprise | None = None, *offerings: Offering
) -> dict[str, tuple[Trigger, ...]]:
    """Key of each kind of partner that is called for → what calls."""
    query = CompletionQuery(need, DAY, enterprise=enterprise, offerings=offerings)
    return {each.row.partner.key: each.triggers for each in called(case_of(query), list(Link))[0]}


def without(need: Need) -> dict[Link, Without]:
    return {each.link: each for each in called(case_of(CompletionQuery(need, DAY)), list(Link))[1]}


def spans(triggers: tuple[Trigger, ...]) -> list[str]:
    return [trigger.source.span for trigger in triggers]


def test_every_row_of_the_table_can_be_followed():
    known = {each.name for each in fields(Need)}
    keys = [row.partner.key for row in rows()]
    assert len(set(keys)) == len(keys) > 40
    assert {row.fact for row in rows()} - {""} == set(READERS)
    for row in rows():
        assert row.words or row.fact, row.partner.key
        assert set(row.fields) <= known
        told = row.partner
        assert all((told.zh, told.en, told.offer, told.why_zh, told.why_en))
        assert row.partner.link is not Link.SUPPLY


@pytest.mark.parametrize(
    ("words", "key", "quoted"),
    [
        ("轴承须附第三方检测报告", "testing", "轴承须附第三方检测报告"),
        ("验收以型式试验报告为准，质保两年", "testing", "验收以型式试验报告为准"),
        ("产品属特种设备，须经监督检验", "special_equipment", "产品属特种设备"),
        ("供应商须按危险货物运输", "hazardous_transport", "供应商须按危险货物运输"),
        ("全程冷链送达", "cold_chain", "全程冷链送达"),
        ("交货地点武汉，分8批", "logistics", "交货地点武汉"),
        ("出口欧盟车型需三相充电器", "abroad", "出口欧盟车型需三相充电器"),
        ("与采购方系统进行数据对接", "collaboration", "与采购方系统进行数据对接"),
        ("须接入MES，按工单报工", "mes", "须接入MES"),
        ("每件可追溯到炉号", "traceability", "每件可追溯到炉号"),
        ("满足等保二级", "data_security", "满足等保二级"),
        ("接受供应链票据结算", "bill_discount", "接受供应链票据结算"),
        ("预付20%，余款验收后付", "guarantee", "预付20%"),
        ("希望供应链融资", "asked_financing", "希望供应链融资"),
        ("验收后90日内支付", "receivable_financing", "验收后90日内支付"),
        ("货到后培训操作人员", "training", "货到后培训操作人员"),
        ("过程能力Cpk不低于1.33", "quality_coaching", "过程能力Cpk不低于1.33"),
        ("拟联合攻关密封技术", "joint_research", "拟联合攻关密封技术"),
        ("作为首台套应用", "first_of_kind", "作为首台套应用"),
        ("要求国产化替代", "substitution", "要求国产化替代"),
        ("原供方产能受限", "idle_capacity", "原供方产能受限"),
    ],
)
def test_words_of_a_need_call_for_a_partner_and_are_quoted(words, key, quoted):
    assert spans(calls(Need("n", "轴承采购", words))[key]) == [quoted]


@pytest.mark.parametrize(
    ("title", "words", "key"),
    [
        ("轴承采购", "无需提供检测报告", "testing"),
        ("轴承采购", "提供检测报告者优先", "testing"),
        ("轴承采购", "不收取投标保证金", "guarantee"),
        ("轴承采购", "供应抢修等保障工作", "data_security"),
        ("轴承采购", "满足安全检查要求", "machine_vision"),
        ("轴承采购", "送至路林冷链发展有限公司", "cold_chain"),
        ("路林水产冷链发展有限公司货架采购", "", "cold_chain"),
        ("发电机组采购", "柴油发电机组两台", "hazardous_transport"),
        ("泵采购", "出口压力2 MPa", "abroad"),
        ("原料采购", "游离酚50ppm以内", "quality_coaching"),
        ("管网检测", "位于模具路与断点路之间", "tooling"),
    ],
)
def test_what_only_sounds_alike_calls_for_nobody(title, words, key):
    assert key not in calls(Need("n", title, words))


def test_a_need_that_asks_for_the_very_thing_needs_no_partner_for_it():
    need = Need("n", "示例集团有限公司2026年材料检测服务项目", "须提供检测报告")
    assert "testing" not in calls(need)
    told = without(need)[Link.SERVICE]
    assert told.source is not None
    assert told.source.span == "检测"
    assert need.title[told.source.start :].startswith("检测")


def test_a_link_has_suggestions_or_says_why_not():
    need = Need("n", "轴承采购", "须附检测报告")
    assert set(without(need)) == set(Link) - {Link.SERVICE}
    assert "需求本身" in without(need)[Link.SUPPLY].zh
    assert "没有依据" in without(need)[Link.CAPITAL].zh


def test_every_quote_is_a_substring_of_the_field_that_it_names():
    need = Need(
        "n",
        "示例集团有限公司2026年首台套机组采购项目招标公告",
        "预算金额：１２００万元；须培训人员，\n并提供型式試驗报告。" + "长" * 80 + "联合攻关" + "句" * 80,
        "须通过IATF 16949认证，二级注册建造师一名",
        payment_days=90,
        budget=8e6,
    )
    found = [trigger for triggers in calls(need).values() for trigger in triggers]
    assert len(found) >= 7
    for trigger in found:
        stored = getattr(need, trigger.source.field)
        text = stored if isinstance(stored, str) else f"{stored:.0f}"
        assert trigger.source.span in text
        if trigger.source.start is not None:
            assert text[trigger.source.start :].startswith(trigger.source.span)


def test_money_is_the_budget_or_the_sum_that_the_text_calls_the_contracts():
    assert spans(calls(Need("n", "轴承采购", budget=LARGE_ORDER))["order_financing"]) == ["5000000"]
    assert "order_financing" not in calls(Need("n", "轴承采购", budget=LARGE_ORDER - 1))
    told = Need("n", "轴承采购", "项目总投资9亿元。最高限价：1,250.5万元")
    assert spans(calls(told)["order_financing"]) == ["限价：1,250.5万元"]
    assert "order_financing" not in calls(Need("n", "轴承采购", "项目总投资9亿元"))


def test_an_order_is_large_beside_the_chosen_suppliers_own_business():
    need = Need("n", "轴承采购", budget=8e6)
    small, large = (Enterprise("e", "轴承厂", revenue=yuan) for yuan in (2e7, 1e9))
    assert [(each.of, each.source.field) for each in calls(need, small)["order_financing"]] == [
        ("need", "budget"),
        ("enterprise", "revenue"),
    ]
    assert "40%" in calls(need, small)["order_financing"][0].note
    assert "order_financing" not in calls(need, large)


@pytest.mark.parametrize(("days", "asked"), [(59, False), (60, True), (90, True)])
def test_late_payment_calls_for_receivable_financing(days, asked):
    assert ("receivable_financing" in calls(Need("n", "轴承采购", payment_days=days))) is asked


def test_bulk_is_counted_in_tonnes():
    assert "inventory_financing" in calls(Need("n", "双酚A采购", quantity=530, unit="吨"))
    assert "inventory_financing" in calls(Need("n", "双酚A采购", quantity=500_000, unit="千克"))
    assert "inventory_financing" not in calls(Need("n", "双酚A采购", quantity=530, unit="台"))


def test_certificates_call_for_a_certification_body_and_standards_for_a_laboratory():
    need = Need("n", "电池采购", required_certifications=("IATF 16949", "UN 38.3", "安全生产许可证"))
    assert spans(calls(need)["certification"]) == ["IATF 16949"]
    assert spans(calls(need)["testing"]) == ["UN 38.3"]


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        ((), True),
        ((Certification("ISO 9001"),), True),
        ((Certification("IATF 16949", date(2026, 1, 1)),), True),
        ((Certification("IATF 16949", date(2027, 1, 1)),), True),
        ((Certification("IATF 16949", date(2028, 1, 1)),), False),
        ((Certification("IATF 16949"),), False),
    ],
    ids=["nothing stated", "missing", "expired", "expires before the deadline", "valid", "valid without end"],
)
def test_with_a_chosen_supplier_only_the_certificates_that_it_lacks_count(held, asked):
    need = Need("n", "齿轮采购", required_certifications=("IATF 16949",), deadline=datetime(2027, 6, 1))
    found = calls(need, Enterprise("e", "齿轮厂", certifications=held))
    assert ("certification" in found) is asked
    if asked:
        assert found["certification"][0].verdict is not None


def test_people_with_a_trade_are_trained_and_registered_ones_hired():
    need = Need("n", "管道工程", qualification="二级注册建造师一名，具有安全生产考核合格证书（B类）")
    assert spans(calls(need)["licensed_staff"]) == ["二级注册建造师"]
    assert spans(calls(need)["trade_certificates"]) == ["安全生产考核合格证书（B类）"]


def test_a_chosen_supplier_that_is_short_or_far_calls_for_capacity_and_freight():
    need = Need("n", "轴箱轴承采购", quantity=900, unit="套", region="430200")
    offering = Offering("o", "e", "轴箱轴承", capacity=400, unit="套")
    found = calls(need, Enterprise("e", "轴承厂", region="320400"), offering)
    assert spans(found["idle_capacity"]) == ["900"]
    assert [(each.of, each.source.span) for each in found["logistics"]] == [
        ("enterprise", "320400"),
        ("need", "430200"),
    ]
    near = calls(need, Enterprise("e", "轴承厂", region="430100"), replace(offering, capacity=1000))
    assert "idle_capacity" not in near
    assert "logistics" not in near


# ---------------------------------------------------------------------- with the engine


def test_partners_are_found_on_their_link_and_explained(engine: Engine):
    found = engine.complete(CompletionQuery(replace(AXLE, payment_days=90), DAY))
    (money,) = (each for each in found.suggestions if each.partner.link is Link.CAPITAL)
    assert [result.enterprise_id for result in money.results] == ["bank"]
    best = money.results[0]
    assert best.contributions
    assert best.evidence[0].offer.span in "应收账款融资"
    for pair in best.evidence:
        assert pair.need.span in getattr(money.sought, pair.need.field)
    assert "90 天" in best.for_buyer
    assert "动车组轴箱轴承" in best.for_supplier
    assert found.release == engine.release


def test_the_chosen_supplier_is_no_partner_of_itself(engine: Engine):
    bank = ENTERPRISES[2]
    query = CompletionQuery(replace(AXLE, payment_days=90), DAY, enterprise=bank, offerings=OFFERINGS[3:])
    money = [each for each in engine.complete(query).suggestions if each.partner.link is Link.CAPITAL]
    assert money
    assert all(not each.results for each in money)


def test_a_catalogue_that_states_no_such_link_is_searched_by_words(engine: Engine):
    found = engine.complete(CompletionQuery(AXLE, DAY))
    (service,) = (each for each in found.suggestions if each.partner.key == "certification")
    assert not service.stated
    assert "bearing" not in [result.enterprise_id for result in service.results]


def test_a_filter_on_the_link_completes_that_link_only(engine: Engine):
    need = replace(AXLE, payment_days=90)
    found = engine.complete(CompletionQuery(need, DAY, filters=Filters(link=("capital",))))
    assert {each.partner.link for each in found.suggestions} == {Link.CAPITAL}
    assert not found.without


def test_a_need_that_calls_for_nobody_says_so_of_every_link(engine: Engine):
    found = engine.complete(CompletionQuery(Need("n", "棉纱"), DAY))
    assert not found.suggestions
    assert [each.link for each in found.without] == list(Link)


def test_without_explanation_the_reasons_of_the_partners_stay_out(engine: Engine):
    query = CompletionQuery(replace(AXLE, payment_days=90), DAY, explain=False)
    document = engine.complete(query).to_json()
    for suggestion in document["suggestions"]:
        assert suggestion["triggers"]
        for result in suggestion["results"]:
            assert set(result) == {"enterprise_id", "name", "rank", "score"}


@pytest.mark.parametrize("top_k", [0, 101])
def test_the_number_of_partners_is_bounded(top_k):
    with pytest.raises(InputError, match=re.escape("Out of range.")):
        CompletionQuery(AXLE, DAY, top_k=top_k)


@pytest.mark.parametrize(
    ("stated", "words", "fits"), [(True, 0.45, False), (True, 0.55, True), (False, 0.45, True)]
)
def test_for_a_thing_a_partner_must_say_the_kind_in_words(engine: Engine, stated, words, fits):
    """Where the deal's thing is searched, too, a firm may be found for that alone."""
    asked: dict[str, bool] = {}

    def search(query: SupplierQuery, count: int, agrees: Callable[[Result], bool]) -> list[Result]:
        pair = Evidence(Span("title", "试验"), Span("title", "无损"), "o", words)
        asked[query.need.title] = agrees(Result("e", "甲", 1, 0.9, 0.0, (), evidence=(pair,)))
        return []

    need = replace(AXLE, description="作为首台套应用")
    complete(CompletionQuery(need, DAY), States() if stated else engine.snapshot, search)
    assert asked["首台套装备研制 首批次新材料试制"] is fits


def test_contacts_are_no_part_of_a_completion(engine: Engine):
    found = engine.complete(CompletionQuery(replace(AXLE, payment_days=90), DAY, enterprise=BEARING))
    assert "010-0000-0000" not in str(found.to_json())


def test_what_somebody_typed_is_not_all_of_it_the_thing_that_is_wanted():
    need = Need("n", "轴箱轴承，须提供型式试验报告，预算1200万元")
    assert set(calls(need)) == {"testing", "order_financing"}
    assert case_of(CompletionQuery(need, DAY)).thing == "轴箱轴承"

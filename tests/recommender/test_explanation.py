from dataclasses import replace
from datetime import date

import pytest

from recommender.catalogue import Certification, Enterprise, Need
from recommender.encoder import Encoder
from recommender.explanation import (
    Match,
    Offer,
    Rereading,
    Side,
    cautions,
    cores_of,
    evidence,
    for_buyer,
    for_supplier,
    masked,
    matched,
    nothing_close,
    phrases_of,
)
from recommender.explanation.masking import losses
from recommender.explanation.wording import pieces, runs
from recommender.ranking import PRIOR
from recommender.results import Evidence, Requirement, Result, Source, Span
from recommender.text.clauses import clauses

DAY = date(2026, 11, 21)
PAIR = Evidence(Span("title", "轴箱轴承"), Span("title", "轴承"), "o1", 0.9)
DIRECT = Match((PAIR,), None, direct=True)


def test_clauses_are_substrings_cut_at_marks_but_not_inside_numbers():
    text = "内径130.5mm，公差±0.01mm；供货1,200套。\n联系电话"
    found = list(clauses(text))
    assert found == ["内径130.5mm", "公差±0.01mm", "供货1,200套", "联系电话"]
    assert all(clause in text for clause in found)


def test_numbers_with_their_units_and_bare_marks_are_not_quoted():
    assert list(clauses("130 mm；——；套；GB/T；IRIS")) == ["IRIS"]


def test_an_endless_clause_is_cut_into_readable_pieces():
    pieces = list(clauses("轴" * 150))
    assert [len(piece) for piece in pieces] == [60, 60, 30]


def test_runs_are_whole_words_inside_a_clause():
    clause = "用于高速动车组转向架的轴箱轴承"
    found = list(runs(clause))
    assert "轴箱轴承" in found
    assert not any(run.startswith(("用", "的")) or run.endswith("的") for run in found)
    assert "轴承" in found
    assert all(run in clause and 2 <= len(run) <= 16 for run in found)


@pytest.mark.parametrize("clause", ["2026年设备服务采购", "平台建设服务", "有120个"])
def test_words_that_stand_in_every_notice_are_no_run(clause: str):
    assert list(runs(clause)) == []


@pytest.mark.parametrize(
    ("clause", "torn", "whole"),
    [
        ("T700级碳纤维年度备件", "T700级碳纤维年度", "T700级碳纤维"),
        ("T700级碳纤维年度备件", "级碳纤维", "碳纤维"),
        ("监理范围内所有路灯", "监理范围内所有", "监理范围"),
        ("龙泉路11段管道", "段管道", "管道"),
    ],
)
def test_no_run_hangs_on_words_that_are_cut_off(clause: str, torn: str, whole: str):
    found = list(runs(clause))
    assert whole in found
    assert torn not in found


def quote(encoder: Encoder, need: Need, *offers: Offer) -> tuple[Evidence, ...]:
    """What is quoted of *offers* of one enterprise, whose profile is its first offer."""
    (vector,) = encoder.encode([f"{need.title} {need.description}"])
    phrases = phrases_of({"title": need.title, "description": need.description}, encoder, but=need.buyer_name)
    first = offers[0].vector if offers else vector
    (found,) = evidence(
        Rereading(need, encoder), phrases, vector, [(Side(first, first), offers)], encoder, PRIOR
    )
    return found.pairs


def offer(encoder: Encoder, offering_id: str, title: str, description: str = "") -> Offer:
    (vector,) = encoder.encode([f"{title} {description}"])
    return Offer(offering_id, {"title": title, "description": description}, vector)


@pytest.mark.parametrize("text", ["", "   ", "。；，", "𠮷"])
def test_a_text_without_words_has_nothing_to_quote(text: str, encoder: Encoder):
    assert phrases_of({"title": text}, encoder).phrases == ()
    assert quote(encoder, Need("n", text), offer(encoder, "o", "轴承")) == ()
    assert quote(encoder, Need("n", "轴承采购"), offer(encoder, "o", text)) == ()
    assert quote(encoder, Need("n", "轴承采购")) == ()


def test_the_words_that_say_the_same_are_paired(encoder: Encoder):
    need = Need("n", "办公桌椅与轴箱轴承采购", "付款方式为月结。")
    (found,) = quote(encoder, need, offer(encoder, "o", "铁路轴承", "位于园区东侧，交通便利。"))
    assert (found.offering_id, found.offer.field, found.offer.span) == ("o", "title", "铁路轴承")
    assert "轴承" in found.need.span
    assert found.need.span in getattr(need, found.need.field)


def test_a_long_clause_of_an_offer_is_quoted_in_part(encoder: Encoder):
    text = "公司拥有自主研发团队并长期向主机厂批量供应铁路轴承"
    (found,) = quote(
        encoder, Need("n", "铁路轴承"), Offer("", {"description": text}, encoder.encode([text])[0])
    )
    assert "轴承" in found.offer.span
    assert len(found.offer.span) < 10


def test_who_buys_is_not_what_is_wanted(encoder: Encoder):
    need = Need("n", "中国中车：轴箱轴承", buyer_name="中国中车")
    spans = [p.span for p in phrases_of({"title": need.title}, encoder, but=need.buyer_name).phrases]
    assert "轴箱轴承" in spans
    assert "中国中车" not in spans
    assert phrases_of({"title": "有限公司"}, encoder).phrases == ()


@pytest.mark.parametrize("title", ["嘉兴", "1.1项目概况", "及维保", "#地块", "某系统"])
def test_places_headings_and_torn_phrases_are_not_quotable(title: str, encoder: Encoder):
    assert title not in [phrase.span for phrase in phrases_of({"title": title}, encoder).phrases]


def test_what_an_offer_is_not_is_not_quoted(encoder: Encoder):
    assert quote(encoder, Need("n", "轴承"), offer(encoder, "o", "非轴承")) == ()


def test_masking_takes_words_out_wherever_they_stand():
    need = masked(Need("n", "轴承与轴承座", "供应轴承。", "轴承厂"), "轴承")
    assert (need.title, need.description, need.qualification) == ("，与，座", "供应，。", "轴承厂")


def test_masking_what_the_match_rests_on_loses_more_than_masking_the_rest(encoder: Encoder):
    need = Need("n", "轴箱轴承及食堂桌椅")
    (vector,) = encoder.encode(["铁路轴箱轴承"])
    ((bearing, chairs),) = losses(
        Rereading(need, encoder), ["轴箱轴承", "食堂桌椅"], [Side(vector, vector)], PRIOR
    )
    assert bearing > 0 > chairs


def test_words_that_can_be_masked_without_a_loss_are_not_quoted(encoder: Encoder):
    flat = replace(PRIOR, curves=())
    need, several = (
        Need("n", "轴承"),
        [(Side(*encoder.encode(["轴承", "轴承"])), [offer(encoder, "o", "轴承")])],
    )
    phrases, (vector,) = phrases_of({"title": need.title}, encoder), encoder.encode(["轴承"])
    again = Rereading(need, encoder)
    assert evidence(again, phrases, vector, several, encoder, flat)[0].pairs == ()
    assert len(evidence(again, phrases, vector, several, encoder, PRIOR)[0].pairs) == 1


@pytest.mark.parametrize(
    ("clause", "phrases"),
    [
        ("公司专注于汽车后市场管理", ["汽车后市场管理"]),
        ("公司拥有众多在光纤", ["光纤"]),
        ("内容覆盖机房内", ["机房"]),
        ("关于薄壁轴承二供开发", ["薄壁轴承二供开发"]),
        ("除面食", []),
        ("研究与开发", []),
        ("创新是我们发展", []),
    ],
)
def test_a_clause_is_quoted_in_phrases_that_say_something(clause: str, phrases: list[str]):
    assert list(pieces(clause)) == phrases


@pytest.mark.parametrize(
    ("title", "cores"),
    [
        ("云和大数据中心A2数据中心深基坑监测项目", ["深基坑监测"]),
        ("水果、副食品类（除面食）采购", ["副食品", "水果"]),
        ("停车场改造项目（监理）", ["监理"]),
        ("受电弓项目浸金属碳滑板采购（第二次）", ["金属碳滑板"]),
        ("关于薄壁轴承二供开发的需求", ["薄壁轴承"]),
        ("T700级碳纤维年度备件", ["T700级碳纤维"]),
        ("高压球阀，口径DN50，材质304L，隔爆型Ex d IIC T4，2026年12月底前到货", ["高压球阀"]),
        ("四驱拖拉机前驱动桥，静载不小于6000kg，须通过IATF 16949，采购1400台", ["前驱动桥"]),
        ("我们是整车厂，需要控制器，5G网络设备", ["网络设备", "控制器", "整车厂"]),
        ("2026年宜春市系统集成项目260803S", []),
        ("一卡通系统维保及设备采购项目", ["一卡通系统维保"]),
        ("开发云服务租赁服务采购项目", ["开发云服务租赁服务"]),
        ("“天幕”成果认证机构遴选：钢结构厂房", ["钢结构厂房"]),
    ],
)
def test_what_a_title_wants_comes_last(title: str, cores: list[str]):
    assert cores_of(title) == cores


def test_a_firms_name_is_no_evidence_of_what_it_offers(encoder: Encoder):
    (vector,) = encoder.encode(["食材管家"])
    named = Offer(
        "o", {"title": "食材管家", "description": "食材管家提供食材配送服务"}, vector, ("食材管家",)
    )
    assert [span.span for span in named.spans()] == ["食材配送服务"]


def answered(encoder: Encoder, title: str, offered: str) -> Match:
    """What may be said of an offering called *offered* for a need called *title*."""
    need, (vector,) = Need("n", title), encoder.encode([title])
    phrases = phrases_of({"title": title}, encoder, most_alike=vector)
    several = [offer(encoder, "o", offered)]
    (found,) = evidence(
        Rereading(need, encoder),
        phrases,
        vector,
        [(Side(several[0].vector, several[0].vector), several)],
        encoder,
        PRIOR,
    )
    return matched(found, phrases)


def test_a_match_is_told_as_strong_as_it_is(encoder: Encoder):
    strong = answered(encoder, "办公家具采购", "办公家具")
    assert strong.direct
    assert "对应" in for_buyer("某厂", strong, ())
    of_the_place = answered(encoder, "某数据中心深基坑监测项目", "数据中心运营")
    assert not of_the_place.direct
    assert of_the_place.unanswered == Span("title", "深基坑监测")
    for sentence in (for_buyer("某厂", of_the_place, ()), for_supplier(Need("n", "t"), of_the_place, ())):
        assert "资料中未见与“深基坑监测”直接对应的内容" in sentence
    assert chinese(cautions(Enterprise("e", "某厂"), 3, of_the_place, [], DAY, near=0.3)) == [
        "与需求相差较远，可能并不提供"
    ]


@pytest.mark.parametrize(
    ("wanted", "offered", "direct"),
    [
        ("建筑幕墙检测服务采购", "建筑幕墙检测", True),
        ("建筑幕墙检测服务采购", "建筑幕墙", False),
        ("消防设施维修保养服务", "维修保养", False),
        ("河道工程监理", "工程监理", True),
        ("保安人员服务采购", "保安服务", True),
        ("招标代理服务机构遴选", "登记代理服务", False),
        ("招标代理服务机构遴选", "招标代理服务", True),
        ("无人机设备采购", "无人机教育", False),
    ],
)
def test_who_makes_a_thing_is_not_said_to_test_or_mend_it(
    wanted: str, offered: str, direct: bool, encoder: Encoder
):
    assert answered(encoder, wanted, offered).direct == direct


@pytest.mark.parametrize("clause", ["宜春项目260803S", "ICT2026XA4072", "14#地块"])
def test_what_a_buyer_calls_a_project_is_no_run(clause: str):
    assert list(runs(clause)) == []


def test_a_phrase_begins_behind_what_the_project_is_over():
    assert list(pieces("地块项目幕墙检测")) == ["幕墙检测"]
    assert not any("项目" in run for run in runs("地块项目幕墙检测"))


def test_a_list_in_which_nobody_states_the_thing_says_so():
    lacking = Span("title", "深基坑监测")
    result = Result("e", "某厂", 1, 0.5, -5.5, (), unanswered=lacking)
    assert nothing_close([], lacking) == ()
    assert nothing_close([replace(result, unanswered=None)], lacking) == ()
    assert "没有一家的资料写明“深基坑监测”" in nothing_close([result], lacking)[0]


def test_a_claim_that_nothing_bears_out_is_told():
    (told,) = chinese(cautions(Enterprise("e", "某厂"), 3, DIRECT, [], DAY, near=0.9, borne_out=0.3))
    assert "未得到其余产品或介绍的佐证" in told


def test_sentences_are_made_of_the_parts_and_nothing_else():
    parts = (Requirement("CRCC", "certification", "met"), Requirement("ISO 9001", "certification", "missing"))
    chinese, english = for_buyer("某厂", DIRECT, parts).split("\n")
    assert chinese == "某厂的“轴承”对应需求中的“轴箱轴承”；已满足：CRCC；不满足：ISO 9001。"
    assert english == "某厂 offers “轴承”, which answers “轴箱轴承”; meets CRCC; does not meet ISO 9001."
    chinese, english = for_supplier(Need("n", "t", buyer_name="某集团"), DIRECT, parts).split("\n")
    assert chinese == "某集团需要“轴箱轴承”，贵企业的“轴承”与之对应；尚不满足：ISO 9001。"
    tier = Requirement("little_giant|champion", "tier", "missing")
    assert "专精特新小巨人 / 制造业单项冠军" in for_buyer("某厂", DIRECT, [tier])
    assert "仅按整体业务比较" in for_buyer("某厂", Match(), ())
    chinese, english = for_buyer("", DIRECT, ()).split("\n")
    assert chinese.startswith("该企业的")
    assert english.startswith("The enterprise offers")


def test_a_sentence_names_three_requirements_must_haves_first_and_no_unknown_wish():
    wish = Requirement("800 吨", "quantity", "unknown", must=False)
    several = [Requirement(f"R{i}", "specification", "unknown", must=i != 0) for i in range(5)]
    assert "待核实：R1、R2、R3。" in for_buyer("某厂", DIRECT, [wish, *several])
    assert "待核实" not in for_buyer("某厂", DIRECT, [wish])
    met = Requirement("CRCC", "certification", "met")
    assert "所列要求均已满足" in for_supplier(Need("n", "t"), DIRECT, [met])
    assert "必备要求均已满足" in for_supplier(Need("n", "t"), DIRECT, [met, wish])
    assert "满足" not in for_supplier(Need("n", "t"), DIRECT, [wish])


def chinese(found: tuple[str, ...]) -> list[str]:
    return [text.split(" / ")[0] for text in found]


def test_cautions_name_what_a_careful_reader_asks():
    enterprise = Enterprise(
        "e", "某厂", certifications=(Certification("CRCC", date(2026, 12, 1)), Certification("CCC"))
    )
    conflict = Requirement("ISO 9001", "certification", "conflict")
    assert chinese(cautions(enterprise, 1, DIRECT, [conflict], DAY, near=0.9)) == [
        "仅登记一项产品或能力",
        "ISO 9001：填报与自述相互矛盾",
        "CRCC 将于 2026-12-01 到期",
    ]
    assert cautions(Enterprise("e", "某厂"), 3, DIRECT, [], DAY, near=0.9, untouched=365.0) == ()
    assert chinese(cautions(Enterprise("e", "某厂"), 0, Match(), [], DAY, near=0.9)) == [
        "没有可引用的对应语句，仅按整体业务比较",
        "未登记产品，仅凭企业介绍匹配",
    ]


def test_a_profile_that_nobody_touched_for_more_than_a_year_is_stale():
    assert chinese(cautions(Enterprise("e", "某厂"), 3, DIRECT, [], DAY, near=0.9, untouched=400.0)) == [
        "资料已 400 天未更新"
    ]


def test_a_certificate_that_ends_too_early_and_a_capacity_that_is_short_are_told():
    note = "2027-01-01 到期，早于交付日 / expires before delivery"
    source = Source("certifications", "CRCC@2027-01-01")
    ends = Requirement("CRCC", "certification", "met", None, source, note, expires=date(2027, 1, 1))
    short = Requirement("800 吨", "quantity", "missing", note="产能 300 吨 不足 / capacity short", must=False)
    assert chinese(cautions(Enterprise("e", "某厂"), 3, DIRECT, [ends, short], DAY, near=0.9)) == [
        "CRCC：2027-01-01 到期，早于交付日",
        "800 吨：产能 300 吨 不足",
    ]


def test_what_is_only_claimed_is_told_apart_from_what_is_read_and_from_what_is_missing():
    read = Source("description", "x", "o1", inferred=True)
    verdicts = [
        Requirement("ISO 9001", "certification", "met", None, read),
        Requirement("耐压 ≥ 6.3 MPa", "specification", "met", None, read),
        Requirement("寿命 ≥ 9 年", "specification", "missing", None, read),
    ]
    assert chinese(cautions(Enterprise("e", "某厂"), 3, DIRECT, verdicts, DAY, near=0.9)) == [
        "ISO 9001 仅见于自述，需核实",
        "耐压 ≥ 6.3 MPa 由产品介绍读出，需核实",
    ]

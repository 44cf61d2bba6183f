from dataclasses import replace
from datetime import date, datetime

import pytest

from recommender.catalogue import Certification, Enterprise, Need, Offering, Size, Tier
from recommender.requirements import coverage, demands, failing, judge
from recommender.requirements.certificates import canonical, find_certificates

DAY = date(2026, 11, 21)


def names(need: Need) -> list[str]:
    return [demand.name for demand in demands(need)]


def verdict(need: Need, enterprise: Enterprise, *offerings: Offering):
    (found,) = judge(demands(need), need, enterprise, offerings, DAY)
    return found


def firm(**fields) -> Enterprise:
    return Enterprise("e", "某厂", **fields)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("ＩＡＴＦ１６９４９", "IATF 16949"),
        ("ISO/TS 16949", "IATF 16949"),
        ("ISO9001：2015", "ISO 9001"),
        ("GB/T19001", "ISO 9001"),
        ("IRIS认证", "ISO/TS 22163"),
        ("質量管理體系認證", "ISO 9001"),
        ("CNAS认可", "ISO/IEC 17025"),
        ("3C认证", "CCC"),
        ("建筑工程施工总承包壹级", "建筑工程施工总承包一级"),
        ("房屋建筑工程监理乙级", "房屋建筑工程监理乙级"),
        ("CE", "CE"),
        ("本厂自有证书甲", "本厂自有证书甲"),
    ],
)
def test_a_certificate_has_one_name_for_all_its_spellings(spelling, name):
    assert str(canonical(spelling)) == name


def test_a_higher_grade_and_a_covering_standard_satisfy_a_demand():
    assert canonical("市政公用工程施工总承包一级").satisfies(canonical("市政公用工程施工总承包三级"))
    assert not canonical("市政公用工程施工总承包三级").satisfies(canonical("市政公用工程施工总承包一级"))
    assert canonical("IATF 16949").satisfies(canonical("ISO 9001"))
    assert not canonical("ISO 9001").satisfies(canonical("IATF 16949"))


def test_latin_names_are_not_found_inside_other_words():
    assert find_certificates("irisation 和 accc 导线, reaching") == []


def test_demands_are_read_from_fields_first_and_from_text_once():
    need = Need(
        "n",
        "轴承采购",
        qualification="投标人须通过 ISO 9001 质量管理体系认证；具有安全生产许可证；近三年至少一项同类业绩；"
        "注册资本不低于500万元。",
        required_certifications=("ISO9001",),
    )
    assert names(need) == ["ISO9001", "安全生产许可证", "同类业绩", "注册资本 ≥ 500 万元"]


def test_every_demand_points_at_words_that_are_there():
    text = "供应商应具有ＣＲＣＣ认证证书；注册资金≥1.2亿元；类似项目业绩不少于2项"
    need = Need("n", "采购", qualification=text)
    found = demands(need)
    assert len(found) == 3
    for demand in found:
        assert demand.asked.inferred
        assert demand.asked.span
        assert demand.asked.span in text


@pytest.mark.parametrize(
    "text",
    [
        "具有ISO 9001证书者优先",
        "ISO 14001认证得2分",
        "本项目不要求安全生产许可证",
        "建立完善的质量管理体系，确保交付",
    ],
)
def test_what_is_only_preferred_refused_or_done_is_no_demand(text):
    assert demands(Need("n", "采购", qualification=text)) == ()


def test_a_demand_typed_into_the_title_counts():
    assert names(Need("", "轴箱轴承，要求通过IRIS认证")) == ["ISO/TS 22163"]


def test_a_valid_certificate_meets_and_names_its_source():
    need = Need("n", "采购", required_certifications=("IATF 16949",))
    found = verdict(need, firm(certifications=(Certification("IATF16949", date(2027, 3, 1)),)))
    assert (found.status, found.source.field, found.source.span) == (
        "met",
        "certifications",
        "IATF16949@2027-03-01",
    )


def test_a_certificate_that_ends_before_the_deadline_is_met_with_a_note():
    need = Need("n", "采购", required_certifications=("CRCC",), deadline=datetime(2027, 6, 1))
    found = verdict(need, firm(certifications=(Certification("CRCC", date(2027, 3, 1)),)))
    assert found.status == "met"
    assert "2027-03-01" in found.note


def test_an_expired_certificate_is_missing_and_in_conflict_with_a_claim():
    need = Need("n", "采购", required_certifications=("CRCC",))
    expired = (Certification("CRCC", date(2020, 1, 1)),)
    assert verdict(need, firm(certifications=expired)).status == "missing"
    assert verdict(need, firm(certifications=expired, description="已通过CRCC认证")).status == "conflict"


def test_a_claim_in_text_is_inferred_and_silence_is_unknown():
    need = Need("n", "采购", required_certifications=("ISO 14001",))
    claimed = verdict(need, firm(), Offering("o", "e", "环保涂料", "经ISO14001认证的产线"))
    assert (claimed.status, claimed.source.inferred, claimed.source.span) == ("met", True, "ISO14001")
    assert verdict(need, firm()).status == "unknown"
    assert verdict(need, firm(description="提供ISO 14001咨询与认证服务")).status == "unknown"
    assert verdict(need, firm(certifications=(Certification("CCC"),))).status == "missing"
    # who lists certificates of one family says nothing of the others
    works = Need("n", "t", qualification="具备建筑工程施工总承包三级资质")
    assert verdict(works, firm(certifications=(Certification("ISO 9001"),))).status == "unknown"
    held = Certification("市政公用工程施工总承包二级")
    assert verdict(works, firm(certifications=(held,))).status == "missing"
    licence = Need("n", "t", qualification="具有有效的安全生产许可证")
    assert verdict(licence, firm(certifications=(held,))).status == "unknown"


def test_tier_size_and_capital_are_judged_from_their_fields():
    tiers = Need("n", "采购", required_tiers=(Tier.SPECIALIZED,))
    assert verdict(tiers, firm(tier=Tier.LITTLE_GIANT)).status == "met"
    assert verdict(tiers, firm(tier=Tier.INNOVATIVE)).status == "missing"
    assert verdict(tiers, firm()).status == "unknown"
    reserved = Need("n", "采购", reserved_for="small_micro")
    assert verdict(reserved, firm(size=Size.SMALL)).status == "met"
    assert verdict(reserved, firm(size=Size.MEDIUM)).status == "missing"
    capital = Need("n", "采购", qualification="注册资本不低于1亿元")
    assert verdict(capital, firm(registered_capital=2e8)).status == "met"
    assert verdict(capital, firm(registered_capital=5e7)).status == "missing"


def test_a_grade_too_low_is_missing_and_one_not_stated_is_unknown():
    need = Need("n", "采购", qualification="具有电力工程施工总承包二级资质")
    held = "电力工程施工总承包"
    assert verdict(need, firm(certifications=(Certification(f"{held}一级"),))).status == "met"
    assert verdict(need, firm(certifications=(Certification(f"{held}三级"),))).status == "missing"
    assert verdict(need, firm(certifications=(Certification(held),))).status == "unknown"


def test_coverage_is_met_less_missing():
    need = Need("n", "采购", required_certifications=("ISO 9001", "CRCC"))
    found = judge(demands(need), need, firm(certifications=(Certification("ISO 9001"),)), (), DAY)
    assert coverage(found) == 0.0
    assert coverage(()) == 0.0
    assert coverage(found[:1]) == 1.0


VALVE = Offering(
    "o", "e", "高压球阀", "公称压力PN64，耐压8MPa，防护等级IP67，常规交期24天。", capacity=9000, unit="台"
)


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("耐压≥6.3MPa", "met", "8MPa"),
        ("耐压≥10MPa", "missing", "8MPa"),
        ("泄漏试验压力≥6.3MPa", "unknown", None),
        ("防护IP65", "met", "IP67"),
        ("防护IP68", "missing", "IP67"),
        ("噪声低于55dB(A)", "unknown", None),
        ("交货期30天", "met", "交期24天"),
        ("交货期10天", "unknown", None),
        ("采购500台", "met", "9000"),
        ("采购10000台", "missing", "9000"),
        ("采购500套", "unknown", None),
    ],
)
def test_what_is_wanted_is_judged_by_offerings_of_that_kind(asked, status, span):
    need = Need("n", "高压球阀采购", asked)
    found = verdict(need, firm(), VALVE)
    assert (found.status, found.source.span if found.source else None) == (status, span)
    assert verdict(need, firm(), Offering("p", "e", "植保无人机", VALVE.description)).status == "unknown"


def test_one_offering_that_suffices_is_enough():
    need = Need("n", "高压球阀采购", "耐压≥6.3MPa")
    weak = Offering("w", "e", "高压球阀", "耐压4MPa")
    assert verdict(need, firm(), weak).status == "missing"
    assert verdict(need, firm(), weak, VALVE).source.offering_id == "o"


def test_any_of_several_certificates_meets_the_demand():
    text = "具有市政行业设计乙级或公路行业设计乙级资质"
    need = Need("n", "采购", qualification=text)
    assert verdict(need, firm(certifications=(Certification("公路行业设计甲级"),))).status == "met"
    assert verdict(need, firm(certifications=(Certification("公路行业设计丙级"),))).status == "missing"
    assert verdict(need, firm(certifications=(Certification("工程设计综合甲级"),))).status == "met"


def test_a_place_is_met_by_the_seat_and_missing_only_where_the_seat_is_asked_for():
    inland = Need("n", "采购", qualification="须为在中国境内依法设立且在宁波市设有分支机构的银行")
    assert verdict(inland, firm(region="330203")).status == "met"
    branch = Need("n", "采购", qualification="须在宁波市设有分支机构")
    assert verdict(branch, firm(region="330203")).status == "met"
    assert verdict(branch, firm(region="310100")).status == "unknown"
    seat = Need("n", "采购", qualification="注册地须在浙江省内")
    assert verdict(seat, firm(region="330203")).status == "met"
    assert verdict(seat, firm(region="310100")).status == "missing"
    assert verdict(seat, firm()).status == "unknown"
    here = Need("n", "采购", qualification="限本市注册企业", region="330200")
    assert verdict(here, firm(region="330203")).status == "met"
    assert verdict(here, firm(region="330100")).status == "missing"


def test_a_verdict_says_when_it_was_true_and_when_its_certificate_ends():
    need = Need("n", "采购", "交货期60天", required_certifications=("CRCC",), deadline=datetime(2027, 1, 1))
    holder = firm(certifications=(Certification("CRCC", date(2027, 2, 1)),))
    found, _ = judge(demands(need), need, holder, (), DAY)
    assert (found.status, found.as_of, found.expires) == ("met", DAY, date(2027, 2, 1))
    assert "交付日" in found.note
    assert found.to_json()["as_of"] == "2026-11-21"
    assert found.to_json()["expires"] == "2027-02-01"


def test_failing_are_the_must_haves_that_are_missing_or_in_conflict():
    need = Need(
        "n", "高压球阀采购10000台", "耐压≥10MPa", required_certifications=("CCC",), reserved_for="small_micro"
    )
    found = judge(
        demands(need), need, firm(size=Size.SMALL, certifications=(Certification("CRCC"),)), (VALVE,), DAY
    )
    assert [(v.kind, v.status, v.must) for v in found] == [
        ("certification", "missing", True),
        ("size", "met", True),
        ("specification", "missing", True),
        ("quantity", "missing", False),
    ]
    assert [v.kind for v in failing(found)] == ["certification", "specification"]


def test_large_figures_are_written_out():
    need = Need("n", "高压球阀", quantity=2_400_000, unit="台")
    valve = replace(VALVE, capacity=1_234_567, unit="台")
    (found,) = judge(demands(need), need, firm(), (valve,), DAY)
    assert (found.requirement, found.asked.span) == ("2400000 台", "2400000")
    assert found.source.span == "1234567"
    assert "1234567 台" in found.note


def test_what_no_catalogue_records_does_not_dilute_coverage():
    need = Need("n", "采购", qualification="近三年至少一项同类业绩", required_certifications=("CCC",))
    found = judge(demands(need), need, firm(certifications=(Certification("CCC"),)), (), DAY)
    assert [v.status for v in found] == ["met", "unknown"]
    assert coverage(found) == 1.0


def test_every_source_is_a_substring_of_what_it_names():
    need = Need("n", "高压球阀采购", "耐压≥６．３ＭＰａ，工作温度－20~60℃，采购500台，交货期30天")
    for found in judge(demands(need), need, firm(), (VALVE,), DAY):
        assert found.asked.span == need.description[found.asked.start :][: len(found.asked.span)]
        if found.source and found.source.start is not None:
            text = getattr(VALVE, found.source.field)
            assert found.source.span == text[found.source.start :][: len(found.source.span)]

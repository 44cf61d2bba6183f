from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.errors import InputError
from recommender.catalogue import Kind
from recommender.catalogue.domain import Certification, Size, Tier
from recommender.intake.fields import RULES, plain, shown
from recommender.intake.grids import Row
from recommender.intake.headers import Names
from recommender.intake.rows import Outcome, Parsed, RowParser


def parse(kind: str, **cells: object) -> Parsed:
    return RowParser(Kind(kind)).parse(Row(2, cells), Names(Kind(kind)).mapped(tuple(cells)))


def record(kind: str, **cells: object) -> dict[str, object]:
    parsed = parse(kind, **cells)
    assert parsed.record is not None, parsed.rejects
    return parsed.record


def company(**cells: object) -> dict[str, object]:
    return record("enterprises", enterprise_id="E1", name="甲", **cells)


def fault(kind: str, **cells: object) -> tuple[str, Outcome]:
    (reject,) = parse(kind, **cells).rejects
    return reject.field, reject.outcome


def company_fault(**cells: object) -> tuple[str, Outcome]:
    return fault("enterprises", enterprise_id="E1", name="甲", **cells)


def test_an_offering_without_a_title_is_not_told_to_lack_the_id_that_would_follow_from_it() -> None:
    (reject,) = parse("offerings", 企业编号="E1", 产品名称="").rejects
    assert reject.field == "title"
    assert parse("offerings", 企业编号="E1").rejects[0].field == "offering_id"  # no title is stated at all


def test_the_credit_code_is_the_id_where_there_is_no_other() -> None:
    found = record("enterprises", 公司名称="甲", 信用代码="91350100m000100y43")
    assert found["enterprise_id"] == found["credit_code"] == "91350100M000100Y43"
    assert fault("enterprises", 公司名称="甲", 信用代码="") == ("enterprise_id", Outcome.REJECTED)
    assert fault("enterprises", 公司名称="甲", 信用代码="91350100M000100Y44") == (
        "credit_code",
        Outcome.REJECTED,
    )


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("000001", "000001"),
        (1234567890123456.0, "1234567890123456"),
        ("600000.0", "600000"),
        ("Ｅ１", "E1"),
        (7, "7"),
        ('="000001"', "000001"),
    ],
)
def test_an_id_is_what_a_person_sees(cell: object, text: str) -> None:
    assert record("needs", need_id=cell, title="t")["need_id"] == text


@pytest.mark.parametrize("cell", [9.13302040933533733e17, "9.13302E+17", "x" * 201, "——", ["a"], ""])
def test_an_id_that_has_lost_digits_or_is_none_rejects_the_row(cell: object) -> None:
    assert parse("needs", need_id=cell, title="t").record is None


def test_texts_keep_their_spelling_and_lose_what_nobody_sees() -> None:
    found = company(description="<p>ＡＢＣ　齒輪&amp;\u200b軸承</p>\nmore", short_name="a\n b")
    assert found["description"] == "ＡＢＣ　齒輪&軸承 \nmore"
    assert found["short_name"] == "a b"


def test_columns_of_one_field_are_joined() -> None:
    found = record("needs", need_id="N", title="t", qualification="甲", performance="乙")
    assert found["qualification"] == "甲\n乙"
    both = Names(Kind.ENTERPRISES, {"a": "tags", "b": "tags"}).mapped(["enterprise_id", "name", "a", "b"])
    parsed = RowParser(Kind.ENTERPRISES).parse(
        Row(2, {"enterprise_id": "E", "name": "n", "a": "x；y", "b": "y;z"}), both
    )
    assert parsed.record is not None
    assert parsed.record["tags"] == ("x", "y", "z")


def test_columns_that_contradict_one_another_reject_the_row() -> None:
    both = Names(Kind.NEEDS, {"a": "quantity", "b": "quantity"}).mapped(["need_id", "title", "a", "b"])
    parser = RowParser(Kind.NEEDS)
    assert parser.parse(Row(2, {"need_id": "N", "title": "t", "a": 3, "b": 3}), both).record
    assert parser.parse(Row(2, {"need_id": "N", "title": "t", "a": 3, "b": 4}), both).record is None


@pytest.mark.parametrize("cell", ["暂无", "--", "未知", "/", None, float("nan"), "&nbsp;", " ", []])
def test_a_cell_that_says_nothing_is_empty(cell: object) -> None:
    parsed = parse("enterprises", enterprise_id="E1", name="甲", founded=cell, employees=cell, website=cell)
    assert parsed.record == {"enterprise_id": "E1", "name": "甲"}
    assert parsed.given >= {"founded", "employees", "website"}
    assert not parsed.rejects


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("founded", "明天"),
        ("founded", "2026-02-30"),
        ("employees", "-5"),
        ("employees", "很多"),
        ("size", "巨型"),
        ("technology", 120),
        ("registered_capital", "面议"),
        ("certifications", "ISO 9001@soon"),
        ("region", "999999"),
        ("name", "x" * 201),
        ("name", "#N/A"),
        ("description", "x" * 10_000_000),
        ("tags", ["a", {"b": 1}]),
        ("description", {"a": 1}),
    ],
)
def test_what_is_wrong_rejects_the_row(field: str, cell: object) -> None:
    cells = {"enterprise_id": "E1", "name": "甲"} | {field: cell}
    assert fault("enterprises", **cells) == (field, Outcome.REJECTED)


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("industry", "股份制银行Ⅲ"),
        ("region", "某地"),
        ("registered_capital", "100万美元"),
        ("registered_capital", "万元"),
        ("revenue", "100-200万元"),
        ("employees", "50-99人"),
        ("website", "javascript:alert(1)"),
        ("short_name", "#REF!"),
    ],
)
def test_what_cannot_be_stored_is_left_out_and_said(field: str, cell: object) -> None:
    parsed = parse("enterprises", enterprise_id="E1", name="甲", **{field: cell})
    assert parsed.record == {"enterprise_id": "E1", "name": "甲"}
    assert field not in parsed.given  # what the catalogue has stays
    assert [(one.field, one.outcome) for one in parsed.rejects] == [(field, Outcome.LEFT_OUT)]


def test_a_place_comes_from_the_best_column_that_knows_one() -> None:
    assert company(region="330200", address="上海市浦东新区")["region"] == "330200"
    assert company(region="", 地址="宁波鄞州区百丈路158号")["region"] == "330212"
    assert company(省份="浙江省", 城市="宁波", 区县="鄞州区")["region"] == "330212"
    assert company(region=330200.0)["region"] == "330200"


def test_an_address_that_names_no_known_place_is_no_fault() -> None:
    parsed = parse("enterprises", enterprise_id="E1", name="甲", 地址="高新区科技路1号")
    assert parsed.record == {"enterprise_id": "E1", "name": "甲"}
    assert not parsed.rejects
    assert "region" not in parsed.given


def test_a_county_renumbered_since_is_taken_as_its_city_and_noted() -> None:
    parsed = parse("enterprises", enterprise_id="E1", name="甲", region="330299")
    assert parsed.record is not None
    assert parsed.record["region"] == "330200"
    assert [one.outcome for one in parsed.rejects] == [Outcome.NOTED]


def test_the_words_of_the_trade_are_understood() -> None:
    found = company(
        企业规模="小型企业",
        专精特新="国家级专精特新“小巨人”企业",
        证书="ISO 9001（有效期至2027年3月1日）；CE",
    )
    assert found["size"] is Size.SMALL
    assert found["tier"] is Tier.LITTLE_GIANT
    assert found["certifications"] == (Certification("ISO 9001", date(2027, 3, 1)), Certification("CE"))
    assert company(tier="专精特新；单项冠军")["tier"] is Tier.CHAMPION
    assert company(tier="无")["tier"] is Tier.NONE


def test_a_need_reads_its_numbers_dates_and_conditions() -> None:
    found = record(
        "needs",
        需求编号="N1",
        需求标题="采购齿轮",
        数量="500 台",
        预算金额="96.86021万元",
        截止时间="2026年08月11日09时30分",
        付款期限="60天",
        是否接受联合体="否",
        预留="小微企业",
        梯度要求="专精特新；小巨人",
    )
    assert found == {
        "need_id": "N1",
        "title": "采购齿轮",
        "quantity": 500,
        "unit": "台",
        "budget": 968602.1,
        "deadline": datetime(2026, 8, 11, 9, 30),
        "payment_days": 60,
        "consortium_allowed": False,
        "reserved_for": "small_micro",
        "required_tiers": (Tier.SPECIALIZED, Tier.LITTLE_GIANT),
    }


def test_a_column_of_units_goes_before_the_unit_in_the_number() -> None:
    assert record("needs", need_id="N", title="t", unit="套", quantity="500 台")["unit"] == "套"


def test_an_offering_without_an_id_gets_one_from_its_content() -> None:
    one = record("offerings", enterprise_id="E1", product="齿轮", revenue_share="35%")
    same = record("offerings", enterprise_id="E1", title=" 齿轮 ", link="供应链")
    other = record("offerings", enterprise_id="E1", title="齿轮", link="服务链")
    assert one["offering_id"] == same["offering_id"] != other["offering_id"]
    assert str(one["offering_id"]).startswith("o-")
    assert one["weight"] == 0.35


def test_an_offering_cannot_end_before_it_begins() -> None:
    cells = {
        "enterprise_id": "E1",
        "title": "t",
        "available_from": "2026-05-01",
        "available_until": "2026-04-01",
    }
    assert fault("offerings", **cells) == ("available_until", Outcome.REJECTED)


def test_a_reject_shows_a_short_value() -> None:
    assert len(shown("x" * 10_000_000)) == 100
    assert plain(["a", 1]) == "a\n1"


@given(
    st.sampled_from([(kind, field) for kind in Kind for field in RULES[kind]]),
    st.one_of(
        st.text(max_size=30),
        st.floats(),
        st.integers(),
        st.booleans(),
        st.binary(max_size=4),
        st.datetimes(),
        st.recursive(
            st.none() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=2), max_leaves=4
        ),
        st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    ),
)
def test_no_cell_raises_anything_but_an_input_error(place: tuple[Kind, str], cell: object) -> None:
    kind, field = place
    with suppress(InputError):
        RULES[kind][field].read(cell, 1)
    RowParser(kind).parse(Row(1, {field: cell}), Names(kind).mapped([field]))

from datetime import date

import pytest

from indexes.errors import InputError
from recommender.catalogue import Enterprise, Link, Need
from recommender.query import BuyerQuery, Filters, SupplierQuery, enterprise_from_text, need_from_text


def test_filters_are_read_from_one_line():
    found = Filters.parse("region=上海，tier=little_giant,certification=IATF 16949,certification=ISO 9001")
    assert found == Filters(region=("31",), tier=("little_giant",), certification=("IATF 16949", "ISO 9001"))
    assert found.to_json()["region"] == ["31"]
    assert Filters.parse("region=31", "tier=champion") == Filters(region=("31",), tier=("champion",))


@pytest.mark.parametrize(
    "text",
    ["region", "colour=red", "tier=best", "size=huge", "link=blue", "region=乌有乡", "industry=核桃业"],
)
def test_a_filter_that_means_nothing_is_refused(text):
    with pytest.raises(InputError) as refused:
        Filters.parse(text)
    assert refused.value.mend


def test_a_filter_is_understood_in_the_words_that_lists_use():
    found = Filters.parse("tier=小巨人,size=中型企业,link=供应链,industry=汽车制造业,industry=C36,industry=3")
    assert (found.tier, found.size, found.link) == (("little_giant",), ("medium",), ("supply",))
    assert found.industry == ("36", "36", "3")
    assert {"C", "13", "43"} <= set(Filters.parse("industry=制造业").industry)


def test_a_filter_that_would_filter_nothing_is_refused():
    with pytest.raises(InputError, match="suppliers"):
        SupplierQuery(Need("n", "t"), date(2026, 1, 1), filters=Filters.parse("buyer=某集团"))
    for text in ("tier=champion", "size=micro", "industry=36"):
        with pytest.raises(InputError, match="needs"):
            BuyerQuery(Enterprise("e", "甲"), (), date(2026, 1, 1), filters=Filters.parse(text))


@pytest.mark.parametrize("top_k", [0, -1, 1001])
def test_top_k_has_bounds(top_k):
    with pytest.raises(InputError, match="top_k"):
        SupplierQuery(Need("n", "t"), date(2026, 1, 1), top_k=top_k)


def test_a_typed_need_keeps_its_first_line_as_title():
    need = need_from_text("  轴承\n用于转向架\x00 ", link=Link.SERVICE)
    assert (need.title, need.description, need.link) == ("轴承", "轴承\n用于转向架", Link.SERVICE)
    assert need_from_text("轴承").description == ""


def test_demands_at_the_end_of_a_typed_need_are_its_qualification():
    text = "轴箱轴承500套，内径130mm，须通过IRIS认证，注册资本不低于500万元。"
    need = need_from_text(text)
    assert need.title == "轴箱轴承500套，内径130mm"
    assert need.qualification == "须通过IRIS认证，注册资本不低于500万元。"
    assert need_from_text("通过IRIS认证的轴箱轴承").title == "通过IRIS认证的轴箱轴承"
    assert need_from_text("轴承，须通过IRIS认证，用于转向架").title == "轴承，须通过IRIS认证，用于转向架"


def test_a_typed_enterprise_offers_what_each_clause_says():
    _, offerings = enterprise_from_text("生产石英环、石英舟，年产5万件")
    assert [offering.title for offering in offerings] == ["生产石英环", "石英舟", "年产5万件"]


@pytest.mark.parametrize("text", ["", "  \n", "\x00", "？？？", "😀", "字" * 20_001])
def test_blank_and_endless_texts_are_refused(text):
    with pytest.raises(InputError):
        need_from_text(text)
    with pytest.raises(InputError):
        enterprise_from_text(text)

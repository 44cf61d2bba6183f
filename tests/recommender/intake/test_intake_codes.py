from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.errors import InputError
from recommender.intake import codes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("33", "330000"),
        ("3302", "330200"),
        ("330212", "330212"),
        ("310100", "310000"),  # the statistics office's shell inside Shanghai
        ("宁波", "330200"),
        ("宁波市鄞州区", "330212"),
        ("浙江省宁波市", "330200"),
        ("浙江-宁波-鄞州", "330212"),
        ("廣東省深圳市", "440300"),
        ("内蒙古", "150000"),
        ("新疆维吾尔自治区乌鲁木齐市", "650100"),
        ("吉林", "220000"),
        ("吉林市", "220200"),
        ("河北区", "120105"),  # of Tianjin, not the province
        ("北京朝阳区", "110105"),
        ("重庆江北区", "500105"),
        ("昆山", "320583"),
        ("济源", "419001"),
        ("台湾", "710000"),
    ],
)
def test_a_place_is_found_by_code_and_by_name(text: str, code: str) -> None:
    assert codes.resolve_region(text) == code


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("宁波鄞州区百丈路158号（9-17）", "330212"),
        ("中国(上海)自由贸易试验区芳春路400号", "310000"),
        ("江苏省苏州工业园区星湖街328号", "320576"),
        ("杨浦区国定路323号", "310110"),
    ],
)
def test_an_address_gives_its_place(address: str, code: str) -> None:
    assert codes.resolve_region(address, address=True) == code


@pytest.mark.parametrize("text", ["南京西路100号", "上海路", "某地", "全国", "", "999999", "12345", "330299"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        codes.resolve_region(text, address=True)


@pytest.mark.parametrize("text", ["江北区", "朝阳区", "朝阳", "鼓楼区"])
def test_a_name_of_several_places_needs_its_city(text: str) -> None:
    with pytest.raises(InputError):
        codes.resolve_region(text)


def test_two_places_are_not_one() -> None:
    with pytest.raises(InputError, match="more than one place"):
        codes.resolve_region("浙江、江苏")


def test_a_renumbered_county_becomes_its_city_and_says_so() -> None:
    assert codes.region_of_code("330299") == ("330200", False)
    assert codes.region_of_code("330212") == ("330212", True)


def test_places_lie_within_one_another() -> None:
    assert codes.is_within("330212", "330200")
    assert codes.is_within("419001", "410000")
    assert not codes.is_within("330000", "330200")
    assert not codes.is_within("", "330000")
    assert codes.region_path("419001") == ("河南省", "济源市")
    assert codes.region_name("000000") == ""


def test_every_place_is_found_by_its_whole_path() -> None:
    for code in codes._regions():
        assert codes.resolve_region("".join(codes.region_path(code))) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("C3670", "3670"),
        ("3670", "3670"),
        ("36", "36"),
        ("C", "C"),
        ("C36 汽车制造业", "36"),
        ("汽车制造业(C36)", "36"),
        ("制造业/汽车制造业", "36"),
        ("汽车制造", "36"),
        ("制造业", "C"),
        ("房地产业", "70"),
        ("软件和信息技术服务业", "65"),
        ("0111", "0111"),
    ],
)
def test_an_industry_is_found_by_code_and_by_name(text: str, code: str) -> None:
    assert codes.resolve_industry(text) == code


@pytest.mark.parametrize("text", ["股份制银行Ⅲ", "A36", "Z", "9999", "", "-"])
def test_what_is_no_industry_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        codes.resolve_industry(text)


def test_industries_know_their_path() -> None:
    assert codes.industry_path("3670")[:2] == ("制造业", "汽车制造业")
    assert codes.industry_name("3670") == "汽车零部件及配件制造"


@given(st.text(max_size=30))
def test_nothing_but_an_input_error_is_ever_raised_for_a_code(text: str) -> None:
    for resolve in (codes.resolve_region, codes.resolve_industry):
        with suppress(InputError):
            assert resolve(text)

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.errors import InputError
from recommender.catalogue.domain import Link
from recommender.intake import values, words

cells = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789.,-+%万亿千百元年月日至时分 :/()（）e壹贰拾佰", max_size=20),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("96.86021万元", 968602.1),
        ("786459元", 786459),
        ("1.2亿", 120_000_000),
        ("211,792.45元", 211792.45),
        ("500万元人民币", 5_000_000),
        ("人民币500万元整", 5_000_000),
        ("￥1,234.50", 1234.5),
        ("１００万", 1_000_000),
        ("1亿2000万元", 120_000_000),
        ("12万3456元", 123456),
        ("999 万元", 9_990_000),
        ("0.5百万", 500_000),
        ("1 000 000元", 1_000_000),
        ("（含税）50万元", 500_000),
        ("不超过30万元", 300_000),
        ("壹佰贰拾万元整", 1_200_000),
        ("三万五千元", 35_000),
        ("一万零五百元伍角", 10_500.5),
        ("1e5", 100_000),
        (786459, 786459),
    ],
)
def test_money_in_words_is_understood(text: object, yuan: float) -> None:
    assert values.money(text) == yuan


@pytest.mark.parametrize(
    "text",
    [
        "149267.89407499.83元",
        "1.2.3",
        "万元",
        "1亿2",
        "-5万",
        "100万-200万元",
        "面议",
        "inf",
        "1e99",
        "nan",
        "12,34",
        True,
    ],
)
def test_what_is_no_amount_is_refused(text: object) -> None:
    with pytest.raises(InputError):
        values.money(text)


@pytest.mark.parametrize("text", ["100万美元", "HK$200", "50万港元", "3000 USD", "€20", "100 万 日元"])
def test_another_currency_is_seen(text: str) -> None:
    assert values.is_foreign_money(text)
    with pytest.raises(InputError, match="currency"):
        values.money(text)


def test_a_unit_in_the_header_scales_bare_numbers_only() -> None:
    assert values.money(500, scale=10_000) == 5_000_000
    assert values.money("500", scale=10_000) == 5_000_000
    assert values.money("500万元", scale=10_000) == 5_000_000


@given(st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False))
def test_ten_thousands_multiply_without_rounding(amount: object) -> None:
    assert values.money(f"{amount}万元") == float(f"{amount}e4")


@given(st.integers(min_value=1, max_value=10**11))
def test_chinese_numerals_read_back(number: int) -> None:
    assert values.chinese_number(_spelled(number)) == number


def _spelled(number: int) -> str:
    """Every digit with its place, as on a cheque: 105 is 一百零十五, which readers must take too."""
    groups, sections = [], ["", "万", "亿", "万亿"]
    while number:
        groups.append(number % 10_000)
        number //= 10_000
    spelled = ""
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        digits = f"{group:04d}"
        part = "".join(
            "零一二三四五六七八九"[int(digit)] + unit
            for digit, unit in zip(digits, ("千", "百", "十", ""), strict=True)
            if digit != "0"
        )
        spelled += part + (sections[place] if part else "")
    return spelled


@pytest.mark.parametrize(
    ("text", "number"), [("１，２３４.5", 1234.5), ("1.2万", 12_000), ("35人", 35), (3, 3), ("20 台", 20)]
)
def test_numbers_are_read_with_separators_scales_and_counting_words(text: object, number: float) -> None:
    assert values.number(text) == number


@pytest.mark.parametrize(
    "text", ["", "abc", "-1", "1-2", "１２～３０", "1.2.3", float("inf"), float("nan"), "35%", "约", [], True]
)
def test_what_is_no_plain_number_is_refused(text: object) -> None:
    with pytest.raises(InputError):
        values.number(text)


@pytest.mark.parametrize(
    ("text", "share"),
    [("35%", 0.35), ("３５％", 0.35), (0.35, 0.35), ("0.35", 0.35), (1, 1), ("3.9e-05", 3.9e-05)],
)
def test_a_share_is_between_nothing_and_all(text: object, share: float) -> None:
    assert values.share(text) == share


@pytest.mark.parametrize("text", [1.004, "35", "-0.1", "101%"])
def test_a_share_beyond_all_is_refused(text: object) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        values.share(text)


def test_a_header_in_percent_reads_35_as_035() -> None:
    assert values.share("35", percent=True) == 0.35


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("是", True), ("√", True), ("NO", False), (0, False), ("不接受", False), (True, True)],
)
def test_yes_and_no(cell: object, expected: bool) -> None:
    assert values.boolean(cell) is expected


def test_an_unknown_word_is_refused_and_the_known_ones_are_named() -> None:
    assert values.choice("供应链", Link, words.LINKS) is Link.SUPPLY
    assert values.choice(" Supply ", Link, words.LINKS) is Link.SUPPLY
    with pytest.raises(InputError) as caught:
        values.choice("锁链", Link, words.LINKS)
    assert "innovation" in caught.value.mend


def test_lists_are_split_at_their_three_separators_but_not_within_brackets() -> None:
    assert values.items("甲;乙；丙、丁") == ("甲", "乙", "丙", "丁")
    assert values.items("ISO 9001（设计、生产）；CE") == ("ISO 9001（设计、生产）", "CE")
    assert values.items("a, b") == ("a, b",)
    assert values.items("甲；；甲") == ("甲",)
    assert values.items(["甲；乙"]) == ("甲；乙",)


@given(st.lists(st.text(alphabet="甲乙a;、 ", min_size=1, max_size=6), max_size=5))
def test_a_json_array_in_a_cell_keeps_its_separators(parts: list[str]) -> None:
    kept = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
    assert values.items(json.dumps(parts)) == kept


@given(
    st.text(alphabet=values.CREDIT_SIGNS, min_size=9, max_size=9),
    st.sampled_from(["330212", "110000", "100000"]),
)
def test_a_credit_code_is_valid_with_exactly_one_check_character(organisation: str, region: str) -> None:
    first = f"91{region}{organisation}"
    valid = []
    for sign in values.CREDIT_SIGNS:
        with suppress(InputError):
            valid.append(values.credit_code(first + sign))
    assert valid == [first + values.credit_check(first)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("91350100M000100Y44", "check character"),
        ("9135010", "18 characters"),
        ("350100000000001", "old registration number"),
        ("91350100M000I00Y43", "except I, O"),
        ("91990100M000100Y43", "region"),
        (9.13502e17, "stored as a number"),
        ("9.13502E+17", "stored as a number"),
    ],
)
def test_a_wrong_credit_code_is_refused_with_its_reason(text: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        values.credit_code(text)


def test_a_credit_code_is_read_through_spaces_tabs_and_width() -> None:
    assert values.credit_code("\t９１350100 M000100Y43\n") == "91350100M000100Y43"


@given(cells)
def test_nothing_but_an_input_error_is_ever_raised(cell: object) -> None:
    for read in (
        values.number,
        values.whole,
        values.share,
        values.money,
        values.boolean,
        values.items,
        values.credit_code,
    ):
        with suppress(InputError):
            read(cell)  # type: ignore[operator]  # the readers differ in what they return

"""Another spelling of the same thing finds the same offering, in both halves; hostile text breaks nothing."""

from __future__ import annotations

import csv
import unicodedata
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.lexical import LexicalIndex
from recommender.catalogue.domain import Need
from recommender.encoder import Encoder, spelled
from recommender.profile import need_texts, need_tokens, need_vector
from recommender.text.glossary import glossary, in_chinese
from recommender.text.normalise import SPELLING, for_search
from recommender.text.substance import substance
from recommender.text.tokens import tokens

OFFERINGS = (
    "轴箱轴承",
    "风电塔筒",
    "110kV电力变压器",
    "φ323.9无缝钢管",
    "DN300球墨铸铁管",
    "GB/T 3098.1高强度螺栓",
    "企业资源计划软件",
    "碳化硅功率器件",
    "304L不锈钢球阀",
    "办公楼物业服务",
)
SPELLINGS = [
    ("軸箱軸承", 0),
    ("轴 箱 轴 承", 0),
    ("轴\u200b箱\u2060轴\ufeff承", 0),
    ("轴箱轴呈", 0),
    ("轴箱承轴", 0),
    ("bearings", 0),
    ("风电", 1),
    ("風電塔筒", 1),
    ("Procurement of Wind Turbine Towers", 1),
    ("１１０ｋＶ電力變壓器", 2),
    ("110千伏变压器", 2),
    ("power transformer, 110 kV", 2),
    ("Ø323.9钢管", 3),
    ("直径 323.9 无缝钢管", 3),
    ("DN 300铸铁管", 4),
    ("公称直径300铸铁管", 4),
    ("GBT3098.1螺栓", 5),
    ("ERP", 6),
    ("ERP系统", 6),
    ("SiC器件", 7),
    ("stainless steel ball valve", 8),
    ("物业", 9),
]
HOSTILE = [
    "\x00",
    "轴\x00承",
    "\ud800轴承\udfff",
    "😀🏭" * 10,
    "\u202e轴承\u202c",
    "轴\u0302承\u0302" + "\u0301" * 1000,
    "钢" * 20_000,
    "a" * 20_000,
    "a " * 10_000,
    "1 " * 10_000,
    "<" * 20_000,
    "&#" * 10_000,
    "gb/t" * 5_000,
    "。，；！…" * 4_000,
    "\u0e33\ufdfa" * 1000,
]


@pytest.fixture(scope="module")
def offered(encoder: Encoder) -> np.ndarray:
    return encoder.encode(OFFERINGS)


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    return LexicalIndex.build([tokens(offering) for offering in OFFERINGS])


@pytest.mark.parametrize(("query", "wanted"), SPELLINGS)
def test_meaning_finds_the_same_offering_first(
    encoder: Encoder, offered: np.ndarray, query: str, wanted: int
) -> None:
    assert int(np.argmax(offered @ encoder.encode([query])[0])) == wanted


@pytest.mark.parametrize(("query", "wanted"), SPELLINGS)
def test_words_find_the_same_offering_first(index: LexicalIndex, query: str, wanted: int) -> None:
    assert index.search(tokens(query), 1)[1].tolist() == [wanted]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("轴 承 采 购", "轴承采购"),
        ("轴\u200b承", "轴承"),
        ("轴\u0302承", "轴承"),
        ("葛\U000e0100洲坝", "葛洲坝"),
        ("名 称：轴 承", "名称：轴承"),
        ("10 kV", "10千伏"),
        ("6.3兆帕", "6.3 MPa"),
        ("20um", "20 微米"),
        ("1000m³", "1000立方米"),
        ("−40℃", "-40摄氏度"),
        ("2*300MW", "2 × 300兆瓦"),
        ("Φ 50", "直径50"),
        ("GBT3098.1", "GB/T 3098.1"),
        ("DL/T645", "dlt 645"),
    ],
)
def test_both_spellings_are_one(one: str, other: str) -> None:
    assert for_search(one) == for_search(other)
    assert tokens(one) == tokens(other)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("钢管 阀门", "钢管 阀门"),
        ("采购 轴 承", "采购 轴承"),
        ("5 mms", "5 mms"),
        ("10千伏安", "10kva"),
        ("千伏开关", "千伏开关"),
        ("addn 300", "addn 300"),
        ("HBT60泵", "hbt60泵"),
        ("a b c", "a b c"),
        ("直径小", "直径小"),
    ],
)
def test_what_only_looks_alike_is_left_alone(text: str, kept: str) -> None:
    assert for_search(text) == kept


@given(st.text())
def test_search_spelling_is_spelled_as_it_is(text: str) -> None:
    once = for_search(text)
    assert once.strip() == once
    assert "\n" not in once


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_width_and_compatibility_are_folded_as_unicode_says(text: str) -> None:
    from recommender.text.normalise import _compatible

    assert _compatible(text) == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:6]))
def test_hostile_text_gives_a_vector_or_nothing(encoder: Encoder, text: str) -> None:
    vector = encoder.encode([text])[0]
    assert np.isfinite(vector).all()
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5) or not vector.any()
    assert all(token.strip() for token in tokens(text))


def test_a_typo_keeps_most_of_the_meaning(encoder: Encoder) -> None:
    right, wrong = encoder.encode(["动车组轴箱轴承采购", "动车组轴箱轴呈采购"])
    assert right @ wrong > 0.6


def test_each_term_of_the_glossary_stands_once_and_has_a_name() -> None:
    with files("recommender.text").joinpath("glossary.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(glossary()) == len(rows)
    assert all(row["term"].strip() and row["chinese"].strip() for row in rows)
    assert all(len(row["term"]) > 1 and row["term"].isascii() for row in rows)
    assert all(for_search(row["chinese"]) == row["chinese"].lower() for row in rows)


@pytest.mark.parametrize(
    ("text", "asked", "read"),
    [
        ("erp系统", "erp 企业资源计划系统", "erp 企业资源计划系统"),
        ("steel pipes", "steel pipes 钢管", "钢管"),
        ("pumps and valves", "pumps 泵 and valves 阀门", "泵 阀门"),
        ("heat-exchanger", "heat-exchanger 换热器", "换热器"),
        ("lithium batteries", "lithium batteries 锂电池", "锂电池"),
        ("五轴cnc机床", "五轴cnc 数控机床", "五轴cnc 数控机床"),
        ("sic-mosfet", "sic 碳化硅 mosfet 场效应晶体管", "sic 碳化硅 mosfet 场效应晶体管"),
        ("basic", "basic", "basic"),
        ("2sic", "2sic", "2sic"),
        ("qled3", "qled3", "qled3"),
    ],
)
def test_latin_terms_bring_their_chinese(text: str, asked: str, read: str) -> None:
    assert in_chinese(text) == asked
    assert in_chinese(text, instead=True) == read


def test_a_plain_chinese_text_is_read_as_it_stands() -> None:
    assert spelled("动车组轴箱轴承采购") == "动车组轴箱轴承采购"


TERMS = "投标人须具有独立承担民事责任的能力。保证金于截止时间前递交。请自行承担参加本次活动的一切费用。"


def test_the_one_sentence_that_matters_is_found_in_the_middle_of_a_long_notice(
    encoder: Encoder, offered: np.ndarray, index: LexicalIndex
) -> None:
    text = TERMS * 200 + "采购轴箱轴承一批。" + TERMS * 200
    need = Need("long", "采购公告", description=text)
    assert 18_000 < len(text) < 20_000
    assert int(np.argmax(offered @ need_vector(*encoder.encode(need_texts(need))))) == 0
    assert index.search(need_tokens(need), 1)[1].tolist() == [0]


def test_a_long_text_of_nothing_but_terms_is_not_emptied() -> None:
    assert substance(TERMS * 30) == "请自行承担参加本次活动的一切费用。"
    assert substance("保证金不予退还。" * 200) == "保证金不予退还。"
    assert substance("保 證 金不予退還；\n" * 200) == "保 證 金不予退還；"


def test_a_short_text_is_left_as_it_is() -> None:
    assert substance(TERMS + TERMS) == TERMS + TERMS


def test_the_number_of_the_spelling_is_raised_with_it() -> None:
    """Where this fails, raise SPELLING and write down what the new spelling makes of the text."""
    text = "後臺ＥＲＰ軟體<br/>　１２㎜ 10 千伏 轴 承 公称直径300 2*300MW GBT3098.1 Φ50 −40℃"
    made = "后台erp软体 12mm 10kv 轴承 dn300 2×300mw gb/t 3098.1 φ50 -40°c"
    assert (SPELLING, for_search(text)) == (2, made)

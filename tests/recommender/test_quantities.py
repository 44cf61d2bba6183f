import math
from itertools import permutations

import pytest
from pint import UnitRegistry

from recommender.requirements.fold import fold
from recommender.requirements.quantities import Measure, measures, stated, suffices
from recommender.requirements.units import DIMENSIONS, unit_of


def measure(text: str) -> Measure:
    (found,) = stated(text)
    return found.measure


@pytest.mark.parametrize(
    ("text", "relation", "low", "high", "unit"),
    [
        ("耐压≥6.3MPa", ">=", 6.3, math.inf, "MPa"),
        ("耐压不低于6300 kPa", ">=", 6.3, math.inf, "MPa"),
        ("耐压63bar以上", ">=", 6.3, math.inf, "MPa"),
        ("同轴度±0.01mm", "±", -0.01, 0.01, "mm"),
        ("翘曲不超30μm", "<=", -math.inf, 0.03, "mm"),
        ("高0.21米内", "<=", -math.inf, 210, "mm"),
        ("工作温度－40～＋85℃", "~", -40, 85, "℃"),
        ("80℃至120℃", "~", 80, 120, "℃"),
        ("−54℃不脆裂", "=", -54, -54, "℃"),
        ("5N高纯铝", ">=", 99.999, math.inf, "%"),
        ("4N5级", ">=", 99.995, math.inf, "%"),
        ("DN300球阀", "=", 300, 300, "DN"),
        ("Φ80mm", "=", 80, 80, "mm"),
        ("10kV电缆", "=", 10_000, 10_000, "V"),
        ("1,200公斤", "=", 1200, 1200, "kg"),
        ("1.2万吨", "=", 1.2e7, 1.2e7, "kg"),
        ("热导率180W/m·K", "=", 180, 180, "W/(m·K)"),
        ("磨耗率低于0.7mm/万公里", "<=", -math.inf, 0.7, "mm/万公里"),
        ("通量2kg/(m2·s)", "=", 2, 2, "kg/m**2/s"),
        ("制氧量25000Nm3/h", "=", 25_000, 25_000, "Nm³/h"),
        ("供气2Nm³/min", "=", 120, 120, "Nm³/h"),
        ("扭矩300Nm", "=", 300, 300, "N·m"),
    ],
)
def test_a_quantity_is_read_in_one_unit(text, relation, low, high, unit):
    found = measure(text)
    assert (found.relation, found.unit) == (relation, unit)
    assert (found.low, found.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    "text",
    ["桩号K3+946.69m", "ZC-YJV22-8.7/15KV-3×300", "M8-40mm", "成本≤2000元", "GB/T 3098.1", "5G天线", "3台"],
)
def test_codes_money_and_counts_are_no_measures(text):
    assert stated(text) == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("要求透光率大于76%", "透光率"),
        ("拉伸强度平均值不低于5650MPa", "拉伸强度"),
        ("规格130mm，屈服不小于420MPa", "屈服"),
        ("≥6.3MPa", ""),
    ],
)
def test_the_words_before_a_number_name_its_property(text, named):
    assert stated(text)[-1].measure.named == named


def test_a_measure_stands_where_its_words_stand():
    text = "蝶阀，公称压力ＰＮ１６，耐压≥６．３ＭＰａ，防护ＩＰ６７"
    assert [text[found.start : found.end] for found in stated(text)] == [
        "ＰＮ１６",
        "ＩＰ６７",
        "≥６．３ＭＰａ",
    ]
    assert [str(found.measure) for found in stated(text)] == ["PN16", "IP67", "耐压 ≥ 6.3 MPa"]


@pytest.mark.parametrize(
    ("offered", "asked", "verdict"),
    [
        ("8MPa", "≥6.3MPa", True),
        ("60bar", "≥6.3MPa", False),
        ("≥8MPa", "≥6.3MPa", True),
        ("≥5MPa", "≥6.3MPa", None),
        ("≤5MPa", "≥6.3MPa", False),
        ("1~10MPa", "≥6.3MPa", None),
        ("45dB", "≤50dB", True),
        ("≤60dB", "≤50dB", None),
        ("-40~85℃", "-20~60℃", True),
        ("0~85℃", "-20~60℃", False),
        ("25℃", "-20~60℃", None),
        ("±0.005mm", "±0.01mm", True),
        ("±0.02mm", "±0.01mm", False),
        ("0.01mm", "±0.01mm", None),
        ("IP68", "IP67", True),
        ("IP65", "IP67", False),
        ("12V", "12V", True),
        ("24V", "12V", None),
        ("9~36V", "12V", True),
    ],
)
def test_what_is_offered_suffices_falls_short_or_leaves_it_open(offered, asked, verdict):
    assert suffices(measure(offered), measure(asked)) is verdict


def test_every_factor_of_the_table_is_that_of_pint():
    pint = UnitRegistry()
    checked = 0
    for dimension in DIMENSIONS:
        if dimension.pint in ("-", "dB"):
            continue
        for unit, factor in dimension.spellings.values():
            if unit == "degC" or factor == pytest.approx(2000 / 3, rel=1e-9):  # 亩 is 2000/3 m²
                continue
            if dimension.name == "area rate" and factor == pytest.approx(1 / 15):
                continue
            assert pint.parse_expression(unit).to(dimension.pint).magnitude == pytest.approx(factor), unit
            checked += 1
    assert checked > 150


def test_a_compound_is_what_pint_makes_of_its_parts():
    pint = UnitRegistry()
    parts = {
        spelling: pint.parse_expression(unit)
        for dimension in DIMENSIONS
        if dimension.base is not None
        for spelling, (unit, _) in dimension.spellings.items()
        if spelling.isascii() and spelling.isalpha() and len(spelling) < 3
    }
    for (above, whole), (below, part) in permutations(parts.items(), 2):
        found, told = unit_of(f"{above}/({below}2·K)"), (whole / part**2 / pint.K).to_base_units()
        assert found is not None
        assert found.dimension == f"{told.units:~C}"
        assert found.factor == pytest.approx(told.magnitude, rel=1e-12)
    assert len(parts) > 50


def test_a_compound_is_resolved_only_where_its_parts_are_units():
    found = unit_of("kg/(m2·h)")
    assert found is not None
    assert found.of(3600) == pytest.approx(1)
    assert unit_of("℃/m") is None
    assert unit_of("xyz/m") is None


def test_folding_keeps_every_character_in_its_place():
    text = "須通過ＩＳＯ９００１，㎡㏑Ⅳ ①ﬁ🙂\ud800"
    assert len(fold(text)) == len(text)
    assert fold("須通過ＩＳＯ９００１") == "须通过ISO9001"
    assert list(measures(fold("㎡"))) == []

"""The generator's parts, on cases small enough to check by hand."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from recommender.catalogue.domain import Enterprise, Need, Size, Tier
from recommender.sample.chains import load_chains
from recommender.sample.figures import draw_figures, size_class
from recommender.sample.kinship import Kinship
from recommender.sample.names import Namer, city, contact, credit_code
from recommender.sample.needs import stated_quantity
from recommender.sample.offerings import plain_number
from recommender.sample.outcomes import Appeal, admitted, nearness
from recommender.sample.phrases import Deck, draw, fill, required, significant


def test_a_slot_is_drawn_once_a_sentence_and_keeps_its_decimals() -> None:
    text = fill("{d:1.0-9.5:0.5}与{d:1.0-9.5:0.5}", {}, Random(3))
    first, second = text.split("与")
    assert first == second
    assert len(first.partition(".")[2]) == 1


def test_a_number_stays_within_its_bounds() -> None:
    rng = Random(5)
    numbers = {float(draw("-40", "-25", "5", rng)) for _ in range(200)}
    assert numbers == {-40.0, -35.0, -30.0, -25.0}


def test_named_slots_are_those_without_a_range() -> None:
    assert required("{city}有{n:1-3:1}条线") == {"city"}


def test_a_deck_deals_all_its_templates_before_any_again() -> None:
    deck = Deck(["甲", "乙", "丙", "丁{x}"], Random(1))
    assert sorted(deck.deal({}) for _ in range(6)) == ["丙", "丙", "乙", "乙", "甲", "甲"]
    assert deck.deal({"x": "1"}) in {"丁1", "甲", "乙", "丙"}


def test_a_deck_that_cannot_be_filled_deals_nothing() -> None:
    assert Deck(["{absent}"], Random(1)).deal({}) == ""


@pytest.mark.parametrize(("number", "text"), [(320.0, "320"), (50000.0, "5万"), (192000000.0, "1.92亿")])
def test_numbers_are_written_as_people_do(number: float, text: str) -> None:
    assert plain_number(number) == text
    assert significant(128734.0) == 130000.0


def test_a_credit_code_has_the_check_character_of_the_standard() -> None:
    symbols = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    for number in (1, 77, 1200):
        code = credit_code("430200", number)
        total = sum(3**place % 31 * symbols.index(symbol) for place, symbol in enumerate(code[:17]))
        assert (total + symbols.index(code[17])) % 31 == 0
        assert code[8:10] == "YB"  # a series that is never allotted


def test_names_are_unique_and_marked_as_fictional() -> None:
    namer = Namer(Random(2))
    names = [namer.name("430200", ["轴承有限公司"])[0] for _ in range(300)]
    assert len(set(names)) == 300
    assert all(name.startswith("株洲") and name.endswith("（示例）") for name in names)
    assert namer.name("430200", ["轴承有限公司"])[1].endswith("轴承")


def test_a_contact_can_reach_nobody() -> None:
    assert contact(7, Random(1)).endswith("010-0000-0007 contact0007@example.com")
    assert city("310000") == "上海"


@pytest.mark.parametrize(
    ("industry", "heads", "revenue", "size"),
    [
        ("3714", 1000, 4e8, Size.LARGE),
        ("3714", 1000, 3.9e8, Size.MEDIUM),
        ("3714", 299, 9e8, Size.SMALL),
        ("3714", 19, 9e8, Size.MICRO),
        ("6513", 300, 1e8, Size.LARGE),
        ("7452", 100, 1e6, Size.MEDIUM),
        ("0190", 5, 6e6, Size.MEDIUM),
        ("5112", 20, 5e7, Size.MEDIUM),
    ],
)
def test_size_follows_the_2017_rules(industry: str, heads: int, revenue: float, size: Size) -> None:
    assert size_class(industry, heads, revenue) is size


def test_figures_of_a_firm_fit_together() -> None:
    rng = Random(9)
    for _ in range(400):
        f = draw_figures("3714", (5, 3000), (50, 130), rng.gauss(0, 1), date(2026, 6, 1), rng)
        assert f.size is size_class("3714", f.employees, f.revenue)
        assert f.registered_capital < f.revenue
        assert f.founded < date(2026, 6, 1)
        assert all(35 <= mark <= 99 for mark in f.marks)
        if f.tier is Tier.LITTLE_GIANT:
            assert f.revenue >= 5e7
            assert f.size in (Size.SMALL, Size.MEDIUM)
        if f.size is Size.LARGE:
            assert f.tier in (Tier.NONE, Tier.CHAMPION)


def test_a_need_takes_the_quantity_that_its_text_states() -> None:
    node = load_chains()["rail"].node("动车组轴箱轴承")  # 200–4,000 套
    assert node is not None
    assert stated_quantity("年用600套，温升不超过40K", node) == 600
    assert stated_quantity("备件2套", node) is None
    assert stated_quantity("轴重17吨", node) is None


def test_kinship_knows_the_same_thing_its_substitutes_and_the_rest() -> None:
    kinship = Kinship(load_chains())
    assert kinship.match("rail:轮对", "rail:轮对") == 1.0
    assert kinship.match("chemical:电子级氢氟酸", "semiconductor:电子级氢氟酸") == 1.0
    assert kinship.match("rail:粉末冶金闸片", "rail:合成闸片") == 0.5
    assert kinship.match("rail:轮对", "seed:番茄种子") == 0.0


def test_every_term_of_the_preference_model_pulls_its_way() -> None:
    base = Appeal(match=0.5, certified=0.5, unmet=0.0, near=0.4, tier=1.0, capacity=0.5, assessed=0.0)
    better = Appeal(match=1.0, certified=1.0, unmet=0.0, near=1.0, tier=4.0, capacity=1.0, assessed=1.0)
    worse = Appeal(match=0.5, certified=0.5, unmet=1.0, near=0.4, tier=1.0, capacity=0.5, assessed=0.0)
    assert worse.log_odds < base.log_odds < better.log_odds
    assert better.log_odds == pytest.approx(-2.6 + 3.2 + 1.0 + 0.5 + 0.6 + 0.6 + 0.7)


def test_tiers_and_reservations_decide_who_may_take_part() -> None:
    small = Enterprise("e", "某", size=Size.SMALL, tier=Tier.SPECIALIZED)
    large = Enterprise("f", "某", size=Size.LARGE, tier=Tier.NONE)
    assert admitted(Need("n", "t", reserved_for="sme"), small)
    assert not admitted(Need("n", "t", reserved_for="small_micro"), large)
    assert not admitted(Need("n", "t", required_tiers=(Tier.LITTLE_GIANT,)), small)


def test_nearness_falls_with_distance() -> None:
    assert [nearness("430200", to) for to in ("430200", "430100", "420100", "110000")] == [1.0, 0.7, 0.4, 0.0]

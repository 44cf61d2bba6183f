"""Figures of a fictional enterprise that fit together: heads, revenue, size class, tier, age, marks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from recommender.catalogue.domain import Certification, Size, Tier
from recommender.sample.phrases import significant

# 统计上大中小微型企业划分办法 (2017): lower bounds of large, medium and small, as (heads, revenue in 10,000
# yuan); a class needs all of its bounds. Rules for building, leasing and real estate, which count assets,
# are left out: the sample falls back on heads there.
_INDUSTRY = ((1000, 40000), (300, 2000), (20, 300))
_RULES: tuple[tuple[tuple[str, ...], tuple[tuple[float, float], ...]], ...] = (
    (("01", "02", "03", "04", "05"), ((0, 20000), (0, 500), (0, 50))),
    (("51",), ((200, 40000), (20, 5000), (5, 1000))),
    (("53", "54", "55", "56", "57", "58"), ((1000, 30000), (300, 3000), (20, 200))),
    (("59",), ((200, 30000), (100, 1000), (20, 100))),
    (("63", "64"), ((2000, 100000), (100, 1000), (10, 100))),
    (("65",), ((300, 10000), (100, 1000), (10, 50))),
    (("66", "67", "68", "69", "7", "8"), ((300, 0), (100, 0), (10, 0))),
)
_RATINGS = ("BB", "BBB", "BBB+", "A", "A", "A+", "AA-", "AA", "AA+", "AAA")


def size_class(industry: str, employees: int, revenue: float) -> Size:
    """The size class by the 2017 rules; *revenue* in yuan.

    >>> size_class("3714", 320, 18_000_000.0)   # enough heads for medium, too little revenue
    <Size.SMALL: 'small'>
    """
    bounds = next((rule for starts, rule in _RULES if industry.startswith(starts)), _INDUSTRY)
    for size, (heads, money) in zip((Size.LARGE, Size.MEDIUM, Size.SMALL), bounds, strict=True):
        if employees >= heads and revenue >= money * 10_000:
            return size
    return Size.MICRO


@dataclass(frozen=True, slots=True)
class Figures:
    size: Size
    tier: Tier
    employees: int
    revenue: float
    registered_capital: float
    founded: date
    ownership: str
    credit_rating: str
    marks: tuple[float, float, float, float, float]  # technology, quality, delivery, cost, response


def draw_figures(
    industry: str,
    staff: tuple[float, float],
    output: tuple[float, float],
    merit: float,
    as_of: date,
    rng: Random,
    *,
    buyer: bool = False,
    tiered: bool = True,
) -> Figures:
    """Figures for *staff* heads and *output* (10,000 yuan a head) ranges; *merit* is about -2 … 2.

    Tiers follow the gates of 优质中小企业梯度培育管理暂行办法 (2022) in outline: specialised SMEs have two
    years and 10 million yuan, little giants three years and 50 million; only SMEs have tiers, but a
    champion (单项冠军) may be large.
    """
    employees = max(2, round(math.exp(rng.uniform(math.log(staff[0]), math.log(staff[1])))))
    revenue = significant(employees * rng.uniform(*output) * 10_000 * math.exp(rng.gauss(0, 0.12)), 3)
    size = size_class(industry, employees, revenue)
    age_years = min(38.0, max(0.6, rng.gauss(9, 4.5) + (5 if size in (Size.LARGE, Size.MEDIUM) else 0)))
    if buyer:
        age_years = rng.uniform(12, 60)
    founded = as_of - timedelta(days=round(age_years * 365.25))
    capital = revenue * rng.uniform(0.05, 0.32)
    steps = (1e5, 3e5, 5e5, 1e6, 2e6, 3e6, 5e6, 8e6, 1e7, 2e7, 3e7, 5e7, 8e7, 1e8, 2e8, 3e8, 5e8)
    capital = min(steps, key=lambda s: abs(math.log(s / capital))) if capital < 6e8 else significant(capital)
    return Figures(
        size=size,
        tier=_tier(size, revenue, age_years, merit, rng) if tiered else Tier.NONE,
        employees=employees,
        revenue=revenue,
        registered_capital=capital,
        founded=founded,
        ownership=_ownership(size, buyer, rng),
        credit_rating=_rating(size, merit, rng),
        marks=_marks(merit, size, rng),
    )


def _tier(size: Size, revenue: float, age: float, merit: float, rng: Random) -> Tier:
    luck = merit + rng.gauss(0, 0.7)
    if size is Size.LARGE:
        return Tier.CHAMPION if luck > 0.9 and age >= 10 else Tier.NONE
    if luck > 1.5 and revenue >= 4e8 and age >= 10:
        return Tier.CHAMPION
    if luck > 0.7 and revenue >= 5e7 and age >= 3 and size is not Size.MICRO:
        return Tier.LITTLE_GIANT
    if luck > 0.0 and revenue >= 1e7 and age >= 2 and size is not Size.MICRO:
        return Tier.SPECIALIZED
    return Tier.INNOVATIVE if luck > -0.3 and age >= 1 else Tier.NONE


def _ownership(size: Size, buyer: bool, rng: Random) -> str:
    if buyer:
        return rng.choice(
            ["中央企业", "中央企业", "地方国有企业", "地方国有企业", "混合所有制企业", "民营企业"]
        )
    if size in (Size.LARGE, Size.MEDIUM):
        return rng.choices(["民营企业", "地方国有企业", "混合所有制企业", "外商投资企业"], [60, 16, 12, 12])[
            0
        ]
    return rng.choices(["民营企业", "外商投资企业", "混合所有制企业", "地方国有企业"], [88, 5, 4, 3])[0]


def _rating(size: Size, merit: float, rng: Random) -> str:
    level = 4 + 1.6 * merit + {Size.LARGE: 2.5, Size.MEDIUM: 1, Size.SMALL: 0, Size.MICRO: -1}[size]
    return _RATINGS[min(len(_RATINGS) - 1, max(0, round(level + rng.gauss(0, 0.8))))]


def _marks(merit: float, size: Size, rng: Random) -> tuple[float, float, float, float, float]:
    """Large firms deliver and invent better, small ones answer faster and cost less."""
    bulk = {Size.LARGE: 1.0, Size.MEDIUM: 0.4, Size.SMALL: -0.2, Size.MICRO: -0.7}[size]

    def mark(weight: float, lean: float) -> float:
        return round(min(99.0, max(35.0, 74 + weight * merit + lean * bulk + rng.gauss(0, 5))), 1)

    return mark(8, 3), mark(8, 2), mark(5, 3), mark(2, -4), mark(4, -4)


def draw_certificates(
    common: tuple[str, ...], own: tuple[str, ...], merit: float, as_of: date, rng: Random
) -> tuple[Certification, ...]:
    """Certificates of a firm: those *common* in its trade (first frequent, last rare) and its products'.

    Some 6 % have expired on *as_of*, some 8 % expire within ninety days, some 7 % state no expiry.
    """
    found: dict[str, Certification] = {}
    chance = 0.93
    for names, fall in ((common, 0.72), (own, 1.0)):
        chance = 0.93 if names is common else 0.6
        for name in names:
            if rng.random() < chance * (1 + 0.12 * merit) and name not in found:
                found[name] = Certification(name, _expiry(as_of, rng))
            chance *= fall
    return tuple(found.values())


def _expiry(as_of: date, rng: Random) -> date | None:
    draw = rng.random()
    if draw < 0.07:
        return None
    if draw < 0.13:
        return as_of - timedelta(days=rng.randint(5, 260))
    if draw < 0.21:
        return as_of + timedelta(days=rng.randint(3, 90))
    return as_of + timedelta(days=rng.randint(91, 1080))

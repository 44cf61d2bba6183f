"""The enterprises of the generated catalogue, without what they offer."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random

import recommender.intake
from recommender.catalogue.domain import Enterprise
from recommender.sample.chains import load_chains
from recommender.sample.figures import draw_certificates, draw_figures
from recommender.sample.names import city, credit_code, words
from recommender.sample.offerings import TIER_NAMES
from recommender.sample.phrases import pools
from tests.benchmarks.catalogues.templates import Template, compiled, say
from tests.benchmarks.catalogues.vocabulary import Head, Vocabulary

BUYER_EVERY = 50  # one enterprise in fifty is a large buyer
_REGIONS = Path(recommender.intake.__file__).parent / "codes" / "regions.csv"
_STAFF = ((4.0, 19.0), (22.0, 290.0), (305.0, 980.0), (1050.0, 4200.0))
_SPREAD = (0.22, 0.78, 0.96, 1.0)  # running shares of micro, small, medium, large
_COMMON = ("ISO 9001", "ISO 14001", "ISO 45001", "高新技术企业", "IATF 16949", "CNAS")
_GROUPS = ("equipment", "people", "market", "honour", "closing")


class Firms:
    """Draws firms one after another; the n-th is the same however many follow."""

    def __init__(self, words: Vocabulary, as_of: date, rng: Random) -> None:
        self._words = words
        self._as_of = as_of
        self._rng = rng
        self._number = 0

    def next(self) -> tuple[Enterprise, int]:
        """The next firm and the number of its home product."""
        rng = self._rng
        self._number += 1
        buyer = self._number % BUYER_EVERY == 0
        home = self._words.draw(rng)
        head = self._words.heads[home]
        region = _draw_region(rng)
        dice = rng.random()
        staff = (2600.0, 26000.0) if buyer else _STAFF[next(i for i, s in enumerate(_SPREAD) if dice < s)]
        merit = rng.uniform(0.3, 1.8) if buyer else max(-2.0, min(2.2, rng.gauss(0, 0.9)))
        figures = draw_figures(
            head.industry, staff, (48.0, 160.0), merit, self._as_of, rng, buyer=buyer, tiered=not buyer
        )
        name, short_name = self._name(region, head, buyer=buyer)
        technology, quality, delivery, cost, response = figures.marks
        judged = rng.random() < 0.7
        code = credit_code(region, self._number)
        others = {self._words.heads[other].chain for other in head.near[:3]} - {head.chain}
        draft = Enterprise(
            enterprise_id=code,
            credit_code=code,
            name=name,
            short_name=short_name,
            size=figures.size,
            tier=figures.tier,
            ownership=figures.ownership,
            region=region,
            industry=head.industry,
            industry_chains=(head.chain, *sorted(others)[: int(rng.random() < 0.3)]),
            certifications=draw_certificates(_COMMON, head.node.certificates, merit, self._as_of, rng),
            tags=tuple(dict.fromkeys((head.name, *rng.sample(head.words, k=rng.randint(0, 3))))),
            employees=figures.employees,
            revenue=figures.revenue,
            registered_capital=figures.registered_capital,
            founded=figures.founded,
            credit_rating=figures.credit_rating,
            technology=technology if judged else None,
            quality=quality if judged else None,
            delivery=delivery if judged else None,
            cost=cost if judged else None,
            response=response if judged else None,
        )
        return replace(draft, description=self._description(draft, head, buyer=buyer)), home

    def _name(self, region: str, head: Head, *, buyer: bool) -> tuple[str, str]:
        """Full and short name. Given names are few, so that firms share them, as they do."""
        rng, source = self._rng, words()
        given = rng.choice(source.first) + rng.choice(source.second)
        while given in source.avoid:
            given = rng.choice(source.first) + rng.choice(source.second)
        if rng.random() < 0.35:
            given += rng.choice(source.second)
        trade = head.words[int(rng.random() ** 2 * len(head.words))] if rng.random() < 0.6 else head.name[-2:]
        form = "集团有限公司" if buyer else rng.choice(source.forms)
        return f"{city(region)}{given}{trade}{form}{source.mark}", f"{given}{trade}"

    def _description(self, firm: Enterprise, head: Head, *, buyer: bool) -> str:
        rng = self._rng
        if rng.random() < 0.25:
            return ""
        near = self._words.heads[rng.choice(head.near)]
        values = {
            "city": city(firm.region),
            "chain": head.chain,
            "year": str((firm.founded or self._as_of).year),
            "age": str(max(1, self._as_of.year - (firm.founded or self._as_of).year)),
            "employees": str(firm.employees),
            "short": firm.short_name,
            "rating": firm.credit_rating,
            "product": f"{rng.choice(head.words)}{head.name}",
            "product2": near.name,
            "trade": head.name,
            "used_in": rng.choice(head.words),
            "process": rng.choice(head.words),
            "process2": rng.choice(near.words),
        }
        if firm.certifications:
            values["certificate"] = rng.choice(firm.certifications).name
        if firm.tier in TIER_NAMES:
            values["tier"] = TIER_NAMES[firm.tier]
        groups = ["buyer", "buyer_more"] if buyer else ["opening", *rng.sample(_GROUPS, k=rng.randint(1, 3))]
        return "".join(say(_voices()[group], values, rng) for group in groups)


@cache
def _voices() -> dict[str, tuple[Template, ...]]:
    return {name: compiled(texts) for name, texts in pools()["enterprise"].items()}


@cache
def _cities() -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Where firms are: the sample's industrial cities first and most, then the other prefectures."""
    first = [*words().elsewhere, *(code for chain in load_chains().values() for code in chain.clusters)]
    with _REGIONS.open(encoding="utf-8") as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    rest = [c for c in codes if c.endswith("00") and not c.endswith("0000") and c[2:4] != "90"]
    cities = tuple(dict.fromkeys([*first, *rest]))
    return cities, tuple(accumulate((rank + 8) ** -0.8 for rank in range(len(cities))))


def _draw_region(rng: Random) -> str:
    cities, shares = _cities()
    return rng.choices(cities, cum_weights=shares)[0]

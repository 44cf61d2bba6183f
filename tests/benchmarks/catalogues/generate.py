"""A catalogue of so many offerings, record by record."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from recommender.catalogue.domain import Edge, Enterprise, Need, Offering, Outcome
from tests.benchmarks.catalogues.chains import edges
from tests.benchmarks.catalogues.firms import BUYER_EVERY, Firms
from tests.benchmarks.catalogues.needs import Needs, outcomes
from tests.benchmarks.catalogues.offers import Offers
from tests.benchmarks.catalogues.vocabulary import vocabulary

SEED = 20261101
# Offerings a firm: exp of a normal, rounded; mean 10, median 7, one firm in a hundred has over fifty.
_MIDDLE, _SPREAD, _MOST = 1.93, 0.85, 150
_LEAST_NEEDS, _NEEDS_SHARE = 500, 0.01
_MOST_EDGES = 80_000
_MAKERS = 24  # so many makers of a product are remembered for its outcomes

Record = Enterprise | Offering | Need | Outcome | Edge


@dataclass(frozen=True, slots=True)
class Economy:
    """Which catalogue: the same three give the same records, another day moves dates alone.

    A smaller one is the beginning of a larger: firms and offerings come in the same order.
    """

    offerings: int
    as_of: date
    seed: int = SEED


def generate(economy: Economy) -> Iterator[Record]:
    """All records, those that others refer to first: each enterprise with its offerings, needs, outcomes,
    edges. Nothing is held but the buyers, the needs and a few makers of each product."""

    def stream(stage: str) -> Random:
        return Random(f"{economy.seed}:{stage}")

    words, as_of = vocabulary(), economy.as_of
    firms = Firms(words, as_of, stream("firms"))
    offers = Offers(words, as_of, stream("offers"))
    counts = stream("counts")
    buyers: list[Enterprise] = []
    makers: defaultdict[int, list[str]] = defaultdict(list)
    left, number = economy.offerings, 0
    while left:
        firm, home = firms.next()
        number += 1
        yield firm
        if number % BUYER_EVERY == 0:
            buyers.append(firm)
        count = min(_MOST, max(1, math.floor(math.exp(counts.gauss(_MIDDLE, _SPREAD)) + 0.5)))
        # written in full though the last firm of a small catalogue keeps some: the stream must not shift
        for offering, head in offers.of(firm, home, count)[:left]:
            yield offering
            left -= 1
            if head >= 0 and len(makers[head]) < _MAKERS:
                makers[head].append(firm.enterprise_id)
    chance = stream("needs")
    desk = Needs(words, as_of, chance)
    written = []
    for _ in range(max(_LEAST_NEEDS, round(number * _NEEDS_SHARE)) if buyers else 0):
        need = desk.next(chance.choice(buyers))
        written.append(need)
        yield need[0]
    yield from outcomes(written, makers, words, stream("outcomes"))
    yield from edges(words, min(_MOST_EDGES, economy.offerings), stream("edges"))

"""What the large buyers need, on all seven links."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from recommender.catalogue.domain import Link, Need, NeedStatus, Tier, Visibility
from recommender.sample.chains import Chain, Node
from recommender.sample.enterprises import Firm
from recommender.sample.kinship import Kinship
from recommender.sample.links import Provider
from recommender.sample.names import city
from recommender.sample.notices import Notices
from recommender.sample.offerings import plain_number
from recommender.sample.phrases import Deck, decks, fill, significant

NEEDS = 300
SUPPLY = 200  # of them; the others are spread over the six other links
CROSS_CHAIN_SHARE = 0.12  # of the supply needs ask for a product of another chain than the buyer's


@dataclass(frozen=True, slots=True)
class Want:
    """A need and the topic it is about."""

    need: Need
    topic: str


class Desk:
    """Writes the needs of all buyers."""

    def __init__(
        self,
        chains: Mapping[str, Chain],
        providers: Sequence[Provider],
        buyers: Sequence[Firm],
        kinship: Kinship,
        as_of: date,
        rng: Random,
    ) -> None:
        self._chains = chains
        self._providers = providers
        self._buyers = {key: [f for f in buyers if f.chain.key == key] for key in chains}
        self._kinship = kinship
        self._as_of = as_of
        self._rng = rng
        self._voices = decks("need", rng)
        self._notices = Notices(rng)
        self._wants: dict[str, Deck] = {}
        self._titles: set[str] = set()
        self._written: list[Want] = []

    def write(self) -> list[Want]:
        """All needs; the chains take turns, and so do the kinds of provider."""
        pools = {
            key: self._rng.sample(chain.nodes, k=len(chain.nodes)) for key, chain in self._chains.items()
        }
        keys = list(self._chains)
        for number in range(SUPPLY if self._providers else NEEDS):
            key = keys[number % len(keys)]
            node = pools[key].pop()
            if not pools[key]:
                pools[key] = self._rng.sample(self._chains[key].nodes, k=len(self._chains[key].nodes))
            buyer_key = key
            other = self._kinship.far(node, self._rng) if self._rng.random() < CROSS_CHAIN_SHARE else None
            if other is not None:
                buyer_key = other.chain
            self._supply(node, self._rng.choice(self._buyers[buyer_key]))
        kinds = self._rng.sample(self._providers, k=len(self._providers))
        for number in range(NEEDS - len(self._written)):
            buyer = self._rng.choice(self._buyers[keys[number % len(keys)]])
            self._service(kinds[number % len(kinds)], buyer)
        return self._written

    def _supply(self, node: Node, buyer: Firm) -> None:
        rng = self._rng
        low, high = node.quantity
        quantity = max(low, float(round(significant(low * (high / low) ** rng.random()))))
        body = self._deck(node.topic, node.wants).deal({})
        quantity = stated_quantity(body, node) or quantity
        budget = significant(quantity * rng.uniform(*node.price) * rng.uniform(0.95, 1.2), 3)
        pay = rng.choice([30, 30, 45, 60, 60, 60, 60, 90])
        name = rng.choice([node.name, node.name, *node.also])
        values = self._values(buyer) | {
            "name": name,
            "quantity": f"{plain_number(quantity)}{node.unit}",
            "unit": node.unit,
            "budget": f"{plain_number(budget)}元",
            "pay": str(pay),
        }
        if node.used_in:
            values["used_in"] = rng.choice(node.used_in).rpartition(":")[2]
        if node.processes:
            values["process"] = rng.choice(node.processes)
        sentences = [body if body.endswith("。") else f"{body}。"]
        if rng.random() < 0.35:
            sentences[0] = self._voices["background"].deal(values) + sentences[0]
        groups = rng.sample(["delivery", "acceptance", "commercial"], k=rng.choice([1, 1, 2, 2, 3]))
        sentences += [self._voices[group].deal(values) for group in groups]
        asked = self._asked(self._chains[node.chain], node)
        tiers = rng.choice(_TIER_SETS) if rng.random() < 0.14 else ()
        reserved = rng.choice(["sme", "sme", "small_micro"]) if budget < 2e7 and rng.random() < 0.28 else ""
        consortium = rng.choice([True, False, False]) if rng.random() < 0.6 else None
        self._add(
            buyer,
            node.topic,
            title=self._title(values),
            description="".join(sentences),
            qualification=self._notices.qualification(
                values, certificates=asked, tiers=tiers, reserved=reserved, consortium=consortium
            ),
            link=Link.SUPPLY,
            # now and then only the text says what must be brought
            certificates=asked if rng.random() < 0.85 else (),
            tiers=tiers,
            quantity=quantity,
            unit=node.unit,
            budget=budget if rng.random() < 0.85 else None,
            pay=pay,
            reserved=reserved,
            consortium=consortium,
        )

    def _service(self, provider: Provider, buyer: Firm) -> None:
        rng = self._rng
        node = rng.choice([node for node in buyer.chain.nodes if not node.service])
        values = self._values(buyer) | {"product": node.name, "name": provider.kind}
        budget = significant(provider.price[0] * (provider.price[1] / provider.price[0]) ** rng.random())
        asked = (
            tuple(rng.sample(provider.certificates, k=1))
            if provider.certificates and rng.random() < 0.6
            else ()
        )
        body = self._deck(provider.topic, provider.wants).deal(values)
        title = fill(rng.choice(provider.want_titles), values, rng)
        if title in self._titles:
            title = f"{buyer.enterprise.short_name}{title}"
        tiers: tuple[Tier, ...] = ()
        if provider.link in (Link.INNOVATION, Link.INDUSTRY) and rng.random() < 0.2:
            tiers = rng.choice(_TIER_SETS)
        self._titles.add(title)
        self._add(
            buyer,
            provider.topic,
            title=title,
            description=body if body.endswith("。") else f"{body}。",
            qualification=self._notices.qualification(values, certificates=asked, tiers=tiers, maker=False)
            if rng.random() < 0.7
            else "",
            link=provider.link,
            certificates=asked,
            tiers=tiers,
            budget=budget if rng.random() < 0.7 else None,
        )

    def _title(self, values: Mapping[str, str]) -> str:
        title = self._voices["title"].deal(values)
        while title in self._titles:
            title = self._voices["title"].deal(values)
        self._titles.add(title)
        return title

    def _asked(self, chain: Chain, node: Node) -> tuple[str, ...]:
        rng = self._rng
        asked = [name for name in node.certificates if rng.random() < 0.75]
        for place, name in enumerate(chain.certificates):
            if rng.random() < 0.6 / (1 + 0.9 * place):
                asked.append(name)
        return tuple(dict.fromkeys(asked))[:3]

    def _add(
        self,
        buyer: Firm,
        topic: str,
        *,
        title: str,
        description: str,
        qualification: str,
        link: Link,
        certificates: tuple[str, ...],
        tiers: tuple[Tier, ...],
        quantity: float | None = None,
        unit: str = "",
        budget: float | None = None,
        pay: int | None = None,
        reserved: str = "",
        consortium: bool | None = None,
    ) -> None:
        rng, number = self._rng, len(self._written) + 1
        status, published, deadline = self._dates()
        hour = rng.choice([0, 9, 9, 10, 14, 15, 17])
        region = buyer.enterprise.region if rng.random() < 0.8 else rng.choice(buyer.chain.clusters)
        need = Need(
            need_id=f"XQ{number:04d}",
            title=title,
            description=description,
            qualification=qualification,
            buyer_id=buyer.id,
            buyer_name=buyer.enterprise.name,
            link=link,
            industry_chain=buyer.chain.name,
            region=region,
            required_certifications=certificates,
            required_tiers=tiers,
            quantity=quantity,
            unit=unit,
            budget=budget,
            deadline=datetime.combine(deadline, time(hour, rng.choice([0, 0, 30]) if hour else 0)),
            payment_days=pay,
            reserved_for=reserved,
            consortium_allowed=consortium,
            visibility=rng.choices(list(Visibility), [80, 15, 5])[0],
            status=status,
            published=published,
        )
        self._written.append(Want(need, topic))

    def _dates(self) -> tuple[NeedStatus, date, date]:
        """Three quarters are open; the others closed, awarded, drafts, or open with the deadline past."""
        rng, as_of = self._rng, self._as_of
        status = rng.choices(
            [NeedStatus.OPEN, NeedStatus.CLOSED, NeedStatus.AWARDED, NeedStatus.DRAFT], [77, 7, 13, 3]
        )[0]
        if status in (NeedStatus.CLOSED, NeedStatus.AWARDED) or rng.random() < 0.04:
            deadline = as_of - timedelta(days=rng.randint(3, 240))
            return status, deadline - timedelta(days=rng.randint(10, 45)), deadline
        return status, as_of - timedelta(days=rng.randint(0, 40)), as_of + timedelta(days=rng.randint(5, 80))

    def _values(self, buyer: Firm) -> dict[str, str]:
        return {
            "buyer_short": buyer.enterprise.short_name,
            "chain": buyer.chain.name,
            "city": city(buyer.enterprise.region),
            "year": str(self._as_of.year),
            "since": str(self._as_of.year - self._rng.randint(2, 4)),
        }

    def _deck(self, topic: str, pool: Sequence[str]) -> Deck:
        if topic not in self._wants:
            self._wants[topic] = Deck(pool, self._rng)
        return self._wants[topic]


def stated_quantity(text: str, node: Node) -> float | None:
    """The order size that *text* itself states in the node's unit, if it is of a plausible order."""
    low, high = node.quantity
    for number, many, unit in re.findall(
        rf"(\d+(?:\.\d+)?)(万)?({re.escape(node.unit)}|[{_COUNTERS}])", text
    ):
        quantity = float(number) * (10_000 if many else 1)
        slack = 4 if unit == node.unit else 1.5
        if low / slack <= quantity <= high * slack and (unit == node.unit or node.unit in _COUNTERS):
            return quantity
    return None


_COUNTERS = "台套辆件只"  # a buyer may count differently from a maker
_TIER_SETS: tuple[tuple[Tier, ...], ...] = (
    (Tier.SPECIALIZED, Tier.LITTLE_GIANT),
    (Tier.LITTLE_GIANT,),
    (Tier.LITTLE_GIANT, Tier.CHAMPION),
    (Tier.INNOVATIVE, Tier.SPECIALIZED, Tier.LITTLE_GIANT),
)

"""What the firms offer, and what they say of themselves: sentences of the chain files in several voices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from recommender.catalogue.domain import Enterprise, Link, Offering, Size, Tier
from recommender.sample.chains import Node
from recommender.sample.enterprises import Firm
from recommender.sample.links import Provider
from recommender.sample.names import city
from recommender.sample.phrases import Deck, decks, fill, significant

_Source = TypeVar("_Source", bound=Node | Provider)

TIER_NAMES = {
    Tier.INNOVATIVE: "创新型中小企业",
    Tier.SPECIALIZED: "专精特新中小企业",
    Tier.LITTLE_GIANT: "专精特新“小巨人”企业",
    Tier.CHAMPION: "制造业单项冠军企业",
}
_COUNT = {Size.MICRO: (2, 3), Size.SMALL: (2, 4), Size.MEDIUM: (3, 5), Size.LARGE: (3, 6)}
_TAILS = (
    "process",
    "quality",
    "capacity",
    "certificate",
    "history",
    "service",
)  # services take the last three
_COUNTED = frozenset("件 套 台 只 根 条 支 片 副 樘 组 块 张 辆 列 架 把 扇 段 颗 枚 座 盘 万颗".split())
_SHARED_SHARE = 0.34  # of the makers also share instruments, lines or researchers on another link


@dataclass(frozen=True, slots=True)
class Offer:
    """An offering and the topic it is about, a node's or a provider kind's."""

    offering: Offering
    topic: str


class Catalogue:
    """Writes the offerings and descriptions of one firm after another."""

    def __init__(self, providers: Sequence[Provider], as_of: date, rng: Random) -> None:
        self._shared = [provider for provider in providers if provider.shared]
        self._as_of = as_of
        self._rng = rng
        self._tails = decks("offering", rng)
        self._voices = decks("enterprise", rng)
        self._offers: dict[str, Deck] = {}

    def offers(self, firm: Firm) -> list[Offer]:
        """Two to six offerings; weights sum to at most 1."""
        rng = self._rng
        count = rng.randint(*_COUNT[firm.enterprise.size or Size.SMALL])
        if firm.role == "provider":
            plan: list[Node | Provider] = [*_spread(firm.providers, min(count, 4), rng)]
        elif firm.role == "buyer":
            plan = [*firm.nodes, *rng.sample(self._shared, k=min(2, len(self._shared)))]
        else:
            plan = [*_spread(firm.nodes, max(count, len(firm.nodes)), rng)]
            if self._shared and rng.random() < _SHARED_SHARE:
                plan.append(rng.choice(self._shared))
        plan = plan[:6]
        shares = sorted((rng.random() + 0.15 for _ in plan), reverse=True)
        total = sum(shares) * rng.uniform(1.02, 1.35)
        seen: set[str] = set()
        found: list[Offer] = []
        for number, (source, share) in enumerate(zip(plan, shares, strict=True), start=1):
            offering_id = f"{firm.id}-{number:02d}"
            draft = Offering(offering_id, firm.id, "", weight=round(share / total, 2))
            if isinstance(source, Node):
                found.append(Offer(self._product(firm, source, draft, seen), source.topic))
            else:
                found.append(Offer(self._service(firm, source, draft, seen), source.topic))
        return found

    def _product(self, firm: Firm, node: Node, draft: Offering, seen: set[str]) -> Offering:
        rng, enterprise = self._rng, firm.enterprise
        names = [*node.names, *node.names, *node.kinds, f"{node.name}{self._suffix(node)}"]
        title = (
            _unused(names, seen, rng)
            or f"{node.name}（{rng.choice(['定制', '小批量', '维修件', '出口型'])}）"
        )
        capacity = None
        if rng.random() < 0.82:
            # what the line's share of revenue amounts to at usual prices, with some reserve
            sales = (enterprise.revenue or 0.0) * (draft.weight or 0.0)
            capacity = significant(sales / (sum(node.price) / 2) * rng.uniform(1.05, 1.8))
            capacity = float(max(1, round(capacity)))
        values = self._values(firm) | {
            "process": node.processes[0] if node.processes else node.name,
            "process2": node.processes[-1] if len(node.processes) > 1 else "检验",
            "product": title,
            "unit": node.unit,
        }
        if node.used_in:
            values["used_in"] = rng.choice(node.used_in).rpartition(":")[2]
        if capacity is not None:
            values["capacity"] = f"{plain_number(capacity)}{node.unit}"
        if node.kind == "product" and node.unit in _COUNTED and not node.service:
            values["part"] = ""
        held = [c.name for c in enterprise.certifications if c.expires is None or c.expires > self._as_of]
        if held:
            values["certificate"] = rng.choice(held)
        sentence = self._deck(node.topic, node.offers).deal(values)
        extra: dict[str, date] = {}
        kinds = rng.sample(_TAILS[3:] if node.service else _TAILS, k=rng.choice([0, 1, 1, 2, 2]))
        if rng.random() < 0.06:
            start = self._as_of + timedelta(days=rng.randint(-30, 45))
            until = start + timedelta(days=rng.randint(60, 240))
            extra = {"available_from": start, "available_until": until}
            values |= {"from": f"{start.month}月{start.day}日", "until": f"{until.year}年{until.month}月"}
            kinds = [*kinds[:1], "idle"]
        tails = [text for kind in kinds if (text := self._tails[kind].deal(values))]
        return replace(
            draft,
            title=title,
            description=_joined(sentence, tails, rng),
            capacity=capacity,
            unit=node.unit if capacity is not None else "",
            first_of_kind=enterprise.tier in (Tier.LITTLE_GIANT, Tier.CHAMPION)
            and node.kind == "product"
            and rng.random() < 0.09,
            available_from=extra.get("available_from"),
            available_until=extra.get("available_until"),
        )

    def _service(self, firm: Firm, provider: Provider, draft: Offering, seen: set[str]) -> Offering:
        rng = self._rng
        values = self._values(firm)
        goods = [node for node in firm.nodes or firm.chain.nodes if not node.service]
        values["product"] = rng.choice(goods or firm.chain.nodes).name
        title = _unused(provider.titles, seen, rng) or rng.choice(provider.titles)
        if title in seen or firm.role == "maker":
            title = f"{title}（{values['product'] if firm.role == 'maker' else values['chain']}）"
        seen.add(title)
        text = self._deck(provider.topic, provider.offers).deal(values)
        if firm.role == "provider":
            tails = [self._voices["provider_more"].deal(values)] if rng.random() < 0.5 else []
        else:
            tails = [self._tails["shared"].deal(values)]
        window = rng.random() < 0.18 and provider.link in (Link.INNOVATION, Link.INDUSTRY, Link.CAPITAL)
        return replace(
            draft,
            title=fill(title, values, rng),
            description=_joined(text, tails, rng),
            link=provider.link,
            weight=draft.weight if firm.role == "provider" else None,
            available_until=self._as_of + timedelta(days=rng.randint(60, 400)) if window else None,
        )

    def describe(self, firm: Firm, titles: Sequence[str]) -> Enterprise:
        """The firm's enterprise with its description, in a voice of its own."""
        rng, enterprise = self._rng, firm.enterprise
        values = self._values(firm) | {"product": titles[0], "trade": firm.trade}
        values["product2"] = titles[1] if len(titles) > 1 else firm.trade
        if firm.nodes:
            node = firm.nodes[0]
            if node.used_in:
                values["used_in"] = rng.choice(node.used_in).rpartition(":")[2]
            if node.processes:
                values |= {"process": node.processes[0], "process2": node.processes[-1]}
        else:
            values["used_in"] = values["chain"]
        if enterprise.certifications:
            values["certificate"] = rng.choice(enterprise.certifications).name
        if enterprise.tier in TIER_NAMES:
            values["tier"] = TIER_NAMES[enterprise.tier]
        if firm.role == "provider":
            groups = ["provider", *["provider_more"] * rng.choice([1, 1, 2])]
        elif firm.role == "buyer":
            groups = ["buyer", "buyer_more", "buyer_more"]
        else:
            # seed firms of the farming and trading divisions have fields, not machine shops
            shop = [] if enterprise.industry.startswith(("0", "51")) else ["equipment"]
            rest = [*shop, "people", "market", "honour", "closing"]
            groups = ["opening", *rng.sample(rest, k=rng.choice([1, 2, 2, 3]))]
        sentences = [self._voices[group].deal(values) for group in groups]
        return replace(enterprise, description="".join(sentences))

    def _deck(self, topic: str, pool: Sequence[str]) -> Deck:
        if topic not in self._offers:
            self._offers[topic] = Deck(pool, self._rng)
        return self._offers[topic]

    def _values(self, firm: Firm) -> dict[str, str]:
        enterprise = firm.enterprise
        founded = enterprise.founded or self._as_of
        return {
            "city": city(enterprise.region),
            "chain": enterprise.industry_chains[0],
            "year": str(founded.year),
            "age": str(max(1, self._as_of.year - founded.year)),
            "employees": str(enterprise.employees),
            "short": enterprise.short_name,
            "rating": enterprise.credit_rating,
        }

    def _suffix(self, node: Node) -> str:
        choices = ["定制加工", "批量供货", "系列产品", "研制", "外协配套"]
        return self._rng.choice(["现货", "系列", "长协供货"] if node.kind == "material" else choices)


def _spread(sources: Sequence[_Source], count: int, rng: Random) -> list[_Source]:
    """*count* of *sources*, each once, the first ones again where they do not suffice."""
    chosen = list(sources[:count])
    while len(chosen) < count and len(chosen) < 2 * len(sources):
        chosen.append(sources[rng.randrange(min(2, len(sources)))])
    return chosen


def _unused(names: Iterable[str], seen: set[str], rng: Random) -> str:
    left = [name for name in names if name not in seen]
    title = rng.choice(left) if left else ""
    seen.add(title)
    return title


def _joined(sentence: str, tails: list[str], rng: Random) -> str:
    """The main sentence with its tails, one of them in front now and then."""
    sentence = sentence if sentence.endswith(("。", "！")) else f"{sentence}。"
    if tails and rng.random() < 0.25:
        return tails[0] + sentence + "".join(tails[1:])
    return sentence + "".join(tails)


def plain_number(number: float) -> str:
    """``50000.0`` → 5万, ``320.0`` → 320."""
    if number >= 1e8 and number % 1e6 == 0:
        return f"{number / 1e8:g}亿"
    if number >= 1e4 and number % 100 == 0:
        return f"{number / 1e4:g}万"
    return f"{number:g}"

"""The fictional enterprises: makers of a chain's products, providers on the other links, large buyers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from recommender.catalogue.domain import Certification, Enterprise, Size
from recommender.sample.chains import Chain, Node
from recommender.sample.figures import Figures, draw_certificates, draw_figures
from recommender.sample.kinship import Kinship
from recommender.sample.links import Provider
from recommender.sample.names import Namer, contact, credit_code, words

# A chain has so many makers and buyers; the providers serve all chains. With ten chains: 1,200 in all.
MAKERS, BUYERS, PROVIDERS = 92, 7, 210
CROSS_CHAIN_SHARE = 0.12  # of the makers also offer in a second chain

_STAFF = {
    Size.MICRO: (4.0, 19.0),
    Size.SMALL: (22.0, 290.0),
    Size.MEDIUM: (305.0, 980.0),
    Size.LARGE: (1050.0, 4200.0),
}
_SPREAD = {Size.MICRO: 14, Size.SMALL: 55, Size.MEDIUM: 25, Size.LARGE: 6}
_DEAREST = {Size.MICRO: 4e5, Size.SMALL: 4e6, Size.MEDIUM: 2.5e7, Size.LARGE: 1e15}  # yuan a unit
_PRODUCTS = {Size.MICRO: (1, 2), Size.SMALL: (2, 3), Size.MEDIUM: (2, 4), Size.LARGE: (3, 5)}


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise with what the generator knows of it: chain, products or services, and merit."""

    role: str  # "maker", "provider" or "buyer"
    chain: Chain
    enterprise: Enterprise
    nodes: tuple[Node, ...]
    providers: tuple[Provider, ...]
    trade: str
    merit: float  # about -2 … 2: its tier, certificates and assessments come from it

    @property
    def id(self) -> str:
        return self.enterprise.enterprise_id


def draw_firms(
    chains: Mapping[str, Chain], providers: Sequence[Provider], kinship: Kinship, as_of: date, rng: Random
) -> list[Firm]:
    """All firms, without descriptions: buyers and makers chain by chain, then the providers."""
    draw = _Draw(chains, kinship, as_of, rng)
    for chain in chains.values():
        for number in range(BUYERS):
            draw.buyer(chain, chain.buyers[number % len(chain.buyers)])
        for node in _dealt(chain.nodes, MAKERS, rng):
            draw.maker(chain, node)
    for number in range(PROVIDERS if providers else 0):
        draw.provider(providers[number % len(providers)], providers)
    return draw.firms


def _dealt(nodes: Sequence[Node], count: int, rng: Random) -> list[Node]:
    """*count* nodes, each as often as any other, within one."""
    dealt: list[Node] = []
    while len(dealt) < count:
        dealt.extend(rng.sample(nodes, k=min(len(nodes), count - len(dealt))))
    return dealt


class _Draw:
    def __init__(self, chains: Mapping[str, Chain], kinship: Kinship, as_of: date, rng: Random) -> None:
        self._chains = chains
        self._kinship = kinship
        self._as_of = as_of
        self._rng = rng
        self._namer = Namer(rng)
        self._made: Counter[str] = Counter()
        self.firms: list[Firm] = []

    def maker(self, chain: Chain, node: Node) -> None:
        rng = self._rng
        merit = max(-2.0, min(2.2, rng.gauss(0, 0.9)))
        price = sum(node.price) / 2
        # nobody builds trains with twenty people
        sizes = [s for s in _SPREAD if price <= _DEAREST[s]]
        size = rng.choices(sizes, [_SPREAD[s] for s in sizes])[0]
        trade = words().trade(node.name)
        industry = trade.industry if trade else rng.choice(chain.industries[node.segment])
        names = trade.words if trade and rng.random() < 0.75 else words().chains[chain.key]
        # materials sell more a head than machined parts
        output = (70.0, 190.0) if node.kind == "material" else (48.0, 135.0)
        figures = draw_figures(industry, _STAFF[size], output, merit, self._as_of, rng)
        nodes = [node, *self._kinship.near(node, rng.randint(*_PRODUCTS[figures.size]) - 1, self._made, rng)]
        other = self._kinship.far(node, rng) if rng.random() < CROSS_CHAIN_SHARE else None
        if other is not None:
            nodes.insert(1, other)
        nodes = [n for n in nodes if n is node or sum(n.price) / 2 <= _DEAREST[figures.size]]
        self._made.update(n.topic for n in nodes)
        own = tuple(dict.fromkeys(name for n in nodes[:2] for name in n.certificates))
        region = rng.choice(chain.clusters if rng.random() < 0.66 else words().elsewhere)
        self._add(
            "maker",
            chain,
            region,
            industry,
            figures,
            merit,
            draw_certificates(chain.certificates, own, merit, self._as_of, rng),
            tails=[word + form for word in names for form in _forms(figures.size, word)],
            trade=rng.choice(names),
            nodes=tuple(nodes[:5]),
            tags=tuple(dict.fromkeys([rng.choice([n.name, *n.also, *n.kinds]) for n in nodes[:4]])),
        )

    def buyer(self, chain: Chain, kind: str) -> None:
        rng = self._rng
        downstream = [node for node in chain.nodes if node.segment == "downstream"] or list(chain.nodes)
        nodes = rng.sample(downstream, k=min(len(downstream), rng.randint(1, 2)))
        industry = rng.choice(chain.industries["downstream"])
        merit = rng.uniform(0.3, 1.8)
        figures = draw_figures(
            industry, (2600.0, 26000.0), (90.0, 260.0), merit, self._as_of, rng, buyer=True, tiered=False
        )
        kind = kind.removesuffix("公司")
        form = rng.choice(["有限公司", "集团有限公司"])
        if kind.endswith(("集团", "股份")):
            form = "有限公司"
        elif kind.endswith(("研究院", "联社")):
            form = ""
        self._add(
            "buyer",
            chain,
            rng.choice(chain.clusters),
            industry,
            figures,
            merit,
            draw_certificates(chain.certificates[:3], nodes[0].certificates, 2.0, self._as_of, rng),
            tails=[kind + form],
            trade=kind,
            nodes=tuple(nodes),
            tags=("链主企业", *(node.name for node in nodes)),
            place=rng.random() < 0.3,
        )

    def provider(self, kind: Provider, providers: Sequence[Provider]) -> None:
        rng = self._rng
        chain = rng.choice(list(self._chains.values()))
        merit = max(-1.8, min(2.0, rng.gauss(0.1, 0.8)))
        figures = draw_figures(kind.industry, kind.staff, kind.output, merit, self._as_of, rng)
        kin = [
            p
            for p in providers
            if p.link is kind.link and p is not kind and p.industry[:2] == kind.industry[:2]
        ]
        kinds = (kind, *rng.sample(kin, k=min(len(kin), rng.randint(0, 2))))
        region = rng.choice(chain.clusters if rng.random() < 0.6 else words().elsewhere)
        self._add(
            "provider",
            chain,
            region,
            kind.industry,
            figures,
            merit,
            draw_certificates((), kind.certificates, merit, self._as_of, rng),
            tails=kind.names,
            trade=kind.kind,
            providers=kinds,
            tags=tuple(k.kind for k in kinds),
            served=tuple(
                sorted(rng.sample([c.name for c in self._chains.values()], k=min(len(self._chains), 2)))
            ),
        )

    def _add(
        self,
        role: str,
        chain: Chain,
        region: str,
        industry: str,
        figures: Figures,
        merit: float,
        certifications: tuple[Certification, ...],
        *,
        tails: Sequence[str],
        trade: str,
        nodes: tuple[Node, ...] = (),
        providers: tuple[Provider, ...] = (),
        tags: tuple[str, ...] = (),
        served: tuple[str, ...] = (),
        place: bool = True,
    ) -> None:
        number = len(self.firms) + 1
        code = credit_code(region, number)
        name, short_name = self._namer.name(region, tails, with_place=place)
        technology, quality, delivery, cost, response = figures.marks
        enterprise = Enterprise(
            enterprise_id=code,
            credit_code=code,
            name=name,
            short_name=short_name,
            size=figures.size,
            tier=figures.tier,
            ownership=figures.ownership,
            region=region,
            industry=industry,
            industry_chains=served
            or tuple(dict.fromkeys([chain.name, *(self._chain_name(n) for n in nodes)])),
            certifications=certifications,
            tags=tags,
            employees=figures.employees,
            revenue=figures.revenue,
            registered_capital=figures.registered_capital,
            founded=figures.founded,
            credit_rating=figures.credit_rating,
            technology=technology,
            quality=quality,
            delivery=delivery,
            cost=cost,
            response=response,
            website=f"https://e{number:04d}.example.com" if self._rng.random() < 0.85 else "",
            contact=contact(number, self._rng),
        )
        self.firms.append(Firm(role, chain, enterprise, nodes, providers, trade, merit))

    def _chain_name(self, node: Node) -> str:
        return self._chains[node.chain].name


def _forms(size: Size, word: str) -> list[str]:
    """Only larger firms are companies limited by shares; nobody is called 技术科技."""
    return [
        form
        for form in words().forms
        if (size in (Size.LARGE, Size.MEDIUM) or form != "股份有限公司")
        and not (word.endswith(("技术", "科技")) and form.startswith("科技"))
        and not (word.endswith("制造") and form.startswith("制造"))
    ]

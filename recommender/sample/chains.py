"""The industry chains of the sample: ``data/<key>.toml``, one file a chain.

A file gives the chain's name, industry codes (GB/T 4754-2017) by segment, cluster cities (GB/T 2260),
certificates (the first common, the last rare), kinds of large buyer, and its nodes: products and materials
with their other names, what they need, order sizes, prices, and sentences in the voice of firms (``offers``)
and of buyers (``wants``). Each ``gap`` names goods of the chain that no firm of the sample offers. A sentence
may hold numeric slots, ``{内径:130-150:10}``, which :func:`recommender.sample.phrases.fill` draws.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recommender.catalogue.domain import Edge, Relation
from recommender.intake.codes import industry_name

DATA = Path(__file__).parent / "data"
_SERVICE = re.compile("服务|运营|代维|总承包|集成|鉴定|物流|试验|测试|对接|代工|电站|微网|回收")
SEGMENTS = ("upstream", "midstream", "downstream")
_SEGMENT_WORDS = dict(zip(SEGMENTS, ("上游", "中游", "下游"), strict=True))


@dataclass(frozen=True, slots=True)
class Node:
    """One product or material. ``price`` is yuan per ``unit``; ranges are (low, high)."""

    chain: str  # key of its chain
    name: str
    also: tuple[str, ...]
    segment: str
    kind: str  # "product" or "material"
    needs: tuple[str, ...]
    kinds: tuple[str, ...]
    substitutes: tuple[str, ...]
    used_in: tuple[str, ...]
    processes: tuple[str, ...]
    unit: str
    quantity: tuple[float, float]
    price: tuple[float, float]
    certificates: tuple[str, ...]
    offers: tuple[str, ...]
    wants: tuple[str, ...]

    @property
    def topic(self) -> str:
        """The node's key over all chains: ``rail:轮对``."""
        return f"{self.chain}:{self.name}"

    @property
    def service(self) -> bool:
        """Whether this is work done rather than goods delivered."""
        return self.unit == "项" or _SERVICE.search(self.name) is not None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.also)


@dataclass(frozen=True, slots=True)
class Gap:
    """Goods that no firm of the sample offers, with the nodes that they are made of and go into."""

    name: str
    segment: str
    needs: tuple[str, ...]
    used_in: tuple[str, ...]
    processes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    key: str
    name: str
    english: str
    industries: Mapping[str, tuple[str, ...]]
    clusters: tuple[str, ...]
    certificates: tuple[str, ...]
    places: tuple[str, ...]
    buyers: tuple[str, ...]
    nodes: tuple[Node, ...]
    gaps: tuple[Gap, ...] = ()

    def node(self, name: str) -> Node | None:
        return next((node for node in self.nodes if node.name == name), None)


def load_chains(folder: Path = DATA) -> dict[str, Chain]:
    """The chains of *folder* by key, in the order of their file names; other TOML files are passed over."""
    chains: dict[str, Chain] = {}
    for path in sorted(folder.glob("*.toml")):
        with path.open("rb") as file:
            raw = tomllib.load(file)
        if "chain" in raw and "node" in raw:
            chains[path.stem] = _chain(path.stem, raw)
    return chains


def _chain(key: str, raw: Mapping[str, Any]) -> Chain:
    return Chain(
        key=key,
        name=raw["chain"],
        english=raw["english"],
        industries={segment: tuple(codes) for segment, codes in raw["industries"].items()},
        clusters=tuple(raw["clusters"]),
        certificates=tuple(raw["certificates"]),
        places=tuple(raw.get("places", ())),
        buyers=tuple(raw["buyers"]),
        nodes=tuple(_node(key, item) for item in raw["node"]),
        gaps=tuple(
            Gap(
                each["name"],
                each["segment"],
                *(tuple(each.get(k, ())) for k in ("needs", "used_in", "processes")),
            )
            for each in raw.get("gap", ())
        ),
    )


def _node(key: str, raw: Mapping[str, Any]) -> Node:
    def texts(name: str) -> tuple[str, ...]:
        return tuple(raw.get(name, ()))

    return Node(
        chain=key,
        name=raw["name"],
        also=texts("also"),
        segment=raw["segment"],
        kind=raw["kind"],
        needs=texts("needs"),
        kinds=texts("kinds"),
        substitutes=texts("substitutes"),
        used_in=texts("used_in"),
        processes=texts("processes"),
        unit=raw["unit"],
        quantity=(float(raw["quantity"][0]), float(raw["quantity"][1])),
        price=(float(raw["price"][0]), float(raw["price"][1])),
        certificates=texts("certificates"),
        offers=texts("offers"),
        wants=texts("wants"),
    )


def plain(reference: str) -> str:
    """A node's name without the chain it may be qualified with: ``semiconductor:IGBT芯片`` → ``IGBT芯片``."""
    return reference.rpartition(":")[2]


def resolve(chains: Mapping[str, Chain], key: str, reference: str) -> Node | None:
    """The node that *reference* names from within chain *key*; None where there is none."""
    other, _, name = reference.rpartition(":")
    chain = chains.get(other or key)
    return chain.node(name) if chain else None


def neighbours(chains: Mapping[str, Chain]) -> dict[str, tuple[str, ...]]:
    """Topic → topics one edge away (needed, used in, substitutes), in either direction, sorted."""
    found: dict[str, set[str]] = {node.topic: set() for chain in chains.values() for node in chain.nodes}
    for chain in chains.values():
        for node in chain.nodes:
            for reference in (*node.needs, *node.used_in, *node.substitutes):
                other = resolve(chains, chain.key, reference)
                if other is not None:
                    found[node.topic].add(other.topic)
                    found[other.topic].add(node.topic)
    return {topic: tuple(sorted(topics)) for topic, topics in found.items()}


def _narrower(node: Node) -> Iterator[str]:
    """The other names of *node* that are kinds of it: GCr15轴承钢 of 高碳铬轴承钢, not 轮对总成 of 轮对."""
    return (name for name in node.also if not name.startswith(node.name))


def edges(chains: Iterable[Chain]) -> Iterator[Edge]:
    """The chain graph's edges, each once in a chain, in file order: what stands in each segment (goods, and
    the industries that make them), then what joins the goods."""
    seen: set[tuple[str, str, Relation, str]] = set()
    for chain in chains:
        for segment in SEGMENTS:
            members = [node.name for node in chain.nodes if node.segment == segment]
            members += [gap.name for gap in chain.gaps if gap.segment == segment]
            for target in (*members, *map(industry_name, chain.industries[segment])):
                yield Edge(f"{chain.name}{_SEGMENT_WORDS[segment]}", target, Relation.HAS_KIND, chain.name)
        for node in chain.nodes:
            for relation, targets in (
                (Relation.NEEDS_MATERIAL, node.needs),
                (Relation.HAS_KIND, (*_narrower(node), *node.kinds)),
                (Relation.SUBSTITUTES, node.substitutes),
                (Relation.USED_IN, node.used_in),
                (Relation.PROCESSED_BY, node.processes),
            ):
                for target in map(plain, targets):
                    key = (node.name, target, relation, chain.name)
                    if key not in seen and target != node.name:
                        seen.add(key)
                        yield Edge(node.name, target, relation, chain=chain.name)
        for gap in chain.gaps:
            for relation, targets in (
                (Relation.NEEDS_MATERIAL, gap.needs),
                (Relation.USED_IN, gap.used_in),
                (Relation.PROCESSED_BY, gap.processes),
            ):
                yield from (Edge(gap.name, target, relation, chain=chain.name) for target in targets)

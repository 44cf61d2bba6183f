"""Needs read with the product graph: a need for a product is met by who makes one of its kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from recommender.catalogue import Need
from recommender.text.normalise import for_search
from recommender.text.titles import wanted
from training.corpus import flat, records
from training.pairs import LARGEST_FAMILY

KIND, MATERIAL, ABOVE = "has_kind", "needs_material", "is_kind_of"
_LONGEST = 12

Graph = Mapping[str, Mapping[str, Sequence[str]]]
"""Relation → product → what it is related to, in search spelling."""


def read_graph(data: Path) -> Graph:
    """The product graph of a data folder; products with endless families, such as 设备, are left out."""
    found: dict[str, dict[str, list[str]]] = {name: defaultdict(list) for name in (KIND, MATERIAL, ABOVE)}
    for row in records(data / "catalogue/product_edges.csv"):
        product, relation = for_search(flat(row.get("product"))), flat(row.get("relation"))
        related = for_search(flat(row.get("related")))
        if relation in (KIND, MATERIAL):
            found[relation][product].append(related)
        if relation == KIND:
            found[ABOVE][related].append(product)
    return {
        relation: {name: others for name, others in of.items() if len(others) <= LARGEST_FAMILY}
        for relation, of in found.items()
    }


def named(text: str, products: Collection[str]) -> list[str]:
    """The *products* of two and more characters that *text* names, the longest at each place, left to right.

    >>> named("电力电缆附件", {"电缆", "电力电缆", "附件"})
    ['电力电缆', '附件']
    """
    found, start = [], 0
    while start < len(text) - 1:
        ends = range(min(len(text), start + _LONGEST), start + 1, -1)
        end = next((end for end in ends if text[start:end] in products), start)
        if end > start:
            found.append(text[start:end])
        start = max(end, start + 1)
    return found


def added(needs: Sequence[Need], graph: Graph, relations: Sequence[str]) -> list[str]:
    """For each need what its products are related to, as one text; blank where the graph knows none."""
    texts = []
    for need in needs:
        title = wanted(need.title)
        about = [
            other
            for relation in relations
            for product in named(title, graph[relation])
            for other in graph[relation][product]
        ]
        texts.append(" ".join(dict.fromkeys(about)))
    return texts

"""Pairs of texts that mean the same to this field.

A pair has a *kind* (where it comes from) and a *group*: pairs of one group must not serve as each other's
counter-examples (two products of one company, two goods of one customs code). Only open sources are read.

Two things are kept for measuring. The suppliers of the development contracts are left out of everything that
pairs a company with its products, so that those contracts measure suppliers the encoder has never seen; and
the probe's classes (:mod:`training.probe`) are left out of everything that pairs a class with its note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from training.awards import JUDGEMENTS
from training.corpus import INDUSTRY_CLASSES, flat, records
from training.probe import is_probe

LONG = 600
"""Characters of a long text (an abstract, a scope) that are used."""

LARGEST_FAMILY = 30
"""A product with more kinds or materials than this is a word like 设备, which tells nothing."""

FEW = 4
"""Kinds or materials used of one product."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that mean the same. Pairs that share their *group*, or their *other* group where it is not
    blank, are no counter-examples to each other: a need has several suppliers, a supplier several needs."""

    kind: str
    a: str
    b: str
    group: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    """A company as its facts show it: products with the largest share first as listed, industry, name."""

    company_id: str
    name: str
    industry: str
    products: tuple[str, ...] = field(default=())


def held_out_suppliers(data: Path) -> frozenset[str]:
    """Ids of the suppliers that the development contracts ask for; empty where *data* has no such file."""
    path = data / JUDGEMENTS
    if not path.is_file():
        return frozenset()
    return frozenset(flat(row.get("enterprise_id")) for row in records(path))


def companies(data: Path) -> list[Company]:
    """The listed companies that have products, without the held-out suppliers, in file order."""
    held_out = held_out_suppliers(data)
    products: dict[str, list[str]] = defaultdict(list)
    listed = data / "catalogue/products_listed.csv"
    enterprises = data / "catalogue/enterprises_listed.csv"
    if not listed.is_file() or not enterprises.is_file():
        return []
    for row in records(listed):
        products[flat(row.get("enterprise_id"))].append(flat(row.get("product")))
    return [
        Company(
            company_id=company_id,
            name=flat(row.get("name")),
            industry=flat(row.get("sw_industry")),
            products=tuple(products[company_id]),
        )
        for row in records(enterprises)
        if (company_id := flat(row.get("enterprise_id"))) in products and company_id not in held_out
    ]


def text_pairs(data: Path) -> Iterator[Pair]:
    """All pairs that are no company's, source by source; either side may still be blank."""
    yield from _given(data)
    for path, kind, title, text in (
        ("text/patents.jsonl.xz", "patent", "title", "text"),
        ("text/technical_docs.jsonl.xz", "documentation", "title", "text"),
        ("text/tv_news.jsonl.xz", "news", "title", "text"),
        ("text/it_articles.jsonl.xz", "article", "title", "text"),
        ("text/laws.jsonl.xz", "law", "title", "text"),
        ("text/tender_notices.jsonl.xz", "tender_notice", "title", "text"),
        ("catalogue/needs_tenders.jsonl", "tender_scope", "title", "scope"),
        ("catalogue/needs_tenders.jsonl", "tender_qualification", "title", "qualification"),
        (INDUSTRY_CLASSES, "industry_note", "name", "note"),
        ("taxonomy/gov_procurement_2022.csv", "procurement_note", "name", "note"),
    ):
        for number, row in enumerate(_rows(data, path)):
            if not (kind == "industry_note" and is_probe(flat(row.get("code")))):
                yield Pair(kind, flat(row.get(title)), flat(row.get(text))[:LONG], f"{path}#{number}")
    yield from _parents(data)
    yield from _customs(data)
    yield from _edges(data)


def _rows(data: Path, path: str) -> Iterator[dict[str, object]]:
    if (data / path).is_file():
        yield from records(data / path)


def _given(data: Path) -> Iterator[Pair]:
    # Its tender titles and scopes are those of needs_tenders.jsonl, which is read itself. Its names and notes
    # repeat some of the industry classes.
    probe = {
        flat(row.get("name"))
        for row in _rows(data, INDUSTRY_CLASSES)
        if is_probe(flat(row.get("code"))) and flat(row.get("note"))
    }
    for number, row in enumerate(_rows(data, "text/pairs.jsonl.xz")):
        if row.get("kind") != "ningbo_title_scope" and flat(row.get("a")) not in probe:
            kind = f"given_{flat(row.get('kind'))}"
            yield Pair(kind, flat(row.get("a"))[:LONG], flat(row.get("b"))[:LONG], f"pairs#{number}")


def _parents(data: Path) -> Iterator[Pair]:
    """A class and the class above it, in the industry, procurement and guidance catalogues."""
    classes = {flat(row.get("code")): row for row in _rows(data, INDUSTRY_CLASSES)}
    for code, row in classes.items():
        above = classes.get(flat(row.get("parent")))
        if above is not None and flat(row.get("level")) >= "2" and not is_probe(code):
            yield Pair("industry_parent", flat(row.get("name")), name := flat(above.get("name")), name)
    for row in _rows(data, "taxonomy/gov_procurement_2022.csv"):
        path = flat(row.get("path")).split(" > ")
        if len(path) >= 3:
            yield Pair("procurement_parent", path[-1], path[-2], path[-2])
    for row in _rows(data, "taxonomy/industry_catalogues.jsonl"):
        section = f"{flat(row.get('section'))} {flat(row.get('subsection'))}".strip()
        yield Pair("guidance", flat(row.get("item_title"))[:LONG], section, section)


def _customs(data: Path) -> Iterator[Pair]:
    """Neighbouring names under one six-digit customs code."""
    names: dict[str, list[str]] = defaultdict(list)
    for row in _rows(data, "taxonomy/hs_names.csv"):
        names[flat(row.get("code"))[:6]].append(flat(row.get("name")))
    for code, goods in names.items():
        for a, b in zip(goods[::2], goods[1::2], strict=False):
            yield Pair("customs", a, b, code)


def _edges(data: Path) -> Iterator[Pair]:
    rows = _rows(data, "catalogue/product_edges.csv")
    yield from edge_pairs(
        (flat(row.get("product")), flat(row.get("relation")), flat(row.get("related"))) for row in rows
    )


def edge_pairs(edges: Iterable[tuple[str, str, str]], prefix: str = "edge_") -> Iterator[Pair]:
    """A product and its kinds, materials and uses: a few of each, none of words that go with everything.

    *edges* are (product, relation, related); the kind of a pair is *prefix* and the relation.
    """
    related: dict[tuple[str, str], list[str]] = defaultdict(list)
    for product, relation, other in edges:
        related[product, relation].append(other)
    for (product, relation), others in related.items():
        if len(others) <= LARGEST_FAMILY:
            for other in others[:: max(1, len(others) // FEW)][:FEW]:
                if other != product:
                    yield Pair(f"{prefix}{relation}", product, other, product)

"""The words that a step of a path rests on: of the need, of the offering, of whoever states an edge.

Every quote is an exact substring of the stored field that it names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from recommender.catalogue.domain import Need
from recommender.chains.graph import ChainGraph, Step
from recommender.chains.joining import spelling
from recommender.chains.standards import standards
from recommender.chains.stating import said
from recommender.chains.stored import Origin
from recommender.chains.ways import Way
from recommender.snapshot import Snapshot

JSON = dict[str, Any]


_sign = lru_cache(maxsize=8_192)(spelling)  # of a character, one of a few thousand


def span_of(text: str, spelled: str) -> tuple[int, int] | None:
    """Where *text* holds what is looked up as *spelled*; None where it is spelled too unlike.

    >>> span_of("采购 ＰＶＣ-U 管", "pvcu管")
    (3, 10)
    """
    pieces = [(at, sign) for at, character in enumerate(text) for sign in _sign(character)]
    start = "".join(sign for _, sign in pieces).find(spelled) if spelled else -1
    return (pieces[start][0], pieces[start + len(spelled) - 1][0] + 1) if start >= 0 else None


def quoted(field: str, text: str, start: int, end: int, offering_id: str = "") -> JSON:
    found: JSON = {"field": field, "span": text[start:end], "start": start}
    return found | ({"offering_id": offering_id} if offering_id else {})


def of_need(need: Need, words: str) -> JSON:
    """The words of the need's title that name a thing; all of it where they cannot be told apart."""
    start, end = span_of(need.title, words) or (0, len(need.title))
    return quoted("title", need.title, start, end)


def of_offering(graph: ChainGraph, document: Mapping[str, Any], node: int) -> JSON:
    """The words of an offering's title that put it on *node*."""
    title = str(document["title"])
    start, end = span_of(title, spelling(graph.name(node))) or (0, len(title))
    return quoted("title", title, start, end, str(document["offering_id"]))


def of_step(snapshot: Snapshot, step: Step) -> list[JSON]:
    """Who states the edge of *step*, in which words; nothing for what is imported or inferred."""
    if step.origin is not Origin.STATED:
        return []
    graph = snapshot.graph
    source, target = (step.start, step.end) if step.forward else (step.end, step.start)
    for row in graph.stating(source, target, step.relation)[:1].tolist():
        document = snapshot.offerings.documents.get(row)
        for field in ("description", "title"):
            text = str(document.get(field) or "")
            for other, relation, start, end in said(source, text, graph.of_spelling, graph.work):
                if (other, relation) == (target, step.relation):
                    return [quoted(field, text, start, end, str(document["offering_id"]))]
    return []


def of_standard(snapshot: Snapshot, need: Need, way: Way, offering: int) -> list[JSON]:
    """Where the *offering* in a row and the other side of *way* name the standard that joins them."""
    name = snapshot.graph.standard_name(way.standard)
    found = [*_named(snapshot.offerings.documents.get(offering), name)]
    if way.citing >= 0:
        return [*found, *_named(snapshot.offerings.documents.get(way.citing), name)]
    return [*found, *_named({"title": need.title, "description": need.description}, name)]


def _named(document: Mapping[str, Any], name: str) -> Iterator[JSON]:
    for field in ("title", "description"):
        text = str(document.get(field) or "")
        for each, start, end in standards(text):
            if each == name:
                yield quoted(field, text, start, end, str(document.get("offering_id", "")))
                return

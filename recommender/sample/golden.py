"""Golden queries: needs in our own words whose right answers are known by construction.

``data/golden.toml`` holds them: a title and description that mostly avoid the catalogue's own word for the
thing, and the topic that is meant. Grades: 3 offers the thing and holds every certificate asked for, valid;
2 offers the thing; 1 offers a substitute or a close relative of it (:meth:`.Kinship.match`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from recommender.catalogue.domain import Enterprise, Link
from recommender.sample.chains import DATA
from recommender.sample.kinship import Kinship
from recommender.sample.offerings import Offer

WITHIN = 20  # among so many one of the best answers is expected, where the file does not say otherwise


@dataclass(frozen=True, slots=True)
class GoldenQuery:
    need_id: str
    title: str
    description: str
    topic: str
    required_certifications: tuple[str, ...]
    within: int = WITHIN

    @property
    def link(self) -> Link:
        head = self.topic.partition(":")[0]
        return Link(head) if head in set(Link) else Link.SUPPLY


@dataclass(frozen=True, slots=True)
class Judgment:
    need_id: str
    enterprise_id: str
    grade: int


@dataclass(frozen=True, slots=True)
class Expectation:
    """A row of ``golden.csv``: one of the enterprises must be among the first (:mod:`recommender.golden`)."""

    text: str
    enterprise_id: tuple[str, ...]
    within: int


def load_golden(topics: Iterable[str], folder: Path = DATA) -> list[GoldenQuery]:
    """The queries whose topic is among *topics*, numbered in file order."""
    with (folder / "golden.toml").open("rb") as file:
        raw = tomllib.load(file)
    known = set(topics)
    return [
        GoldenQuery(
            need_id=f"G{number:03d}",
            title=item["title"],
            description=item["description"],
            topic=item["topic"],
            required_certifications=tuple(item.get("certificates", ())),
            within=item.get("within", WITHIN),
        )
        for number, item in enumerate(raw["query"], start=1)
        if item["topic"] in known
    ]


def judge(
    queries: Sequence[GoldenQuery],
    offers: Iterable[Offer],
    enterprises: Mapping[str, Enterprise],
    kinship: Kinship,
    as_of: date,
) -> list[Judgment]:
    """Every right answer of every query, best grade first, then by id."""
    offered: dict[str, set[str]] = {}
    for offer in offers:
        offered.setdefault(offer.topic, set()).add(offer.offering.enterprise_id)
    found: list[Judgment] = []
    for query in queries:
        grades: dict[str, int] = {}
        for topic, firms in offered.items():
            match = kinship.match(query.topic, topic)
            for firm in firms if match >= 0.4 else ():
                grade = 1 if match < 1 else 3 if _holds(enterprises[firm], query, as_of) else 2
                grades[firm] = max(grade, grades.get(firm, 0))
        ranked = sorted(grades.items(), key=lambda pair: (-pair[1], pair[0]))
        found.extend(Judgment(query.need_id, firm, grade) for firm, grade in ranked)
    return found


def expectations(queries: Iterable[GoldenQuery], judgments: Iterable[Judgment]) -> list[Expectation]:
    """What an operator would expect of the queries: one that offers the very thing, near the top."""
    best: dict[str, list[str]] = {}
    for judgment in judgments:
        if judgment.grade >= 2:
            best.setdefault(judgment.need_id, []).append(judgment.enterprise_id)
    return [
        Expectation(f"{query.title}\n{query.description}", tuple(best[query.need_id]), query.within)
        for query in queries
    ]


def _holds(enterprise: Enterprise, query: GoldenQuery, as_of: date) -> bool:
    valid = {c.name for c in enterprise.certifications if c.expires is None or c.expires >= as_of}
    return valid.issuperset(query.required_certifications)

"""What a release is made of: records of the catalogue read once, into documents on disk and columns in
memory.

Documents go straight to their files; texts, words and filter columns stay in memory until they are indexed.
What is derived of a record depends on that record alone (of an enterprise, on it and its offerings), so that
a release made of a few fresh records and of what an older one holds equals one that is made of all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexes.code_lists import CodeListBuilder
from indexes.documents import DocumentWriter
from indexes.filters import FilterColumns
from indexes.lexical import LexicalBuilder
from recommender import profile
from recommender.catalogue.domain import Enterprise, Need, Offering, Tier
from recommender.catalogue.json_values import to_json
from recommender.places import places_of
from recommender.requirements import demands
from recommender.requirements.claims import certificates_claimed, dimensions_stated, kind_codes, lead_time
from recommender.standing import yearly_business
from recommender.text.normalise import for_search

if TYPE_CHECKING:
    from recommender.catalogue import Reader
    from recommender.changes import Plan

OFFERINGS, ENTERPRISES, NEEDS = "offerings", "enterprises", "needs"
KINDS = "kinds"
Vectors = NDArray[np.float32]
Progress = Callable[[str, int, int], None]

TIER_ORDER = {tier: float(order) for order, tier in enumerate(Tier)}
_EVERY = 2000  # rows between two words of progress


class _Columns:
    """Filter columns that grow row by row; named beforehand, so that an empty collection has them too."""

    def __init__(self, labels: str, numbers: str) -> None:
        self.labels: dict[str, list[tuple[str, ...]]] = {name: [] for name in labels.split()}
        self.numbers: dict[str, list[float]] = {name: [] for name in numbers.split()}

    def build(self, size: int) -> FilterColumns:
        return FilterColumns.build(size, self.labels, self.numbers)


def _words() -> LexicalBuilder:
    return LexicalBuilder(k1=profile.K1, b=profile.B)


@dataclass(slots=True)
class Content:
    """Row-aligned texts and columns of the records that were read, in the order of their documents.

    What only the whole catalogue can say of an enterprise or a need is no part of it: where its offerings
    begin, when it changed last, its past, and how well the other side suits it.
    """

    offering_texts: list[str] = field(default_factory=list)
    offering_titles: list[str] = field(default_factory=list)
    offering_weights: list[float | None] = field(default_factory=list)
    offering_kinds: CodeListBuilder = field(default_factory=CodeListBuilder)
    offering_columns: _Columns = field(
        default_factory=lambda: _Columns(
            "link unit stated_unit claims states", "available_from available_until capacity lead_time"
        )
    )
    standing_texts: list[str] = field(default_factory=list)
    described: list[bool] = field(default_factory=list)
    offered: list[int] = field(default_factory=list)  # how many offerings each enterprise has
    enterprise_words: LexicalBuilder = field(default_factory=_words)
    enterprise_columns: _Columns = field(
        default_factory=lambda: _Columns(
            "name region industry industry_chain tier size certification claims",
            "region_code tier_order assessment business capital",
        )
    )
    need_texts: list[tuple[str, str, str]] = field(default_factory=list)
    need_words: LexicalBuilder = field(default_factory=_words)
    need_columns: _Columns = field(
        default_factory=lambda: _Columns(
            "region industry_chain link status visibility buyer certification unit",
            "deadline site_code seat_code quantity budget",
        )
    )

    @property
    def counts(self) -> dict[str, int]:
        return {
            OFFERINGS: len(self.offering_texts),
            ENTERPRISES: len(self.standing_texts),
            NEEDS: len(self.need_texts),
        }

    @property
    def text_groups(self) -> dict[str, list[str]]:
        """All texts to embed, by what they are of."""
        return {
            "offerings": self.offering_texts,
            "standing": self.standing_texts,
            "subjects": [about for about, _, _ in self.need_texts],
            "buyers": [buyer for _, buyer, _ in self.need_texts],
            "descriptions": [description for _, _, description in self.need_texts],
        }

    @property
    def texts(self) -> list[str]:
        return [text for texts in self.text_groups.values() for text in texts]

    def filters(self, collection: str) -> FilterColumns:
        columns = {
            OFFERINGS: self.offering_columns,
            ENTERPRISES: self.enterprise_columns,
            NEEDS: self.need_columns,
        }
        return columns[collection].build(self.counts[collection])

    def profiles(self, standing: Vectors, offerings: Vectors) -> Vectors:
        """(n, d) profile vectors from the vectors of standing texts (n, d) and offerings (m, d)."""
        found = np.zeros_like(standing)
        start = 0
        for row, count in enumerate(self.offered):
            found[row] = profile.profile_vector(
                standing[row],
                offerings[start : start + count],
                self.offering_weights[start : start + count],
                described=self.described[row],
            )
            start += count
        return found


def read_content(todo: Plan, view: Reader, folder: Path, progress: Progress) -> Content:
    """Read the fresh rows of *todo* from *view*, which must stand still meanwhile; their documents are
    written to their place in the release *folder*."""
    content = Content()
    everything = todo.parent is None
    chosen, wanted = (None, None) if everything else (todo.enterprise_ids, todo.need_ids)
    places = {name: todo.fresh_documents(folder, name) for name in todo.splices}
    offerings = _Offerings(view.offerings(chosen))
    with DocumentWriter(places[ENTERPRISES]) as firms, DocumentWriter(places[OFFERINGS]) as offers:
        for done, enterprise in enumerate(view.enterprises(chosen)):
            if done % _EVERY == 0:
                progress("read enterprises", done, len(todo.enterprise_ids))
            own = offerings.of(enterprise.enterprise_id)
            for offering in own:
                _add_offering(content, offering)
                offers.add(offering.offering_id, to_json(offering))
            _add_enterprise(content, enterprise, own)
            firms.add(enterprise.enterprise_id, to_json(enterprise))
    with DocumentWriter(places[NEEDS]) as asked:
        for done, need in enumerate(view.needs(wanted)):
            if done % _EVERY == 0:
                progress("read needs", done, len(todo.need_ids))
            _add_need(content, need)
            asked.add(need.need_id, to_json(need))
    return content


class _Offerings:
    """The stream of offerings, handed out enterprise by enterprise; both come in order of enterprise id."""

    def __init__(self, stream: Iterator[Offering]) -> None:
        self._stream = stream
        self._next = next(stream, None)

    def of(self, enterprise_id: str) -> list[Offering]:
        found: list[Offering] = []
        while self._next is not None and self._next.enterprise_id == enterprise_id:
            found.append(self._next)
            self._next = next(self._stream, None)
        return found


def _add_offering(content: Content, offering: Offering) -> None:
    content.offering_texts.append(profile.offering_text(offering))
    content.offering_titles.append(offering.title)
    content.offering_weights.append(offering.weight)
    content.offering_kinds.add(kind_codes(offering.title))
    columns = content.offering_columns
    columns.labels["link"].append((offering.link.value,))
    columns.numbers["available_from"].append(_day(offering.available_from))
    columns.numbers["available_until"].append(_day(offering.available_until))
    columns.labels["unit"].append((for_search(offering.unit),))
    columns.labels["stated_unit"].append((offering.unit,))
    columns.labels["claims"].append(_claims(offering.description))
    columns.labels["states"].append(dimensions_stated(offering))
    usual = lead_time(offering.description)
    columns.numbers["lead_time"].append(_number(usual[0] if usual else None))
    columns.numbers["capacity"].append(_number(offering.capacity))


def _add_enterprise(content: Content, enterprise: Enterprise, offerings: list[Offering]) -> None:
    content.standing_texts.append(profile.standing_text(enterprise))
    content.described.append(bool(enterprise.description))
    content.offered.append(len(offerings))
    content.enterprise_words.add(profile.enterprise_tokens(enterprise, offerings))
    labels, numbers = content.enterprise_columns.labels, content.enterprise_columns.numbers
    labels["name"].append((enterprise.enterprise_id, enterprise.name, enterprise.short_name))
    labels["region"].append((enterprise.region,))
    labels["industry"].append((enterprise.industry,))
    labels["industry_chain"].append(enterprise.industry_chains)
    labels["tier"].append((enterprise.tier.value if enterprise.tier else "",))
    labels["size"].append((enterprise.size.value if enterprise.size else "",))
    labels["certification"].append(tuple(str(c) for c in enterprise.certifications))
    labels["claims"].append(_claims(enterprise.description))
    assessments = [
        a
        for a in (
            enterprise.technology,
            enterprise.quality,
            enterprise.delivery,
            enterprise.cost,
            enterprise.response,
        )
        if a is not None
    ]
    numbers["region_code"].append(float(enterprise.region or "nan"))
    numbers["tier_order"].append(TIER_ORDER[enterprise.tier] if enterprise.tier else math.nan)
    numbers["assessment"].append(sum(assessments) / len(assessments) if assessments else math.nan)
    numbers["business"].append(_number(yearly_business(enterprise)))
    numbers["capital"].append(_number(enterprise.registered_capital))


def _add_need(content: Content, need: Need) -> None:
    content.need_texts.append(profile.need_texts(need))
    content.need_words.add(profile.need_tokens(need))
    labels, numbers = content.need_columns.labels, content.need_columns.numbers
    labels["region"].append((need.region,))
    labels["industry_chain"].append((need.industry_chain,))
    labels["link"].append((need.link.value,))
    labels["status"].append((need.status.value,))
    labels["visibility"].append((need.visibility.value,))
    labels["buyer"].append((need.buyer_id, need.buyer_name))
    labels["certification"].append(tuple(str(d.certificate) for d in demands(need) if d.certificate))
    numbers["deadline"].append(_day(need.deadline.date() if need.deadline else None))
    places = places_of(need)
    numbers["site_code"].append(float(places.site or "nan"))
    numbers["seat_code"].append(float(places.seat or "nan"))
    labels["unit"].append((for_search(need.unit),))
    numbers["quantity"].append(_number(need.quantity))
    numbers["budget"].append(_number(need.budget))


def _claims(text: str) -> tuple[str, ...]:
    return tuple(certificate.label for certificate in certificates_claimed(text))


def _number(number: float | None) -> float:
    return math.nan if number is None else float(number)


def _day(day: date | None) -> float:
    return float(day.toordinal()) if day else math.nan

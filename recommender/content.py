"""What a release is made of: the catalogue read once, into documents on disk and columns in memory.

Documents go straight to their files; texts, tokens and filter columns stay in memory until they are indexed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexes.code_lists import CodeListBuilder
from indexes.documents import DocumentStore
from indexes.errors import CatalogueError
from indexes.filters import FilterColumns
from recommender import profile
from recommender.catalogue import Kind
from recommender.catalogue.domain import Enterprise, Need, NeedStatus, Offering, Size, Tier, Visibility
from recommender.catalogue.json_values import to_json
from recommender.places import places_of
from recommender.requirements import demands
from recommender.requirements.claims import certificates_claimed, dimensions_stated, kind_codes, lead_time
from recommender.standing import UNKNOWN, Past, pasts, yearly_business
from recommender.text.normalise import for_search

if TYPE_CHECKING:
    from recommender.catalogue import Reader

OFFERINGS, ENTERPRISES, NEEDS = "offerings", "enterprises", "needs"
KINDS = "kinds"
Vectors = NDArray[np.float32]
Progress = Callable[[str, int, int], None]

TIER_ORDER = {tier: float(order) for order, tier in enumerate(Tier)}
SIZE_ORDER = {size: float(order) for order, size in enumerate(Size)}
_EVERY = 2000  # rows between two words of progress


class _Columns:
    """Filter columns that grow row by row; named beforehand, so that an empty collection has them too."""

    def __init__(self, labels: str, numbers: str) -> None:
        self.labels: dict[str, list[tuple[str, ...]]] = {name: [] for name in labels.split()}
        self.numbers: dict[str, list[float]] = {name: [] for name in numbers.split()}

    def build(self, size: int) -> FilterColumns:
        return FilterColumns.build(size, self.labels, self.numbers)


@dataclass(slots=True)
class Content:
    """Row-aligned texts and columns of the three collections, in the order of their documents."""

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
    enterprise_tokens: list[list[str]] = field(default_factory=list)
    enterprise_columns: _Columns = field(
        default_factory=lambda: _Columns(
            "name region industry industry_chain tier size certification claims",
            "first_offering region_code tier_order assessment business capital changed "
            "track_record booked booked_day",
        )
    )
    first_offering: list[int] = field(default_factory=list)
    need_texts: list[tuple[str, str, str]] = field(default_factory=list)
    need_tokens: list[list[str]] = field(default_factory=list)
    wanted: list[int] = field(default_factory=list)  # rows of the open needs that more than the invited see
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
        ends = [*self.first_offering, len(offerings)]
        for row, (start, end) in enumerate(pairwise(ends)):
            found[row] = profile.profile_vector(
                standing[row],
                offerings[start:end],
                self.offering_weights[start:end],
                described=self.described[row],
            )
        return found


def read_content(catalogue: Reader, folder: Path, progress: Progress) -> Content:
    """Read all of *catalogue*, which must stand still meanwhile; documents are written below *folder*.

    Raises CatalogueError when there is neither an enterprise nor a need.
    """
    counts = catalogue.counts()
    if not counts[Kind.ENTERPRISES] and not counts[Kind.NEEDS]:
        raise CatalogueError("The catalogue is empty.", mend="import enterprises, offerings and needs first")
    content = Content()
    history = pasts(catalogue.outcomes())
    changed = catalogue.last_changes()
    offerings = _Offerings(catalogue.offerings(), content)

    def enterprise_rows() -> Iterator[tuple[str, Mapping[str, object]]]:
        for done, enterprise in enumerate(catalogue.enterprises()):
            if done % _EVERY == 0:
                progress("read enterprises", done, counts[Kind.ENTERPRISES])
            content.first_offering.append(offerings.taken)
            _add_enterprise(content, enterprise, offerings.of(enterprise.enterprise_id))
            _add_past(
                content,
                changed[enterprise.enterprise_id],
                history.get(enterprise.enterprise_id, UNKNOWN),
            )
            yield enterprise.enterprise_id, to_json(enterprise)

    def need_rows() -> Iterator[tuple[str, Mapping[str, object]]]:
        for done, need in enumerate(catalogue.needs()):
            if done % _EVERY == 0:
                progress("read needs", done, counts[Kind.NEEDS])
            _add_need(content, need)
            yield need.need_id, to_json(need)

    DocumentStore.build(folder / ENTERPRISES / "documents", enterprise_rows())
    # a second reading: a nation's offerings do not fit in memory as objects
    offering_rows = ((offering.offering_id, to_json(offering)) for offering in catalogue.offerings())
    DocumentStore.build(folder / OFFERINGS / "documents", offering_rows)
    DocumentStore.build(folder / NEEDS / "documents", need_rows())
    return content


class _Offerings:
    """The stream of offerings, handed out enterprise by enterprise; both come in order of enterprise id."""

    def __init__(self, stream: Iterator[Offering], content: Content) -> None:
        self._stream = stream
        self._content = content
        self._next = next(stream, None)
        self.taken = 0

    def of(self, enterprise_id: str) -> list[Offering]:
        found: list[Offering] = []
        while self._next is not None and self._next.enterprise_id == enterprise_id:
            found.append(self._next)
            _add_offering(self._content, self._next)
            self.taken += 1
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
    content.enterprise_tokens.append(profile.enterprise_tokens(enterprise, offerings))
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
    numbers["first_offering"].append(float(content.first_offering[-1]))
    numbers["region_code"].append(float(enterprise.region or "nan"))
    numbers["tier_order"].append(TIER_ORDER[enterprise.tier] if enterprise.tier else math.nan)
    numbers["assessment"].append(sum(assessments) / len(assessments) if assessments else math.nan)
    numbers["business"].append(_number(yearly_business(enterprise)))
    numbers["capital"].append(_number(enterprise.registered_capital))


def _add_past(content: Content, changed: date, past: Past) -> None:
    numbers = content.enterprise_columns.numbers
    numbers["changed"].append(_day(changed))
    numbers["track_record"].append(past.track_record)
    numbers["booked"].append(past.booked)
    numbers["booked_day"].append(past.booked_day)


def _add_need(content: Content, need: Need) -> None:
    content.need_texts.append(profile.need_texts(need))
    content.need_tokens.append(profile.need_tokens(need))
    labels, numbers = content.need_columns.labels, content.need_columns.numbers
    labels["region"].append((need.region,))
    labels["industry_chain"].append((need.industry_chain,))
    labels["link"].append((need.link.value,))
    if need.status is NeedStatus.OPEN and need.visibility is not Visibility.INVITED:
        content.wanted.append(len(content.need_texts) - 1)
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

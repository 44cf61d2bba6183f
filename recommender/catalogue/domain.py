"""The things the catalogue holds, as immutable values.

An :class:`Enterprise` offers :class:`Offering`\\ s; a buyer publishes :class:`Need`\\ s; an
:class:`Outcome` is what became of a pair; an :class:`Edge` joins two products or materials in an industry
chain. Text fields keep the original spelling: normalising is the business of :mod:`recommender.text`.
Money is in yuan (CNY), shares are 0–1, assessments 0–100. An absent text is ``""``, an absent number or
date is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Link(StrEnum):
    """The seven chains (七链) along which the policy joins large and small enterprises."""

    INNOVATION = "innovation"
    INDUSTRY = "industry"
    SUPPLY = "supply"
    DATA = "data"
    CAPITAL = "capital"
    SERVICE = "service"
    TALENT = "talent"


class Scope(StrEnum):
    """Whether results stay in the need's industry chain, come from other ones, or either."""

    SAME = "same"
    CROSS = "cross"
    ANY = "any"


class Size(StrEnum):
    """Size classes of 统计上大中小微型企业划分办法 (2017)."""

    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"
    MICRO = "micro"


class Tier(StrEnum):
    """Quality tiers of SMEs (优质中小企业梯度), lowest first."""

    NONE = "none"
    INNOVATIVE = "innovative"
    SPECIALIZED = "specialized"
    LITTLE_GIANT = "little_giant"
    CHAMPION = "champion"


class Visibility(StrEnum):
    PUBLIC = "public"
    REGISTERED = "registered"
    INVITED = "invited"


class NeedStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    AWARDED = "awarded"


class Stage(StrEnum):
    """How far a pair of need and enterprise came."""

    SHOWN = "shown"
    VIEWED = "viewed"
    CONTACTED = "contacted"
    MET = "met"
    QUALIFIED = "qualified"
    AWARDED = "awarded"
    REJECTED = "rejected"


class Relation(StrEnum):
    """How the source of an edge stands to its target: steel rail *needs_material* steel billet."""

    NEEDS_MATERIAL = "needs_material"
    HAS_KIND = "has_kind"
    USED_IN = "used_in"
    SUBSTITUTES = "substitutes"
    PROCESSED_BY = "processed_by"


@dataclass(frozen=True, slots=True)
class Certification:
    """A certificate as stated: ``IATF 16949@2027-03-01`` is name and last valid day."""

    name: str
    expires: date | None = None

    def __str__(self) -> str:
        return f"{self.name}@{self.expires.isoformat()}" if self.expires else self.name


@dataclass(frozen=True, slots=True)
class Enterprise:
    enterprise_id: str
    name: str
    short_name: str = ""
    credit_code: str = ""
    description: str = ""
    size: Size | None = None
    tier: Tier | None = None
    ownership: str = ""
    region: str = ""  # GB/T 2260 code, six digits
    industry: str = ""  # GB/T 4754-2017 code
    industry_chains: tuple[str, ...] = ()
    certifications: tuple[Certification, ...] = ()
    tags: tuple[str, ...] = ()
    employees: int | None = None
    revenue: float | None = None
    registered_capital: float | None = None
    founded: date | None = None
    credit_rating: str = ""
    technology: float | None = None
    quality: float | None = None
    delivery: float | None = None
    cost: float | None = None
    response: float | None = None
    website: str = ""
    contact: str = field(default="", repr=False)  # restricted: kept in a table of its own, never indexed


@dataclass(frozen=True, slots=True)
class Offering:
    offering_id: str
    enterprise_id: str
    title: str
    description: str = ""
    link: Link = Link.SUPPLY
    weight: float | None = None  # share of the enterprise's revenue, 0–1
    capacity: float | None = None
    unit: str = ""
    available_from: date | None = None
    available_until: date | None = None
    first_of_kind: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    need_id: str
    title: str
    description: str = ""
    qualification: str = ""  # what suppliers must bring, as text
    buyer_id: str = ""
    buyer_name: str = ""
    link: Link = Link.SUPPLY
    industry_chain: str = ""
    region: str = ""
    required_certifications: tuple[str, ...] = ()
    required_tiers: tuple[Tier, ...] = ()
    quantity: float | None = None
    unit: str = ""
    budget: float | None = None
    deadline: datetime | None = None  # local time of the buyer; midnight where only a day is stated
    payment_days: int | None = None
    reserved_for: str = ""  # "", "sme" or "small_micro"
    consortium_allowed: bool | None = None
    visibility: Visibility = Visibility.REGISTERED
    status: NeedStatus = NeedStatus.OPEN
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    need_id: str
    enterprise_id: str
    stage: Stage
    at: datetime | None = None
    amount: float | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    source: str
    target: str
    relation: Relation
    chain: str = ""
    weight: float | None = None

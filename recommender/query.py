"""What is asked: a need that wants suppliers, or an enterprise that wants buyers, with hard filters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from indexes.errors import InputError
from recommender.catalogue.domain import Enterprise, Link, Need, Offering, Scope, Size, Tier
from recommender.intake.codes import industries_within
from recommender.intake.values import choice
from recommender.intake.words import LINKS, SIZES, TIERS
from recommender.places import region_of
from recommender.requirements import demands
from recommender.text.clauses import clauses

if TYPE_CHECKING:
    from recommender.matching.exposure import Exposure

MAX_TOP_K = 1000
MAX_TEXT = 20_000
_LONGEST_TITLE = 120
_MOST_OFFERINGS = 20
_CLAUSE = re.compile(r"[^，,；;。\n]+")
SYSTEMS = ("lexical", "dense", "hybrid", "full")


class Policy(StrEnum):
    """What becomes of who fails a must-have requirement: ranked lower and told, or left out and counted."""

    LENIENT = "lenient"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Filters:
    """Hard filters; an empty tuple filters nothing, several values of one field mean "any of these".

    ``region`` and ``industry`` hold prefixes of GB/T 2260 and GB/T 4754 codes (``31`` is all of Shanghai).
    ``tier``, ``size`` and ``industry`` speak of suppliers only, ``buyer`` of needs only: asked of the other
    side they are refused, as they would filter nothing.
    """

    region: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    certification: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    industry_chain: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    buyer: tuple[str, ...] = ()

    @classmethod
    def parse(cls, *texts: str) -> Filters:
        """Filters from the command line, each like ``region=31,tier=little_giant,certification=IATF 16949``.

        Raises InputError for a part without ``=``, an unknown field or an impossible value.
        """
        given: dict[str, list[str]] = {}
        for part in ",".join(texts).replace("，", ",").split(","):
            if not part.strip():
                continue
            name, equals, value = part.partition("=")
            if not equals:
                raise InputError(
                    "A filter has the form field=value.",
                    field="where",
                    value=part,
                    mend="for instance region=31,tier=little_giant",
                )
            given.setdefault(name.strip(), []).append(value)
        return cls.of(given)

    @classmethod
    def of(cls, given: Mapping[str, str | Sequence[str]]) -> Filters:
        """Filters from a mapping of field to value or values, as the HTTP API receives them."""
        known = {f.name for f in fields(cls)}
        checked: dict[str, tuple[str, ...]] = {}
        for name, values in given.items():
            if name not in known:
                raise InputError(
                    "There is no such filter.",
                    field=name,
                    value=values,
                    mend=f"one of {', '.join(sorted(known))}",
                )
            several = [values] if isinstance(values, str) else list(values)
            checked[name] = tuple(
                one for v in several if str(v).strip() for one in _checked(name, str(v).strip())
            )
        return cls(**checked)

    def to_json(self) -> dict[str, list[str]]:
        return {f.name: list(getattr(self, f.name)) for f in fields(self) if getattr(self, f.name)}


_CHOICES: dict[str, Callable[[str], str]] = {
    "tier": lambda text: choice(text, Tier, TIERS),
    "size": lambda text: choice(text, Size, SIZES),
    "link": lambda text: choice(text, Link, LINKS),
}


def _checked(name: str, value: str) -> tuple[str, ...]:
    if name in _CHOICES:
        try:
            return (str(_CHOICES[name](value)),)
        except InputError as error:
            raise InputError("Not a known value.", field=name, value=value, mend=error.mend) from None
    if name == "region":
        return (region_of(value),)
    if name == "industry":
        return industries_within(value)
    return (value,)


_SILENT = {"suppliers": ("buyer",), "needs": ("tier", "size", "industry")}


def check_filters(filters: Filters, found: str) -> None:
    """Raises InputError where *filters* has a field that no result has, which are "suppliers" or "needs"."""
    for name in _SILENT[found]:
        if values := getattr(filters, name):
            raise InputError(
                f"This filter says nothing about {found}.", field=name, value=values[0], mend="leave it out"
            )


@dataclass(frozen=True, slots=True)
class SupplierQuery:
    """Who can supply *need*? Certificates are judged on ``as_of``; ``link`` keeps only its own offers.

    ``exposure`` is what the ledger knew when the day began; None leaves everybody in the order of the scores.
    """

    need: Need
    as_of: date
    top_k: int = 10
    filters: Filters = field(default_factory=Filters)
    link: Link | None = None
    explain: bool = True
    policy: Policy = Policy.LENIENT
    exposure: Exposure | None = None
    scope: Scope = Scope.ANY

    def __post_init__(self) -> None:
        check_top_k(self.top_k)
        check_filters(self.filters, "suppliers")


@dataclass(frozen=True, slots=True)
class BuyerQuery:
    """Which open needs could *enterprise* with *offerings* meet?

    ``visibility`` lists what the caller may see; needs whose deadline passed before ``as_of`` are hidden.
    """

    enterprise: Enterprise
    offerings: tuple[Offering, ...]
    as_of: date
    top_k: int = 10
    filters: Filters = field(default_factory=Filters)
    link: Link | None = None
    explain: bool = True
    visibility: tuple[str, ...] = ("public",)
    policy: Policy = Policy.LENIENT
    scope: Scope = Scope.ANY

    def __post_init__(self) -> None:
        check_top_k(self.top_k)
        check_filters(self.filters, "needs")


def check_top_k(top_k: int) -> None:
    """Raises InputError where a list of *top_k* is too long or none."""
    if not 1 <= top_k <= MAX_TOP_K:
        raise InputError(
            "Out of range.", field="top_k", value=top_k, mend=f"a whole number from 1 to {MAX_TOP_K}"
        )


def need_from_text(text: str, *, link: Link | None = None) -> Need:
    """A need that somebody typed: its first line is the title, all of it the description, and what it demands
    of suppliers at its end (须通过IRIS认证) the qualification. Each is a substring of *text*.

    Raises InputError for text without a word or longer than 20,000 characters.
    """
    text = _checked_text(text)
    body, qualification = _demands_apart(text)
    first = body.split("\n", 1)[0].strip()
    title = first if len(first) <= _LONGEST_TITLE else first[:_LONGEST_TITLE]
    return Need(
        need_id="",
        title=title,
        description=body if body != title else "",
        qualification=qualification,
        link=link or Link.SUPPLY,
    )


def _demands_apart(text: str) -> tuple[str, str]:
    """*text* cut before the run of demands that ends it: what is wanted, and what suppliers must bring."""
    cut = len(text)
    for clause in reversed(list(_CLAUSE.finditer(text))):
        asked = demands(Need("", clause.group()))
        # what the thing itself must be (耐压6.3MPa) is part of what is wanted
        if not asked or any(demand.of == "product" for demand in asked):
            break
        cut = clause.start()
    body = text[:cut].rstrip(" \n，,；;。")
    return (body, text[cut:].strip()) if body else (text, "")


def enterprise_from_text(text: str) -> tuple[Enterprise, tuple[Offering, ...]]:
    """An enterprise known only by what somebody typed of it: each clause counts as something it offers.

    Raises InputError as :func:`need_from_text`.
    """
    text = _checked_text(text)
    named = list(dict.fromkeys(clauses(text)))[:_MOST_OFFERINGS] or [text[:_LONGEST_TITLE]]
    offerings = tuple(Offering(offering_id="", enterprise_id="", title=clause) for clause in named)
    return Enterprise(enterprise_id="", name="", description=text), offerings


def _checked_text(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if not any(sign.isalnum() for sign in text):
        fault = "The text has no words." if text else "The text is empty."
        raise InputError(fault, field="text", value=text, mend="say what is needed or offered")
    if len(text) > MAX_TEXT:
        raise InputError(
            f"The text has {len(text):,} characters.", field="text", value=text, mend=f"at most {MAX_TEXT:,}"
        )
    return text

"""How each field is read from a cell: the table :data:`RULES`.

Which faults reject a row and which only leave a field out is set out in :mod:`recommender.intake.rows`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import NamedTuple, TypeVar

from indexes.errors import InputError
from recommender.catalogue.domain import Link, NeedStatus, Relation, Size, Stage, Tier, Visibility
from recommender.catalogue.kinds import Kind
from recommender.catalogue.rows import KEY_LIMIT
from recommender.intake import values, words
from recommender.intake.codes import resolve_industry
from recommender.intake.dates import certification, day, last_day, moment
from recommender.text.normalise import clean

E = TypeVar("E", bound=StrEnum)
MOST_ITEMS = 500
"""Items of a list."""
ITEM = 200
"""Characters of an item."""
LONG = 200_000
"""Characters of a long text."""
_RANGE = re.compile(r"[^\d]{0,4}\d[\d,.]*\s*[万亿千]?元?\s*(?:-|~|～|—|–|至|到)\s*\d[\d,.]*\s*[^\d]{0,6}")
_WEB = re.compile(r"(?:https?://)?[^\s/@:<>\"']+\.[^\s/@:<>\"']{2,}(?::\d+)?(?:[/?#][^\s<>\"']*)?", re.I)


@dataclass(frozen=True, slots=True)
class Omitted:
    """A value that is understood but not stored, and why."""

    reason: str


class Measured(NamedTuple):
    """A number and the unit written behind it, ``""`` without one."""

    number: float
    unit: str


@dataclass(frozen=True, slots=True)
class Rule:
    """How a field is read: ``read(cell, scale)`` gives its value or Omitted, or raises InputError.

    With *harmless* an unreadable value leaves the field out, without it rejects the row. ``own`` are words
    that mean something here although they mean nothing elsewhere (无 is a tier).
    """

    read: Callable[[object, int], object]
    harmless: bool = False
    own: frozenset[str] = frozenset()
    glue: str = ""  # joins the texts of several columns


def plain(cell: object) -> str:
    """What a cell shows, as text: ``000001.0`` of a float is ``1``, a date is ISO. Raises InputError.

    >>> plain(1234567890123456.0), plain("a<br>b")
    ('1234567890123456', 'a b')
    """
    if isinstance(cell, str):
        return clean(cell)
    if isinstance(cell, bool):
        raise InputError("yes or no where a text is expected")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, int | float):
        return repr(cell) if abs(cell) < 1e300 else "inf"
    if isinstance(cell, datetime | date):
        return str(cell).removesuffix(" 00:00:00")
    if isinstance(cell, bytes):
        try:
            return clean(cell.decode())
        except UnicodeDecodeError:
            raise InputError("bytes that are not UTF-8") from None
    if isinstance(cell, list | tuple) and all(isinstance(part, str | int | float) for part in cell):
        return "\n".join(plain(part) for part in cell)
    if isinstance(cell, list | tuple | dict):
        raise InputError("a structure where a text is expected")
    return clean(str(cell))


def line(limit: int, cell: object, scale: int) -> str:
    """A text of one line."""
    if isinstance(cell, str) and len(cell) > 20 * limit + 1000:
        raise InputError(f"longer than {limit:,} characters", mend="shorten it")
    text = " ".join(plain(cell).split())
    if len(text) > limit:
        raise InputError(f"longer than {limit:,} characters", mend="shorten it")
    return text


def _long(cell: object, scale: int) -> str:
    if isinstance(cell, str) and len(cell) > 5 * LONG:
        raise InputError(f"longer than {LONG:,} characters", mend="shorten it")
    text = plain(cell)
    if len(text) > LONG:
        raise InputError(f"longer than {LONG:,} characters", mend="shorten it")
    return text


def _name(limit: int, cell: object, scale: int) -> str:
    text = line(limit, cell, scale)
    if not any(sign.isalnum() for sign in text):
        raise InputError("no letter and no digit in it")
    return text


def _id(cell: object, scale: int) -> str:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 2**53:
        raise InputError("stored as a number: its last digits are lost", mend="format the column as text")
    if isinstance(cell, bool | list | dict):
        raise InputError("not an id")
    text = unicodedata.normalize("NFKC", line(KEY_LIMIT, cell, scale))
    if re.fullmatch(r"\d+\.0+", text):
        text = text.partition(".")[0]
    if re.fullmatch(r"\d(?:\.\d+)?E\+\d+", text, re.I):
        raise InputError("stored as a number: its last digits are lost", mend="format the column as text")
    if len(text) > KEY_LIMIT:
        raise InputError(f"longer than {KEY_LIMIT:,} characters", mend="shorten it")
    if not any(sign.isalnum() for sign in text):
        raise InputError("no letter and no digit in it")
    try:
        return values.credit_code(text) if len(text) == 18 else text
    except InputError:
        return text


def _items(cell: object, scale: int) -> tuple[str, ...]:
    parts = tuple(" ".join(plain(part).split()) for part in values.items(cell))
    if len(parts) > MOST_ITEMS:
        raise InputError(f"more than {MOST_ITEMS} items")
    if any(len(part) > ITEM for part in parts):
        raise InputError(f"an item longer than {ITEM} characters")
    return tuple(part for part in parts if part and part.lower() not in words.NOTHING)


def _certifications(cell: object, scale: int) -> object:
    if isinstance(cell, list):
        cell = [
            f"{part['name']}@{part.get('expires') or ''}".removesuffix("@")
            if isinstance(part, dict) and isinstance(part.get("name"), str)
            else part
            for part in cell
        ]
    return tuple(dict.fromkeys(certification(part) for part in _items(cell, scale)))


def _tier_of(text: str) -> Tier:
    bare = re.sub(r"[\"'“”‘’「」『』《》\s]", "", unicodedata.normalize("NFKC", text[: values.SHORT]))
    bare = re.sub(r"^(?:国家级?|省级?|市级?|自治区级?|区级?|第[一二三四五六七八九十\d]+批|重点)+", "", bare)
    try:
        return values.choice(bare, Tier, words.TIERS)
    except InputError:
        return values.choice(bare.removesuffix("企业"), Tier, words.TIERS)


def _tier(cell: object, scale: int) -> Tier:
    tiers = [_tier_of(part) for part in values.items(cell)]
    if not tiers:
        raise InputError("not one of the words known here", mend=f"one of {', '.join(Tier)}")
    return max(tiers, key=list(Tier).index)


def _tiers(cell: object, scale: int) -> tuple[Tier, ...]:
    return tuple(dict.fromkeys(_tier_of(part) for part in values.items(cell)))


def _choice(options: type[E], table: dict[str, E], cell: object, scale: int) -> E:
    return values.choice(cell, options, table)


def _reserved(cell: object, scale: int) -> str:
    text = "".join(values.fold(plain(cell)).lower().split())
    if text not in words.RESERVED:
        raise InputError("not one of the words known here", mend="one of sme, small_micro")
    return words.RESERVED[text]


def _boolean(cell: object, scale: int) -> bool:
    return values.boolean(cell)


def _is_range(cell: object) -> bool:
    return isinstance(cell, str) and len(cell) < 60 and bool(_RANGE.fullmatch(values.fold(cell)))


def _money(cell: object, scale: int) -> object:
    if values.is_foreign_money(cell):
        return Omitted("in another currency, which is not converted")
    if _is_range(cell):
        return Omitted("a range, not one amount")
    try:
        return values.money(cell, scale=scale)
    except InputError as error:
        if isinstance(cell, str) and not re.search(r"\d", values.fold(cell)) and _only_units(cell):
            return Omitted("a unit without a number")
        raise error


def _only_units(text: str) -> bool:
    return re.fullmatch(r"[\s万亿千百元整人民币]*", values.fold(text)) is not None


def _number(highest: float, cell: object, scale: int) -> object:
    if _is_range(cell):
        return Omitted("a range, not one number")
    return values.number(cell, highest=highest) * (scale if scale != 100 else 1)


def _quantity(cell: object, scale: int) -> object:
    if _is_range(cell):
        return Omitted("a range, not one number")
    return Measured(values.number(cell), values.unit_behind(cell))


def _whole(cell: object, scale: int) -> object:
    return Omitted("a range, not one number") if _is_range(cell) else values.whole(cell)


def _share(cell: object, scale: int) -> float:
    return values.share(cell, percent=scale == 100)


def _deadline(cell: object, scale: int) -> datetime | None:
    if isinstance(cell, str) and _is_open(cell):
        return None
    return moment(cell, late=True)


def _is_open(text: str) -> bool:
    """Whether *text* says that there is no last day."""
    return len(text) < 20 and (text.startswith(("长期", "永久")) and last_day(text) is None)


def _industry(cell: object, scale: int) -> str:
    return resolve_industry(line(ITEM, cell, scale))


def _website(cell: object, scale: int) -> str:
    text = line(500, cell, scale)
    if not _WEB.fullmatch(text):
        raise InputError("not a web address")
    return text


def _text(limit: int, *, glue: str = " ") -> Rule:
    return Rule(partial(line, limit), glue=glue)


_ID = Rule(_id)
_LONG_TEXT = Rule(_long, glue="\n")
_LIST = Rule(_items)
_MONEY = Rule(_money)
_WHOLE = Rule(_whole)
_AMOUNT = Rule(_quantity)
_WEIGHT = Rule(partial(_number, values.LARGEST))
_SCORE = Rule(partial(_number, 100))
_DATE = Rule(lambda cell, scale: day(cell))
_LAST = Rule(lambda cell, scale: last_day(cell))
_YES = Rule(_boolean, own=frozenset(("无",)))
_LINK = Rule(partial(_choice, Link, words.LINKS))

RULES: dict[Kind, dict[str, Rule]] = {
    Kind.ENTERPRISES: {
        "enterprise_id": _ID,
        "name": Rule(partial(_name, 200), glue=" "),
        "short_name": _text(100),
        "credit_code": Rule(lambda cell, scale: values.credit_code(cell)),
        "description": _LONG_TEXT,
        "size": Rule(partial(_choice, Size, words.SIZES)),
        "tier": Rule(_tier, own=frozenset(("无", "none"))),
        "ownership": _text(100),
        "industry": Rule(_industry, harmless=True),
        "industry_chains": _LIST,
        "certifications": Rule(_certifications),
        "tags": _LIST,
        "employees": _WHOLE,
        "revenue": _MONEY,
        "registered_capital": _MONEY,
        "founded": _DATE,
        "credit_rating": _text(50),
        **dict.fromkeys(("technology", "quality", "delivery", "cost", "response"), _SCORE),
        "website": Rule(_website, harmless=True),
        "contact": _text(500),
    },
    Kind.OFFERINGS: {
        "offering_id": _ID,
        "enterprise_id": _ID,
        "title": Rule(partial(_name, 500), glue=" "),
        "description": _LONG_TEXT,
        "link": _LINK,
        "weight": Rule(_share),
        "capacity": _AMOUNT,
        "unit": _text(50),
        "available_from": _DATE,
        "available_until": _LAST,
        "first_of_kind": _YES,
    },
    Kind.NEEDS: {
        "need_id": _ID,
        "title": Rule(partial(_name, 500), glue=" "),
        "description": _LONG_TEXT,
        "qualification": _LONG_TEXT,
        "buyer_id": _ID,
        "buyer_name": _text(200),
        "link": _LINK,
        "industry_chain": _text(100),
        "required_certifications": _LIST,
        "required_tiers": Rule(_tiers, own=frozenset(("无", "none"))),
        "quantity": _AMOUNT,
        "unit": _text(50),
        "budget": _MONEY,
        "deadline": Rule(_deadline),
        "payment_days": _WHOLE,
        "reserved_for": Rule(_reserved, own=frozenset(("无", "none"))),
        "consortium_allowed": _YES,
        "visibility": Rule(partial(_choice, Visibility, words.VISIBILITIES)),
        "status": Rule(partial(_choice, NeedStatus, words.STATUSES)),
        "published": _DATE,
    },
    Kind.OUTCOMES: {
        "need_id": _ID,
        "enterprise_id": _ID,
        "stage": Rule(partial(_choice, Stage, words.STAGES)),
        "at": Rule(lambda cell, scale: moment(cell)),
        "amount": _MONEY,
    },
    Kind.EDGES: {
        "source": Rule(partial(_name, KEY_LIMIT), glue=" "),
        "target": Rule(partial(_name, KEY_LIMIT), glue=" "),
        "relation": Rule(partial(_choice, Relation, words.RELATIONS)),
        "chain": _text(100),
        "weight": _WEIGHT,
    },
}
"""How each field is read. ``region`` is read from several columns together, see :mod:`.rows`."""


def is_absent(cell: object, own: frozenset[str] = frozenset()) -> bool:
    """Whether a cell has no value: empty, not a number, or a word for nothing that is not in *own*.

    >>> is_absent(" "), is_absent("暂无"), is_absent("无", frozenset({"无"}))
    (True, True, False)
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return True
    if isinstance(cell, str):
        if len(cell) > 60:
            return not cell.strip()
        text = clean(unicodedata.normalize("NFKC", cell)).lower()
        return not text or (text in words.NOTHING and text not in own) or cell.strip().lower() == "&nbsp;"
    return isinstance(cell, list | dict | tuple) and not cell


def shown(cell: object) -> str:
    """A cell as a reject shows it: at most 100 characters."""
    try:
        text = plain(cell[:200] if isinstance(cell, str) else cell)
    except InputError:
        text = repr(cell)[:200]
    return text if len(text) <= 100 else text[:99] + "…"

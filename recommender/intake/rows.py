"""From a row of cells to a record, or to the reasons why not.

What happens to a field that cannot be understood is in one table, :data:`RULES`:

=====================  =====================================================  =========================
what is wrong          for example                                            the row
=====================  =====================================================  =========================
identity missing       no name, no need_id, neither id nor credit code        rejected
wrong by its own rule  credit code's check character, share above 1,          rejected
                       negative quantity, 2026-02-30, unknown stage, a name
                       of 10 MB, a region code of no province
unreadable             a number, amount, date or yes/no that is none          rejected
known, not storable    amount in dollars, ``100-200人``, a unit without its   taken, field left out
                       number, a formula's #N/A
not in our tables      industry or place by a name that no table holds        taken, field left out
read with a doubt      a county renumbered since (its city is stored), a      taken, noted
                       row shorter than the header
says nothing           ``暂无``, ``--``, ``未知``                             taken, field empty
=====================  =====================================================  =========================

A field that is left out keeps what the catalogue has. Each case is a :class:`Reject`, so nothing is lost
unsaid. Texts are stored in their own spelling, without tags and invisible signs.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from indexes.errors import InputError
from recommender.catalogue.domain import Link, NeedStatus, Relation, Size, Stage, Tier, Visibility
from recommender.catalogue.kinds import Kind
from recommender.catalogue.rows import KEY_LIMIT, MAPPINGS
from recommender.intake import values, words
from recommender.intake.codes import region_of_code, resolve_industry, resolve_region
from recommender.intake.dates import certification, day, last_day, moment
from recommender.intake.grids import Row
from recommender.intake.headers import ADDRESS, Column, Mapped
from recommender.text.normalise import clean, for_search

E = TypeVar("E", bound=StrEnum)
MOST_ITEMS = 500
"""Items of a list."""
ITEM = 200
"""Characters of an item."""
LONG = 200_000
"""Characters of a long text."""
_RANGE = re.compile(r"[^\d]{0,4}\d[\d,.]*\s*[万亿千]?元?\s*(?:-|~|～|—|–|至|到)\s*\d[\d,.]*\s*[^\d]{0,6}")
_WEB = re.compile(r"(?:https?://)?[^\s/@:<>\"']+\.[^\s/@:<>\"']{2,}(?::\d+)?(?:[/?#][^\s<>\"']*)?", re.I)


class Outcome(StrEnum):
    """What became of the row whose field is at fault."""

    REJECTED = "rejected"  # not taken
    LEFT_OUT = "left_out"  # taken without the field
    NOTED = "noted"  # taken; what is stored differs from what was written


@dataclass(frozen=True, slots=True)
class Reject:
    """One faulty field. ``reason`` is one of a few, ``mend`` what to do about it."""

    row: int
    field: str
    value: str
    reason: str
    mend: str = ""
    outcome: Outcome = Outcome.REJECTED


@dataclass(frozen=True, slots=True)
class Omitted:
    """A value that is understood but not stored, and why."""

    reason: str


@dataclass(slots=True)
class Parsed:
    """A row's record with the fields that it states, or None, and what there is to say about it."""

    record: dict[str, object] | None
    given: frozenset[str]
    rejects: list[Reject] = field(default_factory=list)


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
        return "true" if cell else "false"
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


def _line(limit: int, cell: object, scale: int) -> str:
    """A text of one line."""
    if isinstance(cell, str) and len(cell) > 20 * limit + 1000:
        raise InputError(f"longer than {limit:,} characters")
    text = " ".join(plain(cell).split())
    if len(text) > limit:
        raise InputError(f"longer than {limit:,} characters")
    return text


def _long(cell: object, scale: int) -> str:
    if isinstance(cell, str) and len(cell) > 5 * LONG:
        raise InputError(f"longer than {LONG:,} characters")
    text = plain(cell)
    if len(text) > LONG:
        raise InputError(f"longer than {LONG:,} characters")
    return text


def _name(limit: int, cell: object, scale: int) -> str:
    text = _line(limit, cell, scale)
    if not any(sign.isalnum() for sign in text):
        raise InputError("no letter and no digit in it")
    return text


def _id(cell: object, scale: int) -> str:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 2**53:
        raise InputError("stored as a number: its last digits are lost", mend="format the column as text")
    if isinstance(cell, bool | list | dict):
        raise InputError("not an id")
    text = unicodedata.normalize("NFKC", _line(KEY_LIMIT, cell, scale))
    if re.fullmatch(r"\d+\.0+", text):
        text = text.partition(".")[0]
    if re.fullmatch(r"\d(?:\.\d+)?E\+\d+", text, re.I):
        raise InputError("stored as a number: its last digits are lost", mend="format the column as text")
    if len(text) > KEY_LIMIT:
        raise InputError(f"longer than {KEY_LIMIT:,} characters")
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


def _whole(cell: object, scale: int) -> object:
    return Omitted("a range, not one number") if _is_range(cell) else values.whole(cell)


def _share(cell: object, scale: int) -> float:
    return values.share(cell, percent=scale == 100)


def _deadline(cell: object, scale: int) -> datetime | None:
    if isinstance(cell, str) and last_day_is_open(cell):
        return None
    return moment(cell, late=True)


def last_day_is_open(text: str) -> bool:
    """Whether *text* says that there is no last day."""
    return len(text) < 20 and (text.startswith(("长期", "永久")) and last_day(text) is None)


def _industry(cell: object, scale: int) -> str:
    return resolve_industry(_line(ITEM, cell, scale))


def _website(cell: object, scale: int) -> str:
    text = _line(500, cell, scale)
    if not _WEB.fullmatch(text):
        raise InputError("not a web address")
    return text


def _text(limit: int, *, glue: str = " ") -> Rule:
    return Rule(partial(_line, limit), glue=glue)


_ID = Rule(_id)
_LONG_TEXT = Rule(_long, glue="\n")
_LIST = Rule(_items)
_MONEY = Rule(_money)
_WHOLE = Rule(_whole)
_AMOUNT = Rule(partial(_number, values.LARGEST))
_SCORE = Rule(partial(_number, 100))
_DATE = Rule(lambda cell, scale: day(cell))
_LAST = Rule(lambda cell, scale: last_day(cell))
_YES = Rule(_boolean, own=frozenset(("无", "否", "/")) - {"/"})
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
        "weight": _AMOUNT,
    },
}
"""How each field is read. ``region`` is read from several columns together, see :func:`_region`."""
_QUANTITIES = {Kind.OFFERINGS: "capacity", Kind.NEEDS: "quantity"}


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


class RowParser:
    """Turns rows of one kind into records."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.rules = RULES[kind]
        mapping = MAPPINGS[kind]
        self.key = mapping.key
        self.required = frozenset(mapping.required)

    def parse(self, row: Row, mapped: Mapped) -> Parsed:
        """The record of *row*, whose columns are *mapped*."""
        if row.fault:
            return Parsed(None, frozenset(), [Reject(row.number, "", row.value, row.fault)])
        rejects: list[Reject] = []
        if row.note:
            rejects.append(Reject(row.number, "", "", row.note, outcome=Outcome.NOTED))
        record: dict[str, object] = {}
        given = set(mapped.given)
        places: list[tuple[Column, object]] = []
        by_field: dict[str, list[tuple[Column, object]]] = {name: [] for name in given}
        for column in mapped.columns:
            cell = row.cells.get(column.header)
            if column.part:
                places.append((column, cell))
            elif not is_absent(cell, self.rules[column.field].own):
                by_field[column.field].append((column, cell))
        for name, found in by_field.items():
            if name != "region" and found:
                self._read(row.number, name, found, record, given, rejects)
        if places:
            self._region(row.number, places, record, given, rejects)
        self._complete(row, record, given, rejects)
        if any(reject.outcome is Outcome.REJECTED for reject in rejects):
            return Parsed(None, frozenset(), rejects)
        return Parsed(record, frozenset(given), rejects)

    def _read(
        self,
        row: int,
        name: str,
        found: list[tuple[Column, object]],
        record: dict[str, object],
        given: set[str],
        rejects: list[Reject],
    ) -> None:
        rule = self.rules[name]
        read: list[object] = []
        for column, cell in found:
            error = isinstance(cell, str) and cell.strip().lower() in words.FORMULA_ERRORS
            value: object = Omitted("a formula that failed")
            if not error:
                try:
                    value = rule.read(cell, column.scale)
                except InputError as problem:
                    outcome = Outcome.LEFT_OUT if rule.harmless else Outcome.REJECTED
                    rejects.append(Reject(row, name, shown(cell), problem.message, problem.mend, outcome))
                    given.discard(name)
                    continue
            if isinstance(value, Omitted):
                outcome = Outcome.REJECTED if name in self.required else Outcome.LEFT_OUT
                rejects.append(Reject(row, name, shown(cell), value.reason, outcome=outcome))
                given.discard(name)
                continue
            read.append(value)
        if not read or name not in given:
            return
        if len(read) == 1:
            record[name] = read[0]
        elif isinstance(read[0], tuple):
            record[name] = tuple(
                dict.fromkeys(part for value in read if isinstance(value, tuple) for part in value)
            )
        elif rule.glue:
            joined = rule.glue.join(dict.fromkeys(str(value) for value in read))
            try:
                record[name] = rule.read(joined, 1)
            except InputError as problem:
                rejects.append(Reject(row, name, shown(joined), problem.message, problem.mend))
        elif all(value == read[0] for value in read):
            record[name] = read[0]
        else:
            rejects.append(Reject(row, name, shown(found[1][1]), "two columns say different things"))

    def _region(
        self,
        row: int,
        places: list[tuple[Column, object]],
        record: dict[str, object],
        given: set[str],
        rejects: list[Reject],
    ) -> None:
        """The place that the columns name: the code or name first, the address last and without complaint."""
        by_part: dict[str, list[object]] = {}
        for column, cell in places:
            if not is_absent(cell):
                by_part.setdefault(column.part, []).append(cell)
        stepwise = [str(cell) for part in ("province", "city", "county") for cell in by_part.get(part, [])]
        candidates = [(cell, False) for part in ("region", "region_name") for cell in by_part.get(part, [])]
        candidates += [("/".join(stepwise), False)] if stepwise else []
        candidates += [(cell, True) for cell in by_part.get(ADDRESS, [])]
        complaint: Reject | None = None
        for cell, is_address in candidates:
            try:
                record["region"], exact = _place(cell, is_address)
            except InputError as problem:
                if is_address:
                    continue
                wrong = re.fullmatch(r"\d+", str(cell).strip()) is not None
                outcome = Outcome.REJECTED if wrong else Outcome.LEFT_OUT
                complaint = complaint or Reject(
                    row, "region", shown(cell), problem.message, problem.mend, outcome
                )
                continue
            if not exact:
                reason = "an unknown county code, taken as its city or province"
                rejects.append(Reject(row, "region", shown(cell), reason, outcome=Outcome.NOTED))
            break
        if complaint:
            rejects.append(complaint)
        if "region" not in record and candidates:
            given.discard("region")

    def _complete(self, row: Row, record: dict[str, object], given: set[str], rejects: list[Reject]) -> None:
        """Derived ids, units and the checks across fields."""
        faulty = {reject.field for reject in rejects}
        if self.kind is Kind.ENTERPRISES and "enterprise_id" not in record and "credit_code" in record:
            record["enterprise_id"] = record["credit_code"]
            given.add("enterprise_id")
        if (
            self.kind is Kind.OFFERINGS
            and "offering_id" not in record
            and {"enterprise_id", "title"} <= record.keys()
        ):
            record["offering_id"] = derived_offering_id(record)
            given.add("offering_id")
        for name in self.required:
            identity = name in self.key
            if name not in record and name not in faulty and (identity or name in given):
                neither = self.kind is Kind.ENTERPRISES and name == "enterprise_id"
                reason = "neither an id nor a credit code" if neither else "required, but empty"
                if not (neither and "credit_code" in faulty):
                    rejects.append(Reject(row.number, name, "", reason))
        quantity = _QUANTITIES.get(self.kind, "")
        if quantity in record and not record.get("unit"):
            self._unit(row, quantity, record, given)
        start, end = record.get("available_from"), record.get("available_until")
        if isinstance(start, date) and isinstance(end, date) and end < start:
            rejects.append(Reject(row.number, "available_until", end.isoformat(), "before available_from"))

    def _unit(self, row: Row, quantity: str, record: dict[str, object], given: set[str]) -> None:
        """The unit out of ``500 台`` where no column states one."""
        for cell in row.cells.values():
            if isinstance(cell, str) and len(cell) < 60:
                match = re.fullmatch(
                    r"([\d.,\s]+[万亿千百]*)\s*([^\d\s.,万亿千百%][^\d]{0,5})", values.fold(cell)
                )
                if match and _is_number(match[1], record[quantity]):
                    record["unit"] = match[2].strip()
                    given.add("unit")
                    return


def _is_number(text: str, number: object) -> bool:
    try:
        return values.number(text) == number
    except InputError:
        return False


def _place(cell: object, is_address: bool) -> tuple[str, bool]:
    text = unicodedata.normalize("NFKC", _line(2000 if is_address else ITEM, cell, 1))
    digits = text.partition(".")[0] if re.fullmatch(r"\d+\.0*", text) else text
    if digits.isdecimal():
        return region_of_code(digits)
    return resolve_region(text, address=is_address), True


def derived_offering_id(record: Mapping[str, object]) -> str:
    """An id that follows from what is offered, the same whenever the same list is read.

    >>> derived_offering_id({"enterprise_id": "E1", "title": "Ｇear"}) == derived_offering_id(
    ...     {"enterprise_id": "E1", "title": "gear ", "link": Link.SUPPLY}
    ... )
    True
    """
    parts: Iterable[Any] = (record.get(name) or "" for name in ("enterprise_id", "title", "description"))
    texts = [for_search(str(part)) for part in parts]
    texts.append(str(record.get("link") or Link.SUPPLY))
    return "o-" + hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:16]


def shown(cell: object) -> str:
    """A cell as a reject shows it: at most 100 characters."""
    try:
        text = plain(cell[:200] if isinstance(cell, str) else cell)
    except InputError:
        text = repr(cell)[:200]
    return text if len(text) <= 100 else text[:99] + "…"

"""Between a domain value and its row.

How a field is stored follows from its annotation alone, so a field added to the domain needs a column and
nothing here. Encoding refuses, with an :class:`InputError` that names the field, what one of the databases
would refuse or quietly change: NUL characters, lone surrogates, numbers that are not finite or too large,
times with a zone, ids that are empty or too long.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from types import NoneType, UnionType
from typing import Any, Generic, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from sqlalchemy import Table

from indexes.errors import CatalogueError, InputError
from recommender.catalogue.domain import Certification, Edge, Enterprise, Need, Offering, Outcome
from recommender.catalogue.kinds import Kind
from recommender.catalogue.tables import TABLES

KEY_LIMIT = 200
"""Characters in an id: what four of them, in UTF-8, leave of PostgreSQL's 2,704 bytes an index entry."""

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that no database column can hold: NUL and lone surrogates."""

T = TypeVar("T")
Stored = str | int | float | bool | date | None
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Codec(NamedTuple):
    """``encode`` raises ValueError with the reason; ``decode`` undoes it."""

    encode: Callable[[Any], Stored]
    decode: Callable[[Any], object]


def _same(value: object) -> object:
    return value


def _wrong(expected: str, value: object) -> ValueError:
    return ValueError(f"{expected} is expected, not {type(value).__name__}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _wrong("text", value)
    if UNSTORABLE.search(value):
        raise ValueError("the text holds a NUL character or half of one (a lone surrogate)")
    return str(value)


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong("a whole number", value)
    if not -(2**63) <= value < 2**63:
        raise ValueError("the number is too large")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong("a number", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError("the number is not finite")
    return number


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong("true or false", value)
    return value


def _day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _wrong("a date", value)
    return value


def _time(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise _wrong("a date with a time", value)
    if value.tzinfo is not None:
        raise ValueError("the time has a zone; local time without one is expected")
    return value


def _choice(enum: type[StrEnum], value: object) -> str:
    if not isinstance(value, enum):
        raise _wrong(enum.__name__, value)
    return value.value


def _list(item: Codec, value: object) -> str:
    if not isinstance(value, tuple | list):
        raise _wrong("a list", value)
    return json.dumps([item.encode(one) for one in value], ensure_ascii=False) if value else "[]"


def _unlist(item: Codec, stored: str) -> tuple[object, ...]:
    return () if stored == "[]" else tuple(item.decode(one) for one in json.loads(stored))


def _certification(value: object) -> str:
    """``NAME@YYYY-MM-DD``, or the name alone; with a bare ``@`` after a name that would be read otherwise.

    >>> _certification(Certification("ISO 9001")), _certification(Certification("ISO@2015-01-01"))
    ('ISO 9001', 'ISO@2015-01-01@')
    """
    if not isinstance(value, Certification):
        raise _wrong("Certification", value)
    _text(value.name)
    if value.expires is not None:
        _day(value.expires)
        return str(value)
    return value.name if _uncertification(value.name) == value else f"{value.name}@"


def _uncertification(stored: str) -> Certification:
    name, mark, day = stored.rpartition("@")
    if mark and not day:
        return Certification(name)
    if mark and _DAY.fullmatch(day):
        try:
            return Certification(name, date.fromisoformat(day))
        except ValueError:
            pass  # 2027-02-30: no day, so part of the name
    return Certification(stored)


_PLAIN: dict[type, Codec] = {
    str: Codec(_text, _same),
    int: Codec(_integer, _same),
    float: Codec(_number, _same),
    bool: Codec(_flag, _same),
    date: Codec(_day, _same),
    datetime: Codec(_time, _same),
    Certification: Codec(_certification, _uncertification),
}


def _codec(annotation: Any) -> Codec:
    if get_origin(annotation) is UnionType:  # X | None; None itself never reaches a codec
        (annotation,) = (one for one in get_args(annotation) if one is not NoneType)
    if get_origin(annotation) is tuple:
        item = _codec(get_args(annotation)[0])
        return Codec(partial(_list, item), partial(_unlist, item))
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return Codec(partial(_choice, annotation), annotation)
    raise TypeError(f"no way to store {annotation!r}")


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field of a record: how it is stored, and what an absent value becomes."""

    name: str
    codec: Codec
    optional: bool  # may be None
    required: bool  # has no default
    default: object
    limit: int | None  # characters

    def encode(self, value: object) -> Stored:
        """*value* as stored; None becomes the field's default. Raises InputError, naming the field."""
        try:
            if value is None:
                if self.required:
                    raise ValueError("a value is required")
                return None if self.default is None else self.codec.encode(self.default)
            stored = self.codec.encode(value)
            if self.required and stored == "":
                raise ValueError("a value is required")
            if self.limit and len(str(stored)) > self.limit:
                raise ValueError(f"the text is longer than {self.limit} characters")
        except ValueError as error:
            raise InputError(str(error), field=self.name, value=value) from None
        return stored

    def decode(self, stored: Stored) -> object:
        if stored is None and self.optional:
            return None
        try:
            return self.codec.decode(stored)
        except (ValueError, TypeError) as error:
            raise CatalogueError(
                f"the database holds a value that is no {self.name}: {error}",
                field=self.name,
                value=stored,
                mend="correct the value in the database, or import the record again",
            ) from None


class RowMapping(Generic[T]):
    """The fields of one domain class and the table they are stored in.

    ``key`` are the fields that make a record the same one, ``apart`` those kept in another table.
    """

    def __init__(self, kind: Kind, record_class: type[T], key: tuple[str, ...], apart: tuple[str, ...] = ()):
        self.kind = kind
        self.record_class = record_class
        self.table: Table = TABLES[kind]
        self.key = key
        self.key_columns = tuple(column.name for column in self.table.primary_key)
        self.references = {
            column.name: reference.column
            for column in self.table.columns
            for reference in column.foreign_keys
        }
        hints = get_type_hints(record_class)
        self.rules: dict[str, FieldRule] = {}
        for one in fields(record_class):  # type: ignore[arg-type]  # T is one of the domain's dataclasses
            limited = (one.name in key or one.name in self.references) and hints[one.name] is str
            self.rules[one.name] = FieldRule(
                name=one.name,
                codec=_codec(hints[one.name]),
                optional=NoneType in get_args(hints[one.name]),
                required=one.default is MISSING,
                default=None if one.default is MISSING else one.default,
                limit=KEY_LIMIT if limited else None,
            )
        self.fields = tuple(name for name in self.rules if name not in apart)
        self.required = tuple(name for name in self.fields if self.rules[name].required)
        self.defaults = {
            name: self.rules[name].encode(None) for name in self.fields if not self.rules[name].required
        }
        self._decoders = [self.rules[name].decode for name in self.fields]

    def encode(self, record: Mapping[str, object], names: Collection[str]) -> dict[str, Stored]:
        """Columns and stored values of the fields *names* of *record*; an absent one counts as None."""
        row = {name: self.rules[name].encode(record.get(name)) for name in names}
        if "moment" in self.key_columns:
            moment = row["at"]
            row["moment"] = moment.isoformat() if isinstance(moment, datetime) else ""
        return row

    def key_of(self, row: Mapping[str, Stored]) -> tuple[Stored, ...]:
        return tuple(row[name] for name in self.key_columns)

    def decode(self, row: Collection[Any]) -> T:
        """The domain value of a row that has the columns ``fields``, in that order."""
        values = (decode(stored) for decode, stored in zip(self._decoders, row, strict=True))
        return self.record_class(**dict(zip(self.fields, values, strict=True)))


ENTERPRISES = RowMapping(Kind.ENTERPRISES, Enterprise, ("enterprise_id",), apart=("contact",))
OFFERINGS = RowMapping(Kind.OFFERINGS, Offering, ("offering_id",))
NEEDS = RowMapping(Kind.NEEDS, Need, ("need_id",))
OUTCOMES = RowMapping(Kind.OUTCOMES, Outcome, ("need_id", "enterprise_id", "stage", "at"))
EDGES = RowMapping(Kind.EDGES, Edge, ("source", "target", "relation", "chain"))

MAPPINGS: dict[Kind, RowMapping[Any]] = {
    mapping.kind: mapping for mapping in (ENTERPRISES, OFFERINGS, NEEDS, OUTCOMES, EDGES)
}


def as_record(value: Enterprise | Offering | Need | Outcome | Edge) -> dict[str, object]:
    """A domain value as the record that an upsert takes: field name to value, all fields.

    >>> as_record(Edge("rail", "billet", Relation.NEEDS_MATERIAL))["target"]
    'billet'
    """
    return {one.name: getattr(value, one.name) for one in fields(value)}

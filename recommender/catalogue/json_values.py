"""Domain values to JSON and back, for the documents of a release. Absent values are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from recommender.catalogue.domain import Certification, Edge, Enterprise, Need, Offering, Outcome

Value = TypeVar("Value", Enterprise, Offering, Need, Outcome, Edge)


def to_json(value: Enterprise | Offering | Need | Outcome | Edge) -> dict[str, Any]:
    """The fields of *value* that are set, as JSON values; the restricted ``contact`` never is among them."""
    found: dict[str, Any] = {}
    for field in fields(value):
        held = getattr(value, field.name)
        if held is None or held == "" or held == () or field.name == "contact":
            continue
        found[field.name] = _plain(held)
    return found


def from_json(kind: type[Value], document: Mapping[str, Any]) -> Value:
    """The value that :func:`to_json` made *document* of; KeyError, TypeError or ValueError on others."""
    readers = _READERS[kind]
    return kind(**{name: readers[name](held) for name, held in document.items()})


def _plain(held: Any) -> Any:
    if isinstance(held, tuple):
        return [_plain(item) for item in held]
    if isinstance(held, StrEnum):
        return held.value
    if isinstance(held, Certification):
        return {"name": held.name, "expires": held.expires.isoformat() if held.expires else None}
    return held.isoformat() if isinstance(held, date) else held


def _reader(hint: Any) -> Any:
    options = [option for option in get_args(hint) if option is not type(None)]
    if get_origin(hint) is tuple:
        item = _reader(options[0])
        return lambda held: tuple(item(one) for one in held)
    if options:
        hint = options[0]
    if hint in (date, datetime):
        return hint.fromisoformat
    if hint is Certification:
        return _certification
    return hint if isinstance(hint, type) and issubclass(hint, StrEnum) else _same


def _certification(held: Mapping[str, str | None]) -> Certification:
    name, expires = held["name"], held["expires"]
    return Certification(name or "", date.fromisoformat(expires) if expires else None)


def _same(held: Any) -> Any:
    return held


_READERS: dict[type, dict[str, Any]] = {
    kind: {name: _reader(hint) for name, hint in get_type_hints(kind).items()}
    for kind in (Enterprise, Offering, Need, Outcome, Edge)
}

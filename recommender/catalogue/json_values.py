"""Domain values to JSON and back, for the documents of a release. Absent values are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

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
    """The value that :func:`to_json` made *document* of; msgspec.ValidationError on others."""
    return msgspec.convert(document, kind)


def _plain(held: Any) -> Any:
    if isinstance(held, tuple):
        return [_plain(item) for item in held]
    if isinstance(held, StrEnum):
        return held.value
    if isinstance(held, Certification):
        return {"name": held.name, "expires": held.expires.isoformat() if held.expires else None}
    return held.isoformat() if isinstance(held, date) else held

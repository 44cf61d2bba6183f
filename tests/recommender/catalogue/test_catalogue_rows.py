"""Every field of every record comes back as it went in, on both databases."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.errors import CatalogueError, InputError
from recommender.catalogue import (
    Catalogue,
    Certification,
    Edge,
    Enterprise,
    Kind,
    Need,
    Offering,
    Outcome,
    Size,
    as_record,
)
from recommender.catalogue.rows import ENTERPRISES, KEY_LIMIT, MAPPINGS
from recommender.catalogue.tables import contacts, metadata

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
IDS = TEXTS.filter(bool)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    date: st.dates(),
    datetime: st.datetimes(),
    Certification: st.builds(
        Certification,
        name=TEXTS | st.sampled_from(["ISO@2015-01-01", "a@", "@", "@2015-02-30", "b@@2015-01-01@"]),
        expires=st.none() | st.dates(),
    ),
}


def values(annotation: Any) -> st.SearchStrategy[Any]:
    if get_origin(annotation) is UnionType:
        return st.one_of([st.none() if one is NoneType else values(one) for one in get_args(annotation)])
    if get_origin(annotation) is tuple:
        return st.lists(values(get_args(annotation)[0]), max_size=3).map(tuple)
    return PLAIN[annotation] if annotation in PLAIN else st.sampled_from(list(annotation))


def records(record_class: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(record_class)
    required = {name for mapping in MAPPINGS.values() for name in mapping.required}
    drawn = {name: IDS if name in required and hint is str else values(hint) for name, hint in hints.items()}
    return st.builds(record_class, **drawn)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(records(Enterprise), records(Offering), records(Need), records(Outcome), records(Edge))
def test_every_field_comes_back_equal(
    catalogue: Catalogue, enterprise: Enterprise, offering: Offering, need: Need, outcome: Outcome, edge: Edge
) -> None:
    offering = replace(offering, enterprise_id=enterprise.enterprise_id)
    outcome = replace(outcome, enterprise_id=enterprise.enterprise_id, need_id=need.need_id)
    with catalogue.transaction() as tx:
        drawn = [
            as_record(enterprise),
            as_record(offering),
            as_record(need),
            as_record(outcome),
            as_record(edge),
        ]
        for kind, record in zip(Kind, drawn, strict=True):
            assert tx.upsert(kind, [record], given=record).refused == ()
    assert catalogue.enterprise(enterprise.enterprise_id) == replace(enterprise, contact="")
    assert catalogue.contact(enterprise.enterprise_id) == enterprise.contact
    assert catalogue.offering(offering.offering_id) == offering
    assert catalogue.need(need.need_id) == need
    assert outcome in catalogue.outcomes()
    assert edge in catalogue.edges()


def test_every_field_has_a_column_and_every_column_a_field() -> None:
    for mapping in MAPPINGS.values():
        named = {field.name for field in fields(mapping.record_class)} - {"contact"}
        columns = {column.name for column in mapping.table.columns} - {"created_at", "updated_at", "moment"}
        assert named == columns
    assert "contact" in contacts.c
    assert len(metadata.tables) == len(MAPPINGS) + 1


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "a\0b", "NUL"),
        ("name", "a\ud800b", "surrogate"),
        ("name", "", "required"),
        ("name", None, "required"),
        ("name", 5, "text is expected"),
        ("enterprise_id", "x" * (KEY_LIMIT + 1), "longer than"),
        ("tags", ("good", "b\0d"), "NUL"),
        ("tags", "one text", "list is expected"),
        ("certifications", ("ISO 9001",), "Certification is expected"),
        ("size", "small", "Size is expected"),
        ("employees", 2**63, "too large"),
        ("employees", True, "whole number"),
        ("revenue", float("nan"), "not finite"),
        ("revenue", 10**400, "not finite"),
        ("founded", datetime(2001, 1, 1), "date is expected"),
    ],
)
def test_what_a_database_cannot_hold_is_refused_by_field(field: str, value: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        ENTERPRISES.encode({"enterprise_id": "E1", "name": "甲", field: value}, [field])
    assert caught.value.field == field


def test_a_deadline_is_local_time_and_may_not_have_a_zone() -> None:
    with pytest.raises(InputError, match="zone"):
        MAPPINGS[Kind.NEEDS].encode({"deadline": datetime(2025, 1, 1, tzinfo=UTC)}, ["deadline"])


def test_a_stored_value_of_no_meaning_is_reported() -> None:
    row = [
        *ENTERPRISES.encode(
            {"enterprise_id": "E1", "name": "甲", "size": Size.SMALL}, ENTERPRISES.fields
        ).values()
    ]
    row[ENTERPRISES.fields.index("size")] = "gigantic"
    with pytest.raises(CatalogueError, match="no size"):
        ENTERPRISES.decode(row)

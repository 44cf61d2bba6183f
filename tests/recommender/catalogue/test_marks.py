"""Marks: what a refresh asks to know which records it must read again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count

import pytest

from indexes.errors import CatalogueError
from recommender.catalogue import (
    Catalogue,
    Edge,
    Enterprise,
    Kind,
    Need,
    Offering,
    Relation,
    as_record,
    open_catalogue,
)
from recommender.catalogue.marks import marks_of

START = datetime(2026, 1, 1)


@pytest.fixture
def catalogue(catalogue_url: str) -> Iterator[Catalogue]:
    """A catalogue whose every transaction is a day later."""
    days = count()
    with open_catalogue(catalogue_url, now=lambda: START + timedelta(days=next(days))) as opened:
        write(
            opened,
            Kind.ENTERPRISES,
            Enterprise("a", "甲厂"),
            Enterprise("b", "乙厂"),
            Enterprise("c", "丙厂"),
        )
        write(
            opened,
            Kind.OFFERINGS,
            Offering("a1", "a", "轴承"),
            Offering("c1", "c", "阀"),
            Offering("c2", "c", "泵"),
        )
        yield opened


def write(catalogue: Catalogue, kind: Kind, *values: Enterprise | Offering | Need | Edge) -> None:
    with catalogue.transaction() as transaction:
        records = [as_record(value) for value in values]
        transaction.upsert(kind, records, given=records[0].keys())


def changed(catalogue: Catalogue, before) -> list[str]:
    after = catalogue.enterprise_marks()
    was = dict(zip(before.ids, before.signature.tolist(), strict=True))
    return [id for id, sign in zip(after.ids, after.signature.tolist(), strict=True) if was.get(id) != sign]


def test_marks_count_offerings_and_tell_the_day_of_the_last_change(catalogue: Catalogue) -> None:
    marks = catalogue.enterprise_marks()
    assert (marks.ids, marks.parts.tolist()) == (("a", "b", "c"), [1, 0, 2])
    second = date(2026, 1, 2).toordinal()
    assert marks.day.tolist() == [second, second - 1, second]


def test_an_enterprise_has_changed_where_it_or_an_offering_has(catalogue: Catalogue) -> None:
    marks = catalogue.enterprise_marks()
    write(catalogue, Kind.OFFERINGS, Offering("a1", "a", "轴承"), Offering("c2", "c", "离心泵"))
    assert changed(catalogue, marks) == ["c"]
    marks = catalogue.enterprise_marks()
    write(catalogue, Kind.ENTERPRISES, Enterprise("b", "乙公司"), Enterprise("d", "丁厂"))
    assert changed(catalogue, marks) == ["b", "d"]


def test_an_offering_that_moves_changes_both_enterprises(catalogue: Catalogue) -> None:
    marks = catalogue.enterprise_marks()
    write(catalogue, Kind.OFFERINGS, Offering("c2", "b", "泵"))
    assert changed(catalogue, marks) == ["b", "c"]


def test_the_contact_is_no_part_of_an_enterprise(catalogue: Catalogue) -> None:
    marks = catalogue.enterprise_marks()
    write(catalogue, Kind.ENTERPRISES, Enterprise("a", "甲厂", contact="张三"))
    assert changed(catalogue, marks) == []


def test_needs_and_whole_tables_have_marks(catalogue: Catalogue) -> None:
    write(catalogue, Kind.NEEDS, Need("n", "轴承采购"), Need("m", "阀门采购"))
    edge = Edge("轴承", "钢", Relation.NEEDS_MATERIAL)
    before = (catalogue.need_marks(), catalogue.mark(Kind.EDGES))
    assert before[0].ids == ("m", "n")
    write(catalogue, Kind.NEEDS, Need("n", "滚动轴承采购"))
    write(catalogue, Kind.EDGES, edge)
    after = (catalogue.need_marks(), catalogue.mark(Kind.EDGES))
    assert (before[0].signature != after[0].signature).tolist() == [False, True]
    assert before[1] != after[1] == catalogue.mark(Kind.EDGES)


def test_records_are_read_by_id(catalogue: Catalogue) -> None:
    assert [e.name for e in catalogue.enterprises(["c", "x", "a", "a"])] == ["甲厂", "丙厂"]
    assert [o.offering_id for o in catalogue.offerings(["c", "b"])] == ["c1", "c2"]
    assert list(catalogue.needs([])) == []


def test_parts_without_their_record_are_noticed() -> None:
    with pytest.raises(CatalogueError, match="lacks"):
        marks_of([("a", "2026-01-01")], [("b", 1, "2026-01-01", "2026-01-01")])

"""Upserts: what is counted, what is kept, what is refused, and that all of it is kept or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Table, create_engine, select

from indexes.errors import CatalogueError, InputError
from recommender.catalogue import Catalogue, Counts, Kind, Refusal, Relation, Stage, Tier, open_catalogue
from recommender.catalogue.database import read_url
from recommender.catalogue.tables import contacts, enterprises, outcomes
from recommender.catalogue.writing import BATCH

START = datetime(2025, 1, 1)
FIRST = {"enterprise_id": "E1", "name": "甲", "tier": Tier.SPECIALIZED, "tags": ("轴承",)}
EDGE = {"source": "钢轨", "target": "钢坯", "relation": Relation.NEEDS_MATERIAL}


@pytest.fixture
def ticking(catalogue_url: str) -> Iterator[Catalogue]:
    """A catalogue whose clock moves on by a minute each time it is read."""
    ticks = count()
    with open_catalogue(catalogue_url, now=lambda: START + timedelta(minutes=next(ticks))) as opened:
        yield opened


def put(
    catalogue: Catalogue, kind: Kind, *records: Mapping[str, object], given: Sequence[str] = ()
) -> Counts:
    with catalogue.transaction() as tx:
        return tx.upsert(kind, records, given=given or {name for record in records for name in record})


def times(url: str, table: Table) -> list[tuple[datetime, datetime]]:
    engine = create_engine(read_url(url))
    with engine.connect() as connection:
        found = connection.execute(select(table.c.created_at, table.c.updated_at)).all()
    engine.dispose()
    return [(row.created_at, row.updated_at) for row in found]


def test_new_records_are_inserted_and_the_same_again_change_nothing(
    ticking: Catalogue, catalogue_url: str
) -> None:
    first = FIRST | {"contact": "张三 123"}
    assert put(ticking, Kind.ENTERPRISES, first) == Counts(inserted=1)
    before = times(catalogue_url, enterprises), times(catalogue_url, contacts)
    assert put(ticking, Kind.ENTERPRISES, first) == Counts(unchanged=1)
    assert (times(catalogue_url, enterprises), times(catalogue_url, contacts)) == before


def test_a_changed_record_is_updated_and_keeps_its_day_of_creation(
    ticking: Catalogue, catalogue_url: str
) -> None:
    put(ticking, Kind.ENTERPRISES, FIRST)
    assert put(ticking, Kind.ENTERPRISES, FIRST | {"name": "乙"}) == Counts(updated=1)
    ((created, updated),) = times(catalogue_url, enterprises)
    assert created == START
    assert updated > created
    assert ticking.enterprise("E1").name == "乙"


def test_fields_that_the_source_lacks_stay_as_they_are(catalogue: Catalogue) -> None:
    put(catalogue, Kind.ENTERPRISES, FIRST | {"contact": "张三"})
    put(catalogue, Kind.ENTERPRISES, {"enterprise_id": "E1", "description": "新"})
    stored = catalogue.enterprise("E1")
    assert (stored.name, stored.tier, stored.tags, stored.description) == (
        "甲",
        Tier.SPECIALIZED,
        ("轴承",),
        "新",
    )
    assert catalogue.contact("E1") == "张三"


@pytest.mark.parametrize("empty", [{}, {"tier": None, "tags": (), "contact": ""}])
def test_given_fields_that_are_empty_are_cleared(catalogue: Catalogue, empty: dict[str, object]) -> None:
    put(catalogue, Kind.ENTERPRISES, FIRST | {"contact": "张三"})
    emptied = {"enterprise_id": "E1", "name": "甲"} | empty
    counts = put(catalogue, Kind.ENTERPRISES, emptied, given=["name", "tier", "tags", "contact"])
    assert counts == Counts(updated=1)
    stored = catalogue.enterprise("E1")
    assert (stored.tier, stored.tags, catalogue.contact("E1")) == (None, (), "")


def test_a_change_of_the_contact_alone_is_an_update(catalogue: Catalogue) -> None:
    put(catalogue, Kind.ENTERPRISES, FIRST)
    for contact, expected in (
        ("张三", Counts(updated=1)),
        ("李四", Counts(updated=1)),
        ("", Counts(updated=1)),
    ):
        assert put(catalogue, Kind.ENTERPRISES, {"enterprise_id": "E1", "contact": contact}) == expected
        assert catalogue.contact("E1") == contact
    assert put(catalogue, Kind.ENTERPRISES, {"enterprise_id": "E1", "contact": ""}) == Counts(unchanged=1)


def test_of_one_id_twice_the_later_wins_and_repeating_it_changes_nothing(catalogue: Catalogue) -> None:
    twice = [FIRST | {"name": "甲"}, FIRST | {"name": "乙"}]
    assert put(catalogue, Kind.ENTERPRISES, *twice) == Counts(inserted=1, unchanged=1)
    assert catalogue.enterprise("E1").name == "乙"
    assert put(catalogue, Kind.ENTERPRISES, *twice) == Counts(unchanged=2)


def test_offerings_and_outcomes_need_what_they_refer_to(catalogue: Catalogue) -> None:
    put(catalogue, Kind.ENTERPRISES, FIRST)
    put(catalogue, Kind.NEEDS, {"need_id": "N1", "title": "齿轮箱"})
    offered = [{"offering_id": name, "enterprise_id": name, "title": "轴承"} for name in ("E0", "E1", "E2")]
    reason, mend = "not in the catalogue's enterprises", "import the enterprises first, or mend the id"
    assert put(catalogue, Kind.OFFERINGS, *offered) == Counts(
        inserted=1,
        refused=(
            Refusal(0, "enterprise_id", "E0", reason, mend),
            Refusal(2, "enterprise_id", "E2", reason, mend),
        ),
    )
    came = [
        {"need_id": need, "enterprise_id": enterprise, "stage": Stage.MET}
        for need, enterprise in (("N1", "E1"), ("N2", "E1"), ("N1", "E2"), ("N2", "E2"))
    ]
    counts = put(catalogue, Kind.OUTCOMES, *came)
    assert counts.inserted == 1
    assert [(one.position, one.field) for one in counts.refused] == [
        (1, "need_id"),
        (2, "enterprise_id"),
        (3, "need_id"),
    ]


def test_a_bad_record_is_refused_and_the_others_go_in(catalogue: Catalogue) -> None:
    bad = {"enterprise_id": "E2", "name": "a\0b"}
    counts = put(catalogue, Kind.ENTERPRISES, bad, FIRST)
    assert (counts.inserted, len(counts.refused)) == (1, 1)
    assert counts.refused[0][:3] == (0, "name", "a\0b")


def test_a_new_record_needs_its_required_fields_and_a_stored_one_does_not(catalogue: Catalogue) -> None:
    put(catalogue, Kind.ENTERPRISES, FIRST)
    without_names = [{"enterprise_id": name, "website": "a.cn"} for name in ("E0", "E1")]
    counts = put(catalogue, Kind.ENTERPRISES, *without_names)
    assert counts == Counts(updated=1, refused=(Refusal(0, "name", "", "a new record needs a name"),))


def test_positions_count_through_all_records_however_many(catalogue: Catalogue) -> None:
    many = [{"source": f"{i}", "target": "钢", "relation": Relation.NEEDS_MATERIAL} for i in range(2 * BATCH)]
    many[BATCH + 7]["source"] = ""
    counts = put(catalogue, Kind.EDGES, *many)
    assert counts == Counts(
        inserted=2 * BATCH - 1, refused=(Refusal(BATCH + 7, "source", "", "a value is required"),)
    )
    assert catalogue.counts()[Kind.EDGES] == 2 * BATCH - 1
    assert put(catalogue, Kind.EDGES, *many).unchanged == 2 * BATCH - 1


def test_outcomes_are_the_same_where_pair_stage_and_time_are_known_or_unknown_alike(
    catalogue: Catalogue, catalogue_url: str
) -> None:
    put(catalogue, Kind.ENTERPRISES, FIRST)
    put(catalogue, Kind.NEEDS, {"need_id": "N1", "title": "齿轮箱"})
    undated = {"need_id": "N1", "enterprise_id": "E1", "stage": Stage.MET}
    assert put(catalogue, Kind.OUTCOMES, undated, undated | {"at": START}) == Counts(inserted=2)
    assert put(catalogue, Kind.OUTCOMES, undated, undated | {"at": START}) == Counts(unchanged=2)
    assert put(catalogue, Kind.OUTCOMES, undated | {"amount": 5.0}) == Counts(updated=1)
    assert [(one.at, one.amount) for one in catalogue.outcomes()] == [(None, 5.0), (START, None)]
    assert len(times(catalogue_url, outcomes)) == 2


def test_edges_are_the_same_where_ends_relation_and_chain_are(catalogue: Catalogue) -> None:
    put(catalogue, Kind.EDGES, EDGE, EDGE | {"chain": "轨道交通"}, EDGE | {"relation": Relation.USED_IN})
    assert put(catalogue, Kind.EDGES, EDGE | {"weight": 0.5}) == Counts(updated=1)
    assert [one.weight for one in catalogue.edges()] == [0.5, None, None]


def test_an_error_leaves_nothing_of_its_transaction(catalogue: Catalogue) -> None:
    def fail_half_way() -> None:
        with catalogue.transaction() as tx:
            tx.upsert(Kind.ENTERPRISES, [FIRST], given=FIRST)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert catalogue.counts()[Kind.ENTERPRISES] == 0


def test_a_failure_that_is_caught_inside_still_keeps_nothing(catalogue: Catalogue) -> None:
    def write_twice() -> None:
        with catalogue.transaction() as tx:
            tx.upsert(Kind.ENTERPRISES, [FIRST], given=FIRST)
            tx._connection.exec_driver_sql("DROP TABLE edges")
            with suppress(CatalogueError):
                tx.upsert(Kind.EDGES, [EDGE], given=EDGE)

    with pytest.raises(CatalogueError, match="nothing of it was kept"):
        write_twice()
    assert catalogue.counts() == dict.fromkeys(Kind, 0)


def test_a_dry_run_counts_and_leaves_nothing(catalogue: Catalogue) -> None:
    with catalogue.transaction(dry_run=True) as tx:
        assert tx.upsert(Kind.ENTERPRISES, [FIRST], given=FIRST) == Counts(inserted=1)
        assert tx.upsert(Kind.ENTERPRISES, [FIRST], given=FIRST) == Counts(unchanged=1)
    assert catalogue.counts()[Kind.ENTERPRISES] == 0


def test_a_field_that_a_kind_does_not_have_is_named(catalogue: Catalogue) -> None:
    with pytest.raises(InputError, match="colour"):
        put(catalogue, Kind.ENTERPRISES, FIRST, given=["name", "colour"])


def test_deleting_an_enterprise_takes_its_offerings_outcomes_and_contact(
    catalogue: Catalogue, catalogue_url: str
) -> None:
    put(catalogue, Kind.ENTERPRISES, FIRST | {"contact": "张三"}, {"enterprise_id": "E2", "name": "乙"})
    put(catalogue, Kind.NEEDS, {"need_id": "N1", "title": "齿轮箱"})
    for name in ("E1", "E2"):
        put(catalogue, Kind.OFFERINGS, {"offering_id": name, "enterprise_id": name, "title": "轴承"})
        put(catalogue, Kind.OUTCOMES, {"need_id": "N1", "enterprise_id": name, "stage": Stage.MET})
    delete(catalogue, Kind.ENTERPRISES, ("E1",))
    assert [one.enterprise_id for one in catalogue.enterprises()] == ["E2"]
    assert [one.enterprise_id for one in catalogue.offerings()] == ["E2"]
    assert [one.enterprise_id for one in catalogue.outcomes()] == ["E2"]
    assert times(catalogue_url, contacts) == []
    assert catalogue.need("N1")
    assert delete(catalogue, Kind.ENTERPRISES, ("E1",), ("\0",)) == (("E1",), ("\0",))


def test_records_of_every_kind_are_deleted_by_their_keys(catalogue: Catalogue) -> None:
    put(catalogue, Kind.ENTERPRISES, FIRST)
    put(catalogue, Kind.NEEDS, {"need_id": "N1", "title": "齿轮箱"}, {"need_id": "N2", "title": "轴承"})
    put(catalogue, Kind.OUTCOMES, {"need_id": "N1", "enterprise_id": "E1", "stage": Stage.MET})
    put(catalogue, Kind.OUTCOMES, {"need_id": "N2", "enterprise_id": "E1", "stage": Stage.MET})
    put(catalogue, Kind.EDGES, {"source": "轴承", "target": "钢", "relation": Relation.NEEDS_MATERIAL})
    assert delete(catalogue, Kind.EDGES, ("轴承", "钢", "needs_material", "")) == ()
    assert delete(catalogue, Kind.OUTCOMES, ("N1", "E1", "met", "")) == ()
    assert delete(catalogue, Kind.NEEDS, ("N2",), ("N2",)) == ()
    assert {kind.value: count for kind, count in catalogue.counts().items() if count} == {
        "enterprises": 1,
        "needs": 1,
    }


def delete(catalogue: Catalogue, kind: Kind, *keys: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    with catalogue.transaction() as transaction:
        return transaction.delete(kind, keys)

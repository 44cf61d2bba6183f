"""Reading: single records, streams and their order, snapshots."""

from __future__ import annotations

import pytest

from indexes.errors import UnknownId
from recommender.catalogue import Catalogue, Kind


def enterprises(catalogue: Catalogue, *ids: str) -> None:
    with catalogue.transaction() as tx:
        records = [{"enterprise_id": one, "name": one, "contact": "张三"} for one in ids]
        tx.upsert(Kind.ENTERPRISES, records, given=["name", "contact"])


def offerings(catalogue: Catalogue, *pairs: tuple[str, str]) -> None:
    with catalogue.transaction() as tx:
        records = [{"enterprise_id": owner, "offering_id": one, "title": one} for owner, one in pairs]
        tx.upsert(Kind.OFFERINGS, records, given=["enterprise_id", "title"])


def test_streams_are_in_the_order_of_code_points_on_every_database(catalogue: Catalogue) -> None:
    ids = ["b", "B", "a-1", "a1", "Z", "中", "一", "é", "_", "𠮷", "\uffee"]
    enterprises(catalogue, *ids)
    assert [one.enterprise_id for one in catalogue.enterprises()] == sorted(ids)


def test_offerings_come_by_enterprise_and_id(catalogue: Catalogue) -> None:
    enterprises(catalogue, "E1", "E2")
    offerings(catalogue, ("E2", "O1"), ("E1", "O3"), ("E1", "O2"))
    assert [one.offering_id for one in catalogue.offerings()] == ["O2", "O3", "O1"]
    assert [one.offering_id for one in catalogue.offerings_of("E1")] == ["O2", "O3"]
    assert catalogue.offerings_of("nobody") == ()


def test_streams_never_carry_contacts(catalogue: Catalogue) -> None:
    enterprises(catalogue, "E1")
    assert [one.contact for one in catalogue.enterprises()] == [""]
    assert catalogue.enterprise("E1").contact == ""
    assert catalogue.contact("E1") == "张三"


@pytest.mark.parametrize("strange", ["nobody", "", "a\0b", "\ud800", "x" * 10_000, "' OR 1=1 --"])
def test_an_unknown_id_is_named_whatever_it_holds(catalogue: Catalogue, strange: str) -> None:
    enterprises(catalogue, "E1")
    for read in (catalogue.enterprise, catalogue.offering, catalogue.need, catalogue.contact):
        with pytest.raises(UnknownId) as caught:
            read(strange)
        assert caught.value.value == strange


def test_a_snapshot_stands_still_while_others_write(catalogue: Catalogue) -> None:
    enterprises(catalogue, "E1")
    with catalogue.snapshot() as view:
        assert view.counts()[Kind.ENTERPRISES] == 1
        enterprises(catalogue, "E2")
        offerings(catalogue, ("E2", "O1"))
        assert [one.enterprise_id for one in view.enterprises()] == ["E1"]
        assert list(view.offerings()) == []
    assert [one.enterprise_id for one in catalogue.enterprises()] == ["E1", "E2"]


def test_two_streams_of_a_snapshot_may_be_read_side_by_side(catalogue: Catalogue) -> None:
    enterprises(catalogue, "E1", "E2")
    offerings(catalogue, ("E1", "O1"), ("E2", "O2"))
    with catalogue.snapshot() as view:
        pairs = zip(view.enterprises(), view.offerings(), strict=True)
        assert [(one.enterprise_id, two.offering_id) for one, two in pairs] == [("E1", "O1"), ("E2", "O2")]


def test_a_stream_that_is_left_early_gives_its_connection_back(catalogue: Catalogue) -> None:
    enterprises(catalogue, "E1", "E2")
    for _ in range(50):
        assert next(catalogue.enterprises()).enterprise_id == "E1"


def test_counts_name_every_kind(catalogue: Catalogue) -> None:
    enterprises(catalogue, "E1")
    assert catalogue.counts() == dict.fromkeys(Kind, 0) | {Kind.ENTERPRISES: 1}

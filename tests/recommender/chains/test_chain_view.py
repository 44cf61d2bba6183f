"""Documents about chains, from a release that was refreshed from a catalogue with edges."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexes.errors import InputError, UnknownId
from indexes.release import load_verified
from indexes.store import ReleaseStore
from recommender.catalogue import Kind, as_record, open_catalogue
from recommender.catalogue.domain import Edge
from recommender.chains.view import chain_document, chains_document, path_document
from recommender.refresh import refresh
from recommender.snapshot import Snapshot
from tests.recommender.chains.conftest import KIND, NEEDS, RAIL
from tests.recommender.conftest import fill


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory, encoder) -> Snapshot:
    home = tmp_path_factory.mktemp("chains")
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        fill(catalogue)
        edges = [*RAIL, Edge("动车组轴箱轴承", "轴承钢", NEEDS), Edge("轴承", "轴承", KIND)]
        with catalogue.transaction() as transaction:
            records = [as_record(edge) for edge in edges]
            transaction.upsert(Kind.EDGES, records, given=records[0].keys())
        store = ReleaseStore(home)
        report = refresh(catalogue, store, encoder, cache=home / "cache")
        assert "chains" in report.seconds
        assert not refresh(catalogue, store, encoder, cache=home / "cache").built  # same edges, same bytes
    live = store.current()
    return Snapshot(load_verified(live.path), live.path)


def test_a_chain_lists_its_nodes_by_segment_with_who_fills_them(snapshot: Snapshot) -> None:
    document = chain_document(snapshot, "轨道")
    nodes = {node["name"]: node for node in document["nodes"]}
    assert document["kind"] == "chain"
    assert document["segments"]["downstream"] == [nodes["动车组"]["node"]]
    assert nodes["轴承"]["top"][0]["enterprise_id"] == "bearing"
    assert nodes["磨削"]["kind"] == "process"
    assert nodes["磨削"]["segment"] is None
    assert nodes["轨道下游"]["segment"] == "downstream"
    origins = {edge["origin"] for edge in document["edges"]}
    assert "imported" in origins
    assert {n for e in document["edges"] for n in (e["source"], e["target"])} <= {
        n["node"] for n in document["nodes"]
    }


def test_what_was_cleaned_is_part_of_the_chain(snapshot: Snapshot) -> None:
    cleaned = chain_document(snapshot, "轨道")["cleaned"]
    assert cleaned["given"] == cleaned["kept"] + 1
    assert [rule["rule"] for rule in cleaned["rules"]] == ["self-loop"]


def test_a_product_is_shown_with_what_lies_around_it(snapshot: Snapshot) -> None:
    document = chain_document(snapshot, "轴承")
    nodes = {node["name"]: node["segment"] for node in document["nodes"]}
    assert document["kind"] == "neighbourhood"
    assert nodes["轴承"] == nodes["轴箱轴承"] == "midstream"
    assert nodes["轴承钢"] == nodes["轴承钢坯"] == "upstream"
    assert nodes["转向架"] == nodes["动车组"] == "downstream"


def test_an_enterprise_sits_on_the_node_that_its_offering_names(snapshot: Snapshot) -> None:
    graph = snapshot.graph
    (supplier,) = graph.suppliers(graph.node("动车组轴箱轴承"))
    assert snapshot.enterprise(supplier.enterprise).enterprise_id == "bearing"
    assert snapshot.offering(supplier.offering).title == "动车组轴箱轴承"


def test_a_path_says_each_step_in_both_languages(snapshot: Snapshot) -> None:
    document = path_document(snapshot, "轴承钢", "转向架")
    assert [step["zh"] for step in document["steps"]] == ["轴承需要轴承钢", "轴承用于转向架"]
    assert [step["weakest"] for step in document["steps"]] == [True, False]
    assert document["steps"][0]["en"] == "轴承 needs 轴承钢"


def test_unknown_names_and_ends_without_a_path_are_said(snapshot: Snapshot) -> None:
    with pytest.raises(UnknownId) as unknown:
        chain_document(snapshot, "轨道交通")
    assert "轨道" in unknown.value.mend
    with pytest.raises(UnknownId) as unknown:
        path_document(snapshot, "轴承", "没有的东西")
    assert unknown.value.field == "to"
    with pytest.raises(InputError):
        path_document(snapshot, "轴承", "轨道下游")


def test_all_chains_are_listed(snapshot: Snapshot) -> None:
    document = chains_document(snapshot)
    assert [chain["chain"] for chain in document["chains"]] == ["轨道"]
    assert document["edges"]["imported"] >= len(RAIL)
    assert document["offerings"]["placed"] > 0


def test_a_release_from_before_graphs_has_one_without_nodes(snapshot: Snapshot, tmp_path: Path) -> None:
    old = Snapshot(snapshot.manifest, tmp_path)
    assert old.graph.size == 0
    assert chains_document(old)["chains"] == []

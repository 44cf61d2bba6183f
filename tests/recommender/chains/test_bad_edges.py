"""A list of edges with all that can be wrong with one: nothing is lost, and what was dropped is told."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date

import pytest

from indexes.release import load_verified
from indexes.store import ReleaseStore
from recommender.catalogue import Enterprise, Kind, Offering, as_record, open_catalogue
from recommender.catalogue.domain import Edge, Relation
from recommender.chains.cleaning import clean
from recommender.chains.gaps import gaps_document
from recommender.chains.view import chain_document, path_document
from recommender.encoder import Encoder
from recommender.intake.importer import ImportReport, import_file
from recommender.refresh import refresh
from recommender.snapshot import Snapshot

DAY = date(2026, 11, 21)
ROWS = (
    ("水泵", "水泵", "has_kind"),  # a loop
    ("甲机", "乙机", "needs_material"),  # each needs the other
    ("乙机", "甲机", "needs_material"),
    ("阀", "球阀", "has_kind"),  # a circle
    ("球阀", "浮动球阀", "has_kind"),
    ("浮动球阀", "阀", "has_kind"),
    ("风机", "电机", "needs_material"),  # made of it, and a kind of it
    ("电机", "风机", "has_kind"),
    ("绿豆脱壳机", "脱壳辊筒", "needs_material"),  # things that nobody offers
    ("<script>alert(1)</script>泵", "水泵", "has_kind"),  # markup
    ("[bold]闸阀[/]", "蝶阀", "has_kind"),
    ("长" * 5_000, "水泵", "has_kind"),
    ("泵", "离心泵", "eats"),
    ("", "水泵", "has_kind"),
    ("泵\x00", "水泵", "has_kind"),
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> tuple[ImportReport, Snapshot]:
    home = tmp_path_factory.mktemp("bad")
    with (home / "edges.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("source", "target", "relation", "chain"), *((*r, "坏链") for r in ROWS)])
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        with catalogue.transaction() as transaction:
            for kind, value in (
                (Kind.ENTERPRISES, Enterprise("e", "水泵厂")),
                (Kind.OFFERINGS, Offering("o", "e", "水泵")),
            ):
                record = as_record(value)
                transaction.upsert(kind, [record], given=record.keys())
        report = import_file(catalogue, Kind.EDGES, home / "edges.csv", rejects=home / "rejects.csv")
        store = ReleaseStore(home)
        refresh(catalogue, store, encoder, cache=home / "cache")
    live = store.current()
    return report, Snapshot(load_verified(live.path), live.path)


def dropped(snapshot: Snapshot) -> dict[str, int]:
    return {rule["rule"]: rule["dropped"] for rule in snapshot.graph.stored.report()["cleaning"]["rules"]}


def test_every_row_is_kept_rejected_or_dropped_by_a_rule(imported: tuple[ImportReport, Snapshot]) -> None:
    report, snapshot = imported
    cleaning = snapshot.graph.stored.report()["cleaning"]
    assert (report.rows, report.rejected) == (len(ROWS), 3)  # too long, no such relation, no name
    assert cleaning["given"] == report.rows - report.rejected
    assert cleaning["given"] == cleaning["kept"] + sum(dropped(snapshot).values())


def test_loops_circles_and_contradictions_are_dropped_by_name(
    imported: tuple[ImportReport, Snapshot],
) -> None:
    _, snapshot = imported
    assert dropped(snapshot) == {"self-loop": 1, "contradiction": 2, "cycle": 1, "made of it": 1}
    graph = snapshot.graph
    assert [graph.name(node) for node in graph.kinds(graph.node("阀"))] == ["球阀", "浮动球阀"]


def test_things_that_nobody_offers_are_nodes_and_gaps(imported: tuple[ImportReport, Snapshot]) -> None:
    gaps = {gap["name"]: gap["weakness"] for gap in gaps_document(imported[1], "坏链", DAY)["gaps"]}
    assert gaps["脱壳辊筒"] == "gap"
    assert gaps["水泵"] == "single_source"


def test_markup_and_unseen_signs_are_no_part_of_a_name(imported: tuple[ImportReport, Snapshot]) -> None:
    document = chain_document(imported[1], "坏链")
    names = {node["name"] for node in document["nodes"]}
    assert not [name for name in names if "<" in name or "\0" in name]
    assert "[bold]闸阀[/]" in names  # brackets are no markup in a catalogue, only on a terminal
    path = path_document(imported[1], "绿豆脱壳机", "脱壳辊筒")
    assert [step["zh"] for step in path["steps"]] == ["绿豆脱壳机需要脱壳辊筒"]


def circles(count: int) -> Sequence[Edge]:
    return [
        Edge(f"{'甲乙丙'[at]}{number}阀", f"{'甲乙丙'[(at + 1) % 3]}{number}阀", Relation.HAS_KIND)
        for number in range(count)
        for at in range(3)
    ]


def test_ten_thousand_circles_lose_an_edge_each() -> None:
    cleaned = clean(circles(10_000))
    assert (len(cleaned.kept), cleaned.dropped["cycle"]) == (20_000, 10_000)


def test_of_a_circle_the_edge_that_leads_back_to_the_broadest_name_is_dropped() -> None:
    ring = [("浮动球阀", "阀"), ("球阀", "浮动球阀"), ("阀", "球阀")]
    cleaned = clean(Edge(one, two, Relation.HAS_KIND) for one, two in ring)
    assert [(e.source, e.target) for e in cleaned.kept] == ring[1:]

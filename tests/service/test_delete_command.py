"""``rongtong delete``: what goes, what was not there, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recommender.catalogue import Edge, Enterprise, Kind, Relation, as_record, open_catalogue
from service.cli.main import app


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}") as catalogue, catalogue.transaction() as tx:
        for kind, values in (
            (
                Kind.ENTERPRISES,
                [Enterprise("E1", "甲厂"), Enterprise("E2", "乙厂"), Enterprise("E3", "丙厂")],
            ),
            (Kind.EDGES, [Edge("轴承", "钢", Relation.NEEDS_MATERIAL)]),
        ):
            records = [as_record(value) for value in values]
            tx.upsert(kind, records, given=records[0].keys())
    return tmp_path


def rongtong(home: Path, *arguments: str):
    return CliRunner().invoke(app, ["delete", *arguments, "--home", str(home)])


def left(home: Path) -> list[str]:
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        return [enterprise.enterprise_id for enterprise in catalogue.enterprises()]


def test_what_is_named_is_deleted_and_what_was_not_there_is_told(home: Path) -> None:
    result = rongtong(home, "enterprises", "E1", "E9", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout) == {
        "kind": "enterprises",
        "dry_run": False,
        "deleted": 1,
        "unknown": ["E9"],
    }
    assert left(home) == ["E2", "E3"]


def test_ids_come_from_a_file_too(home: Path) -> None:
    (home / "gone.txt").write_text("E1\n\n E3 \nE1\n", encoding="utf-8-sig")
    result = rongtong(home, "enterprises", "--file", str(home / "gone.txt"))
    assert (result.exit_code, left(home)) == (0, ["E2"])
    assert "2 enterprises deleted" in result.stdout


def test_a_dry_run_deletes_nothing(home: Path) -> None:
    assert "1 enterprises would be deleted" in rongtong(home, "enterprises", "E1", "--dry-run").stdout
    assert left(home) == ["E1", "E2", "E3"]


def test_an_edge_is_named_by_its_parts(home: Path) -> None:
    assert rongtong(home, "edges", "轴承|钢|needs_material").exit_code == 0
    wrong = rongtong(home, "edges", "轴承|钢")
    assert wrong.exit_code == 2
    assert "source|target|relation|chain" in wrong.output


@pytest.mark.parametrize("arguments", [(), ("--file", "none.txt")])
def test_nothing_named_or_a_file_that_is_not_there_is_refused(home: Path, arguments: tuple[str, ...]) -> None:
    assert rongtong(home, "needs", *arguments).exit_code == 2

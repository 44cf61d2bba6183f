"""What a training order means: its defaults, its command line, and what contradicts itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from indexes.errors import WrongSetting
from service.cli.main import app
from tests.training.tiny_corpus import write_tiny_corpus
from training.order import Order
from training.settings import TrainingSettings
from training.transformer_settings import SIZES

DATA = Path("texts")


def test_a_folder_begins_from_nothing_and_a_catalogue_alone_from_the_shipped_model() -> None:
    assert Order(data=DATA).begins_from == "none"
    assert Order(catalogue=True).begins_from == "shipped"
    assert Order(data=DATA, catalogue=True).begins_from == "none"
    assert Order(catalogue=True, start="none").begins_from == "none"
    assert Order(catalogue=True, architecture="transformer").begins_from == "none"


def test_the_defaults_are_those_of_the_shipped_model() -> None:
    assert Order(data=DATA).settings == TrainingSettings()
    assert Order(data=DATA, architecture="transformer", size="tiny").settings == SIZES["tiny"]
    assert Order(catalogue=True).settings.name == "rongtong-static-zh-own"


def test_the_command_line_names_what_was_chosen_and_no_folder() -> None:
    assert Order(data=DATA).command == "rongtong train encoder --data DATA --seed 20 --out FOLDER"
    assert Order(data=DATA, catalogue=True, dimension=64, seed=3).command == (
        "rongtong train encoder --data DATA --from catalogue --dimension 64 --seed 3 --out FOLDER"
    )
    assert Order(catalogue=True, start="mine/model").command == (
        "rongtong train encoder --from catalogue --start START --seed 20 --out FOLDER"
    )
    assert Order(data=DATA, architecture="transformer", size="base", distil=True).command == (
        "rongtong train encoder --data DATA --architecture transformer --size base --distil --seed 20 "
        "--out FOLDER"
    )


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({}, "data"),
        ({"data": DATA, "size": "tiny"}, "size"),
        ({"data": DATA, "distil": True}, "distil"),
        ({"data": DATA, "start": "shipped", "dimension": 64}, "dimension"),
        ({"catalogue": True, "vocabulary": 500}, "vocabulary"),
        ({"data": DATA, "architecture": "transformer", "start": "shipped"}, "start"),
        ({"data": DATA, "architecture": "transformer", "dimension": 64}, "dimension"),
    ],
)
def test_options_that_contradict_each_other_are_refused(order: dict[str, object], field: str) -> None:
    with pytest.raises(WrongSetting) as refused:
        Order(**order)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_the_command_trains_from_a_folder_and_prints_its_report(tmp_path: Path) -> None:
    data = write_tiny_corpus(tmp_path / "data")
    options = ["--vocabulary", "600", "--dimension", "16", "--work", str(tmp_path / "work"), "--json"]
    home = ["--home", str(tmp_path / "home")]
    result = CliRunner().invoke(app, ["train", "encoder", "--data", str(data), *options, *home])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    folder = tmp_path / "home/models/rongtong-static-zh"
    assert report["folder"] == str(folder)
    assert report["dimension"] == 16
    assert "--vocabulary 600 --dimension 16 --seed 20" in (folder / "README.md").read_text(encoding="utf-8")
    assert not (tmp_path / "work").exists()


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["train", "encoder", "--home", str(tmp_path), "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["mend"] == "give --data, --from catalogue or both"

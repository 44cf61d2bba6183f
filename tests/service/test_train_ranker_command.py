import json
from datetime import date

import pytest
from typer.testing import CliRunner

import training.ranker
from recommender.ranking import PRIOR
from recommender.ranking.stored import RANKER, read
from service.cli.main import app
from service.workspace import Workspace
from training.metrics import Interval
from training.ranker import RankerReport

runner = CliRunner()


@pytest.fixture
def train(monkeypatch, tmp_path):
    """The command on an empty workspace, with a training that is *better* or not."""

    def run(*arguments, better: bool):
        def trained(needs, outcomes, engine, folder, **options):
            means = ({m: Interval(v, v, v) for m in ("nDCG@10", "MRR")} for v in (0.4, 0.5))
            p = dict.fromkeys(("nDCG@10", "MRR"), 0.01 if better else 0.5)
            return RankerReport(folder, PRIOR, "r1", date(2026, 7, 1), 70, 30, 999, *means, p)

        monkeypatch.setattr(training.ranker, "train_ranker", trained)
        monkeypatch.setattr(Workspace, "engine", lambda self: None)
        return runner.invoke(app, ["train", "ranker", "--home", str(tmp_path), *arguments])

    return run


def test_a_better_ranker_is_installed_for_the_next_refresh(train, tmp_path):
    result = train("--promote", better=True)
    assert result.exit_code == 0, result.output
    assert "better" in result.stdout
    assert read(tmp_path / RANKER) == PRIOR


def test_one_that_is_not_better_is_not_installed_and_the_command_fails(train, tmp_path):
    result = train("--promote", better=False)
    assert result.exit_code == 1
    assert "not better beyond chance" in result.stderr
    assert not (tmp_path / RANKER).exists()


def test_without_promote_nothing_is_installed(train, tmp_path):
    for better in (True, False):
        assert train(better=better).exit_code == 0
        assert not (tmp_path / RANKER).exists()


def test_json_is_one_document(train, tmp_path):
    document = json.loads(train("--promote", "--json", better=True).stdout)
    assert document["better"] is True
    assert document["installed"] == str(tmp_path / RANKER)
    assert document["folder"].startswith(str(tmp_path / "rankers"))
    assert document["trained"]["MRR"] == [0.5, 0.5, 0.5]


def test_a_catalogue_without_outcomes_says_what_to_do(monkeypatch, tmp_path):
    class Opened:
        snapshot = encoder = model = None

    monkeypatch.setattr(Workspace, "engine", lambda self: Opened())
    result = runner.invoke(app, ["train", "ranker", "--home", str(tmp_path)])
    assert result.exit_code == 1
    assert "Too few outcomes" in result.stderr
    assert "import outcomes" in result.stderr

"""A transformer by the same command, and the static model that it teaches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recommender.encoder import StaticEncoder, load_encoder
from tests.training.tiny_corpus import accuracy, add_contracts, write_tiny_corpus
from training import stages
from training.corpora import FolderCorpus
from training.order import Order, carry_out
from training.recipe import TrainingReport


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> FolderCorpus:
    return FolderCorpus(write_tiny_corpus(tmp_path_factory.mktemp("corpus") / "data"))


@pytest.fixture(scope="module")
def reports(
    corpus: FolderCorpus, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainingReport, TrainingReport]:
    order = Order(data=corpus.data, architecture="transformer", size="tiny", distil=True)
    transformer, taught = carry_out(order, corpus, tmp_path_factory.mktemp("models") / "tiny")
    return transformer, taught


def test_a_transformer_learns_from_the_same_corpus(reports: tuple[TrainingReport, TrainingReport]) -> None:
    transformer, _ = reports
    assert not isinstance(load_encoder(transformer.folder), StaticEncoder)
    assert accuracy(transformer.folder) > 0.8
    assert {"vocabulary", "tokens", "transformer", "distil"} <= transformer.seconds.keys()
    card = (transformer.folder / "README.md").read_text(encoding="utf-8")
    assert "--architecture transformer --size tiny --distil --seed 20" in card
    assert "| mlm_steps | 40 |" in card
    assert "| text/news.jsonl.xz | news of 2023 | Apache-2.0 | 400 |" in card


def test_the_static_model_it_teaches_lies_beside_it(reports: tuple[TrainingReport, TrainingReport]) -> None:
    transformer, taught = reports
    assert taught.folder == transformer.folder.with_name("tiny-static")
    assert isinstance(load_encoder(taught.folder), StaticEncoder)
    assert accuracy(taught.folder) > 0.8
    card = (taught.folder / "README.md").read_text(encoding="utf-8")
    assert f"Taught by the transformer `{transformer.fingerprint}`" in card
    assert not transformer.folder.with_name("tiny.work").exists()


def test_it_is_taught_before_it_learns_from_contracts_and_measured_without_them(tmp_path: Path) -> None:
    data = write_tiny_corpus(tmp_path / "data")
    contracts = add_contracts(data)
    order = Order(data=data, architecture="transformer", size="tiny", distil=True)
    _, taught = carry_out(order, FolderCorpus(data), tmp_path / "tiny")
    log = (taught.folder / "training.jsonl").read_text(encoding="utf-8").splitlines()
    stages = [record["stage"] for record in map(json.loads, log) if "seconds" in record]
    assert stages[-3:] == ["contrast", "distil", "awards"]
    assert "static awards" in taught.seconds
    assert taught.awards is not None
    assert taught.awards.contracts + taught.awards.held_out == contracts
    assert taught.development is not None
    assert taught.development.needs == contracts
    assert "They are cross-validated" in (taught.folder / "README.md").read_text(encoding="utf-8")


def test_an_interrupted_transformer_goes_on(
    reports: tuple[TrainingReport, TrainingReport],
    corpus: FolderCorpus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = Order(data=corpus.data, architecture="transformer", size="tiny")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stages.Stages, "log", interrupted)
        with pytest.raises(KeyboardInterrupt):
            carry_out(order, corpus, tmp_path / "out")
    (resumed,) = carry_out(order, corpus, tmp_path / "out")
    assert resumed.seconds["vocabulary"] == 0.0 < resumed.seconds["transformer"]
    assert resumed.fingerprint == reports[0].fingerprint

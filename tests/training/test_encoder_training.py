"""Training from a made-up corpus: better than chance, reproducible, resumable, never overwriting."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexes.errors import FileUnreadable, TrainingError, WrongSetting
from recommender.encoder import load_encoder
from tests.training.tiny_corpus import TRADES, write_tiny_corpus
from training import encoder_training
from training.encoder_training import TrainingReport, train_encoder
from training.model_folder import write_model
from training.settings import TrainingSettings

TINY = TrainingSettings(
    vocabulary=600,
    dimension=16,
    decomposed=32,
    least_count=0.0,
    subsample=1.0,
    steps=20,
    batch=32,
    check_every=10,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_corpus(tmp_path_factory.mktemp("corpus") / "data")


@pytest.fixture(scope="module")
def report(data: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingReport:
    return train_encoder(data, tmp_path_factory.mktemp("models") / "tiny", settings=TINY)


def accuracy(folder: Path) -> float:
    """How often a product's nearest other product belongs to its own trade."""
    words = [(trade, word) for trade, own in TRADES.items() for word in own]
    vectors = load_encoder(folder).encode([word for _, word in words])
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    return float(np.mean([words[int(b)][0] == words[a][0] for a, b in enumerate(scores.argmax(axis=1))]))


def test_the_trained_model_beats_random_vectors(report: TrainingReport, tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(report.folder / "tokenizer.json"))
    chance = np.random.default_rng(1).standard_normal((tokenizer.get_vocab_size(), 16)).astype(np.float32)
    write_model(tmp_path / "random", tokenizer, chance)
    assert accuracy(report.folder) > 0.8 > accuracy(tmp_path / "random")


def test_the_folder_is_complete_and_the_work_folder_gone(report: TrainingReport) -> None:
    names = {path.name for path in report.folder.iterdir()}
    assert names == {
        "README.md",
        "config_sentence_transformers.json",
        "model.safetensors",
        "modules.json",
        "tokenizer.json",
    }
    assert not list(report.folder.parent.glob("*.work"))
    assert report.fingerprint == load_encoder(report.folder).fingerprint


def test_sentence_transformers_loads_it(report: TrainingReport) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["塔筒采购", "", "未知之物"]
    vectors = SentenceTransformer(str(report.folder), device="cpu").encode(texts)
    assert np.abs(vectors - load_encoder(report.folder).encode(texts)).max() < 1e-6


def test_the_card_names_sources_licences_figures_and_limits(report: TrainingReport) -> None:
    card = (report.folder / "README.md").read_text(encoding="utf-8")
    for part in ("text/news.jsonl.xz", "Apache-2.0", "seed 20", report.fingerprint, "Recall@10", "## Limits"):
        assert part in card


def test_training_never_makes_the_held_out_pairs_worse(report: TrainingReport) -> None:
    assert max(check.mean for check in report.checks) >= report.checks[0].mean


def test_the_same_seed_gives_the_same_model(report: TrainingReport, data: Path, tmp_path: Path) -> None:
    assert train_encoder(data, tmp_path / "again", settings=TINY).fingerprint == report.fingerprint


def test_an_interrupted_run_goes_on_where_it_stopped(
    report: TrainingReport, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(encoder_training, "contrast", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train_encoder(data, tmp_path / "out", settings=TINY)
    assert not (tmp_path / "out").exists()
    resumed = train_encoder(data, tmp_path / "out", settings=TINY)
    assert resumed.seconds["vectors"] == 0.0 < resumed.seconds["contrast"]
    assert resumed.fingerprint == report.fingerprint


def test_other_settings_do_not_take_over_old_stages(data: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "identity").write_text("of another run", encoding="utf-8")
    (work / "vocabulary.done").write_text("", encoding="utf-8")
    assert train_encoder(data, tmp_path / "out", settings=TINY, work=work).seconds["vocabulary"] > 0.0


def test_nothing_that_exists_is_overwritten(data: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine", encoding="utf-8")
    with pytest.raises(WrongSetting, match="not empty"):
        train_encoder(data, tmp_path, settings=TINY)
    with pytest.raises(WrongSetting, match="something else"):
        train_encoder(data, tmp_path / "out", settings=TINY, work=tmp_path)
    assert (tmp_path / "kept").read_text(encoding="utf-8") == "mine"


def test_a_folder_without_open_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="none of the open sources"):
        train_encoder(tmp_path, tmp_path / "out", settings=TINY)


def test_a_torn_source_is_named(tmp_path: Path) -> None:
    data = write_tiny_corpus(tmp_path / "data")
    path = data / "text/news.jsonl.xz"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(FileUnreadable, match="training material"):
        train_encoder(data, tmp_path / "out", settings=TINY)

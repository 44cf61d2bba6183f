"""Training from a made-up corpus: better than chance, reproducible, resumable, never overwriting."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from indexes.errors import EncoderError, FileUnreadable, TrainingError, WrongSetting
from recommender.encoder import load_encoder
from tests.training.tiny_corpus import accuracy, write_random_model, write_tiny_corpus
from training import card, stages
from training.corpora import FolderCorpus
from training.encoder_training import train_encoder
from training.recipe import TrainingReport
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


STAGES = ("vocabulary", "tokens", "vectors", "contrast")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> FolderCorpus:
    return FolderCorpus(write_tiny_corpus(tmp_path_factory.mktemp("corpus") / "data"))


@pytest.fixture(scope="module")
def report(corpus: FolderCorpus, tmp_path_factory: pytest.TempPathFactory) -> TrainingReport:
    out = tmp_path_factory.mktemp("models") / "tiny"
    return train_encoder(corpus, out, settings=TINY, command="rongtong train encoder --data DATA --seed 20")


def test_the_trained_model_beats_random_vectors(report: TrainingReport, tmp_path: Path) -> None:
    chance = write_random_model(tmp_path / "random", report.folder)
    assert accuracy(report.folder) > 0.8 > accuracy(chance)


def test_the_folder_is_complete_and_the_work_folder_gone(report: TrainingReport) -> None:
    names = {path.name for path in report.folder.iterdir()}
    assert names == {
        "README.md",
        "config_sentence_transformers.json",
        "model.safetensors",
        "modules.json",
        "tokenizer.json",
        "training.jsonl",
    }
    assert not list(report.folder.parent.glob("*.work"))
    assert report.fingerprint == load_encoder(report.folder).fingerprint


def test_sentence_transformers_loads_it(report: TrainingReport) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["塔筒采购", "", "未知之物"]
    vectors = SentenceTransformer(str(report.folder), device="cpu").encode(texts)
    assert np.abs(vectors - load_encoder(report.folder).encode(texts)).max() < 1e-6


def test_the_card_names_sources_licences_figures_and_limits(report: TrainingReport) -> None:
    text = (report.folder / "README.md").read_text(encoding="utf-8")
    news, products = report.sources
    assert report.development is not None
    for part in (
        f"| text/news.jsonl.xz | news of 2023 | Apache-2.0 | 400 | {news.characters:,} | {news.tokens:,} |",
        f"| catalogue/products_listed.csv | products of listed companies | facts | {products.documents} |",
        "`rongtong train encoder --data DATA --seed 20` (seed 20",
        f"| torch | {torch.__version__}".partition("+")[0],
        report.fingerprint,
        f"Recall@10 {report.development.recall_at_10}",
        "## Limits",
    ):
        assert part in text
    assert "user's own" not in text


def test_the_card_of_the_defaults_tells_what_else_was_tried(
    report: TrainingReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card, "ALTERNATIVES", tmp_path / "alternatives.md")
    (tmp_path / "alternatives.md").write_text("| bigrams | worse |", encoding="utf-8")
    assert "Alternatives" not in card.model_card(report)
    default = replace(report, recipe=replace(report.recipe, settings=TrainingSettings()))
    assert "## Alternatives tried\n\n| bigrams | worse |" in card.model_card(default)


def test_the_log_tells_each_stage_and_each_check(report: TrainingReport) -> None:
    lines = (report.folder / "training.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["stage"] for record in records if "seconds" in record] == list(STAGES)
    checks = [record for record in records if "held_out" in record]
    assert [check["step"] for check in checks] == [check.step for check in report.checks]
    assert checks[0]["held_out"].keys() == {"given_made_up", "company"}


def test_training_never_makes_the_held_out_pairs_worse(report: TrainingReport) -> None:
    assert max(check.mean for check in report.checks) >= report.checks[0].mean


def model_bytes(report: TrainingReport) -> list[bytes]:
    return [(report.folder / name).read_bytes() for name in ("model.safetensors", "tokenizer.json")]


def test_the_same_seed_gives_the_same_bytes_however_many_threads(
    report: TrainingReport, corpus: FolderCorpus, tmp_path: Path
) -> None:
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1 if threads > 1 else 2)
        again = train_encoder(corpus, tmp_path / "again", settings=TINY)
    finally:
        torch.set_num_threads(threads)
    assert model_bytes(again) == model_bytes(report)


def test_a_run_interrupted_in_every_stage_ends_in_the_same_bytes(
    report: TrainingReport, corpus: FolderCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stage in STAGES:
        lines: list[str] = []
        with monkeypatch.context() as patch:
            patch.setattr(stages, "save_text", interrupt_at(f"{stage}.done"))
            with pytest.raises(KeyboardInterrupt):
                train_encoder(corpus, tmp_path / "out", settings=TINY, progress=lines.append)
        assert f"interrupted in stage {stage}; the same command goes on from there" in lines[-1]
        assert not (tmp_path / "out").exists()
    resumed = train_encoder(corpus, tmp_path / "out", settings=TINY)
    assert resumed.seconds["vectors"] == 0.0 < resumed.seconds["contrast"]
    assert model_bytes(resumed) == model_bytes(report)
    assert not (tmp_path / "out.work").exists()


def interrupt_at(name: str) -> Callable[[Path, str], None]:
    """Ctrl-C just before the file of that name is written."""
    save = stages.save_text

    def save_or_stop(path: Path, text: str) -> None:
        if path.name == name:
            raise KeyboardInterrupt
        save(path, text)

    return save_or_stop


def test_a_model_goes_on_from_another_and_keeps_its_tokenizer(
    report: TrainingReport, corpus: FolderCorpus, tmp_path: Path
) -> None:
    further = train_encoder(corpus, tmp_path / "further", settings=TINY, start=report.folder)
    assert model_bytes(further)[1] == model_bytes(report)[1]
    assert further.recipe.start == f"tiny {report.fingerprint}"
    assert set(further.seconds) == {"contrast"}
    assert further.checks[0].mean == pytest.approx(max(check.mean for check in report.checks), abs=0.02)
    assert accuracy(further.folder) > 0.8


def test_a_part_of_the_model_it_goes_on_from_is_kept(
    report: TrainingReport, corpus: FolderCorpus, tmp_path: Path
) -> None:
    whole = train_encoder(corpus, tmp_path / "same", settings=replace(TINY, kept=1.0), start=report.folder)
    before, after = (load_encoder(folder).encode(["塔筒和叶片"]) for folder in (report.folder, whole.folder))
    assert np.allclose(before, after, atol=1e-6)


def test_with_mined_counter_examples_it_learns_too(corpus: FolderCorpus, tmp_path: Path) -> None:
    mined = replace(TINY, hard_negatives=2, mine_every=10)
    assert accuracy(train_encoder(corpus, tmp_path / "mined", settings=mined).folder) > 0.8


def test_only_a_static_model_can_be_continued(corpus: FolderCorpus, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no encoder folder"):
        train_encoder(corpus, tmp_path / "out", settings=TINY, start=tmp_path / "missing")


def test_other_settings_do_not_take_over_old_stages(corpus: FolderCorpus, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "identity").write_text("of another run", encoding="utf-8")
    (work / "vocabulary.done").write_text("", encoding="utf-8")
    assert train_encoder(corpus, tmp_path / "out", settings=TINY, work=work).seconds["vocabulary"] > 0.0


def test_nothing_that_exists_is_overwritten(corpus: FolderCorpus, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine", encoding="utf-8")
    with pytest.raises(WrongSetting, match="not empty"):
        train_encoder(corpus, tmp_path, settings=TINY)
    with pytest.raises(WrongSetting, match="something else"):
        train_encoder(corpus, tmp_path / "out", settings=TINY, work=tmp_path)
    assert (tmp_path / "kept").read_text(encoding="utf-8") == "mine"


def test_a_folder_without_open_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="none of the open sources"):
        FolderCorpus(tmp_path)


def test_a_torn_source_is_named(tmp_path: Path) -> None:
    data = write_tiny_corpus(tmp_path / "data")
    path = data / "text/news.jsonl.xz"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(FileUnreadable, match="training material"):
        train_encoder(FolderCorpus(data), tmp_path / "out", settings=TINY)

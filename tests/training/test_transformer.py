"""A tiny transformer, trained for real: better than untrained, repeatable, resumable, loadable, teachable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexes.errors import TrainingError, WrongSetting
from recommender.encoder import fingerprint, load_encoder
from tests.training.tiny_corpus import write_tiny_corpus
from training.contrastive import Progress
from training.corpus import documents, present
from training.distribution import BOUNDARY
from training.pairs import Company, Pair, companies, text_pairs
from training.transformer import SIZES, distil, train_transformer
from training.transformer_examples import Examples, Windows
from training.transformer_model import build_model, embed, with_special_tokens
from training.vocabulary import build_tokenizer, choose_pieces, count_words, mix

TINY = SIZES["tiny"]


class Material:
    """The made-up corpus as the pipeline hands it over."""

    def __init__(self, data: Path) -> None:
        self.texts = [text for source in present(data) for text in documents(data, source)]
        self.tokenizer: Tokenizer = build_tokenizer(
            choose_pieces(mix([(count_words(self.texts), 1.0)]), TINY.vocabulary)
        )
        self.pairs = list(text_pairs(data))
        self.companies = companies(data)

    def streams(self) -> Iterator[tuple[NDArray[np.int32], float]]:
        for text in self.texts[:200]:
            ids = self.tokenizer.encode(text, add_special_tokens=False).ids
            yield np.array([*ids, BOUNDARY], dtype=np.int32), 1.0

    def train(
        self, folder: Path, log: Callable[[Mapping[str, object]], None] = lambda _: None, **changes: int
    ) -> list[Progress]:
        settings = replace(TINY, **changes)
        return train_transformer(
            self.tokenizer,
            self.streams,
            self.pairs,
            self.companies,
            settings,
            folder / "work",
            folder / "out",
            log,
        )


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return Material(write_tiny_corpus(tmp_path_factory.mktemp("corpus") / "data"))


@pytest.fixture(scope="module")
def trained(material: Material, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a trained encoder; beside it ``log.json`` and ``checks.json``."""
    folder = tmp_path_factory.mktemp("trained")
    log: list[Mapping[str, object]] = []
    checks = material.train(folder, log.append)
    (folder / "log.json").write_text(json.dumps(log), encoding="utf-8")
    (folder / "checks.json").write_text(json.dumps([check.mean for check in checks]), encoding="utf-8")
    return folder / "out"


def test_training_beats_the_untrained_network_on_held_out_pairs(
    trained: Path, material: Material, tmp_path: Path
) -> None:
    (untrained,) = material.train(tmp_path, mlm_steps=0, steps=0)
    means = json.loads((trained.parent / "checks.json").read_text(encoding="utf-8"))
    assert max(means) > 1.3 * untrained.mean
    assert max(means) > 1.3 * means[0]


def test_guessing_hidden_words_gets_better(trained: Path) -> None:
    log = json.loads((trained.parent / "log.json").read_text(encoding="utf-8"))
    losses = [record["loss"] for record in log if record["stage"] == "mlm"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("stage", ["mlm", "contrast"])
def test_a_killed_run_goes_on_to_the_very_same_weights(
    stage: str, trained: Path, material: Material, tmp_path: Path
) -> None:
    class Killed(BaseException):
        pass

    def kill(record: Mapping[str, object]) -> None:
        if record["stage"] == stage:
            raise Killed

    with pytest.raises(Killed):
        material.train(tmp_path, kill)
    assert not (tmp_path / "out").exists()
    log: list[Mapping[str, object]] = []
    material.train(tmp_path, log.append)
    assert fingerprint(tmp_path / "out") == fingerprint(trained)
    first = {"mlm": TINY.mlm_check_every, "contrast": TINY.check_every}[stage]
    assert log[0]["step"] == 2 * first


def test_a_checkpoint_of_other_settings_is_not_taken_over(
    trained: Path, material: Material, tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    for name in ("mlm.safetensors", "contrast.safetensors"):
        (tmp_path / "work" / name).write_bytes((trained.parent / "work" / name).read_bytes())
    log: list[Mapping[str, object]] = []
    material.train(tmp_path, log.append, seed=TINY.seed + 1, steps=2, check_every=1)
    assert [record["step"] for record in log] == [20, 40, 1, 2]


def test_the_folder_holds_no_pickle_and_gives_unit_vectors(trained: Path) -> None:
    assert {path.suffix for path in trained.rglob("*") if path.is_file()} == {".json", ".safetensors"}
    encoder = load_encoder(trained)
    vectors = encoder.encode(["塔筒和叶片采购", "阀", "", "塔筒" * 500])
    assert encoder.dimension == TINY.width
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 0, 1], abs=1e-5)


def test_sentence_transformers_gives_what_was_trained(trained: Path, material: Material) -> None:
    from safetensors.torch import load_file
    from sentence_transformers import SentenceTransformer
    from transformers import BertConfig, BertModel

    texts = ["塔筒和叶片采购", "污水处理", "供应酱油、糕点与罐头" * 9]
    model = BertModel(BertConfig.from_pretrained(str(trained)), add_pooling_layer=True)
    model.load_state_dict(load_file(trained / "model.safetensors"))
    vocabulary = with_special_tokens(material.tokenizer)
    ids = [
        np.array(encoding.ids, dtype=np.int64)
        for encoding in vocabulary.tokenizer.encode_batch(texts, add_special_tokens=False)
    ]
    vectors = SentenceTransformer(str(trained), device="cpu").encode(texts)
    assert np.abs(vectors - embed(model, ids, vocabulary)).max() < 1e-5


def test_spelling_makes_no_difference(trained: Path) -> None:
    plain, traditional, wide = load_encoder(trained).encode(["风机erp采购", "風機erp採購", "风机ＥＲＰ采购"])
    assert np.abs(plain - traditional).max() < 1e-6
    assert np.abs(plain - wide).max() < 1e-6


@pytest.mark.parametrize("columns", [8, 40])
def test_the_embeddings_begin_in_the_direction_of_given_vectors(columns: int, material: Material) -> None:
    vocabulary = with_special_tokens(material.tokenizer)
    given = np.random.default_rng(1).standard_normal((vocabulary.pieces, columns)).astype(np.float32)
    table = build_model(vocabulary, TINY, given).bert.embeddings.word_embeddings.weight.detach().numpy()
    shared = min(columns, TINY.width)
    own, asked = table[: vocabulary.pieces, :shared], given[:, :shared]
    cosines = (own * asked).sum(axis=1) / np.linalg.norm(own, axis=1) / np.linalg.norm(asked, axis=1)
    assert cosines == pytest.approx(1.0, abs=1e-5)


def test_an_output_that_exists_is_refused(material: Material, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(WrongSetting, match="exists"):
        material.train(tmp_path)


def test_training_needs_texts_and_pairs(material: Material) -> None:
    vocabulary = with_special_tokens(material.tokenizer)
    with pytest.raises(TrainingError, match="no words"):
        Windows.of([], vocabulary, TINY)
    with pytest.raises(TrainingError, match="no pairs"):
        Examples(vocabulary, [Pair("made_up", "", "塔筒", "1")], [Company("e", "甲", "乙", ())], TINY)


def test_windows_hide_whole_pieces_and_keep_texts_apart(material: Material) -> None:
    vocabulary = with_special_tokens(material.tokenizer)
    windows = Windows.of([(np.array([1, 2, 3, BOUNDARY], dtype=np.int32), 1.0)], vocabulary, TINY)
    ids, hidden, right = windows.draw(0)
    assert (ids[:, 0] == vocabulary.cls).all()
    whole = ids.copy()
    whole[hidden] = right
    assert set(whole[:, 1:].ravel()) == {1, 2, 3, vocabulary.sep}
    assert not (whole[hidden] == vocabulary.sep).any()
    assert 0.1 < hidden[whole < vocabulary.pieces].mean() < 0.3
    assert (ids[hidden] == vocabulary.mask).mean() > 0.6


def test_near_companies_are_contrasted_in_one_batch(material: Material) -> None:
    examples = Examples(with_special_tokens(material.tokenizer), [], material.companies, TINY)
    near = np.array([[(number + 1) % len(examples.firms)] for number in range(len(examples.firms))])
    groups = [example.group for example in examples.at(0, near)]
    order = [firm.group for firm in examples.firms]
    assert len(groups) == TINY.batch
    assert groups[1::2] == [order[(order.index(group) + 1) % len(order)] for group in groups[::2]]


def test_hard_negatives_are_mined_from_what_was_learned_so_far(material: Material, tmp_path: Path) -> None:
    checks = material.train(tmp_path, mlm_steps=2, steps=4, check_every=2, neighbours=3)
    assert [check.step for check in checks] == [0, 2, 4]


def test_the_static_model_comes_closer_to_its_teacher(trained: Path, material: Material) -> None:
    chance = np.random.default_rng(3)
    pieces = material.tokenizer.get_vocab_size()
    base = chance.standard_normal((pieces, 24)).astype(np.float32)
    weights = np.ones(pieces, dtype=np.float32)
    taught = distil(trained, material.texts[::2], material.tokenizer, base, weights, TINY)

    def agreement(vectors: NDArray[np.float32]) -> float:
        """The correlation of the static cosines with the teacher's, on texts that were not taught."""
        unseen = material.texts[1::2]
        ids = [material.tokenizer.encode(text, add_special_tokens=False).ids for text in unseen]
        sums = np.array([vectors[own].sum(axis=0) for own in ids])
        sums /= np.linalg.norm(sums, axis=1, keepdims=True)
        teacher = load_encoder(trained).encode(unseen)
        upper = np.triu_indices(len(unseen), 1)
        return float(np.corrcoef((sums @ sums.T)[upper], (teacher @ teacher.T)[upper])[0, 1])

    assert taught.shape == base.shape
    assert agreement(taught) > agreement(base)


def test_distillation_needs_texts(trained: Path, material: Material) -> None:
    base = np.ones((material.tokenizer.get_vocab_size(), 4), dtype=np.float32)
    with pytest.raises(TrainingError, match="too few texts"):
        distil(trained, ["塔筒", "???"], material.tokenizer, base, base[:, 0], TINY)

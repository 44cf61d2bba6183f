"""The static encoder agrees with sentence-transformers, needs no torch, and refuses what is broken."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import recommender.encoder as encoder_module
from indexes.errors import EncoderError
from recommender.encoder import StaticEncoder, encoder_to_read, fingerprint, load_encoder, spelled
from training.models import packaged_encoder

TEXTS = [
    "风电塔筒采购项目",
    "110kV变压器",
    "後臺ＥＲＰ軟體<br/>　１２㎜",
    "304L不锈钢球阀 GB/T 12237",
    "",
    "   ",
    "！？…",
    "😀",
    "𠮷野家 Ωμ ñandú",
    "a" * 300,
    "的",
    "轨道交通信号系统集成及维护服务" * 40,
    "钢结构加工，" * 3334,
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(packaged_encoder(), tmp_path / "model"))


def test_equals_sentence_transformers_on_every_kind_of_text() -> None:
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(packaged_encoder()), device="cpu").encode([spelled(t) for t in TEXTS])
    assert np.abs(load_encoder(packaged_encoder()).encode(TEXTS) - expected).max() < 1e-6


def test_rows_have_length_one_or_are_zero() -> None:
    lengths = np.linalg.norm(load_encoder(packaged_encoder()).encode(TEXTS), axis=1)
    blank = [not any(c.isalnum() for c in text) for text in TEXTS]
    assert np.allclose(lengths, np.where(blank, 0.0, 1.0), atol=1e-6)


def test_a_text_has_the_same_vector_alone_and_among_others() -> None:
    encoder = load_encoder(packaged_encoder())
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-6


def test_a_few_phrases_are_cut_as_many_are(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        "轴箱轴承",
        "304l不锈钢",
        "轴承",
        "",
        "𠮷野家",
        "鑄鐵 閥門",
        "GB/T 3098.1",
        "x" * 70,
        "轴承",
        "Ⅳ级钢筋",
    ]
    encoder = load_encoder(packaged_encoder())
    assert isinstance(encoder, StaticEncoder)
    assert encoder._takes_runs
    few = [encoder.encode(texts), encoder.encode(texts)]
    assert encoder._kept_run.cache_info().hits > len(texts) // 2
    monkeypatch.setattr(encoder_module, "_FEW", 0)
    for found in few:
        assert np.array_equal(found, encoder.encode(texts))


def test_no_texts_give_no_rows() -> None:
    encoder = load_encoder(packaged_encoder())
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_traditional_and_full_width_spelling_mean_the_same() -> None:
    vectors = load_encoder(packaged_encoder()).encode(["後臺ＥＲＰ軟體", "后台erp软体"])
    assert np.array_equal(vectors[0], vectors[1])


def test_related_texts_are_closer_than_unrelated_ones() -> None:
    need, near, far = load_encoder(packaged_encoder()).encode(
        ["风电场塔筒设备采购", "风力发电机组制造", "方便面及休闲食品"]
    )
    assert need @ near > need @ far + 0.2


def test_the_static_path_never_imports_torch() -> None:
    script = (
        "import sys; from recommender.encoder import load_encoder;"
        "from training.models import packaged_encoder;"
        "load_encoder(packaged_encoder()).encode(['风电']);"
        "sys.exit(any(m in sys.modules for m in ('torch', 'sentence_transformers', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_fingerprint_follows_the_bytes_and_not_the_card(folder: Path) -> None:
    before = fingerprint(folder)
    assert load_encoder(folder).fingerprint == before == load_encoder(packaged_encoder()).fingerprint
    (folder / "README.md").write_text("another card", encoding="utf-8")
    assert fingerprint(folder) == before
    (folder / "config_sentence_transformers.json").write_text("{}", encoding="utf-8")
    assert fingerprint(folder) != before


def test_half_precision_weights_are_read(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")["embedding.weight"]
    save_file({"embedding.weight": weights.astype(np.float16)}, folder / "model.safetensors")
    whole, half = load_encoder(packaged_encoder()).encode(TEXTS[:4]), load_encoder(folder).encode(TEXTS[:4])
    assert np.abs(whole - half).max() < 1e-2


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no encoder folder"):
        load_encoder(tmp_path / "nowhere")
    with pytest.raises(EncoderError, match="no encoder folder"):
        load_encoder(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("modules.json", b""),
        ("modules.json", b"[]"),
        ("modules.json", b'{"type": "x"}'),
        ("modules.json", b"[1]"),
        ("modules.json", b"\xff\xfe"),
        ("modules.json", json.dumps([{"type": "a.StaticEmbedding", "path": "../other"}]).encode()),
        ("modules.json", json.dumps([{"type": "a.StaticEmbedding", "path": "/etc"}]).encode()),
        ("modules.json", b"[" * 100_000),
        ("tokenizer.json", b"{}"),
        ("tokenizer.json", b"not json"),
        ("tokenizer.json", b"\xff"),
        ("model.safetensors", b""),
        ("model.safetensors", b"\xff" * 64),
    ],
)
def test_damaged_files_are_refused(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(EncoderError, match="broken"):
        load_encoder(folder)


@pytest.mark.parametrize("name", ["modules.json", "tokenizer.json", "model.safetensors"])
def test_missing_files_are_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(EncoderError, match="broken"):
        load_encoder(folder)


def test_truncated_weights_are_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(EncoderError, match="broken"):
        load_encoder(folder)


@pytest.mark.parametrize(
    "weights",
    [
        {"other": np.zeros((9, 4), np.float32)},
        {"embedding.weight": np.zeros(9, np.float32)},
        {"embedding.weight": np.zeros((3, 4), np.float32)},
        {"embedding.weight": np.full((40_000, 4), np.nan, np.float32)},
        {"embedding.weight": np.zeros((40_000, 4), np.int64)},
    ],
    ids=["another name", "one dimension", "too few rows", "not finite", "no floats"],
)
def test_weights_that_do_not_fit_are_refused(folder: Path, weights: dict[str, np.ndarray]) -> None:
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(EncoderError, match="broken"):
        load_encoder(folder)


def test_a_pickle_in_place_of_weights_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    (folder / "0_Transformer").mkdir(parents=True)
    (folder / "modules.json").write_text(
        json.dumps(
            [
                {
                    "idx": 0,
                    "name": "0",
                    "path": "0_Transformer",
                    "type": "sentence_transformers.models.Transformer",
                }
            ]
        )
    )
    (folder / "0_Transformer/pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(EncoderError, match="pickle"):
        load_encoder(folder)


def test_another_kind_of_model_goes_through_sentence_transformers(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Dense, Normalize, StaticEmbedding
    from tokenizers import Tokenizer

    static = StaticEmbedding(Tokenizer.from_file(str(folder / "tokenizer.json")), embedding_dim=8)
    other = folder.parent / "dense"
    SentenceTransformer(modules=[static, Dense(8, 6), Normalize()], device="cpu").save(str(other))
    encoder = load_encoder(other)
    assert not isinstance(encoder, StaticEncoder)
    vectors = encoder.encode(["阀门", "", "水泵"])
    assert vectors.shape == (3, 6)
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 0, 1], atol=1e-5)


def test_a_damaged_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "torn"
    folder.mkdir()
    (folder / "modules.json").write_text(
        json.dumps([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}])
    )
    with pytest.raises(EncoderError, match="broken"):
        load_encoder(folder)


def test_an_encoder_to_read_tells_its_fingerprint_and_reads_its_files_when_it_is_used(folder: Path) -> None:
    encoder = encoder_to_read(folder)
    assert (encoder.name, encoder.fingerprint) == (folder.resolve().name, fingerprint(folder))
    whole = load_encoder(folder)
    assert encoder.dimension == whole.dimension
    assert np.array_equal(encoder.encode(["动车组轴箱轴承"]), whole.encode(["动车组轴箱轴承"]))


def test_what_is_wrong_with_an_encoder_to_read_is_told_when_it_is_used(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"torn")
    encoder = encoder_to_read(folder)
    with pytest.raises(EncoderError, match=r"model\.safetensors"):
        encoder.encode(["轴承"])

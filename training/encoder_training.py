"""``rongtong train encoder``: from the open texts to a model folder, in resumable stages.

vocabulary → tokens → vectors → contrast → folder. Each stage leaves its result in a work folder beside the
output; a run that was killed goes on after the last finished stage, if data and settings are the same. The
output is written whole or not at all, and nothing that already exists is overwritten: no live release can be
touched.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexes.errors import TrainingError, WrongSetting
from recommender.encoder import fingerprint, load_encoder
from recommender.text.normalise import for_search
from training.card import model_card
from training.contrastive import Material, Progress, contrast
from training.corpus import Source, documents, present
from training.development import DevelopmentFigures, measure
from training.distribution import (
    BOUNDARY,
    cooccurrence,
    decompose,
    frequencies,
    ppmi,
    project,
    token_weights,
    unit_rows,
)
from training.model_folder import write_model
from training.pairs import companies, text_pairs
from training.settings import TrainingSettings
from training.vocabulary import build_tokenizer, choose_pieces, count_words, mix

_BATCH_CHARACTERS = 2_000_000
_COMPANY_EMPHASIS = 3.0


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a training run made: the folder, its size, and how the held-out pairs did before and after."""

    folder: Path
    fingerprint: str
    vocabulary: int
    dimension: int
    size: int
    """Bytes on disk."""
    sources: tuple[Source, ...]
    tokens: int
    pairs: dict[str, int]
    checks: tuple[Progress, ...]
    development: DevelopmentFigures | None
    """On the development contracts, where the data folder holds them; neither trained nor stopped on."""
    seconds: dict[str, float]
    """Of each stage; 0 for one that an earlier run had finished."""


def train_encoder(
    data: Path,
    out: Path,
    *,
    settings: TrainingSettings = TrainingSettings(),  # noqa: B008 frozen, so safe to share
    progress: Callable[[str], None] = lambda _: None,
    work: Path | None = None,
) -> TrainingReport:
    """Train a static encoder on the open sources in *data* and write its folder to *out*.

    *out* must not exist or be an empty folder. *work* (default: *out* with ``.work`` added) keeps finished
    stages and is removed at the end. Raises TrainingError where the material does not suffice, WrongSetting
    for an output that is taken.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise WrongSetting(
            "the output folder is not empty",
            field="out",
            value=str(out),
            mend="name a new folder or empty it",
        )
    sources = present(data)
    stages = _Stages(work or out.with_name(out.name + ".work"), _identity(data, sources, settings), progress)
    stages.run("vocabulary", lambda: _make_tokenizer(data, sources, settings, stages.path("tokenizer.json")))
    tokenizer = Tokenizer.from_file(str(stages.path("tokenizer.json")))
    stages.run("tokens", lambda: _make_tokens(data, sources, tokenizer, stages))
    stages.run("vectors", lambda: _make_vectors(data, sources, tokenizer, settings, stages, progress))
    frequency = np.load(stages.path("frequency.npy"))
    weights = token_weights(frequency, settings.softening)
    material = Material(tokenizer, list(text_pairs(data)), companies(data), settings)
    checks: list[Progress] = []

    def learn() -> None:
        vectors, found = contrast(np.load(stages.path("base.npy")), weights, material, settings, progress)
        _save_array(stages.path("final.npy"), vectors)
        _save_text(stages.path("checks.json"), json.dumps([asdict(check) for check in found]))

    stages.run("contrast", learn)
    checks = [
        Progress(**check) for check in json.loads(stages.path("checks.json").read_text(encoding="utf-8"))
    ]
    building = stages.path("model")
    shutil.rmtree(building, ignore_errors=True)
    vectors: NDArray[np.float32] = np.load(stages.path("final.npy"))
    write_model(building, tokenizer, vectors)
    report = TrainingReport(
        folder=out,
        fingerprint=fingerprint(building),
        vocabulary=len(vectors),
        dimension=vectors.shape[1],
        size=sum(path.stat().st_size for path in building.rglob("*") if path.is_file()),
        sources=sources,
        tokens=sum(int((ids >= 0).sum()) for ids, _ in _streams(sources, stages)),
        pairs=material.counts,
        checks=tuple(checks),
        development=measure(data, load_encoder(building)),
        seconds=stages.seconds,
    )
    (building / "README.md").write_text(model_card(report, settings), encoding="utf-8")
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists():
        out.rmdir()
    shutil.move(building, out)
    stages.remove()
    return report


class _Stages:
    """Finished stages in a work folder that belongs to one combination of data and settings."""

    def __init__(self, folder: Path, identity: str, progress: Callable[[str], None]) -> None:
        self._folder = folder
        self._progress = progress
        self.seconds: dict[str, float] = {}
        mark = folder / "identity"
        if folder.exists() and not (mark.is_file() and mark.read_text(encoding="utf-8") == identity):
            if any(folder.iterdir()) and not mark.is_file():
                raise WrongSetting(
                    "the work folder holds something else",
                    field="work",
                    value=str(folder),
                    mend="name another",
                )
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        _save_text(mark, identity)

    def path(self, name: str) -> Path:
        return self._folder / name

    def run(self, name: str, work: Callable[[], None]) -> None:
        """Do *work* unless it was done; it counts as done only after it has returned."""
        done = self.path(f"{name}.done")
        if done.is_file():
            self._progress(f"{name}: done by an earlier run")
            self.seconds[name] = 0.0
            return
        start = time.monotonic()
        work()
        _save_text(done, "")
        self.seconds[name] = time.monotonic() - start
        self._progress(f"{name}: {self.seconds[name]:.0f} s")

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _identity(data: Path, sources: Sequence[Source], settings: TrainingSettings) -> str:
    """Changes with the settings, and with the size or time of any file that is read."""
    files = sorted(path for path in data.rglob("*") if path.is_file())
    stamps = [(str(p.relative_to(data)), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    facts = {"settings": asdict(settings), "files": stamps, "sources": [asdict(source) for source in sources]}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _make_tokenizer(data: Path, sources: Sequence[Source], settings: TrainingSettings, path: Path) -> None:
    counts = [(count_words(documents(data, source)), source.weight) for source in sources]
    pieces = choose_pieces(mix(counts), settings.vocabulary)
    if len(pieces) < 3:
        raise TrainingError("the texts hold no words", field="data", value=str(data), mend="add texts")
    build_tokenizer(pieces).save(str(path), pretty=False)


def _make_tokens(data: Path, sources: Sequence[Source], tokenizer: Tokenizer, stages: _Stages) -> None:
    for number, source in enumerate(sources):
        _save_array(stages.path(f"tokens-{number}.npy"), _token_stream(tokenizer, documents(data, source)))
    profiles = (for_search(" ".join([c.name, c.industry, *c.products])) for c in companies(data))
    _save_array(stages.path("tokens-companies.npy"), _token_stream(tokenizer, profiles))


def _token_stream(tokenizer: Tokenizer, texts: Iterator[str]) -> NDArray[np.int32]:
    """The token ids of all texts, a BOUNDARY after each."""
    parts: list[NDArray[np.int32]] = [np.empty(0, dtype=np.int32)]
    for batch in _batches(texts):
        for encoding in tokenizer.encode_batch_fast(batch, add_special_tokens=False):
            parts.append(np.array([*encoding.ids, BOUNDARY], dtype=np.int32))
    return np.concatenate(parts)


def _batches(texts: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        batch.append(text)
        characters += len(text)
        if characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _streams(sources: Sequence[Source], stages: _Stages) -> Iterator[tuple[NDArray[np.int32], float]]:
    for number, source in enumerate(sources):
        yield np.load(stages.path(f"tokens-{number}.npy")), source.emphasis
    yield np.load(stages.path("tokens-companies.npy")), _COMPANY_EMPHASIS


def _make_vectors(
    data: Path,
    sources: Sequence[Source],
    tokenizer: Tokenizer,
    settings: TrainingSettings,
    stages: _Stages,
    progress: Callable[[str], None],
) -> None:
    """Distributional vectors, projected onto what the trade's own sentences need."""
    size = tokenizer.get_vocab_size()
    frequency = frequencies((ids for ids, _ in _streams(sources, stages)), size)
    counts = cooccurrence(
        _streams(sources, stages),
        frequency,
        window=settings.window,
        subsample=settings.subsample,
        seed=settings.seed,
        progress=progress,
    )
    matrix = ppmi(counts, least=settings.least_count)
    del counts
    progress(f"decomposing {matrix.nnz:,} associations")
    wide = decompose(matrix, settings.decomposed, seed=settings.seed)
    weighted = wide * token_weights(frequency, settings.softening)[:, None]
    sentences = _sentence_vectors(tokenizer, list(_trade_texts(data)), weighted)
    base = project(wide, sentences, min(settings.dimension, wide.shape[1]))
    _save_array(stages.path("frequency.npy"), frequency)
    _save_array(stages.path("base.npy"), base)


def _trade_texts(data: Path) -> Iterator[str]:
    """The sentences whose differences the dimensions are spent on: tenders, patents, classes, products."""
    for source in present(data):
        if source.path == "text/tender_titles.jsonl.xz":
            yield from documents(data, source)
    for pair in text_pairs(data):
        if pair.kind in ("tender_scope", "patent", "procurement_parent"):
            yield pair.a
    for company in companies(data):
        yield from company.products
        # a company's whole profile is what needs are compared with most
        yield from [" ".join([company.industry, *company.products])] * 3


def _sentence_vectors(
    tokenizer: Tokenizer, texts: Sequence[str], weighted: NDArray[np.float32]
) -> NDArray[np.float32]:
    sums = np.zeros((len(texts), weighted.shape[1]), dtype=np.float32)
    encodings = tokenizer.encode_batch_fast([for_search(text) for text in texts], add_special_tokens=False)
    for row, encoding in enumerate(encodings):
        if encoding.ids:
            sums[row] = weighted[encoding.ids].sum(axis=0)
    return unit_rows(sums)


def _save_array(path: Path, array: NDArray[np.generic]) -> None:
    temporary = path.with_suffix(".partial")
    with temporary.open("wb") as stream:
        np.save(stream, array, allow_pickle=False)
    os.replace(temporary, path)


def _save_text(path: Path, text: str) -> None:
    temporary = path.with_suffix(".partial")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)

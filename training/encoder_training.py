"""``rongtong train encoder``: from a corpus to a static model's folder, in resumable stages.

vocabulary → tokens → vectors → contrast → awards → folder; or, from a model that exists, the last three. Each
stage leaves its result in a work folder beside the output; a run that was killed goes on after the last
finished stage, if material and settings are the same. The output is written whole or not at all, and nothing
that already exists is overwritten: no live release can be touched.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexes.errors import WrongSetting
from recommender.encoder import StaticEncoder, load_encoder, spelled
from training.award_training import AwardCheck, enough, learn_from_awards
from training.awards import FOLDS, HELD_OUT
from training.contrastive import Progress, contrast
from training.corpora import Corpus, digest
from training.distribution import (
    cooccurrence,
    decompose,
    frequencies,
    ppmi,
    project,
    token_weights,
    unit_rows,
)
from training.examples import Material
from training.model_folder import write_model
from training.publishing import publish, refuse_taken
from training.recipe import Recipe, TrainingReport
from training.settings import TrainingSettings
from training.stages import Stages, save_array, save_text
from training.token_streams import SourceSize, make_streams, make_tokenizer, sizes, sizes_of_pairs, streams

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Learned:
    """A static model before it is written: *vectors* (pieces, d), the tokens' weights multiplied in."""

    tokenizer: Tokenizer
    vectors: NDArray[np.float32]
    sizes: tuple[SourceSize, ...]
    pairs: dict[str, int]
    checks: tuple[Progress, ...]
    folds: tuple[NDArray[np.float32], ...] = ()
    """What the vectors are without the contracts of each fold; *vectors* are those without HELD_OUT's."""
    awards: AwardCheck | None = None


def train_encoder(
    corpus: Corpus,
    out: Path,
    *,
    settings: TrainingSettings = TrainingSettings(),  # noqa: B008 frozen, so safe to share
    start: Path | None = None,
    folds: Path | None = None,
    command: str = "",
    progress: Say = lambda _: None,
    work: Path | None = None,
) -> TrainingReport:
    """Train a static encoder on *corpus* and write its folder to *out*.

    From the static model in the folder *start*, where one is named: its tokenizer and vectors are kept, and
    only contrast and awards are learned. A model that learns from contracts leaves a fifth of their winners
    out; the five that leave out each fifth are written to *folds*, if it is named, as ``fold-0`` …, to
    measure on. *out* and *folds* must not exist or be an empty folder. *work* (default: *out* with
    ``.work`` added) keeps finished stages and is removed at the end. Raises TrainingError where the material
    does not suffice, WrongSetting for an output that is taken or a start that is no static model.
    """
    for taken in filter(None, (out, folds)):
        refuse_taken(taken)
    begun = None if start is None else _start(start)
    if begun is not None:
        rows, dimension = begun.token_vectors.shape
        settings = replace(settings, vocabulary=rows, dimension=dimension)
    recipe = Recipe("static", settings, command, start=f"{begun.name} {begun.fingerprint}" if begun else "")
    stages = Stages(work or out.with_name(out.name + ".work"), identity(corpus, asdict(recipe)), progress)
    learned = learn(corpus, settings, stages, begun, progress)
    learned = learn_contracts(learned, corpus, settings, stages, progress)
    building, others = write_models(learned, stages)
    report = publish(
        building,
        out,
        recipe=recipe,
        corpus=corpus,
        sizes=learned.sizes,
        pairs=learned.pairs,
        checks=learned.checks,
        stages=stages,
        folds=others,
        awards=learned.awards,
    )
    if folds is not None:
        folds.mkdir(parents=True, exist_ok=True)
        for folder in others:
            shutil.move(folder, folds / folder.name)
    stages.remove()
    return report


def identity(corpus: Corpus, recipe: object) -> str:
    """Changes with the recipe and the material."""
    return digest([recipe, [asdict(source) for source in corpus.sources], corpus.identity])


def _start(folder: Path) -> StaticEncoder:
    encoder = load_encoder(folder)
    if not isinstance(encoder, StaticEncoder):
        raise WrongSetting(
            "only a static model can be continued",
            field="start",
            value=str(folder),
            mend="name the folder of a static model, or shipped",
        )
    return encoder


def learn(
    corpus: Corpus,
    settings: TrainingSettings,
    stages: Stages,
    begun: StaticEncoder | None,
    progress: Say = lambda _: None,
) -> Learned:
    """All stages before any contract is learned from, those that are done taken from *stages*."""
    if begun is None:
        tokenizer = make_tokenizer(corpus, settings.vocabulary, stages)
        make_streams(corpus, tokenizer, stages)
        stages.run("vectors", lambda: _make_vectors(corpus, tokenizer, settings, stages, progress))
        base: NDArray[np.float32] = np.load(stages.path("base.npy"))
        weights = token_weights(np.load(stages.path("frequency.npy")), settings.softening)
        read, kept = sizes(corpus, stages), 0.0
    else:
        tokenizer = begun.tokenizer
        base, weights = unit_rows(begun.token_vectors), np.linalg.norm(begun.token_vectors, axis=1)
        read, kept = sizes_of_pairs(corpus), settings.kept
    material = Material(tokenizer, list(corpus.pairs()), corpus.companies(), settings)

    def bring_together() -> None:
        vectors, found = contrast(base, weights, material, settings, progress, stages.log, kept=kept)
        save_array(stages.path("final.npy"), vectors)
        save_text(stages.path("checks.json"), json.dumps([asdict(check) for check in found]))

    stages.run("contrast", bring_together)
    checks = json.loads(stages.path("checks.json").read_text(encoding="utf-8"))
    final: NDArray[np.float32] = np.load(stages.path("final.npy"))
    return Learned(tokenizer, final, read, material.counts, tuple(Progress(**check) for check in checks))


def learn_contracts(
    learned: Learned,
    corpus: Corpus,
    settings: TrainingSettings,
    stages: Stages,
    progress: Say = lambda _: None,
) -> Learned:
    """*learned* after the contracts, once without those of each fold; as it was where there are too few."""
    contracts = corpus.awards()

    def learn_who_wins() -> None:
        found = []
        for fold in range(FOLDS):
            vectors, check = learn_from_awards(
                learned.vectors,
                learned.tokenizer,
                contracts,
                settings,
                fold=fold,
                progress=progress,
                log=stages.log,
            )
            save_array(stages.path(f"fold-{fold}.npy"), vectors)
            found.append(asdict(check))
        save_text(stages.path("awards.json"), json.dumps(found))

    if not enough(contracts):
        return learned
    stages.run("awards", learn_who_wins)
    vectors = tuple(np.load(stages.path(f"fold-{fold}.npy")) for fold in range(FOLDS))
    found = json.loads(stages.path("awards.json").read_text(encoding="utf-8"))
    return replace(learned, vectors=vectors[HELD_OUT], folds=vectors, awards=AwardCheck(**found[HELD_OUT]))


def write_models(learned: Learned, stages: Stages) -> tuple[Path, list[Path]]:
    """The folder of the model, and those of its folds, in the work folder."""
    folders = [stages.path("model"), *(stages.path(f"fold-{fold}") for fold in range(len(learned.folds)))]
    for folder, vectors in zip(folders, (learned.vectors, *learned.folds), strict=True):
        shutil.rmtree(folder, ignore_errors=True)
        write_model(folder, learned.tokenizer, vectors)
    return folders[0], folders[1:]


def _make_vectors(
    corpus: Corpus, tokenizer: Tokenizer, settings: TrainingSettings, stages: Stages, progress: Say
) -> None:
    """Distributional vectors, projected onto what the trade's own sentences need."""
    size = tokenizer.get_vocab_size()
    frequency = frequencies((ids for ids, _ in streams(corpus, stages)), size)
    counts = cooccurrence(
        streams(corpus, stages),
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
    sentences = _sentence_vectors(tokenizer, list(corpus.trade_texts()), weighted)
    base = project(wide, sentences, min(settings.dimension, wide.shape[1]))
    save_array(stages.path("frequency.npy"), frequency)
    save_array(stages.path("base.npy"), base)


def _sentence_vectors(
    tokenizer: Tokenizer, texts: Sequence[str], weighted: NDArray[np.float32]
) -> NDArray[np.float32]:
    sums = np.zeros((len(texts), weighted.shape[1]), dtype=np.float32)
    encodings = tokenizer.encode_batch_fast([spelled(text) for text in texts], add_special_tokens=False)
    for row, encoding in enumerate(encodings):
        if encoding.ids:
            sums[row] = weighted[encoding.ids].sum(axis=0)
    return unit_rows(sums)

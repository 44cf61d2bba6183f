"""The end of a training run: report, card and log beside the weights, moved to the output folder at once."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from indexes.errors import WrongSetting
from recommender.encoder import fingerprint, load_encoder
from training.award_training import AwardCheck
from training.card import model_card
from training.contrastive import Progress
from training.corpora import Corpus
from training.development import measure
from training.recipe import Recipe, TrainingReport
from training.stages import LOG, Stages
from training.token_streams import SourceSize

_LIBRARIES = ("torch", "numpy", "scipy", "tokenizers", "safetensors", "faiss-cpu", "rjieba")


def refuse_taken(out: Path) -> None:
    """Raises WrongSetting where *out* is anything but missing or an empty folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise WrongSetting(
            "the output folder is not empty",
            field="out",
            value=str(out),
            mend="name a new folder or empty it",
        )


def publish(
    model: Path,
    out: Path,
    *,
    recipe: Recipe,
    corpus: Corpus,
    sizes: Sequence[SourceSize],
    pairs: dict[str, int],
    checks: Sequence[Progress],
    stages: Stages,
    folds: Sequence[Path] = (),
    awards: AwardCheck | None = None,
) -> TrainingReport:
    """Complete the folder *model* in the work folder with its card and log, and move it to *out*."""
    encoder = load_encoder(model)
    libraries = (*_LIBRARIES, "transformers") if recipe.architecture == "transformer" else _LIBRARIES
    report = TrainingReport(
        folder=out,
        recipe=recipe,
        fingerprint=fingerprint(model),
        vocabulary=_pieces(model),
        dimension=encoder.dimension,
        size=sum(path.stat().st_size for path in model.rglob("*") if path.is_file()),
        sources=tuple(sizes),
        pairs=pairs,
        checks=tuple(checks),
        awards=awards,
        development=measure(corpus.data, [load_encoder(each) for each in folds] or [encoder])
        if corpus.data
        else None,
        seconds=dict(stages.seconds),
        versions={"Python": platform.python_version()} | {name: version(name) for name in libraries},
    )
    (model / "README.md").write_text(model_card(report), encoding="utf-8")
    shutil.copy(stages.log_path, model / LOG)
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists():
        out.rmdir()
    shutil.move(model, out)
    return report


def _pieces(model: Path) -> int:
    from tokenizers import Tokenizer

    return int(Tokenizer.from_file(str(model / "tokenizer.json")).get_vocab_size())

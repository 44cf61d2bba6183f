"""``rongtong train encoder --architecture transformer``: vocabulary → tokens → transformer → folder.

The transformer keeps checkpoints of its own within its stage. If asked, the static model is then trained on
the same corpus and taught by the transformer before it learns from contracts, so that no fold left out of
these has been seen; it is written beside it, ``-static`` added to its name.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from training.contrastive import Progress
from training.corpora import Corpus
from training.distribution import unit_rows
from training.encoder_training import Learned, identity, learn, learn_contracts, write_models
from training.examples import COMPANIES, held_out
from training.publishing import publish, refuse_taken
from training.recipe import Recipe, TrainingReport
from training.settings import TrainingSettings
from training.stages import Stages, save_array, save_text
from training.token_streams import make_streams, make_tokenizer, sizes, streams
from training.transformer_settings import TransformerSettings

Say = Callable[[str], None]


def train_transformer_encoder(
    corpus: Corpus,
    out: Path,
    *,
    settings: TransformerSettings,
    static: TrainingSettings | None = None,
    command: str = "",
    progress: Say = lambda _: None,
    work: Path | None = None,
) -> tuple[TrainingReport, ...]:
    """Train a transformer on *corpus* and write its folder to *out*; the report of what was made.

    With *static* settings a static model is distilled from it, and its report follows. Output, work folder
    and errors are as with :func:`training.encoder_training.train_encoder`. Uses a GPU where there is one.
    """
    from training.transformer import train_transformer

    beside = out.with_name(out.name + "-static")
    for taken in (out, beside) if static else (out,):
        refuse_taken(taken)
    recipe = Recipe("transformer", settings, command)
    asked = [asdict(recipe), static and asdict(static)]
    stages = Stages(work or out.with_name(out.name + ".work"), identity(corpus, asked), progress)
    tokenizer = make_tokenizer(corpus, settings.vocabulary, stages)
    make_streams(corpus, tokenizer, stages)
    pairs, companies = list(corpus.pairs()), corpus.companies()
    model = stages.path("model")

    def train() -> None:
        shutil.rmtree(model, ignore_errors=True)
        checks = train_transformer(
            tokenizer,
            lambda: streams(corpus, stages),
            pairs,
            companies,
            settings,
            stages.path("transformer"),
            model,
            stages.log,
            progress,
        )
        save_text(stages.path("checks.json"), json.dumps([asdict(check) for check in checks]))

    stages.run("transformer", train)
    checks = [Progress(**c) for c in json.loads(stages.path("checks.json").read_text(encoding="utf-8"))]
    distilled = None if static is None else _distil(model, corpus, settings, static, stages, progress)
    counts = Counter(pair.kind for pair in pairs)
    counts[COMPANIES] = len(companies)
    whole = publish(
        model,
        out,
        recipe=recipe,
        corpus=corpus,
        sizes=sizes(corpus, stages),
        pairs={kind: number - held_out(number) for kind, number in counts.items()},
        checks=checks,
        stages=stages,
    )
    reports = [whole]
    if distilled is not None and static is not None:
        learned, folder, folds = distilled
        taught = Recipe("static", static, command, teacher=whole.fingerprint)
        reports.append(
            publish(
                folder,
                beside,
                recipe=taught,
                corpus=corpus,
                sizes=learned.sizes,
                pairs=learned.pairs,
                checks=(),
                stages=stages,
                folds=folds,
                awards=learned.awards,
            )
        )
    stages.remove()
    return tuple(reports)


def _distil(
    teacher: Path,
    corpus: Corpus,
    settings: TransformerSettings,
    static: TrainingSettings,
    stages: Stages,
    progress: Say,
) -> tuple[Learned, Path, list[Path]]:
    """The static model that the *teacher* taught; its folder and those of its folds in the work folder."""
    from training.transformer import distil

    own = Stages(stages.path("static"), "static", progress, stages.log_path)
    untaught = learn(corpus, static, own, None, progress)

    def teach() -> None:
        weights = np.linalg.norm(untaught.vectors, axis=1)
        vectors = distil(
            teacher,
            _texts(corpus),
            untaught.tokenizer,
            unit_rows(untaught.vectors),
            weights,
            settings,
            progress,
        )
        save_array(stages.path("taught.npy"), vectors)

    stages.run("distil", teach)
    taught = replace(untaught, vectors=np.load(stages.path("taught.npy")))
    learned = learn_contracts(taught, corpus, static, own, progress)
    stages.seconds.update({f"static {name}": seconds for name, seconds in own.seconds.items()})
    return learned, *write_models(learned, own)


def _texts(corpus: Corpus) -> Iterator[str]:
    yield from corpus.trade_texts()
    for pair in corpus.pairs():
        yield pair.a
        yield pair.b

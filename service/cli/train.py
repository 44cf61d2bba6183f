"""``rongtong train encoder``"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from service.cli.common import Home, Json, group, messages, output, print_json, workspace

app = group("Train models. A training run never touches the live release.")


@app.command("encoder")
def train_encoder(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder with the open texts.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="New folder for model and card (default: HOME/models/NAME)."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of everything random.")] = None,
    vocabulary: Annotated[
        int | None, typer.Option("--vocabulary", min=100, help="Pieces of the vocabulary.")
    ] = None,
    dimension: Annotated[
        int | None, typer.Option("--dimension", min=8, max=4096, help="Length of the vectors.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Train a static encoder into sentence-transformers format; an interrupted run goes on where it was.

    Point RONGTONG_ENCODER at the folder and refresh to use it.
    """
    from training.encoder_training import train_encoder as train
    from training.settings import TrainingSettings

    defaults = TrainingSettings()
    settings = replace(
        defaults,
        seed=defaults.seed if seed is None else seed,
        vocabulary=vocabulary or defaults.vocabulary,
        dimension=dimension or defaults.dimension,
    )
    folder = out or workspace(home).home / "models" / settings.name
    console = messages()
    report = train(
        data, folder, settings=settings, progress=lambda line: console.print(line, highlight=False)
    )
    if as_json:
        print_json(
            {name: str(value) if isinstance(value, Path) else value for name, value in asdict(report).items()}
        )
        return
    output().print(f"✓ {report.folder}: {report.vocabulary:,} pieces, {report.size / 1e6:.1f} MB")
    messages().print(f"Next: RONGTONG_ENCODER={report.folder} rongtong refresh")

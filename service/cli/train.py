"""``rongtong train encoder``"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from service.cli import train_ranker
from service.cli.common import Home, Json, group, messages, output, print_json, workspace

app = group("Train models. A training run never touches the live release.")
train_ranker.register(app)


class Architecture(StrEnum):
    STATIC = "static"
    TRANSFORMER = "transformer"


class Origin(StrEnum):
    CATALOGUE = "catalogue"


class TransformerSize(StrEnum):
    TINY = "tiny"
    SMALL = "small"
    BASE = "base"


@app.command("encoder")
def train_encoder(
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Folder with the open texts.")
    ] = None,
    origin: Annotated[
        Origin | None,
        typer.Option(
            "--from",
            help="Train on the workspace's catalogue and its outcomes (qualified, awarded); "
            "with --data, on both.",
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start",
            metavar="DIR|shipped|none",
            help="Go on from a static model: its tokenizer and vectors are kept, only the contrast is "
            "learned. Default: shipped for --from catalogue alone, whose texts are too few to begin from "
            "nothing; else none.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="New folder for model and card (default: HOME/models/NAME)."
        ),
    ] = None,
    architecture: Annotated[
        Architecture,
        typer.Option("--architecture", help="Token vectors, fast on a CPU, or a small transformer."),
    ] = Architecture.STATIC,
    size: Annotated[
        TransformerSize | None,
        typer.Option(
            "--size",
            help="Of the transformer: tiny takes seconds, small is for a CPU (default), base for a GPU.",
        ),
    ] = None,
    distil: Annotated[
        bool,
        typer.Option("--distil", help="Let the transformer teach a static model, written to OUT-static."),
    ] = False,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of everything random.")] = None,
    vocabulary: Annotated[
        int | None, typer.Option("--vocabulary", min=100, help="Pieces of the vocabulary.")
    ] = None,
    dimension: Annotated[
        int | None,
        typer.Option("--dimension", min=8, max=4096, help="Length of the vectors of a static model."),
    ] = None,
    folds: Annotated[
        Path | None,
        typer.Option(
            "--folds",
            metavar="DIR",
            help="Write the models that leave out each fifth of the contracts' winners here, to measure on.",
        ),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            "--work", metavar="DIR", help="Where finished stages are kept until the end (default: OUT.work)."
        ),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Train an encoder into sentence-transformers format; an interrupted run goes on where it was.

    Point RONGTONG_ENCODER at the folder and refresh to use it.
    """
    from training.order import Order, carry_out

    order = Order(
        data=data,
        catalogue=origin is not None,
        architecture=architecture.value,
        start=start,
        size=size and size.value,
        distil=distil,
        seed=seed,
        vocabulary=vocabulary,
        dimension=dimension,
        folds=folds,
    )
    place = workspace(home)
    console = messages()
    with place.catalogue() if order.catalogue else nullcontext() as catalogue:
        corpus = order.corpus(catalogue)
    reports = carry_out(
        order,
        corpus,
        out or place.home / "models" / order.settings.name,
        work=work,
        progress=lambda line: console.print(line, highlight=False, markup=False),
    )
    if as_json:
        taught = [asdict(report) for report in reports[1:]]
        print_json(asdict(reports[0]) | ({"distilled": taught[0]} if taught else {}))
        return
    for report in reports:
        output().print(f"✓ {report.folder}: {report.vocabulary:,} pieces, {report.size / 1e6:.1f} MB")
        console.print(f"Next: RONGTONG_ENCODER={report.folder} rongtong refresh")

"""The ``rongtong`` command. Each group of commands lives in a module of its own."""

from __future__ import annotations

import atexit
import gc
import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from service.cli import (
    chain_picture,
    chains,
    chains_gaps,
    complete,
    delete,
    demo,
    doctor,
    encoder,
    evaluate,
    everyone,
    exposure,
    imports,
    recommend,
    refresh,
    releases,
    replay,
    sample,
    serve,
    train,
)
from service.cli.common import group

app = group("融通 Rongtong recommends partners between enterprises and large buyers, with reasons to check.")

imports.register(app)
delete.register(app)
refresh.register(app)
app.add_typer(releases.app, name="releases")
complete.register(recommend.app)
everyone.register(recommend.app)
app.add_typer(recommend.app, name="recommend")
chains_gaps.register(chains.app)
chain_picture.register(chains.app)
app.add_typer(chains.app, name="chains")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(train.app, name="train")
app.add_typer(encoder.app, name="encoder")
serve.register(app)
doctor.register(app)
exposure.register(app)
replay.register(app)
sample.register(app)
demo.register(app)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"rongtong {version('rongtong')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    pass


def run() -> None:
    """Entry point of the ``rongtong`` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot say 融通 gets escapes, not a traceback.
            stream.reconfigure(errors="backslashreplace")
    # at its end Python looks through all objects for cycles of garbage: a quarter of a second after a refresh
    atexit.register(gc.freeze)
    app()


if __name__ == "__main__":
    run()

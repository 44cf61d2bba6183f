"""``rongtong encoder path``"""

from __future__ import annotations

import typer

from service.cli.common import Home, Json, group, print_json, workspace

app = group("The encoder that turns texts into vectors.")


@app.command("path")
def encoder_path(home: Home = None, as_json: Json = False) -> None:
    """Folder (or name) of the active encoder, loadable with SentenceTransformer(folder)."""
    from service.workspace import encoder_folder

    folder = str(encoder_folder(workspace(home).settings))
    if as_json:
        print_json({"path": folder})
    else:
        typer.echo(folder)

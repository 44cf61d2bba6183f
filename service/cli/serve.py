"""``rongtong serve``"""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer

from indexes.errors import WrongSetting
from service.cli.common import Home, messages, workspace


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on (default: 127.0.0.1).")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on (default: 8000).")] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Server processes (default: 1).")] = None,
    home: Home = None,
) -> None:
    """Serve the page and the API until Ctrl+C."""
    chosen = workspace(home, host=host, port=port, workers=workers).settings
    _check_free(chosen.host, chosen.port)
    # Workers read their settings from the environment. More OpenMP threads slow single searches down; it
    # must be said before numpy and FAISS are loaded.
    os.environ["RONGTONG_HOME"] = str(chosen.home.absolute())
    os.environ.setdefault("OMP_NUM_THREADS", "1")

    import uvicorn

    from service.logs import set_up_logging

    set_up_logging(chosen.log_level)
    shown = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    messages().print(f"融通 Rongtong: http://{shown}:{chosen.port}  (Ctrl+C ends it)", markup=False)
    uvicorn.run(
        "service.app:create_app",
        factory=True,
        host=chosen.host,
        port=chosen.port,
        workers=chosen.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=15,
    )


def _check_free(host: str, port: int) -> None:
    """Raises WrongSetting where the address cannot be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise WrongSetting(
            f"{host}:{port} cannot be listened on: {error.strerror}.",
            field="port",
            value=port,
            mend="choose another with --port (and --host), or stop what listens there",
        ) from error

"""``rongtong replay``"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.errors import InputError, NoRelease, UnknownId
from service.cli.common import Home, Json, output, print_json, workspace

if TYPE_CHECKING:
    from recommender.decisions import Decision
    from recommender.engine import Engine
    from service.workspace import Workspace

DIFFERS = 1


def register(app: typer.Typer) -> None:
    app.command("replay")(replay)


def replay(
    decision: Annotated[
        str, typer.Argument(metavar="ID", help="Of the decision: the header X-Decision-Id of an answer.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the answer there, byte for byte.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Compute a logged recommendation again, with the release that made it, and compare byte for byte.

    Exit code 1 where the answer differs.
    """
    # as the server does, so that sums are added in the same order; it must be said before numpy is loaded
    os.environ["OMP_NUM_THREADS"] = "1"
    import hashlib
    from importlib.metadata import version

    from recommender.decisions import answer_bytes, asked_in, difference, ranked
    from recommender.query import SupplierQuery
    from service.answers import document_of

    place = workspace(home)
    log = place.decisions()
    made = log.get(decision)
    if made is None:
        raise UnknownId(
            "There is no such decision.",
            field="decision",
            value=decision,
            mend=f"decisions are kept for {log.keep} days (RONGTONG_DECISION_DAYS)",
        )
    try:
        query = asked_in(made)
    except InputError as error:
        raise InputError(
            f"The decision cannot be computed again, as what was asked is refused now: {error.message}",
            field=error.field,
            value=error.value,
            mend=f"only the rongtong that answered at {made.at} can; for today's answer ask again without it",
        ) from error
    engine = _engine(place, made)
    found = engine.suppliers(query) if isinstance(query, SupplierQuery) else engine.buyers(query)
    document = document_of(found)
    answer = answer_bytes(document)
    identical = hashlib.sha256(answer).hexdigest() == made.answer_sha256
    differs = "" if identical else difference(made.ranked, ranked(found)) or "the same ranks, other words"
    if not identical and made.version != version("rongtong"):
        differs += f" (made with rongtong {made.version}, this is {version('rongtong')})"
    if out is not None:
        out.write_bytes(answer)
    if as_json:
        print_json(
            {
                "decision": made.id,
                "at": made.at,
                "release": made.release,
                "request_sha256": made.request_sha256,
                "answer_sha256": made.answer_sha256,
                "identical": identical,
                "difference": differs or None,
                "answer": document,
            }
        )
    else:
        from service.cli.present import show

        console = output()
        asked = query.need.title if isinstance(query, SupplierQuery) else query.enterprise.name
        show(console, found, f"{made.id} {asked}")
        line = "[green]✓ identical[/] 与当时逐字节相同" if identical else f"[red]✗ {differs}[/]"
        console.print(f"{line} · {made.at}", soft_wrap=True)
    if not identical:
        raise typer.Exit(DIFFERS)


def _engine(place: Workspace, made: Decision) -> Engine:
    """The engine on the release that *made* names. Raises NoRelease where it is no longer kept."""
    from recommender.engine import Engine

    try:
        return Engine.open(place.store(), place.encoder(), made.release, milvus=place.milvus())
    except NoRelease as error:
        raise NoRelease(
            "The release that made this decision is no longer kept.",
            field="release",
            value=made.release,
            mend="pin a release to keep its decisions replayable: rongtong releases pin ID",
        ) from error

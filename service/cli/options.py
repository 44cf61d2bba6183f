"""Options that several commands share beyond ``--home`` and ``--json``, and what their texts mean."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from indexes.errors import InputError

AsOf = Annotated[
    str,
    typer.Option(
        "--as-of", metavar="DATE", help="Judge certificates and deadlines as of this day (default: today)."
    ),
]


def as_day(text: str) -> date:
    """The day that *text* names, today where it is empty. Raises InputError."""
    if not text:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError("Not a day.", field="as-of", value=text, mend="write it like 2026-01-31") from error

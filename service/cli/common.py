"""What every command shares: the options, one way to print a result, one way to fail, progress bars.

Only the standard library and Typer are imported here, so that ``rongtong --help`` answers at once.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from indexes.errors import RongtongError, shorten

if TYPE_CHECKING:
    from rich.console import Console

    from service.workspace import Workspace

_JSON = "rongtong.json"
_WIDE = 160  # characters a line may have where there is no terminal
_OF_THE_MACHINE = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EMFILE,
    errno.ENFILE,
    errno.EIO,
}
INTERRUPTED = 128 + signal.SIGINT

Progress = Callable[[int, int | None], None]  # (done so far, of how many: None where unknown)


def _remember_json(context: typer.Context, chosen: bool) -> bool:
    context.meta[_JSON] = chosen or context.meta.get(_JSON, False)
    return chosen


Home = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="Workspace folder (default: $RONGTONG_HOME or ./.rongtong)."),
]
Json = Annotated[
    bool, typer.Option("--json", callback=_remember_json, help="Print one JSON document instead of text.")
]


class Commands(TyperGroup):
    """A group whose commands fail in one way: a line (with ``--json`` a document) and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output left (``rongtong … | head``): there is nothing more to say.
            sys.stdout = None
            raise typer.Exit(0) from None
        except (RongtongError, MemoryError, OSError) as error:
            told = _short_of(error)
            if told is None:
                raise
            fail(told, as_json=bool(ctx.meta.get(_JSON)))
            raise typer.Exit(told.exit_code) from None


def _short_of(error: RongtongError | MemoryError | OSError) -> RongtongError | None:
    """What is to be told of *error*: itself, or what the machine has too little of. None where it is a fault
    of ours, which a traceback explains better."""
    if isinstance(error, RongtongError):
        return error
    if isinstance(error, MemoryError):
        mend = "free some, or raise the limit (ulimit -v); nothing that is live was touched"
        return RongtongError("There is not enough memory.", mend=mend)
    if error.errno not in _OF_THE_MACHINE:
        return None
    return RongtongError(
        f"{error.strerror}.",
        field="file" if error.filename else "",
        value=error.filename or "",
        mend="free space or file handles, or mend the permissions; nothing that is live was touched",
    )


def group(help_text: str) -> typer.Typer:
    """A Typer application for a group of commands."""
    return typer.Typer(
        cls=Commands,
        help=help_text,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )


def workspace(home: Path | None, **given: object) -> Workspace:
    """The workspace that the options and the environment name."""
    from service.settings import load_settings
    from service.workspace import Workspace

    return Workspace(load_settings(home=home, **given))


def fail(error: RongtongError, *, as_json: bool) -> None:
    """Say what went wrong: on stdout as JSON where JSON was asked for, else as a line on stderr."""
    if as_json:
        print_json(problem_document(error))
        return
    from rich.text import Text

    line = Text("✗ ", style="bold red")
    line.append(error.message)
    if error.field:
        line.append(f" [{error.field} = {shorten(error.value)}]", style="dim")
    if error.mend:
        line.append(f"\n  → {error.mend}", style="cyan")
    messages().print(line, soft_wrap=True)


def problem_document(error: RongtongError) -> dict[str, object]:
    """The error as JSON: the fields of the HTTP problem, and the exit code in place of the status."""
    return {
        "type": f"urn:rongtong:problem:{error.code}",
        "title": error.code,
        "detail": error.message,
        "field": error.field or None,
        "value": shorten(error.value) if error.field else None,
        "mend": error.mend or None,
        "exit_code": error.exit_code,
    }


def print_json(document: Mapping[str, object]) -> None:
    """The one JSON document of a command on stdout. Lone surrogates (odd file names) are escaped."""
    text = json.dumps(document, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")
    sys.stdout.flush()  # a reader that left is noticed here, where it is handled


def output() -> Console:
    """Where results go: stdout."""
    return _console(stderr=False)


def messages() -> Console:
    """Where everything else goes: stderr."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    """Lines are folded at the terminal's width; in a pipe or a file they may be long."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    free = not stream.isatty() and "COLUMNS" not in os.environ
    return Console(stderr=stderr, highlight=False, width=_WIDE if free else None)


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], Progress]]:
    """A progress display on stderr, shown on a terminal only. Yields a maker of bars::

    with progress("import") as bar:
        report = bar("enterprises.csv")  # report(done, total)
    """
    if not sys.stderr.isatty():  # nor is Rich loaded
        yield lambda name: lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Display

    columns = (
        TextColumn(what),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Display(*columns, console=messages(), transient=True) as display:

        def bar(name: str) -> Progress:
            task = display.add_task(name, total=None)

            def report(done: int, total: int | None) -> None:
                display.update(task, completed=done, total=total)

            return report

        yield bar


@contextmanager
def stages(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """As :func:`progress`, for work that names its stages: the function takes (stage, done, total)."""
    with progress(what) as bar:
        bars: dict[str, Progress] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in bars:
                bars[stage] = bar(stage)
            bars[stage](done, total or None)

        yield report

"""A small workspace, refreshed in a fraction of a second, and what must be true of it whatever happens."""

from __future__ import annotations

import math
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from indexes.errors import RongtongError
from indexes.release import verify
from indexes.store import ReleaseStore
from recommender.catalogue import Catalogue, Kind, as_record, open_catalogue
from recommender.encoder import Encoder, load_encoder
from recommender.intake.importer import import_file
from recommender.refresh import RefreshReport, refresh
from recommender.sample.write import write_sample
from service.checkup import examine
from service.settings import Settings
from service.workspace import Workspace
from tests.recommender.conftest import ENTERPRISES, fill
from training.models import packaged_encoder

UNFORESEEN = 3
"""Exit code of a child whose error nobody raised on purpose."""
Step = Callable[[str], None]
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def one_thread() -> None:
    """Begin this program again with one thread a library, which must be said before they are loaded: a child
    that is forked from among several can wait for ever for one that it does not have."""
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **ONE_THREAD})


@cache
def encoder() -> Encoder:
    return load_encoder(packaged_encoder())


class _Ready(Workspace):
    """A workspace whose encoder is at hand: a doctor who reads it again takes half of the time."""

    def encoder(self) -> Encoder:
        return encoder()


@contextmanager
def catalogue_of(home: Path) -> Iterator[Catalogue]:
    catalogue = open_catalogue(f"sqlite:///{home / 'catalogue.db'}")
    try:
        yield catalogue
    finally:
        catalogue.close()


def refreshed(home: Path, **options: bool) -> RefreshReport:
    with catalogue_of(home) as catalogue:
        return refresh(catalogue, ReleaseStore(home), encoder(), cache=home / "cache", **options)


def begin_refresh(home: Path, step: Step, **options: bool) -> None:
    """Refresh, and tell *step* of everything that the refresh tells of its progress."""
    with catalogue_of(home) as catalogue:
        refresh(
            catalogue,
            ReleaseStore(home),
            encoder(),
            cache=home / "cache",
            progress=lambda stage, done, total: step(f"{stage} {done}/{total}"),
            **options,
        )


def alter(home: Path, number: int) -> None:
    """Change a text of each enterprise and no count: the release is then behind, and nothing is wrong."""
    records = [
        as_record(replace(each, description=f"第 {number} 版：主营轴承、棉纱与融资。"))
        for each in ENTERPRISES[: 1 + number % len(ENTERPRISES)]
    ]
    with catalogue_of(home) as catalogue, catalogue.transaction() as transaction:
        transaction.upsert(Kind.ENTERPRISES, records, given={"description"})


def make(home: Path) -> str:
    """A workspace with a release; its id."""
    home.mkdir(parents=True)
    with catalogue_of(home) as catalogue:
        fill(catalogue)
    return refreshed(home).release


def make_sample(home: Path) -> str:
    """A workspace with the bundled sample; the id of its release."""
    write_sample(home / "sample")
    with catalogue_of(home) as catalogue:
        for kind in Kind:
            import_file(catalogue, kind, home / "sample" / f"{kind}.csv")
    return refreshed(home).release


def in_child(work: Callable[[], object]) -> int:
    """Do *work* in a child: its pid. The child ends with 0, with 1 after an error of ours or for want of
    memory, with UNFORESEEN after any other; errors are told on stderr."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = UNFORESEEN
    try:
        work()
        status = 0
    except BaseException as error:
        status = 1 if isinstance(error, RongtongError | MemoryError) else UNFORESEEN
        # a limit that the work has set to itself holds for its last words, too
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(status)


def ended(child: int, within: float = math.inf) -> int:
    """The exit code of *child* once it has ended, negative for a signal; after *within* seconds it is killed.

    For want of memory a thread may die before it has told that it lives, and Python waits for that for ever.
    """
    late = time.monotonic() + within
    while True:
        pid, status = os.waitpid(child, os.WNOHANG if within < math.inf else 0)
        if pid:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > late:
            os.kill(child, signal.SIGKILL)
            late = within = math.inf
        else:
            time.sleep(0.05)


def kill(child: int) -> bool:
    """Kill *child* with SIGKILL; whether it was still at work."""
    os.kill(child, signal.SIGKILL)
    return ended(child) == -signal.SIGKILL


def faults(home: Path, allowed: set[str], *, but: tuple[str, ...] = ()) -> list[str]:
    """What is wrong in the workspace: the live release must be one of *allowed*, whole and named by CURRENT,
    and every check of the doctor healthy (but those named by *but*)."""
    live = ReleaseStore(home).current()
    found = [
        f"{each.check}: {each.detail}"
        for each in examine(_Ready(Settings(home=home)))
        if not each.healthy and each.check not in but
    ]
    if live.remark:
        found.append(live.remark)
    if live.id not in allowed:
        found.append(f"{live.id} is live, of {sorted(allowed)}")
    return found + [str(problem) for problem in verify(live.path)]

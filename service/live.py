"""The engine that answers now: opened from CURRENT, replaced in the background when CURRENT changes.

Requests read one reference, so a swap never disturbs a request under way. A newer release that cannot be
opened is reported in the log and the old one goes on answering.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.errors import NoRelease, RongtongError

if TYPE_CHECKING:
    from recommender.engine import Engine

LOOK_EVERY = 1.0  # seconds between two looks at CURRENT

logger = logging.getLogger("rongtong.service")
Mark = tuple[int, int, int] | None  # (inode, modified ns, size) of CURRENT


class LiveEngine:
    """Holds the engine of the current release.

    ``opener`` opens the current release (raises RongtongError); ``current`` is the file that names it;
    ``clock`` gives seconds. ``get`` never waits for a load, except for the one that ``start`` does.
    """

    def __init__(
        self, opener: Callable[[], Engine], current: Path, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._open = opener
        self._current = current
        self._clock = clock
        self._engine: Engine | None = None
        self._mark: Mark = None
        self._looked = float("-inf")
        self._problem: RongtongError | None = None
        self._lock = threading.Lock()
        self._loading: threading.Thread | None = None

    def start(self) -> None:
        """Open the current release now, if there is one; a failure is kept for ``get`` to tell."""
        self._mark = _mark(self._current)
        self._looked = self._clock()
        self._load()

    def get(self) -> Engine:
        """The engine. Raises what kept it from opening (NoRelease before the first refresh)."""
        self._look()
        engine = self._engine
        if engine is not None:
            return engine
        problem = self._problem
        if problem is None:
            raise NoRelease("The release is being opened.", mend="ask again in a moment")
        # A fresh error per caller: raising one object from several threads would mix their tracebacks.
        raise type(problem)(problem.message, field=problem.field, value=problem.value, mend=problem.mend)

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until a load that is under way has ended."""
        loading = self._loading
        if loading is not None:
            loading.join(seconds)

    def _look(self) -> None:
        now = self._clock()
        if now - self._looked < LOOK_EVERY:
            return
        with self._lock:
            if now - self._looked < LOOK_EVERY or (self._loading is not None and self._loading.is_alive()):
                return
            self._looked = now
            mark = _mark(self._current)
            if mark is None or mark == self._mark:
                return
            self._mark = mark
            self._loading = threading.Thread(target=self._load, name="rongtong-open-release", daemon=True)
            self._loading.start()

    def _load(self) -> None:
        try:
            engine = self._open()
        except RongtongError as problem:
            self._problem = problem
            kept = self._engine
            if kept is not None:
                logger.error(
                    "a newer release was not opened", extra={"kept": kept.release, "problem": problem.code}
                )
            elif not isinstance(problem, NoRelease):
                logger.error(
                    "the release was not opened", extra={"problem": problem.code, "reason": problem.message}
                )
            return
        self._engine, self._problem = engine, None
        logger.info("release opened", extra={"release": engine.release})


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size

"""The engine that answers now: opened from CURRENT, replaced in the background when CURRENT changes.

Requests read one reference, so a swap never disturbs a request under way; the release that it answers from
stays on disk until the last of them has ended (:mod:`indexes.lease`). Every byte of a newer one is checked
by threads that stand back behind the requests; then it is tried out. One that cannot be opened is reported in
the log and by ``/readyz``, tried again every minute, and the old one goes on answering.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.errors import NoRelease, ReleaseError, RongtongError
from service.memory import settle

if TYPE_CHECKING:
    from recommender.engine import Engine

LOOK_EVERY = 1.0  # seconds between two looks at CURRENT
TRY_AGAIN = 60.0  # seconds until a release that could not be opened is tried again
_NICE = 10  # of the threads that check a release: a tenth of the share that a request gets

logger = logging.getLogger("rongtong.service")
Mark = tuple[int, int, int] | None  # (inode, modified ns, size) of CURRENT


class LiveEngine:
    """Holds the engine of the current release.

    ``opener`` checks and opens the current release (raises RongtongError); ``current`` is the file that
    names it; ``clock`` gives seconds. ``get`` never waits for a load, except for the one that ``start`` does.
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
        self._tried = float("-inf")
        self._problem: RongtongError | None = None
        self._lock = threading.Lock()
        self._loading: threading.Thread | None = None

    def start(self) -> None:
        """Open the current release now, if there is one; a failure is kept for ``get`` to tell."""
        self._mark = _mark(self._current)
        self._looked = self._tried = self._clock()
        self._load()

    def get(self) -> Engine:
        """The engine. Raises what kept it from opening (NoRelease before the first refresh)."""
        self.look()
        engine = self._engine
        if engine is not None:
            return engine
        problem = self._problem
        if problem is None:
            raise NoRelease("The release is being opened.", mend="ask again in a moment")
        # A fresh error per caller: raising one object from several threads would mix their tracebacks.
        raise type(problem)(problem.message, field=problem.field, value=problem.value, mend=problem.mend)

    @property
    def remark(self) -> str:
        """What an operator should know of the engine that answers: that it is not the one that was put live,
        and why. Empty where all is well."""
        engine, problem = self._engine, self._problem
        if engine is not None and problem is not None:
            return f"A newer release was not opened: {problem}. Serving {engine.release}."
        return engine.remark if engine is not None else ""

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until a load that is under way has ended."""
        loading = self._loading
        if loading is not None:
            loading.join(seconds)

    def close(self) -> None:
        """Let go of the engine, and with it of the release."""
        self.wait()
        self._engine = None

    def look(self) -> None:
        """Begin to open the current release where it is another one; at most once in LOOK_EVERY seconds."""
        now = self._clock()
        if now - self._looked < LOOK_EVERY:
            return
        with self._lock:
            if now - self._looked < LOOK_EVERY or (self._loading is not None and self._loading.is_alive()):
                return
            self._looked = now
            mark = _mark(self._current)
            failed = self._problem is not None and now - self._tried >= TRY_AGAIN
            if mark is None or (mark == self._mark and not failed):
                return
            self._mark, self._tried = mark, now
            self._loading = threading.Thread(
                target=self._load, args=(_standing_back,), name="rongtong-open-release", daemon=True
            )
            self._loading.start()

    def _load(self, opening: Callable[[Callable[[], Engine]], Engine] = lambda opener: opener()) -> None:
        kept = self._engine
        try:
            engine = opening(self._open)
            engine.warm()
        except Exception as error:
            problem = error if isinstance(error, RongtongError) else _unforeseen(error)
            self._problem = problem
            told = {"problem": problem.code, "reason": problem.message, "mend": problem.mend}
            if kept is not None:
                logger.error("a newer release was not opened", extra=told | {"kept": kept.release})
            elif not isinstance(problem, NoRelease):
                logger.error("the release was not opened", extra=told)
            return
        self._engine, self._problem = engine, None
        kept = None  # nobody here holds the one before when it is to go
        settle()
        if engine.remark:
            logger.error("another release serves", extra={"release": engine.release, "reason": engine.remark})
        logger.info("release opened", extra={"release": engine.release})


def _standing_back(work: Callable[[], Engine]) -> Engine:
    """Do *work* in a thread that computes when no request wants to. Not what comes after it: that needs the
    interpreter's lock, and who is pushed aside while holding it keeps the requests waiting."""
    with ThreadPoolExecutor(1, "rongtong-check-release", _stand_back) as pool:
        return pool.submit(work).result()


def _stand_back() -> None:
    if sys.platform == "linux":  # where a thread has a priority of its own, which its threads inherit
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _unforeseen(error: Exception) -> ReleaseError:
    """No memory, no file handles, a fault of ours: whatever it is, the old release goes on answering."""
    logger.error("the release was not opened", exc_info=error)
    return ReleaseError(
        f"The release cannot be opened: {type(error).__name__} {error}".rstrip(),
        mend="see the log; `rongtong releases rollback` returns to an older release",
    )


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size

"""One process at a time changes a workspace."""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from indexes.errors import RefreshRunning


class WorkspaceLock:
    """A lock on *path*, reentrant within a thread, exclusive among threads, objects and processes.

    An flock: the kernel releases it when its holder ends, however it ends, so there is nothing to clean up
    and the file stays. Programs that the holder starts do not inherit it, but a fork would share it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = threading.RLock()
        self._depth = 0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """:raises RefreshRunning: another holds it. :raises OSError: the file cannot be written."""
        if not self._thread.acquire(blocking=False):
            raise RefreshRunning("another thread is changing this workspace", mend="wait until it has ended")
        try:
            handle = None if self._depth else self._open()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if handle is not None:
                    os.close(handle)  # and the lock with it
        finally:
            self._thread.release()

    def held_by_others(self) -> bool:
        """Whether another thread, object or process holds it at this moment. Needs no right to write."""
        if not self._thread.acquire(blocking=False):
            return True
        try:
            if self._depth:
                return False
            try:
                handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            except FileNotFoundError:
                return False
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(handle)
            return False
        finally:
            self._thread.release()

    def _open(self) -> int:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()} {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode(), 0)
        except BlockingIOError:
            holder = _holder(handle)
            os.close(handle)
            raise RefreshRunning(
                f"another process is changing this workspace{holder}",
                field="home",
                value=str(self._path.parent),
                mend="wait until it has ended",
            ) from None
        except OSError:
            os.close(handle)
            raise
        return handle


def _holder(handle: int) -> str:
    """Who wrote into the lock file, for a message."""
    found = re.fullmatch(rb"(\d{1,10}) ([0-9TZ:-]{20})\n", os.pread(handle, 100, 0))
    return f" (process {found[1].decode()} since {found[2].decode()})" if found else ""

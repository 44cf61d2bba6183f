"""Who uses a release keeps it from being removed, across processes, and a crash lets go of it.

An flock on the release's folder: shared by all who read it, asked for exclusively by whoever would remove it.
The kernel releases it when its holder ends, however it ends. On a file system that knows no locks nothing is
held and nothing is kept from being read.
"""

from __future__ import annotations

import fcntl
import os
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexes.errors import NoRelease

_PATIENCE, _PAUSE = 2.0, 0.01  # seconds: removing holds the lock for one rename, looking for less


class Lease:
    """Keeps the release in *folder* from being removed for as long as this object lives, or until ``end``.

    Whoever answers from the release holds a reference to it, so that the last request lets go.

    :raises NoRelease: it is not there, or is being removed.
    """

    __slots__ = ("__weakref__", "_end")

    def __init__(self, folder: Path) -> None:
        try:
            handle = _open(folder)
        except OSError as error:
            raise _gone(folder) from error
        self._end = weakref.finalize(self, os.close, handle)
        try:
            if not _lock_shared(handle) or not os.path.samestat(os.fstat(handle), os.stat(folder)):
                raise _gone(folder)
        except OSError as error:
            self.end()
            raise _gone(folder) from error
        except NoRelease:
            self.end()
            raise

    def end(self) -> None:
        """Let go; nothing happens the second time."""
        self._end()


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether nobody uses the release in *folder*; nobody can begin to meanwhile.

    :raises OSError: it cannot be opened.
    """
    handle = _open(folder)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except BlockingIOError:
            free = False
        yield free
    finally:
        os.close(handle)


def in_use(folder: Path) -> bool:
    """Whether somebody uses the release in *folder* at this moment; False where that cannot be told."""
    try:
        with alone(folder) as free:
            return not free
    except OSError:
        return False


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _lock_shared(handle: int) -> bool:
    """Whether the lock was had; also where the file system has none to give."""
    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > give_up:
                return False
            time.sleep(_PAUSE)
        except OSError:
            return True


def _gone(folder: Path) -> NoRelease:
    return NoRelease(
        f"release {folder.name!r} is not there any more",
        field="release",
        value=folder.name,
        mend="see `rongtong releases list`",
    )

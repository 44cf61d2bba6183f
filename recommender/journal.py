"""A SQLite file that is written behind the answers' backs: what is recorded waits a second for others.

A file that cannot be written or read is logged and never fails an answer. Threads and processes may share it.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Generic, TypeVar

_GATHER = 1.0  # seconds that records wait for others
_MOST_WAITING = 1_000
_PATIENCE = 5.0  # seconds to wait for another process's writing

Record = TypeVar("Record")
logger = logging.getLogger("rongtong.journal")


class Journal(ABC, Generic[Record]):
    """The file *path*, which only its owner may read and which is made when first written. ``schema`` is SQL
    that makes its tables where they are missing; ``name`` is what the log calls it."""

    name: str
    schema: str

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._waiting: list[Record] = []
        self._timer: threading.Timer | None = None

    @abstractmethod
    def _write(self, file: sqlite3.Connection, waiting: Sequence[Record]) -> None:
        """Write the records *waiting*, within a transaction that is committed afterwards."""

    def add(self, record: Record) -> None:
        """Have *record* written within a second."""
        with self._lock:
            self._waiting.append(record)
            if len(self._waiting) < _MOST_WAITING:
                if self._timer is None:
                    self._timer = threading.Timer(_GATHER, self.flush)
                    self._timer.daemon = True
                    self._timer.start()
                return
        self.flush()

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if not waiting:
            return
        with self._open("write") as file:
            if file is not None:
                file.execute("BEGIN IMMEDIATE")
                self._write(file, waiting)
                file.execute("COMMIT")

    def close(self) -> None:
        self.flush()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """The file, None where it does not exist yet or cannot be opened."""
        with self._open("read") as file:
            yield file

    @contextmanager
    def _open(self, purpose: str) -> Iterator[sqlite3.Connection | None]:
        """As :meth:`reading`. What goes wrong is logged."""
        if purpose == "read" and not self.path.exists():
            yield None
            return
        entered = False
        try:
            if purpose == "write":
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
                self.path.chmod(0o600)  # the files that SQLite puts beside it take its mode over
            with closing(sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)) as file:
                if purpose == "write":
                    file.execute("PRAGMA journal_mode = WAL")
                    file.executescript(self.schema)
                entered = True
                yield file
        except (sqlite3.Error, OSError) as error:
            logger.warning("%s failed", self.name, extra={"purpose": purpose, "reason": str(error)})
            if not entered:
                yield None

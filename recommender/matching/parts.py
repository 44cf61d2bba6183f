"""A batch job's folder: what is to be done, and each part of it in a Parquet file of its own.

    _job.json            the job, how many ask, how many in a part; when all is done, also what there is
    part-00000.parquet   the lists of the first part, and so on

A part appears whole or not at all, and knows which job it belongs to. So a job that was killed goes on with
the parts that lack, and a folder says by itself whether it is complete. Programs that read a folder of
Parquet files as one table leave out names that begin with ``_`` or a dot.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexes.errors import DamagedRelease, InputError, RefreshRunning, RongtongError
from indexes.files import load_json, write_atomically
from indexes.lock import WorkspaceLock
from recommender.matching.everyone import NAMES, Job

FORMAT = 1
_JOB, _LOCK = "_job.json", ".lock"
_OWNER, _NUMBER = b"rongtong.job", b"rongtong.part"


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The folder at *path* of a *job* for *asked*, *each* of them in a part. ``pinned``: the job pins its
    release until it is ``complete``."""

    path: Path
    job: Job
    asked: int
    each: int
    pinned: bool = False
    complete: bool = False

    @classmethod
    def make(cls, path: Path, job: Job, asked: int, each: int, *, pinned: bool = False) -> JobFolder:
        """Begin a job. Raises InputError where *path* holds anything already, RongtongError where nothing can
        be written there."""
        folder = cls(path, job, asked, each, pinned)
        try:
            path.mkdir(parents=True, exist_ok=True)
            # names with a dot are our own: a lock, or the rest of a file that a kill left half-written
            if not all(child.name.startswith(".") for child in path.iterdir()):
                resume = ", or go on with the job in it by --resume" if (path / _JOB).exists() else ""
                raise InputError(
                    "The folder is not empty.", field="out", value=str(path), mend=f"choose another{resume}"
                )
            folder._write({})
        except OSError as error:
            raise _cannot(path, error) from error
        return folder

    @classmethod
    def open(cls, path: Path) -> JobFolder | None:
        """The job in *path*; None where there is none. Raises InputError where it cannot be read."""
        if not (path / _JOB).exists():
            return None
        try:
            found = load_json(path / _JOB)
            if found["format"] != FORMAT:
                raise ValueError(f"format {found['format']}")
            job = Job.from_json(found["job"])
            pinned, complete = bool(found["pinned"]), bool(found["complete"])
            return cls(path, job, int(found["asked"]), int(found["each"]), pinned, complete)
        except (DamagedRelease, InputError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"The job cannot be read: {error}",
                field="out",
                value=str(path / _JOB),
                mend="choose another folder",
            ) from error

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else works in the folder meanwhile. Raises InputError where somebody does."""
        try:
            with WorkspaceLock(self.path / _LOCK).hold():
                yield
        except RefreshRunning as error:
            raise InputError(
                "Another process works on this job.",
                field="out",
                value=str(self.path),
                mend="wait until it has ended",
            ) from error

    @property
    def count(self) -> int:
        """How many parts there are to be."""
        return -(-self.asked // self.each)

    def span(self, part: int) -> slice:
        """Who ask in *part*, by their place among all."""
        return slice(part * self.each, min((part + 1) * self.each, self.asked))

    def asking(self, part: int) -> int:
        """How many ask in *part*."""
        span = self.span(part)
        return int(span.stop - span.start)

    def lacking(self) -> list[int]:
        """The parts that are not there, or not this job's."""
        return [part for part in range(self.count) if self._rows(part) is None]

    def put(self, part: int, columns: Mapping[str, list[Any]]) -> None:
        """Write *part*. Raises RongtongError where the disk refuses."""
        import pyarrow
        from pyarrow import parquet

        marks = {_OWNER: self._owner.encode(), _NUMBER: str(part).encode()}
        table = pyarrow.table(dict(columns), schema=_schema(self.job, columns).with_metadata(marks))
        written = io.BytesIO()
        parquet.write_table(table, written, compression="zstd")
        try:
            write_atomically(self._file(part), written.getvalue())
        except OSError as error:
            self._aside(part).unlink(missing_ok=True)
            raise _cannot(self._file(part), error) from error

    def finish(self) -> int:
        """Note that all is there, and return how many results. Raises RongtongError where a part lacks."""
        rows = [self._rows(part) for part in range(self.count)]
        if None in rows:
            raise RongtongError(
                f"{rows.count(None)} of {len(rows)} parts lack.",
                field="out",
                value=str(self.path),
                mend="go on with --resume",
            )
        results = [count for count in rows if count is not None]
        parts = {self._file(part).name: count for part, count in enumerate(results)}
        try:
            self._write({"results": sum(results), "parts": parts}, complete=True)
        except OSError as error:
            raise _cannot(self.path / _JOB, error) from error
        return sum(results)

    def _rows(self, part: int) -> int | None:
        """How many results *part* holds; None where it is not there, cannot be read, or is another job's."""
        import pyarrow
        from pyarrow import parquet

        try:
            found = parquet.read_metadata(self._file(part))
        except (OSError, pyarrow.ArrowInvalid):
            return None
        marks = found.metadata or {}
        own = marks.get(_OWNER) == self._owner.encode() and marks.get(_NUMBER) == str(part).encode()
        return int(found.num_rows) if own else None

    def _file(self, part: int) -> Path:
        return self.path / f"part-{part:05}.parquet"

    def _aside(self, part: int) -> Path:
        """Where a part is written before it takes its place."""
        return self.path / f".{self._file(part).name}.new"

    @property
    def _owner(self) -> str:
        text = json.dumps([self.job.to_json(), self.asked, self.each], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _write(self, more: Mapping[str, object], *, complete: bool = False) -> None:
        found = {
            "format": FORMAT,
            "job": self.job.to_json(),
            "asked": self.asked,
            "each": self.each,
            "pinned": self.pinned,
            "complete": complete,
            **more,
        }
        write_atomically(self.path / _JOB, (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode())


def _schema(job: Job, names: Iterable[str]) -> Any:
    """Ranks are small whole numbers, the names of who asked and of whom they got are text, what ``fails`` is
    a list of texts, and all else are numbers."""
    import pyarrow

    kinds = dict.fromkeys(NAMES[job.direction], pyarrow.string()) | {
        "rank": pyarrow.int16(),
        "fails": pyarrow.list_(pyarrow.string()),
        "moved_from": pyarrow.int16(),
    }
    return pyarrow.schema([(name, kinds.get(name, pyarrow.float64())) for name in names])


def _cannot(path: Path, error: OSError) -> RongtongError:
    return RongtongError(
        f"Cannot be written: {error.strerror}.",
        field="out",
        value=str(path),
        mend="make room and go on with --resume, or choose another folder that you may write to",
    )

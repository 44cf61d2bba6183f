"""A batch job's folder: what is to be done, and each part of it in a Parquet file of its own.

    job.json             the job, how many ask, how many in a part; when all is done, also what there is
    part-00000.parquet   the lists of the first part, and so on

A part appears whole or not at all, and knows which job it belongs to. So a job that was killed goes on with
the parts that lack, and a folder says by itself whether it is complete.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexes.errors import DamagedRelease, InputError, RefreshRunning
from indexes.files import load_json, write_atomically
from indexes.lock import WorkspaceLock
from recommender.matching.everyone import Job

FORMAT = 1
_JOB, _LOCK = "job.json", ".lock"
_OWNER, _NUMBER = b"rongtong.job", b"rongtong.part"


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The folder at *path* of a *job* for *asked*, *each* of them in a part. ``pinned`` says that the job has
    pinned its release, and is to let go of it."""

    path: Path
    job: Job
    asked: int
    each: int
    pinned: bool = False

    @classmethod
    def make(cls, path: Path, job: Job, asked: int, each: int, *, pinned: bool = False) -> JobFolder:
        """Begin a job. Raises InputError where *path* cannot be written, or holds anything already."""
        folder = cls(path, job, asked, each, pinned)
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(child.name != _LOCK for child in path.iterdir()):
                raise InputError(
                    "The folder is not empty.",
                    field="out",
                    value=str(path),
                    mend="choose another, or go on with the job in it by --resume",
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
            return cls(path, job, int(found["asked"]), int(found["each"]), bool(found["pinned"]))
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

    def lacking(self) -> list[int]:
        """The parts that are not there, or not this job's."""
        return [part for part in range(self.count) if self._rows(part) is None]

    def put(self, part: int, columns: Mapping[str, list[Any]]) -> None:
        """Write *part*. Raises InputError where the disk refuses."""
        import pyarrow
        from pyarrow import parquet

        marks = {_OWNER: self._owner.encode(), _NUMBER: str(part).encode()}
        table = pyarrow.table(dict(columns), schema=_schema(tuple(columns)).with_metadata(marks))
        written = io.BytesIO()
        parquet.write_table(table, written, compression="zstd")
        try:
            write_atomically(self._file(part), written.getvalue())
        except OSError as error:
            raise _cannot(self._file(part), error) from error

    def finish(self) -> int:
        """Note that all is there, and return how many results. Raises InputError where a part lacks."""
        rows = [self._rows(part) for part in range(self.count)]
        if None in rows:
            raise InputError(
                f"{rows.count(None)} of {len(rows)} parts lack.",
                field="out",
                value=str(self.path),
                mend="go on with --resume",
            )
        results = [count for count in rows if count is not None]
        parts = {self._file(part).name: count for part, count in enumerate(results)}
        try:
            self._write({"complete": True, "results": sum(results), "parts": parts})
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

    @property
    def _owner(self) -> str:
        text = json.dumps([self.job.to_json(), self.asked, self.each], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _write(self, more: Mapping[str, object]) -> None:
        found = {
            "format": FORMAT,
            "job": self.job.to_json(),
            "asked": self.asked,
            "each": self.each,
            "pinned": self.pinned,
            **more,
        }
        write_atomically(self.path / _JOB, (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode())


def _schema(names: tuple[str, ...]) -> Any:
    import pyarrow

    kinds = {
        "rank": pyarrow.int16(),
        "score": pyarrow.float64(),
        "fails": pyarrow.list_(pyarrow.string()),
        "moved_from": pyarrow.int16(),
    }
    return pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in names])


def _cannot(path: Path, error: OSError) -> InputError:
    return InputError(
        f"Cannot be written: {error.strerror}.",
        field="out",
        value=str(path),
        mend="choose a folder with room that you may write to",
    )

"""Resumable stages in a work folder, and the log of a training run."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.errors import WrongSetting

LOG = "training.jsonl"

Log = Callable[[Mapping[str, object]], None]
"""Takes one record of the training log: its stage, and what there is to say (step, loss, figures)."""


class Stages:
    """Finished stages in a work folder that belongs to one combination of material and settings.

    What an earlier run with the same *identity* finished is kept, anything else in a former work folder is
    removed. The training log is *log*, by default in the folder. Raises WrongSetting where *folder* holds
    what no training run left there.
    """

    def __init__(
        self, folder: Path, identity: str, progress: Callable[[str], None], log: Path | None = None
    ) -> None:
        self.folder = folder
        self.log_path = log or folder / LOG
        self._progress = progress
        self.seconds: dict[str, float] = {}
        mark = folder / "identity"
        if folder.exists() and not (mark.is_file() and mark.read_text(encoding="utf-8") == identity):
            if any(folder.iterdir()) and not mark.is_file():
                raise WrongSetting(
                    "the work folder holds something else",
                    field="work",
                    value=str(folder),
                    mend="name another",
                )
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        save_text(mark, identity)

    def path(self, name: str) -> Path:
        return self.folder / name

    def run(self, name: str, work: Callable[[], None]) -> None:
        """Do *work* unless it was done; it counts as done only after it has returned."""
        done = self.path(f"{name}.done")
        if done.is_file():
            self._progress(f"{name}: done by an earlier run")
            self.seconds[name] = 0.0
            return
        start = time.monotonic()
        try:
            work()
            save_text(done, "")
        except KeyboardInterrupt:
            self._progress(
                f"interrupted in stage {name}; the same command goes on from there (kept: {self.folder})"
            )
            raise
        self.seconds[name] = time.monotonic() - start
        self.log({"stage": name, "seconds": round(self.seconds[name], 1)})
        self._progress(f"{name}: {self.seconds[name]:.0f} s")

    def log(self, record: Mapping[str, object]) -> None:
        """Add a line to the training log, which goes on where an interrupted run stopped."""
        line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **record}
        with self.log_path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def save_array(path: Path, array: NDArray[np.generic]) -> None:
    """Write *array* whole or not at all."""
    temporary = path.with_suffix(".partial")
    with temporary.open("wb") as stream:
        np.save(stream, array, allow_pickle=False)
    os.replace(temporary, path)


def save_text(path: Path, text: str) -> None:
    """Write *text* whole or not at all."""
    temporary = path.with_suffix(".partial")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)

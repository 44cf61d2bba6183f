"""RUN.jsonl: one object a line, for each question its ranked results. Written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from indexes.errors import InputError
from recommender.results import Recommendation


def write_run(path: Path, asked: str, answers: Iterable[tuple[str, Recommendation]]) -> int:
    """Write the *answers*, pairs of (id of what was asked, recommendation); *asked* names that id
    (``need_id`` or ``enterprise_id``). Returns how many.

    It is written to a file beside *path* and renamed at the end: an interrupted run leaves what was there.
    Raises InputError where the file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    part = Path(name)
    number = 0
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            for asked_id, found in answers:
                line = {asked: asked_id} | found.to_json()
                del line["query"]  # it stands in the file of questions
                file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
                number += 1
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _cannot_write(path, error) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return number


def _cannot_write(path: Path, error: OSError) -> InputError:
    return InputError(
        f"The file cannot be written: {error.strerror}.",
        field="out",
        value=str(path),
        mend="choose a file in a folder that exists and that you may write to",
    )

"""Running a batch job: its parts on several processes, each with the release opened once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

from indexes.errors import InputError, RongtongError
from recommender.engine import Engine
from recommender.matching.everyone import columns, lists, who_asks
from recommender.matching.parts import JobFolder

Opening = Callable[[str], Engine]
Progress = Callable[[int, int], None]

# processes share the cores already; their libraries must not do so again
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did: *done* of the *asked* got their lists now, in *seconds*; the folder holds *results*."""

    asked: int
    done: int
    results: int
    seconds: float


def run(folder: JobFolder, opening: Opening, processes: int, progress: Progress | None = None) -> Ran:
    """Compute the parts that *folder* lacks, on as many *processes*, and finish it. Interrupted, it leaves
    whole parts, and another run goes on from there.

    *opening* opens a release by its id; it goes to other processes, so it must be picklable. *progress* hears
    how many of how many have their lists. Raises InputError where the folder is in use or cannot be written,
    and what *opening* raises where the release is gone.
    """
    tell = progress or (lambda done, asked: None)
    start = time.perf_counter()
    with folder.alone():
        todo = folder.lacking()
        todo_asked = sum(len(range(*folder.span(part).indices(folder.asked))) for part in todo)
        done = folder.asked - todo_asked
        tell(done, folder.asked)
        for part in _computed(folder, todo, opening, min(processes, len(todo))):
            span = folder.span(part)
            done += span.stop - span.start
            tell(done, folder.asked)
        results = folder.finish()
    return Ran(folder.asked, todo_asked, results, time.perf_counter() - start)


def _computed(folder: JobFolder, todo: Sequence[int], opening: Opening, processes: int) -> Iterator[int]:
    """The parts *todo*, each as it is done."""
    if processes <= 1:
        worker = _Worker(folder, opening) if todo else None
        for part in todo:
            assert worker is not None
            yield worker.compute(part)
        return
    with (
        _one_thread_each(),
        # not forked: FAISS, BLAS and the tokenizer may have threads
        ProcessPoolExecutor(processes, get_context("spawn"), _begin, (folder, opening)) as pool,
    ):
        try:
            for future in as_completed([pool.submit(_compute, part) for part in todo]):
                yield future.result()
        except BrokenProcessPool as error:
            raise RongtongError(
                "A process of the job was ended from outside, or the release could not be opened in it.",
                field="processes",
                value=processes,
                mend="go on with --resume, and fewer --processes if memory was short",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)  # parts that were begun are still written


class _Worker:
    """Computes parts in this process."""

    def __init__(self, folder: JobFolder, opening: Opening) -> None:
        self._folder = folder
        self._engine = opening(folder.job.release)
        self._rows = who_asks(self._engine.snapshot, folder.job)
        if len(self._rows) != folder.asked:
            raise InputError(
                f"The job is for {folder.asked}, of the release {len(self._rows)} ask.",
                field="out",
                value=str(folder.path),
                mend="begin anew in another folder",
            )

    def compute(self, part: int) -> int:
        folder, job = self._folder, self._folder.job
        rows = self._rows[folder.span(part)]
        folder.put(part, columns(job, lists(self._engine, job, rows)))
        return part


_worker: _Worker | None = None  # of a process of the pool


def _begin(folder: JobFolder, opening: Opening) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started the job decides
    _worker = _Worker(folder, opening)


def _compute(part: int) -> int:
    assert _worker is not None
    return _worker.compute(part)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

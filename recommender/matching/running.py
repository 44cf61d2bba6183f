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
from multiprocessing import get_context, parent_process
from threading import Thread, current_thread, main_thread

from indexes.errors import InputError, RongtongError
from recommender.engine import Engine
from recommender.matching.everyone import Direction, columns, lists, who_asks
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


def run(
    folder: JobFolder,
    opening: Opening,
    processes: int,
    progress: Progress | None = None,
    let_go: Callable[[], None] | None = None,
) -> Ran:
    """Compute the parts that *folder* lacks, on as many *processes*, and finish it. Interrupted, it leaves
    whole parts, and another run goes on from there.

    *opening* opens a release by its id; it goes to other processes, so it must be picklable. *progress* hears
    how many of how many have their lists. *let_go* is called when all parts are there, before the folder is
    marked as complete: a kill in between is made good by the next run.

    Raises InputError where the folder is in use, RongtongError where it cannot be written or a process was
    ended from outside, and what *opening* raises where the release is gone.
    """
    tell = progress or (lambda done, asked: None)
    start = time.perf_counter()
    with folder.alone():
        todo = folder.lacking()
        todo_asked = sum(map(folder.asking, todo))
        done = folder.asked - todo_asked
        tell(done, folder.asked)
        for part in _computed(folder, todo, opening, min(processes, len(todo))):
            done += folder.asking(part)
            tell(done, folder.asked)
        if let_go is not None:
            let_go()
        results = folder.finish()
    return Ran(folder.asked, todo_asked, results, time.perf_counter() - start)


def _computed(folder: JobFolder, todo: Sequence[int], opening: Opening, processes: int) -> Iterator[int]:
    """The parts *todo*, each as it is done."""
    if not todo:
        return
    if processes <= 1:
        worker = _Worker(folder, opening)
        yield from map(worker.compute, todo)
        return
    with (
        _one_thread_each(),
        # not forked: FAISS, BLAS and the tokenizer may have threads
        ProcessPoolExecutor(processes, get_context("spawn"), _begin, (folder, opening)) as pool,
    ):
        try:
            with _deaf_children():
                futures = [pool.submit(_compute, part) for part in todo]
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise RongtongError(
                "A process of the job was ended from outside.",
                field="processes",
                value=processes,
                mend="go on with --resume, and fewer --processes if memory was short",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)  # parts that were begun are still written


class _Worker:
    """Computes parts in this process; raises InputError where the release is not what the job began with."""

    def __init__(self, folder: JobFolder, opening: Opening) -> None:
        self._folder, job = folder, folder.job
        parts = self._parts = opening(job.release).parts
        self._rows = who_asks(parts.snapshot, job)
        if len(self._rows) != folder.asked:
            raise InputError(
                f"The job is for {folder.asked}, of the release {len(self._rows)} ask.",
                field="out",
                value=str(folder.path),
                mend="begin anew in another folder",
            )
        if job.direction is Direction.SUPPLIERS:
            parts.snapshot.enterprises.lexical.hold_words()
        else:
            parts.snapshot.needs.lexical.hold_words()
            parts.snapshot.hold_needs()

    def compute(self, part: int) -> int:
        job = self._folder.job
        rows = self._rows[self._folder.span(part)]
        self._folder.put(part, columns(self._parts, job, lists(self._parts, job, rows)))
        return part


_worker: _Worker | RongtongError | None = None  # of a process of the pool


def _begin(folder: JobFolder, opening: Opening) -> None:
    global _worker
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        _worker = _Worker(folder, opening)
    except RongtongError as error:
        _worker = error  # raised here it would be lost


def _end_with_parent() -> None:
    """A pool does not notice that its owner was killed: its processes would wait for ever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _compute(part: int) -> int:
    if isinstance(_worker, RongtongError):
        raise _worker
    assert _worker is not None
    return _worker.compute(part)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes started meanwhile never hear of Ctrl-C: whoever started the job decides, and lets them write
    the part that they are at. One that comes meanwhile takes effect afterwards, so that no process is left
    half-started."""
    heard: list[int] = []
    # children inherit what is blocked; here another thread may take the signal, so that it is put off as well
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    here = current_thread() is main_thread()
    handler = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number)) if here else None
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        if here:
            signal.signal(signal.SIGINT, handler)
    if heard:
        raise KeyboardInterrupt


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

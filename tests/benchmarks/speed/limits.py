"""What the machine can do at best: the floor under every figure of this run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from tests.benchmarks.timing import median

_MUCH = 512 << 20  # bytes


@contextmanager
def one_core() -> Iterator[None]:
    """All threads of this process on its last core, and one thread each for BLAS and FAISS."""
    cores = os.sched_getaffinity(0)
    threads = faiss.omp_get_max_threads()
    try:
        _bind({max(cores)})
        faiss.omp_set_num_threads(1)
        with threadpool_limits(1):
            yield
    finally:
        faiss.omp_set_num_threads(threads)
        _bind(cores)


def _bind(cores: set[int]) -> None:
    for task in Path("/proc/self/task").iterdir():
        try:
            os.sched_setaffinity(int(task.name), cores)
        except ProcessLookupError:
            continue  # it has ended meanwhile


def reader(vectors: NDArray[np.float32]) -> Callable[[], object]:
    """What reads the bytes of *vectors* once: the fastest of three reductions that do next to nothing."""
    flat = vectors.reshape(-1)
    words = flat[: flat.size // 2 * 2].view(np.uint64)
    readers: tuple[Callable[[], object], ...] = (
        lambda: np.bitwise_or.reduce(words),
        lambda: words.sum(),
        lambda: flat.max(),
    )
    return min(readers, key=lambda read: median(read, 5))


def memory_speed() -> float:
    """Bytes a second that main memory gives: read of far more than any cache holds."""
    much = np.ones(_MUCH // 4, np.float32)
    return much.nbytes / median(reader(much), 3)


def matrix_product(vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> float:
    """Seconds for the bare product *queries* (q, d) × *vectors* (n, d), result thrown away."""
    rows = 65_536  # a result of q × n would measure the page faults of its memory
    place = np.empty(len(queries) * rows, np.float32)

    def product() -> None:
        for start in range(0, len(vectors), rows):
            part = vectors[start : start + rows]
            # in one piece: BLAS takes a tenth longer for rows that lie a power of two apart
            np.matmul(queries, part.T, out=place[: len(queries) * len(part)].reshape(len(queries), -1))

    return median(product, 3)

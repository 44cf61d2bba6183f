"""Timing with medians, and on what machine."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import numpy as np

_PACKAGES = (
    "faiss-cpu",
    "numpy",
    "bm25s",
    "tokenizers",
    "sentence-transformers",
    "torch",
    "fastapi",
    "uvicorn",
)


def median(run: Callable[[], object], times: int = 7) -> float:
    """Median wall seconds of *times* calls, after one that does not count."""
    run()
    return float(np.median([_seconds(run) for _ in range(times)]))


def in_turn(ours: Callable[[], object], theirs: Callable[[], object], times: int = 7) -> tuple[float, float]:
    """Medians of two calls made in turn, so that a machine whose speed wanders treats both alike."""
    ours(), theirs()
    pairs = np.array([(_seconds(ours), _seconds(theirs)) for _ in range(times)])
    first, second = np.median(pairs, axis=0)
    return float(first), float(second)


def machine() -> str:
    """Processor, cores, Python and package versions, on one line each."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    packages = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    cores, memory = os.cpu_count(), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    place = f"{model}, {cores} cores, {memory:.0f} GB, Python {platform.python_version()}"
    return f"{place}, {time.strftime('%Y-%m-%d')}\n{packages}"


def duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"

"""The same seed gives the same bits, however many threads the machine would use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Within, torch computes on one thread: how a sum is divided among threads changes its last bits, and
    training carries them on. Another processor or version of the libraries may still round otherwise."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Within, torch is seeded, on one thread, and uses deterministic algorithms alone."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    try:
        with one_thread():
            yield
    finally:
        torch.use_deterministic_algorithms(before)

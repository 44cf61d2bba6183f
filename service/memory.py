"""What keeps the memory of a process flat that serves for months while releases come and go beneath it."""

from __future__ import annotations

import ctypes
import gc

_M_ARENA_MAX = -8  # malloc.h of the GNU C library
_ARENAS = 2  # few threads compute at a time


def few_arenas() -> None:
    """Let all threads share two heaps of malloc, where the C library is GNU's; to be called before threads
    allocate.

    By default it has up to eight for each core, and what one thread frees in another's is not given back:
    a server grew by 5 MB with each release that it opened.
    """
    # other C libraries have no mallopt, and no such heaps
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)


def settle() -> None:
    """A release has been opened, in place of the one before, if there was one.

    What lives as long as the release need not be looked through, a tenth of a second each time, for cycles
    to collect; those of the one before are collected now.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()

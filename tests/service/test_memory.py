"""Threads of the service share heaps. In a process of its own: heaps stay for as long as a process runs."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_HEAPS = """
import ctypes, os, sys, threading
from service.memory import few_arenas

if sys.argv[1] == "few":
    few_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
all_there = threading.Barrier(8)

def allocate():
    all_there.wait()
    for _ in range(100):
        libc.malloc(100_000)
    all_there.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.malloc_stats()
"""


def _heaps(how: str) -> int:
    ran = subprocess.run([sys.executable, "-c", _HEAPS, how], capture_output=True, text=True, check=True)
    return ran.stderr.count("Arena ")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="heaps of threads are the GNU C library's")
def test_threads_share_two_heaps() -> None:
    assert _heaps("many") > 2
    assert _heaps("few") <= 2

"""Not a test: repeats a change in fresh stores and kills it at each step. Run by test_store_killed.py.

``die_at_each_step.py ROOT CHANGE``: in ROOT/01, ROOT/02, … a store with releases r1 and r2 (live) is made;
then a child begins CHANGE there and kills itself (SIGKILL: nothing is cleaned up) just before its n-th call
that touches names on the disk or their durability. It ends with the first child that comes through.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import fill

from indexes.store import ReleaseStore


def refresh(store: ReleaseStore, id: str) -> None:
    with store.lock():
        fill(store.begin(id), id)
        store.finish(id)
        store.promote(id)


CHANGES: dict[str, Callable[[ReleaseStore], object]] = {
    "refresh": lambda store: refresh(store, "r3"),
    "rollback": lambda store: store.rollback(),
    "prune": lambda store: store.prune(1),
}


def die_before_call(number: int) -> None:
    left = number

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)

        return counted

    for name in ("fsync", "replace", "rename", "mkdir", "rmdir", "unlink"):
        setattr(os, name, deadly(getattr(os, name)))


def main(root: Path, change: str) -> int:
    for step in range(1, 100):
        store = ReleaseStore(root / f"{step:02d}")
        refresh(store, "r1")
        refresh(store, "r2")
        child = os.fork()
        if child == 0:
            die_before_call(step)
            CHANGES[change](store)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != -signal.SIGKILL:
            return status
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))

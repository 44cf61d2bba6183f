"""A process killed at any step of a change leaves a whole release serving, and no rest that stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import indexes
from indexes.release import verify
from indexes.store import ReleaseStore

PROGRAM = Path(__file__).with_name("die_at_each_step.py")


@pytest.mark.parametrize(("change", "after"), [("refresh", "r3"), ("rollback", "r1"), ("prune", "r2")])
def test_a_kill_at_any_step_leaves_a_whole_release_serving(tmp_path: Path, change: str, after: str) -> None:
    # one thread, because the program forks
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(indexes.__file__).parents[1]),
    }
    subprocess.run([sys.executable, PROGRAM, tmp_path, change], env=environment, check=True, timeout=120)
    homes = sorted(tmp_path.iterdir())
    assert len(homes) > 3
    lives = []
    for home in homes:
        store = ReleaseStore(home)
        live = store.current()
        assert live.remark == ""
        assert [problem for id in store.ids() for problem in verify(store.path(id))] == []
        store.sweep()  # the lock is free, and what was left can be removed
        assert store.leftovers() == ()
        lives.append(live.id)
    assert set(lives) == {"r2", after}
    assert lives[-1] == after
    assert lives == sorted(lives, key=lambda id: id == after)  # once live, it stays live

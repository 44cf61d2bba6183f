"""The short forms of the proofs; the long ones are ``make kill-matrix flips limits soak``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from indexes.store import ReleaseStore
from tests.safety.flips import flips
from tests.safety.soak import soak
from tests.safety.workshop import ONE_THREAD, make, refreshed

ROOT = Path(__file__).parents[2]


def told(*words: str) -> str:
    """What a program of this folder tells on stdout; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        timeout=600,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_kills_at_some_steps_of_every_change_and_at_random_leave_nothing_half_done():
    lines = told("tests.safety.kill_matrix", "--most", "3", "--random", "4")
    assert "kills at named steps and 4 at random: nothing was ever half done" in lines
    for change in ("refresh:", "refresh --force:", "promote:", "promote --force:", "rollback:", "prune:"):
        assert f"  {change} killed at 3 of" in lines
    assert "byte for byte" in lines


def test_two_hundred_flipped_bits_are_refused(tmp_path: Path):
    make(tmp_path / "home")
    assert flips(tmp_path / "home", 200, seed=1) == (200, 200)


def test_what_runs_out_leaves_the_old_release_serving():
    lines = told("tests.safety.limits", "--steps", "3")
    assert "file size: 3 refused" in lines
    assert "memory: " in lines
    assert "\nfull disk: " in lines  # tried where this user may mount one
    assert "a server on a full disk: " in lines
    assert "two refreshers: another process is changing this workspace (process" in lines


def test_servers_under_load_drop_no_request_and_hold_on_to_nothing(tmp_path: Path):
    home = tmp_path / "home"
    make(home)
    load, holdings = soak(home, idle=0.2, seconds=0, clients=3, pause=0.02, workers=2, least=2)
    assert load.failures == []
    assert len(load.answers) > 50
    assert len(load.releases) > 1
    first, last = holdings
    assert last.handles <= first.handles + 10
    assert last.own <= 1.5 * first.own
    assert len(ReleaseStore(home).ids()) <= 3  # of what nobody has open, prune kept two
    assert refreshed(home, full=True).gates  # nobody holds the lock, and the parts fit together

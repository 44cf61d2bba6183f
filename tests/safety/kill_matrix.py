"""Kill every change of the releases at every step, and at random; nothing may be half done afterwards.

``python -m tests.safety.kill_matrix [--most N] [--random N] [--folder DIR]``

Each change (refresh, forced refresh, promote, forced promote, rollback, prune) is begun in a child process
that kills itself (SIGKILL: nothing is cleaned up) at its n-th step, for every n, or for N of them, evenly
spread. Steps are what the refresh tells of its progress, and every call that changes a name on the disk or
makes one durable. Then refreshes of one workspace are killed after a random time, again and again, with what
they left lying about. After each kill the live release must be wholly the old one or the new one, and the
doctor clean; in the end a refresh must give, byte for byte, what a fresh workspace gives.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from indexes.release import FileEntry, load_manifest
from indexes.store import ReleaseStore
from tests.safety.workshop import (
    Step,
    alter,
    begin_refresh,
    encoder,
    ended,
    faults,
    in_child,
    kill,
    make,
    one_thread,
    refreshed,
)

CALLS = ("fsync", "replace", "rename", "mkdir", "rmdir", "unlink")


def _fails_a_gate(home: Path) -> None:
    (home / "golden.csv").write_text("text,enterprise_id,within\n棉纱,bearing,1\n", "utf-8")


def _with_a_refused(home: Path) -> None:
    _fails_a_gate(home)
    alter(home, 1)
    refreshed(home, force=True)
    ReleaseStore(home).rollback()


def _with_a_newer(home: Path) -> None:
    alter(home, 1)
    refreshed(home)


def _newest(home: Path) -> str:
    return ReleaseStore(home).ids()[0]


def _oldest(home: Path) -> str:
    return ReleaseStore(home).ids()[-1]


CHANGES: dict[str, tuple[Callable[[Path], object], Callable[[Path, Step], object]]] = {
    "refresh": (lambda home: alter(home, 1), begin_refresh),
    "refresh --force": (
        lambda home: (alter(home, 1), _fails_a_gate(home)),
        lambda home, step: begin_refresh(home, step, force=True),
    ),
    "promote": (_with_a_newer, lambda home, step: ReleaseStore(home).promote(_oldest(home))),
    "promote --force": (
        _with_a_refused,
        lambda home, step: ReleaseStore(home).promote(_newest(home), force=True),
    ),
    "rollback": (_with_a_newer, lambda home, step: ReleaseStore(home).rollback()),
    "prune": (_with_a_newer, lambda home, step: ReleaseStore(home).prune(1)),
}
"""Change → how its workspace is made ready, and the change itself, which calls its second argument at what it
calls a step."""


def die_at(number: int) -> tuple[Step, list[str]]:
    """A function that counts steps and kills this process at the *number*-th, and the names of those before;
    the calls in CALLS count as steps from now on. With number 0 nothing dies."""
    passed: list[str] = []

    def step(name: str) -> None:
        passed.append(name)
        if len(passed) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*args: Any, **kwargs: Any) -> Any:
            step(f"{name} in {sys._getframe(1).f_code.co_name}")
            return call(*args, **kwargs)

        return instead

    for name in CALLS:
        setattr(os, name, counted(name, getattr(os, name)))
    return step, passed


def matrix(folder: Path, most: int, tell: Callable[[str], None]) -> int:
    """Kill each change at all its steps, or at *most* of them; how many kills that were. :raises SystemExit:
    one left something wrong."""
    kills = 0
    for name, (ready, change) in CHANGES.items():
        template = folder / name.replace(" ", "")
        make(template)
        ready(template)
        before = ReleaseStore(template).current().id
        steps = _steps(template, change, folder / "steps")
        chosen = sorted({round(n) for n in np.linspace(1, len(steps), min(most, len(steps)))})
        new = 0
        for number in chosen:
            where = f"{name}, killed at step {number} of {len(steps)}, {steps[number - 1]}"
            home = folder / f"{template.name}-{number:03d}"
            shutil.copytree(template, home)
            if ended(in_child(partial(_die, change, home, number))) != -signal.SIGKILL:
                raise SystemExit(f"{where}: it came through")
            # what prune, rollback and promote choose among is known; a refresh makes one more
            allowed = set(ReleaseStore(template).ids()) | {_newest(home)}
            if wrong := faults(home, allowed):
                raise SystemExit(f"{where}: {'; '.join(wrong)}")
            new += ReleaseStore(home).current().id != before
            ReleaseStore(home).sweep()
            if ReleaseStore(home).leftovers():
                raise SystemExit(f"{where}: leftovers stay")
            shutil.rmtree(home)
        kills += len(chosen)
        tell(
            f"{name}: killed at {len(chosen)} of {len(steps)} steps; the old release was live after "
            f"{len(chosen) - new}, the new after {new}; doctor clean"
        )
    return kills


def _die(change: Callable[[Path, Step], object], home: Path, number: int) -> None:
    step, _ = die_at(number)
    change(home, step)


def _steps(template: Path, change: Callable[[Path, Step], object], home: Path) -> list[str]:
    """The names of the steps of *change*, done once in *home*, a copy of *template*."""
    shutil.copytree(template, home)
    told = home.with_name("told")

    def work() -> None:
        step, passed = die_at(0)
        change(home, step)
        told.write_text("\n".join(passed))

    if ended(in_child(work)):
        raise SystemExit("the change does not come through even when nobody kills it")
    shutil.rmtree(home)
    return told.read_text().splitlines()


def at_random(folder: Path, times: int, seed: int, tell: Callable[[str], None]) -> None:
    """Kill *times* refreshes of one workspace. :raises SystemExit: one left something wrong."""
    chance = random.Random(seed)
    home = folder / "random"
    make(home)
    alter(home, 0)
    start = time.monotonic()
    refreshed(home)
    usual = time.monotonic() - start
    live: Counter[str] = Counter()
    for number in range(1, times + 1):
        alter(home, number)
        store = ReleaseStore(home)
        before, known = store.current().id, set(store.ids())
        child = in_child(lambda: refreshed(home))
        time.sleep(chance.uniform(0, 2.0 * usual))
        killed = kill(child)
        new = set(store.ids()) - known
        if wrong := faults(home, {before} | new):
            raise SystemExit(f"random kill {number}: {'; '.join(wrong)}")
        live[
            ("killed, " if killed else "came through, ") + ("old" if store.current().id == before else "new")
        ] += 1
        store.prune(3)
    told = ", ".join(f"{count} {name}" for name, count in sorted(live.items()))
    tell(f"random: {times} refreshes of one workspace: {told}; doctor clean")
    last = refreshed(home, full=True)
    fresh = folder / "fresh"
    fresh.mkdir()
    shutil.copy(home / "catalogue.db", fresh)
    files = [
        ReleaseStore(h).info(r.release).manifest.files for h, r in ((home, last), (fresh, refreshed(fresh)))
    ]
    if files[0] != files[1]:
        raise SystemExit("after the kills a refresh gives another release than a fresh workspace")
    tell("a refresh after all of them gives, byte for byte, what a fresh workspace gives")


def _files(home: Path, release: str) -> Mapping[str, FileEntry]:
    return load_manifest(ReleaseStore(home).path(release)).files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--most", type=int, default=10_000, help="steps of each change to kill at (all)")
    parser.add_argument("--random", type=int, default=200, help="kills at random (200)")
    parser.add_argument("--seed", type=int, default=20261127)
    parser.add_argument("--folder", type=Path, help="where to work (a temporary folder)")
    given = parser.parse_args()
    one_thread()
    start = time.monotonic()

    def tell(line: str) -> None:
        sys.stdout.write(f"{time.monotonic() - start:7.1f} s  {line}\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        encoder()
        kills = matrix(Path(name), given.most, tell)
        if given.random:
            at_random(Path(name), given.random, given.seed, tell)
    tell(f"{kills} kills at named steps and {given.random} at random: nothing was ever half done")


if __name__ == "__main__":
    main()

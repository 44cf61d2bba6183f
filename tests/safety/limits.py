"""Refresh where something runs out, or somebody else refreshes; the old release must go on serving.

``python -m tests.safety.limits [--steps N]``

* A file may not grow beyond a limit (RLIMIT_FSIZE), of N files of the release each in its turn; and, where
  this user may mount one, a disk has N different amounts of room left, or none beneath a running server.
* Memory (RLIMIT_AS) ends after N sizes more than the process has when it begins.
* A second refresher comes while the first is at work.

After each the live release must be the old one, or a new one that came through, and whole; a refresh without
the limit must succeed.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from indexes.errors import RefreshRunning
from indexes.store import ReleaseStore
from tests.safety.soak import asked, served
from tests.safety.workshop import (
    UNFORESEEN,
    alter,
    begin_refresh,
    encoder,
    ended,
    faults,
    in_child,
    make,
    one_thread,
    refreshed,
)

# Of what the doctor rightly complains while a disk is full: SQLite, too, wants a little room to read.
_FULL = ("disk", "catalogue", "up to date")
_LONGEST = 120.0  # seconds that a refresh may take
_PATIENCE = 50  # times that a disk is made smaller before it is given up


def _try(home: Path, limit: Callable[[], object], what: str, *, late: bool = False) -> str:
    """Refresh *home* in a child under *limit*, which with *late* comes when the catalogue has been read; how
    it ended. :raises SystemExit: something is wrong afterwards."""
    store = ReleaseStore(home)
    before, known = store.current().id, set(store.ids())

    def work() -> None:
        waiting = late
        if not late:
            limit()

        def step(stage: str) -> None:
            nonlocal waiting
            if waiting and stage.startswith("embed"):
                waiting = False
                limit()

        begin_refresh(home, step)

    status = ended(in_child(work), within=_LONGEST)
    if wrong := faults(home, {before} | (set(store.ids()) - known), but=_FULL):
        raise SystemExit(f"{what}: {'; '.join(wrong)}")
    if status == UNFORESEEN:
        raise SystemExit(f"{what}: an error that no one foresaw")
    if (status == 0) != (store.current().id != before):
        raise SystemExit(f"{what}: ended with {status}, yet {store.current().id} is live")
    return "came through" if status == 0 else "refused" if status == 1 else f"died of signal {-status}"


def small_files(folder: Path, steps: int) -> Counter[str]:
    """No file may grow beyond a limit, as on a disk that is full; limits are the sizes of the release's own
    files, so that each of them is the first that does not fit."""
    home, endings = folder / "files", Counter[str]()
    made = make(home)
    sizes = sorted(entry.size for entry in ReleaseStore(home).info(made).manifest.files.values())
    for number, place in enumerate(np.linspace(0, len(sizes) - 1, steps).astype(int).tolist()):
        alter(home, number)
        most = max(0, sizes[place] - 1)
        limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        endings[_try(home, limit, f"files of {most}", late=True)] += 1
    alter(home, steps)
    if wrong := faults(home, {refreshed(home).release}):
        raise SystemExit(f"without the limit: {'; '.join(wrong)}")
    return endings


def small_memory(folder: Path, steps: int) -> Counter[str]:
    """Memory ends so many bytes above what the process has."""
    home, endings = folder / "memory", Counter[str]()
    make(home)
    for number, more in enumerate(np.linspace(0, 96 << 20, steps).astype(int).tolist()):
        alter(home, number)
        endings[_try(home, partial(_limit_memory, more), f"{more} bytes more", late=number % 2 == 0)] += 1
    alter(home, steps)
    if wrong := faults(home, {refreshed(home).release}):
        raise SystemExit(f"without the limit: {'; '.join(wrong)}")
    return endings


def _limit_memory(more: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def full_disk(folder: Path, steps: int) -> Counter[str] | None:
    """A disk (tmpfs) with so much room left; None where this user may mount none."""
    template, disk, endings = folder / "template", folder / "disk", Counter[str]()
    made = make(template)
    wanted = _blocks(ReleaseStore(template).path(made))
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "none", str(disk), "-o"]
    for number, room in enumerate(np.linspace(0, 1.5 * wanted, steps).astype(int).tolist()):
        if subprocess.run([*mount, "size=512m"], capture_output=True, check=False).returncode:
            return None
        try:
            home = Path(shutil.copytree(template, disk / "home"))
            alter(home, number)
            _leave(room, disk, mount)
            endings[_try(home, lambda: None, f"{room} bytes left on the disk")] += 1
            subprocess.run([*mount, "remount,size=512m"], check=True, capture_output=True)
            alter(home, number + 1)
            if wrong := faults(home, {refreshed(home).release}):
                raise SystemExit(f"with room again: {'; '.join(wrong)}")
        finally:
            subprocess.run(["umount", str(disk)], check=True)
    return endings


def served_on_a_full_disk(folder: Path) -> str | None:
    """A server whose disk has no room at all goes on answering, while a refresh fails; None where this user
    may mount no disk."""
    disk = folder / "served"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "none", str(disk), "-o"]
    if subprocess.run([*mount, "size=512m"], capture_output=True, check=False).returncode:
        return None
    try:
        home = disk / "home"
        made = make(home)
        with served(home, 1) as server, asked(server, ["轴箱轴承", "棉纱"], 2, 0.02) as load:
            time.sleep(1)
            alter(home, 1)
            _leave(0, disk, mount)
            command = [sys.executable, "-m", "service.cli.main", "refresh", "--home", str(home)]
            if subprocess.run(command, capture_output=True, check=False).returncode != 1:
                raise SystemExit("a refresh without any room did not fail as it should")
            time.sleep(2)
        if load.failures or load.releases != {made} or not load.answers:
            raise SystemExit(f"on a full disk {len(load.failures)} requests failed: {load.failures[:3]}")
        return f"{len(load.answers)} requests answered, none failed"
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _leave(room: int, disk: Path, mount: list[str]) -> None:
    """Make *disk* so small that *room* bytes are left. No disk shrinks below what it holds, which a server
    that logs adds to meanwhile: then once more."""
    for _ in range(_PATIENCE):
        found = os.statvfs(disk)
        full = (found.f_blocks - found.f_bfree) * found.f_frsize + room
        if not subprocess.run([*mount, f"remount,size={full}"], capture_output=True, check=False).returncode:
            return
    raise SystemExit(f"{disk} could not be made smaller in {_PATIENCE} tries")


def _blocks(folder: Path) -> int:
    """Bytes that the files below *folder* take in blocks."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))


def two_refreshers(folder: Path) -> str:
    """The second is told at once that, and by which process, the workspace is being changed."""
    home = folder / "two"
    make(home)
    alter(home, 1)
    began, go_on = os.pipe(), os.pipe()

    def first() -> None:
        def wait(stage: str) -> None:
            if stage.startswith("index"):
                os.write(began[1], b".")
                os.read(go_on[0], 1)

        begin_refresh(home, wait)

    child = in_child(first)
    os.read(began[0], 1)
    try:
        refreshed(home)
        raise SystemExit("two refreshers worked at the same time")
    except RefreshRunning as error:
        if str(child) not in error.message:
            raise SystemExit(f"{error} does not name process {child}") from error
        told = error.message
    finally:
        os.write(go_on[1], b"." * 1000)
    if ended(child):
        raise SystemExit("the first refresher was disturbed")
    if wrong := faults(home, {ReleaseStore(home).ids()[0]}):
        raise SystemExit("; ".join(wrong))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--steps", type=int, default=40, help="limits of each kind (40)")
    given = parser.parse_args()
    one_thread()
    encoder()
    told = sys.stdout.write
    with tempfile.TemporaryDirectory() as name:
        for what, endings in (
            ("file size", small_files(Path(name), given.steps)),
            ("memory", small_memory(Path(name), given.steps)),
            ("full disk", full_disk(Path(name), given.steps)),
        ):
            shown = (
                "not tried: may not mount a disk"
                if endings is None
                else ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items()))
            )
            told(f"{what}: {shown}; the old release or a whole new one live, doctor clean\n")
            sys.stdout.flush()
        told(f"a server on a full disk: {served_on_a_full_disk(Path(name)) or 'not tried'}\n")
        told(f"two refreshers: {two_refreshers(Path(name))}\n")


if __name__ == "__main__":
    main()

"""Flip bits in the files of a release; every one must be noticed, and no engine may open what is left.

``python -m tests.safety.flips [--home HOME] [--times N]``

The live release of HOME (without one: of a small workspace) is copied, and N times a bit of a file, each file
in its turn, is flipped in the copy and put back.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from indexes.errors import DamagedRelease
from indexes.release import MANIFEST, load_verified, verify
from indexes.store import ReleaseStore
from recommender.engine import Engine
from tests.safety.workshop import encoder, make


def flips(home: Path, times: int, seed: int) -> tuple[int, int]:
    """How many of how many flips were refused; *home* is a workspace of one release, to be damaged.

    :raises SystemExit: it was not whole to begin with, or is not when all is put back.
    """
    chance = random.Random(seed)
    store = ReleaseStore(home)
    folder = store.current().path
    paths = [folder / path for path, entry in load_verified(folder).files.items() if entry.size]
    paths.insert(0, folder / MANIFEST)
    refused = 0
    for number in range(times):
        path = paths[number % len(paths)]
        with path.open("r+b") as file:
            place = chance.randrange(path.stat().st_size)
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1 << chance.randrange(8)]))
            file.flush()
            refused += _refused(store, folder)
            file.seek(place)
            file.write(bytes([byte]))
    if verify(folder):
        raise SystemExit(f"{folder} was not put back")
    return refused, times


def _refused(store: ReleaseStore, folder: Path) -> bool:
    """Whether the damage is told, and no engine opens on it."""
    if not verify(folder):
        return False
    try:
        Engine.open(store, encoder())
    except DamagedRelease:
        return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--home", type=Path, help="a workspace whose live release is copied (a small one)")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261127)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name, "home")
        if given.home:
            live = ReleaseStore(given.home).current()
            shutil.copytree(live.path, home / "releases" / live.id)
            (home / "CURRENT").write_text(f"{live.id}\n")
        else:
            make(home)
        refused, times = flips(home, given.times, given.seed)
    sys.stdout.write(f"{refused} of {times} flipped bits refused\n")
    sys.exit(refused != times)


if __name__ == "__main__":
    main()

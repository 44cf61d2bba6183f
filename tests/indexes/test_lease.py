"""Who reads a release keeps it; who removes it finds out."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from indexes.errors import NoRelease
from indexes.lease import Lease, alone, in_use


def handles() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_folder_is_in_use_while_a_lease_lives(folder: Path) -> None:
    before = handles()
    assert not in_use(folder)
    first, second = Lease(folder), Lease(folder)
    assert in_use(folder)
    first.end()
    first.end()
    assert in_use(folder)
    del second
    assert not in_use(folder)
    assert handles() == before


def test_nobody_begins_while_somebody_is_alone(folder: Path) -> None:
    with alone(folder) as free:
        assert free
        waiting = threading.Thread(target=Lease, args=(folder,))
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()  # it waits for a moment rather than fail
    waiting.join(10)
    assert not waiting.is_alive()


def test_a_folder_removed_meanwhile_is_gone(folder: Path) -> None:
    before = handles()
    failed: list[NoRelease] = []

    def open_it() -> None:
        try:
            Lease(folder)
        except NoRelease as error:
            failed.append(error)

    with alone(folder) as free:
        assert free
        waiting = threading.Thread(target=open_it)
        waiting.start()
        waiting.join(0.1)
        folder.rename(folder.with_name(".pruned-r1"))
    waiting.join(10)
    assert [error.value for error in failed] == ["r1"]
    assert handles() == before


def test_what_is_no_folder_cannot_be_held(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    for path in (tmp_path / "link", tmp_path / "nothing", folder / "graph.json"):
        with pytest.raises(NoRelease):
            Lease(path)
        assert not in_use(path)

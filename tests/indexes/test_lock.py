from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import indexes
from indexes.errors import RefreshRunning
from indexes.lock import WorkspaceLock

ROOT = Path(indexes.__file__).parents[1]
HOLDER = """
import sys
from pathlib import Path
from indexes.lock import WorkspaceLock
with WorkspaceLock(Path(sys.argv[1])).hold():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "refresh.lock"


def test_it_is_reentrant_and_free_afterwards(path: Path) -> None:
    lock = WorkspaceLock(path)
    for _ in range(2):
        with lock.hold(), lock.hold():
            assert not lock.held_by_others()
            assert WorkspaceLock(path).held_by_others()
    assert not WorkspaceLock(path).held_by_others()


def test_it_is_free_after_an_error(path: Path) -> None:
    lock = WorkspaceLock(path)
    with pytest.raises(KeyError), lock.hold():
        raise KeyError
    with WorkspaceLock(path).hold():
        assert lock.held_by_others()


def test_a_second_object_is_refused(path: Path) -> None:
    with WorkspaceLock(path).hold(), pytest.raises(RefreshRunning, match="another process"):
        WorkspaceLock(path).hold().__enter__()


def test_a_second_thread_is_refused(path: Path) -> None:
    lock = WorkspaceLock(path)
    seen: list[object] = []

    def other() -> None:
        seen.append(lock.held_by_others())
        try:
            with lock.hold():
                seen.append("entered")
        except RefreshRunning as error:
            seen.append(error.message)

    with lock.hold():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert seen == [True, "another thread is changing this workspace"]


def test_another_process_holds_it_until_it_is_killed(path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RefreshRunning, match=rf"\(process {holder.pid} since 20"):
            WorkspaceLock(path).hold().__enter__()
        holder.kill()
    with WorkspaceLock(path).hold():
        pass


def test_a_missing_file_is_held_by_nobody(path: Path) -> None:
    assert not WorkspaceLock(path).held_by_others()
    assert not path.exists()


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("data")
    path.symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic"), WorkspaceLock(path).hold():
        pass
    assert (tmp_path / "precious").read_text() == "data"

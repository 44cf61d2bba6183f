"""The engine that answers follows CURRENT, and never goes from a good release to a bad one."""

from __future__ import annotations

import gc
import os
import sys
import threading
from contextlib import suppress

import pytest

from indexes.errors import DamagedRelease, NoRelease, ReleaseError
from service.live import TRY_AGAIN, LiveEngine
from tests.service.fakes import FakeEngine


class Opener:
    def __init__(self, *engines):
        self.engines = list(engines)

    def __call__(self):
        engine = self.engines.pop(0)
        if isinstance(engine, Exception):
            raise engine
        return engine


@pytest.fixture
def current(tmp_path):
    return tmp_path / "CURRENT"


@pytest.fixture
def live_with(current):
    """A live engine with a clock that the test sets, and a way to put another release live."""

    def make(*engines):
        time = [0.0]
        live = LiveEngine(Opener(*engines), current, clock=lambda: time[0])

        def promote(name: str, *, later: float = 1.0) -> None:
            aside = current.with_name("new")
            aside.write_text(name)
            aside.replace(current)
            time[0] += later

        return live, promote

    return make


def followed(live):
    """The release that answers once a load that was begun has ended."""
    live.get()
    live.wait()
    return live.get().release


def test_a_newer_release_is_picked_up(live_with, current):
    current.write_text("A")
    live, promote = live_with(FakeEngine("A"), FakeEngine("B"))
    live.start()
    assert live.get().release == "A"
    promote("B")
    assert followed(live) == "B"


def test_current_is_looked_at_once_a_second(live_with, current):
    current.write_text("A")
    live, promote = live_with(FakeEngine("A"), FakeEngine("B"))
    live.start()
    promote("B", later=0.5)
    assert followed(live) == "A"


def test_a_bad_newer_release_leaves_the_old_one_answering(live_with, current):
    current.write_text("A")
    live, promote = live_with(FakeEngine("A"), DamagedRelease("torn"), FakeEngine("C"))
    live.start()
    promote("B")
    assert followed(live) == "A"
    promote("C")
    assert followed(live) == "C"


def test_the_first_release_is_picked_up_while_running(live_with):
    live, promote = live_with(NoRelease("there is no release yet"), FakeEngine("A"))
    live.start()
    with pytest.raises(NoRelease):
        live.get()
    promote("A")
    with suppress(NoRelease):  # still being opened, or already there
        live.get()
    live.wait()
    assert live.get().release == "A"


def test_a_current_that_vanished_changes_nothing(live_with, current):
    current.write_text("A")
    live, promote = live_with(FakeEngine("A"))
    live.start()
    promote("A", later=0)
    current.unlink()
    assert followed(live) == "A"


def test_what_keeps_a_newer_release_from_opening_is_remarked(live_with, current):
    current.write_text("A")
    live, promote = live_with(FakeEngine("A"), DamagedRelease("torn", mend="mend it"), FakeEngine("C"))
    live.start()
    assert live.remark == ""
    promote("B")
    assert followed(live) == "A"
    assert live.remark == "A newer release was not opened: torn → mend it. Serving A."
    promote("C")
    followed(live)
    assert live.remark == ""


def test_a_release_that_could_not_be_opened_is_tried_again_after_a_while(live_with, current):
    current.write_text("A")
    live, promote = live_with(FakeEngine("A"), ReleaseError("no file handles left"), FakeEngine("B"))
    live.start()
    promote("B")
    assert followed(live) == "A"
    live._looked -= 1.0  # a second later
    assert followed(live) == "A"
    assert "no file handles left" in live.remark
    live._looked, live._tried = live._looked - 1.0, live._tried - TRY_AGAIN
    assert followed(live) == "B"
    assert live.remark == ""


@pytest.mark.parametrize("error", [MemoryError(), OSError(24, "Too many open files"), KeyError("x")])
def test_an_error_that_nobody_foresaw_leaves_the_old_one_answering(live_with, current, error):
    current.write_text("A")
    live, promote = live_with(FakeEngine("A"), error, FakeEngine("C"))
    live.start()
    promote("B")
    assert followed(live) == "A"
    assert type(error).__name__ in live.remark
    promote("C")
    assert followed(live) == "C"


def test_a_release_that_cannot_answer_is_a_bad_one(live_with, current):
    class Mute(FakeEngine):
        def warm(self):
            raise DamagedRelease("a document is not JSON")

    current.write_text("A")
    live, promote = live_with(FakeEngine("A"), Mute("B"))
    live.start()
    promote("B")
    assert followed(live) == "A"
    assert "a document is not JSON" in live.remark


def test_a_substitute_answers_and_is_remarked(live_with, current):
    current.write_text("B")
    live, _ = live_with(FakeEngine("A", remark="B cannot serve: torn. Serving A instead."))
    live.start()
    assert live.get().release == "A"
    assert live.remark == "B cannot serve: torn. Serving A instead."


def test_a_release_is_checked_by_a_thread_that_stands_back(current):
    priorities = []

    def opener():
        priorities.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return FakeEngine(f"R{len(priorities)}")

    current.write_text("A")
    time = [0.0]
    live = LiveEngine(opener, current, clock=lambda: time[0])
    live.start()
    current.write_text("another")
    time[0] = 2.0
    assert followed(live) == "R2"
    assert priorities[1] == (10 if sys.platform == "linux" else priorities[0])
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == priorities[0]


def test_what_lives_as_long_as_a_release_is_left_out_of_garbage_collection(live_with, current):
    gc.unfreeze()
    current.write_text("A")
    live, _ = live_with(FakeEngine("A"))
    live.start()
    assert gc.get_freeze_count() > 0

"""The engine that answers follows CURRENT, and never goes from a good release to a bad one."""

from __future__ import annotations

from contextlib import suppress

import pytest

from indexes.errors import DamagedRelease, NoRelease
from service.live import LiveEngine
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

"""Where the time of a request goes, by stage.

Whoever wants to know opens a clock; the code that answers marks its stages, whether or not a clock runs. With
none, a mark costs a fraction of a microsecond.

>>> with clocked() as seconds:
...     with stage("meaning"):
...         pass
>>> list(seconds)
['meaning']
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field

Clock = Callable[[], float]

STAGES = ("filters", "read", "graph", "meaning", "words", "measure", "judge", "arrange", "explain")
"""Of a list of suppliers, in order: whom the filters let pass; the need's vector, words, demands and places;
whom it reaches through the chain graph; search by meaning; by words; the features and scores; how the
likeliest stand to the demands; diversity and exposure; what is said of those that are returned."""


@dataclass(slots=True)
class _Running:
    now: Clock
    seconds: dict[str, float] = field(default_factory=dict)


_RUNNING: ContextVar[_Running | None] = ContextVar("stages", default=None)
_NOTHING = nullcontext()


@contextmanager
def clocked(now: Clock = time.perf_counter) -> Iterator[dict[str, float]]:
    """Seconds by stage, summed over all that happens inside, in the order in which stages were first reached.

    It belongs to the calling thread; one inside another takes its place. *now* may be
    :func:`time.thread_time`, to leave out what other processes take.
    """
    running = _Running(now)
    token = _RUNNING.set(running)
    try:
        yield running.seconds
    finally:
        _RUNNING.reset(token)


def stage(name: str) -> AbstractContextManager[None]:
    """Marks what happens inside as the stage *name*. Stages stand beside, not inside one another, and do not
    span a ``yield``, for the caller's time would be theirs."""
    running = _RUNNING.get()
    return _NOTHING if running is None else _timed(running, name)


@contextmanager
def _timed(running: _Running, name: str) -> Iterator[None]:
    start = running.now()
    try:
        yield
    finally:
        running.seconds[name] = running.seconds.get(name, 0.0) + running.now() - start

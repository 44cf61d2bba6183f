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
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

Seconds = dict[str, float]

_RUNNING: ContextVar[Seconds | None] = ContextVar("stages", default=None)
_NOTHING = nullcontext()


@contextmanager
def clocked() -> Iterator[Seconds]:
    """Wall seconds by stage, summed over all that happens inside, in the order in which stages were first
    reached. It belongs to the calling thread; one inside another takes its place."""
    seconds: Seconds = {}
    token = _RUNNING.set(seconds)
    try:
        yield seconds
    finally:
        _RUNNING.reset(token)


def stage(name: str) -> AbstractContextManager[None]:
    """Marks what happens inside as the stage *name*. Stages stand beside, not inside one another, and do not
    span a ``yield``, for the caller's time would be theirs."""
    seconds = _RUNNING.get()
    return _NOTHING if seconds is None else _timed(seconds, name)


@contextmanager
def _timed(seconds: Seconds, name: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - start

"""Where the time of a request goes, without a clock in the product.

While :func:`watched` is open, every public function and method of the modules in ``STAGES`` is wrapped, from
outside, by one that notes which stage runs; each moment belongs to the innermost stage. The product is not
changed and not slowed: outside the block nothing is wrapped. A stage is a module or a package, so a rebuilt
inside needs nothing here. One thread at a time.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

REST = "rest"
# The first pattern that matches "module:function" decides; None leaves the time with the caller.
STAGES: tuple[tuple[str, str | None], ...] = tuple(
    (pattern, stage)
    for pattern, stage in (
        (r"recommender\.encoder:", "encode"),
        (r"recommender\.snapshot:.*_within$", "filters"),
        (r"recommender\.matching\.suppliers:within$", "filters"),
        (r"indexes\.filters:", "filters"),
        (r"indexes\.lexical:", "words"),
        (r"indexes\.(documents|strings):", "records"),
        (r"recommender\.snapshot:", "records"),
        (r"recommender\.catalogue\.json_values:", "records"),
        (r"indexes\.(topk|errors|files|release|store|lock|splice):", None),
        (r"indexes\.", "vectors"),
        (r"recommender\.(text|places|profile|query|intake)[.:]?", None),
        (r"recommender\.retrieval:", "candidates"),
        (r"recommender\.chains", "chain graph"),
        (r"recommender\.ranking", "ranking"),
        (r"recommender\.requirements", "judging"),
        (r"recommender\.explanation", "explaining"),
        (r"recommender\.matching\.(diversity|arrangement|exposure|ledger)", "arranging"),
        (r"(recommender\.(results|decisions)|service\.(answers|labels)):", "writing the answer"),
    )
)
_OURS = ("indexes.", "recommender.", "service.")


class Stages:
    """Seconds by stage since the last :meth:`take`."""

    def __init__(self) -> None:
        self.now = REST
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._since = time.perf_counter()

    def enter(self, stage: str) -> str:
        """Charge the time until now to the stage that runs, and go on as *stage*; the one before."""
        at = time.perf_counter()
        self._seconds[self.now] += at - self._since
        before, self.now, self._since = self.now, stage, at
        return before

    def take(self) -> dict[str, float]:
        """What each stage took since the last time, and begin anew."""
        self.enter(self.now)
        taken, self._seconds = dict(self._seconds), defaultdict(float)
        return taken


def stage_of(module: str, name: str) -> str | None:
    """The stage of a function, by its module and qualified name.

    >>> stage_of("indexes.approximate", "ApproximateIndex.search"), stage_of("indexes.topk", "best_rows")
    ('vectors', None)
    """
    address = f"{module}:{name}"
    return next((stage for pattern, stage in STAGES if re.match(pattern, address)), None)


@contextmanager
def watched() -> Iterator[Stages]:
    """Wrap what is imported now; unwrap at the end."""
    stages = Stages()
    undo: list[tuple[object, str, object]] = []
    wrappers: dict[FunctionType, Callable[..., Any]] = {}

    def wrapper(function: FunctionType) -> Callable[..., Any] | None:
        stage = stage_of(function.__module__, function.__qualname__)
        public = not function.__name__.startswith("_") or function.__name__ == "__call__"
        if stage is None or not public or inspect.isgeneratorfunction(function):
            return None
        if function not in wrappers:
            wrappers[function] = _wrapped(function, stage, stages)
        return wrappers[function]

    def replace(holder: object, name: str, old: object, new: object) -> None:
        undo.append((holder, name, old))
        setattr(holder, name, new)

    try:
        for module in _modules():
            for name, value in list(vars(module).items()):
                if isinstance(value, FunctionType) and value.__module__.startswith(_OURS):
                    if new := wrapper(value):
                        replace(module, name, value, new)
                elif isinstance(value, type) and value.__module__ == module.__name__:
                    for method, held in list(vars(value).items()):
                        inner = held.__func__ if isinstance(held, classmethod | staticmethod) else held
                        if isinstance(inner, FunctionType) and (new := wrapper(inner)):
                            replace(value, method, held, type(held)(new) if inner is not held else new)
        yield stages
    finally:
        for holder, name, old in reversed(undo):
            setattr(holder, name, old)


def _modules() -> list[ModuleType]:
    return [module for name, module in list(sys.modules.items()) if module and name.startswith(_OURS)]


def _wrapped(function: FunctionType, stage: str, stages: Stages) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        if stages.now == stage:
            return function(*args, **kwargs)
        before = stages.enter(stage)
        try:
            return function(*args, **kwargs)
        finally:
            stages.enter(before)

    return timed

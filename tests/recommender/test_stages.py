from __future__ import annotations

from itertools import count

from recommender.engine import Engine
from recommender.query import SupplierQuery
from recommender.stages import STAGES, clocked, stage
from tests.recommender.conftest import DAY, NEEDS


def test_seconds_add_up_by_stage_and_a_failure_counts_too() -> None:
    ticks = count()
    with clocked(lambda: next(ticks)) as seconds:
        for _ in range(2):
            with stage("one"):
                pass
        try:
            with stage("two"):
                raise KeyError
        except KeyError:
            pass
    with stage("one"):
        pass
    assert seconds == {"one": 2, "two": 1}


def test_the_innermost_clock_runs() -> None:
    ticks = count()
    with clocked(lambda: next(ticks)) as outer:
        with clocked(lambda: next(ticks)) as inner, stage("one"):
            pass
        with stage("two"):
            pass
    assert (outer, inner) == ({"two": 1}, {"one": 1})


def test_an_explained_list_passes_all_stages(engine: Engine) -> None:
    with clocked() as seconds:
        engine.suppliers(SupplierQuery(NEEDS[0], DAY))
    assert set(seconds) == set(STAGES)

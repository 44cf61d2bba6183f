"""The costs of searching: measured, written down, read again, and never trusted."""

from __future__ import annotations

import numpy as np
import pytest

from indexes.calibration import measured
from indexes.engines import Engine, build
from indexes.tuning import Tuning
from tests.indexes.test_vector_oracle import clustered


@pytest.mark.parametrize("engine", ["exact", "half", "approximate"])
def test_every_cost_of_an_index_is_measured(engine: Engine) -> None:
    index = build(clustered(1, 12_000, 32), engine)
    found = measured(index)
    assert found is not None
    assert 0 < found.scan < found.row
    assert found.code > 0
    assert found.listed >= 0
    assert found.product_from in (2, 4, 8, 16, 32)
    assert found.threads in (0, 1)


@pytest.mark.parametrize("engine", ["exact", "half", "approximate"])
def test_a_small_index_is_not_measured(engine: Engine) -> None:
    assert measured(build(np.eye(3, dtype=np.float32), engine)) is None


def test_vectors_of_nothing_can_be_measured() -> None:
    assert measured(build(np.zeros((12_000, 4), np.float32), "approximate")) is not None


def test_costs_survive_being_written_down() -> None:
    costs = Tuning(31.24, 110.0, 2.5, 60.0, 8, 1)
    assert Tuning.from_json(costs.to_json()) == Tuning(31.2, 110.0, 2.5, 60.0, 8, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"scan": None},
        {"scan": "31"},
        {"scan": -1.0},
        {"scan": float("nan")},
        {"scan": 1e300},
        {"threads": True},
        {"threads": 1.5},
        {"more": 1},
    ],
)
def test_what_is_no_costs_is_none(change: dict[str, object]) -> None:
    assert Tuning.from_json(Tuning(31.2, 110.0).to_json() | change) is None
    assert Tuning.from_json([change]) is None

"""The sample, drawn once for all tests of this folder."""

from __future__ import annotations

from datetime import date

import pytest

from recommender.sample.build import Sample, build_sample

DAY = date(2026, 6, 1)


@pytest.fixture(scope="session")
def sample() -> Sample:
    return build_sample(DAY)

"""A new enterprise without a history is not buried: a short form of ``tests.benchmarks.newcomers``."""

from pathlib import Path

import numpy as np

from recommender.encoder import load_encoder
from recommender.sample.build import build_sample
from tests.benchmarks.newcomers import DAY, entries, newcomers
from training.models import packaged_encoder


def test_newcomers_stand_nearly_where_they_would_with_their_history(tmp_path: Path):
    sample = build_sample(DAY)
    found = entries(sample, newcomers(sample, 60), tmp_path, load_encoder(packaged_encoder()))
    assert len(found) > 20
    known, new = (np.array([getattr(each, name) for each in found]) for name in ("known", "new"))
    assert (known <= 10).mean() > 0.5
    assert (new <= 10).mean() > 0.85 * (known <= 10).mean()
    assert (new - known).max() < 100

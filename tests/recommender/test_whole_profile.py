"""What the whole profile says of a match: covered things, and whether the rest bears the best one out."""

import numpy as np
import pytest

from recommender import profile
from recommender.ranking import PRIOR
from recommender.ranking.whole import borne_out, breadth, firm_features

NEED = np.array([1.0, 0.0, 0.0], np.float32)
NEAR = np.array([0.9, 0.436, 0.0], np.float32)
FAR = np.array([0.0, 0.0, 1.0], np.float32)
NOTHING_NAMED = np.zeros((0, 3), np.float32)
CURVE = next(curve for curve in PRIOR.curves if curve.feature == "corroboration")


def borne(*offerings: np.ndarray, described: np.ndarray | None = None) -> float:
    """Corroboration of the first of *offerings*, an enterprise's, which may describe itself besides."""
    vectors = np.stack(offerings)
    standing = np.zeros(3, np.float32) if described is None else described
    whole = profile.profile_vector(standing, vectors, [None] * len(vectors), described=described is not None)
    return float(firm_features(vectors, 0, whole, NEED, NOTHING_NAMED)["corroboration"][0])


def test_a_copy_of_the_need_among_other_things_loses_and_one_of_a_kind_does_not():
    assert borne(NEED, FAR, FAR) == pytest.approx(1 - 4 / 5)
    assert borne(NEED, NEAR, NEAR) > 0.9
    assert CURVE(np.array([borne(NEED, FAR, FAR)]))[0] < -1.0
    assert CURVE(np.array([borne(NEED, NEAR, NEAR)]))[0] == 0.0


def test_the_more_there_is_that_does_not_bear_it_out_the_more_it_loses():
    assert borne(NEED, FAR) > borne(NEED, FAR, FAR) > borne(NEED, *[FAR] * 8)


def test_a_single_offering_is_compared_with_the_description_and_unknown_without_one():
    assert np.isnan(borne(NEED))
    assert borne(NEED, described=FAR) == pytest.approx(1 - 2 / 3, abs=1e-3)
    assert borne(NEED, described=NEAR) > 0.9
    assert CURVE(np.array([np.nan]))[0] == 0.0


def test_both_directions_agree():
    vectors = np.stack([NEED, FAR, FAR])
    whole = profile.profile_vector(np.zeros(3, np.float32), vectors, [None] * 3, described=False)
    needs = np.stack([NEED, FAR])
    found = borne_out(vectors, [0, 1], needs, whole)
    assert found[0] == pytest.approx(borne(NEED, FAR, FAR))
    assert borne_out(np.zeros((0, 3), np.float32), [], needs[:0], whole).tolist() == []


def test_breadth_is_the_share_of_the_things_named_that_are_covered():
    assert breadth(np.array([[0.9, 0.9], [0.9, 0.1], [0.6, 0.6], [0.1, 0.2]])).tolist() == pytest.approx(
        [1.0, 0.5, 0.5, 0.0]
    )
    assert np.isnan(breadth(np.array([[0.9], [0.1]]))).all()

"""One pair measured exactly must be what the list measured, and what a release of the changed firm would."""

import math
from dataclasses import replace

import numpy as np
import pytest

from indexes.store import ReleaseStore
from recommender.catalogue import Kind, Offering, as_record, open_catalogue
from recommender.engine import Engine
from recommender.matching import exact
from recommender.matching.common import Parts
from recommender.query import SupplierQuery
from recommender.refresh import refresh
from tests.recommender.conftest import DAY, NEEDS, fill

AXLE = SupplierQuery(NEEDS[0], DAY)


@pytest.fixture(scope="module")
def parts(engine: Engine) -> Parts:
    return Parts.of(engine.snapshot, engine.encoder, engine.model)


def row(parts: Parts, enterprise_id: str) -> int:
    found = parts.snapshot.enterprises.documents.row_of(enterprise_id)
    assert found is not None
    return found


def test_the_exact_measure_is_the_score_of_the_list(engine: Engine, parts: Parts):
    asking = exact.asking(parts, AXLE)
    rows = np.arange(4)
    scored = exact.log_odds(parts, asking, rows)
    for result in engine.suppliers(AXLE).results:
        odds = math.log(result.score / (1 - result.score))
        assert odds == pytest.approx(scored[row(parts, result.enterprise_id)], abs=1e-6)


def test_an_unchanged_enterprise_is_measured_as_it_is_stored(parts: Parts):
    asking = exact.asking(parts, AXLE)
    for at in range(4):
        _, features = exact.measured(parts, asking, np.array([at]))
        again, lexical = exact.supposed(parts, asking, at, *exact.stored(parts, at), touched=False)
        assert lexical == pytest.approx(float(asking.lexical[at]), rel=1e-5)
        for name, values in features.items():
            np.testing.assert_allclose(again[name], values, atol=1e-5, err_msg=name)


def test_a_supposed_offering_is_measured_as_a_release_that_holds_it_would(parts, encoder, tmp_path):
    asking, at = exact.asking(parts, AXLE), row(parts, "yarn")
    enterprise, offerings = exact.stored(parts, at)
    added = Offering("y2", "yarn", "高速列车轴箱轴承", weight=0.5)
    supposed, lexical = exact.supposed(parts, asking, at, enterprise, (*offerings, added))
    with open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}") as catalogue:
        fill(catalogue)
        record = as_record(added)
        with catalogue.transaction() as transaction:
            transaction.upsert(Kind.OFFERINGS, [record], given=record.keys())
        refresh(catalogue, ReleaseStore(tmp_path), encoder, cache=tmp_path / "cache")
    opened = Engine.open(ReleaseStore(tmp_path), encoder)
    changed = Parts.of(opened.snapshot, encoder, opened.model)
    again = exact.asking(changed, AXLE)
    _, real = exact.measured(changed, again, np.array([at]))
    for name in ("semantic_match", "profile_match", "link_match"):
        np.testing.assert_allclose(supposed[name], real[name], atol=1e-5, err_msg=name)
    # among four enterprises one more document with a word makes it much less rare, which is not supposed
    assert lexical > float(again.lexical[at]) * 0.9


def test_a_supposed_certificate_is_judged_and_a_touched_profile_is_fresh(parts: Parts):
    asking, at = exact.asking(parts, AXLE), row(parts, "yarn")
    enterprise, offerings = exact.stored(parts, at)
    held = exact.stored(parts, row(parts, "bearing"))[0].certifications
    features, _ = exact.supposed(parts, asking, at, replace(enterprise, certifications=held), offerings)
    assert features["requirement_coverage"] == [1.0]
    assert features["freshness"] == [0.0]

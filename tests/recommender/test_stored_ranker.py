from dataclasses import replace
from pathlib import Path

import pytest

from indexes.errors import DamagedRelease, InputError
from indexes.release import verify
from indexes.store import ReleaseStore
from recommender.catalogue import Catalogue
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.query import SupplierQuery
from recommender.ranking import PRIOR, Curve
from recommender.ranking.stored import RANKER, install, read, wanted, write
from recommender.refresh import refresh
from tests.recommender.conftest import DAY, NEEDS, fill

TRAINED = replace(PRIOR, base=-3.0)


@pytest.fixture
def home(catalogue: Catalogue, tmp_path: Path, encoder: Encoder) -> Path:
    fill(catalogue)
    again(catalogue, tmp_path, encoder)
    return tmp_path


def again(catalogue: Catalogue, home: Path, encoder: Encoder):
    return refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")


def opened(home: Path, encoder: Encoder) -> Engine:
    return Engine.open(ReleaseStore(home), encoder)


def test_every_release_holds_the_ranker_that_it_answers_with(home: Path, encoder: Encoder):
    engine = opened(home, encoder)
    assert engine.model == PRIOR
    assert RANKER in engine.snapshot.manifest.files


def test_an_installed_ranker_waits_for_the_next_refresh(catalogue: Catalogue, home: Path, encoder: Encoder):
    first = ReleaseStore(home).current()
    install(home, TRAINED)
    assert opened(home, encoder).model == PRIOR
    assert verify(first.path) == []

    report = again(catalogue, home, encoder)
    assert report.built
    assert opened(home, encoder).model == TRAINED
    answer = opened(home, encoder).suppliers(SupplierQuery(NEEDS[0], DAY))
    assert {result.base for result in answer.results} == {-3.0}

    assert not again(catalogue, home, encoder).built


def test_a_rollback_brings_the_old_ranker_back(catalogue: Catalogue, home: Path, encoder: Encoder):
    install(home, TRAINED)
    again(catalogue, home, encoder)
    ReleaseStore(home).rollback()
    assert opened(home, encoder).model == PRIOR


def test_an_unusable_installed_ranker_stops_the_refresh_and_leaves_the_release(
    catalogue: Catalogue, home: Path, encoder: Encoder
):
    live = ReleaseStore(home).current().id
    (home / RANKER).write_text("{}")
    with pytest.raises(InputError, match="installed ranker"):
        again(catalogue, home, encoder)
    assert ReleaseStore(home).current().id == live
    assert ReleaseStore(home).leftovers() == ()


def test_a_link_is_no_ranker(tmp_path: Path):
    write(tmp_path / "elsewhere.json", TRAINED)
    (tmp_path / RANKER).symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(InputError):
        wanted(tmp_path)


def test_a_ranker_that_weighs_what_nobody_measures_is_refused(tmp_path: Path):
    charm = Curve("charm", ((0.0, 0.0), (1.0, 1.0)), +1, "")
    write(tmp_path / RANKER, replace(PRIOR, curves=(*PRIOR.curves, charm)))
    with pytest.raises(DamagedRelease, match="charm"):
        read(tmp_path / RANKER)


def test_without_an_installed_one_the_prior_is_wanted(tmp_path: Path):
    assert wanted(tmp_path) is PRIOR

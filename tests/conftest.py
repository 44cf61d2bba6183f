"""Fixtures that tests of several packages use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL

from indexes.store import ReleaseStore
from recommender.catalogue import Catalogue, Kind, open_catalogue
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.intake.importer import import_file
from recommender.refresh import refresh
from recommender.sample.write import write_sample
from tests import postgres
from training.models import packaged_encoder

SAMPLE_DAY = date(2026, 11, 21)
_numbers = count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def catalogue_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once for each kind of database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/catalogue.db"
        return
    server = request.getfixturevalue("postgres_server")
    with postgres.database(server, f"rongtong_test_{os.getpid()}_{next(_numbers)}") as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def catalogue(catalogue_url: str) -> Iterator[Catalogue]:
    """An empty catalogue, once for each kind of database."""
    with open_catalogue(catalogue_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Engine]:
    """The folder of the bundled sample's files, and the engine on its release; beside the files, in the
    folder above, is the catalogue."""
    home = tmp_path_factory.mktemp("sample")
    write_sample(home / "files", as_of=SAMPLE_DAY)
    catalogue = open_catalogue(f"sqlite:///{home / 'catalogue.db'}")
    for kind in Kind:
        report = import_file(catalogue, kind, home / "files" / f"{kind}.csv")
        assert (report.rejected, report.unmapped) == (0, ())
    encoder = load_encoder(packaged_encoder())
    refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")
    catalogue.close()
    return home / "files", Engine.open(ReleaseStore(home), encoder)

"""Fixtures that tests of several packages use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL

from recommender.catalogue import Catalogue, open_catalogue
from tests import postgres

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

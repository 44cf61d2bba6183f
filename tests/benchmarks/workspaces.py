"""Workspaces to measure on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recommender.catalogue import Kind, open_catalogue
from recommender.intake.importer import import_file
from recommender.sample.write import write_sample


@contextmanager
def sample() -> Iterator[Path]:
    """A workspace with the bundled sample's catalogue."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        write_sample(home / "sample")
        catalogue = open_catalogue(f"sqlite:///{home / 'catalogue.db'}")
        for kind in Kind:
            import_file(catalogue, kind, home / "sample" / f"{kind}.csv")
        catalogue.close()
        yield home

"""A catalogue, and a way to import a few lines, a workbook or anything else into it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recommender.catalogue import Catalogue, Kind, open_catalogue
from recommender.intake.importer import ImportReport, import_file


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Catalogue]:
    """An empty catalogue in SQLite: what differs between databases is the catalogue's own business."""
    with open_catalogue(f"sqlite:///{tmp_path}/books.db") as catalogue:
        yield catalogue


@pytest.fixture
def importing(books: Catalogue, tmp_path: Path) -> Callable[..., ImportReport]:
    """``importing("needs", "need_id,title\\n…", ending=".csv", **options)``: text, bytes or JSON objects."""

    def run(
        kind: str,
        content: str | bytes | Path | list[dict[str, object]],
        ending: str = ".csv",
        **options: object,
    ) -> ImportReport:
        if isinstance(content, Path):
            path = content
        else:
            path = tmp_path / f"list{ending}"
            if isinstance(content, list):
                content = "\n".join(json.dumps(one, ensure_ascii=False) for one in content)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_file(books, Kind(kind), path, **options)  # type: ignore[arg-type]  # given by the tests

    return run

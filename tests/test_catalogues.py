"""The generated catalogues: reproducible, valid, and as varied as lists are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from indexes.store import ReleaseStore
from recommender.catalogue import Edge, Enterprise, Kind, Need, Offering, Outcome, open_catalogue
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.intake.importer import import_file
from recommender.refresh import refresh
from recommender.sample.write import write_files
from tests.benchmarks.catalogues import Economy, generate, write
from tests.benchmarks.catalogues.templates import Template
from tests.benchmarks.vectors import write_vectors
from training.models import packaged_encoder

DAY = date(2026, 11, 1)
OFFERINGS = 1_200


@pytest.fixture(scope="module")
def records() -> list[Any]:
    return list(generate(Economy(OFFERINGS, DAY)))


def of(kind: type, records: Sequence[Any]) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def test_the_same_economy_is_the_same_catalogue(records: list[Any]) -> None:
    assert list(generate(Economy(OFFERINGS, DAY))) == records


def test_another_seed_is_another_catalogue(records: list[Any]) -> None:
    assert next(generate(Economy(OFFERINGS, DAY, seed=1))) != records[0]


def test_a_smaller_catalogue_is_the_beginning_of_a_larger(records: list[Any]) -> None:
    smaller = list(islice(generate(Economy(300, DAY)), 300))
    assert records[:300] == smaller


def test_it_has_the_offerings_asked_for_and_needs_at_the_least(records: list[Any]) -> None:
    assert len(of(Offering, records)) == OFFERINGS
    assert len(of(Need, records)) == 500
    assert 0.05 * OFFERINGS < len(of(Enterprise, records)) < 0.2 * OFFERINGS


def test_offerings_are_spread_unevenly(records: list[Any]) -> None:
    counts = Counter(offering.enterprise_id for offering in of(Offering, records)).values()
    assert min(counts) <= 2
    assert max(counts) >= 20


def test_texts_vary_and_repeat_as_lists_do(records: list[Any]) -> None:
    offerings = of(Offering, records)
    described = [one.description for one in offerings if one.description]
    assert 0.7 < len({one.title for one in offerings}) / len(offerings) < 1
    assert 0.6 < len(described) / len(offerings) < 0.9
    assert 0.9 < len(set(described)) / len(described) < 1
    assert 40 < np.mean([len(text) for text in described]) < 100


def test_everything_imports_without_a_reject(records: list[Any], tmp_path: Path) -> None:
    kinds = {
        "enterprises": Enterprise,
        "offerings": Offering,
        "needs": Need,
        "outcomes": Outcome,
        "edges": Edge,
    }
    parts = {name: of(kind, records) for name, kind in kinds.items()}
    write_files(SimpleNamespace(**parts, golden=(), judgments=(), as_of=DAY), tmp_path)  # type: ignore[arg-type]
    with open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}") as catalogue:
        for kind in Kind:
            report = import_file(catalogue, kind, tmp_path / f"{kind}.csv")
            assert (report.inserted, report.rejected, report.remarks) == (len(parts[kind]), 0, 0)


def test_vectors_written_apart_are_those_of_a_release(tmp_path: Path) -> None:
    rows = write(Economy(120, DAY), tmp_path)
    encoder = load_encoder(packaged_encoder())
    with open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}") as catalogue:
        written = write_vectors(catalogue, encoder, tmp_path)
        refresh(catalogue, ReleaseStore(tmp_path), encoder, cache=tmp_path / "cache")
    snapshot = Engine.open(ReleaseStore(tmp_path), encoder).snapshot
    assert written == {
        "offerings": rows["offerings"],
        "profiles": rows["enterprises"],
        "needs": rows["needs"],
    }
    for name, collection in (
        ("offerings", snapshot.offerings),
        ("profiles", snapshot.enterprises),
        ("needs", snapshot.needs),
    ):
        found = np.load(tmp_path / f"{name}.npy")
        held = collection.vectors.rows(np.arange(collection.vectors.size))
        np.testing.assert_allclose(found, held, atol=1e-6)


def test_a_template_draws_each_number_once_within_its_bounds() -> None:
    from random import Random

    template = Template("{n:10-20:5}和{n:10-20:5}，{city}")
    for seed in range(20):
        first, _, rest = template.fill({"city": "株洲"}, Random(seed)).partition("和")
        assert int(first) in {10, 15, 20}
        assert rest == f"{first}，株洲"
    assert template.needs == {"city"}

"""The bundled sample goes the whole way, and its golden queries find their known right answers."""

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from indexes.store import ReleaseStore
from recommender.catalogue import Kind, Need, open_catalogue
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.intake.importer import import_file
from recommender.refresh import refresh
from recommender.sample.write import write_sample
from training.evaluation import evaluate
from training.models import packaged_encoder

DAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Engine]:
    home = tmp_path_factory.mktemp("sample")
    write_sample(home / "files", as_of=DAY)
    catalogue = open_catalogue(f"sqlite:///{home / 'catalogue.db'}")
    for kind in Kind:
        report = import_file(catalogue, kind, home / "files" / f"{kind}.csv")
        assert (report.rejected, report.unmapped) == (0, ())
    encoder = load_encoder(packaged_encoder())
    refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")
    catalogue.close()
    return home / "files", Engine.open(ReleaseStore(home), encoder)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_golden_queries_find_their_right_answers(sample: tuple[Path, Engine]):
    files, engine = sample
    needs = [
        Need(row["need_id"], row["title"], row.get("description", ""))
        for row in read(files / "golden_needs.csv")
    ]
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    for row in read(files / "golden_qrels.csv"):
        qrels[row["need_id"]][row["enterprise_id"]] = int(row["grade"])
    found = evaluate(engine, needs, qrels, systems=("lexical", "full"), as_of=DAY)
    assert len(found.need_ids) >= 40
    assert found.means["full"]["MRR"].mean > 0.75
    assert found.means["full"]["R@100"].mean > 0.9
    assert found.means["full"]["R@100"].mean > found.means["lexical"]["R@100"].mean

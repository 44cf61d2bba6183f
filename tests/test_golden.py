"""The bundled sample goes the whole way, and its golden queries find their known right answers."""

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

from recommender import gates
from recommender.catalogue import Need
from recommender.engine import Engine
from recommender.golden import read_file
from training.evaluation import evaluate

DAY = date(2026, 11, 21)


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


def test_the_golden_list_of_the_sample_is_hit(sample: tuple[Path, Engine]):
    files, engine = sample
    queries = read_file(files / "golden.csv")
    assert len(queries) >= 40
    gate, _ = gates.golden_hit(engine, queries)
    assert gate.passed, gate.detail

"""``python -m tests.benchmarks.quality DIR``: the README's quality table.

DIR holds ``catalogue/enterprises_listed.csv``, ``catalogue/products_listed.csv``,
``eval/contracts_dev_needs.csv`` and ``eval/contracts_dev_qrels.csv``. All goes the user's way: imported
into an empty workspace, refreshed, evaluated.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path

from indexes.store import ReleaseStore
from recommender.catalogue import Kind, Need, open_catalogue
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.intake.importer import import_file
from recommender.refresh import refresh
from training.evaluation import Evaluation, evaluate
from training.metrics import MEASURES
from training.models import packaged_encoder


def measure(data: Path, home: Path) -> Evaluation:
    """Evaluate all systems on the development contracts, with the listed companies as the catalogue."""
    catalogue = open_catalogue(f"sqlite:///{home / 'catalogue.db'}")
    tags = {"sw_industry": "tags"}
    import_file(catalogue, Kind.ENTERPRISES, data / "catalogue" / "enterprises_listed.csv", columns=tags)
    import_file(catalogue, Kind.OFFERINGS, data / "catalogue" / "products_listed.csv")
    encoder = load_encoder(packaged_encoder())
    refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")
    catalogue.close()
    with open(data / "eval" / "contracts_dev_needs.csv", encoding="utf-8", newline="") as file:
        needs = [Need(row["need_id"], row["title"], buyer_name=row["buyer"]) for row in csv.DictReader(file)]
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    with open(data / "eval" / "contracts_dev_qrels.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            qrels[row["need_id"]][row["enterprise_id"]] = int(row["grade"])
    return evaluate(Engine.open(ReleaseStore(home), encoder), needs, qrels, as_of=date.today())


def table(found: Evaluation) -> str:
    """The evaluation as a Markdown table; * marks p < 0.05 and ** p < 0.001 against the first system."""
    lines = [f"| {len(found.need_ids):,} needs | {' | '.join(MEASURES)} |", f"|---|{'---|' * len(MEASURES)}"]
    for system in found.systems:
        cells = []
        for measure_ in MEASURES:
            p = found.p_values.get(system, {}).get(measure_, 1.0)
            cells.append(f"{found.means[system][measure_]}{'**' if p < 0.001 else '*' if p < 0.05 else ''}")
        lines.append(f"| {system} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.stdout.write(table(measure(Path(sys.argv[1]), Path(name))) + "\n")

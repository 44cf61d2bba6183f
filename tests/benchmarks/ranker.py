"""``python -m tests.benchmarks.ranker DIR``: what fitting the ranker gains, cross-validated by supplier.

DIR is as for ``tests.benchmarks.quality``. The awarded contracts are the outcomes; no supplier that the
curves were fitted on is among those that they are measured on. Compared with retrieval alone (``hybrid``) and
with the prior that ships; p of a paired randomisation test in which the needs of one supplier are swapped
together.
"""

from __future__ import annotations

import csv
import hashlib
import sys
import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.store import ReleaseStore
from recommender.catalogue import Kind, Need, open_catalogue
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.intake.importer import import_file
from recommender.matching.common import Parts
from recommender.query import SupplierQuery
from recommender.ranking import PRIOR
from recommender.refresh import refresh
from training.curve_fit import fit
from training.metrics import MEASURES, Floats, intervals, scores_by_query, significance
from training.models import packaged_encoder
from training.ranker import ranked
from training.slates import Judged, Slate, slates

FOLDS = 5
_AWARDED = 4


def measure(data: Path, home: Path, today: date) -> str:
    """The table in Markdown."""
    engine = _engine(data, home)
    with open(data / "eval" / "contracts_dev_needs.csv", encoding="utf-8", newline="") as file:
        needs = [Need(row["need_id"], row["title"], buyer_name=row["buyer"]) for row in csv.DictReader(file)]
    winners: dict[str, dict[str, int]] = defaultdict(dict)
    with open(data / "eval" / "contracts_dev_qrels.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            winners[row["need_id"]][row["enterprise_id"]] = _AWARDED
    known = {need: Judged(today, grades, dict.fromkeys(grades, 1)) for need, grades in winners.items()}
    parts = Parts(engine.snapshot, engine.encoder, PRIOR)
    measured = list(slates(parts, needs, known, (), today))
    suppliers = {need: min(grades) for need, grades in winners.items()}
    run = cross_validated(measured, suppliers)
    queries = [SupplierQuery(need, today, top_k=100, explain=False) for need in needs]
    runs = {
        "hybrid": _ids(needs, engine, queries, "hybrid"),
        "full, prior": _ids(needs, engine, queries, "full"),
        "full, fitted": run,
    }
    found = {name: scores_by_query(winners, each) for name, each in runs.items()}
    ids = found["hybrid"][0]
    groups = np.unique([suppliers[need] for need in ids], return_inverse=True)[1].astype(np.int64)
    return _table({name: values for name, (_, values) in found.items()}, groups)


def cross_validated(measured: list[Slate], suppliers: dict[str, str]) -> dict[str, list[str]]:
    """Need id → ranking by the curves fitted without the need's supplier."""
    folds: dict[int, list[Slate]] = defaultdict(list)
    for slate in measured:
        digest = hashlib.sha256(suppliers[slate.need_id].encode()).digest()
        folds[digest[0] % FOLDS].append(slate)
    run = {}
    for fold, held in folds.items():
        model = fit([s for other, each in folds.items() if other != fold for s in each], PRIOR)
        run.update({slate.need_id: ranked(slate, model) for slate in held})
    return run


def _engine(data: Path, home: Path) -> Engine:
    catalogue = open_catalogue(f"sqlite:///{home / 'catalogue.db'}")
    tags = {"sw_industry": "tags"}
    import_file(catalogue, Kind.ENTERPRISES, data / "catalogue" / "enterprises_listed.csv", columns=tags)
    import_file(catalogue, Kind.OFFERINGS, data / "catalogue" / "products_listed.csv")
    encoder = load_encoder(packaged_encoder())
    refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")
    catalogue.close()
    return Engine.open(ReleaseStore(home), encoder)


def _ids(
    needs: list[Need], engine: Engine, queries: list[SupplierQuery], system: str
) -> dict[str, list[str]]:
    found = engine.ranking(queries, system)
    return {need.need_id: [id for id, _ in each] for need, each in zip(needs, found, strict=True)}


def _table(values: dict[str, dict[str, Floats]], groups: NDArray[np.int64]) -> str:
    lines = [
        f"| {len(groups):,} needs | {' | '.join(MEASURES)} | p (nDCG@10, MRR): hybrid | prior |",
        f"|---|{'---|' * (len(MEASURES) + 2)}",
    ]
    for name, each in values.items():
        means = intervals(each, groups=groups)
        against = []
        for base in ("hybrid", "full, prior"):
            p = significance(each, values[base], groups=groups)
            against.append("" if name == base else f"{p['nDCG@10']:.4f}, {p['MRR']:.4f}")
        lines.append(f"| {name} | {' | '.join(str(means[m]) for m in MEASURES)} | {' | '.join(against)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.stdout.write(measure(Path(sys.argv[1]), Path(name), date.today()) + "\n")

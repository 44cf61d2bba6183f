"""``python -m tests.benchmarks.ranker DIR FOLDS``: what fitting gains, cross-validated by supplier.

DIR and FOLDS are as for ``tests.benchmarks.quality``. The awarded contracts are the outcomes; neither the
encoder nor the curves know the supplier that they are measured on. Compared with retrieval alone
(``hybrid``) and with the prior that ships; p of a paired randomisation test in which the needs of one
supplier are swapped together.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Need
from recommender.engine import Engine
from recommender.matching.common import Parts
from recommender.query import SupplierQuery
from recommender.ranking import PRIOR
from tests.benchmarks import quality
from training.awards import fold_of
from training.curve_fit import fit
from training.metrics import MEASURES, Floats, intervals, scores_by_query, significance
from training.ranker import ranked
from training.slates import Judged, Slate, slates

_AWARDED = 4


def measure(data: Path, home: Path, folds: Path, today: date) -> str:
    """The table in Markdown."""
    needs, _, qrels = quality.contracts(data)
    known = {
        need: Judged(today, dict.fromkeys(won, _AWARDED), dict.fromkeys(won, 1))
        for need, won in qrels.items()
    }
    measured: list[Slate] = []
    runs: dict[str, dict[str, list[str]]] = {"hybrid": {}, "full, prior": {}}
    with quality.fill(data, home) as catalogue:
        for fold, engine in quality.engines(catalogue, home, folds):
            asked = quality.of_fold(needs, qrels, fold)
            measured += slates(Parts.of(engine.snapshot, engine.encoder, PRIOR), asked, known, (), today)
            queries = [SupplierQuery(need, today, top_k=100, explain=False) for need in asked]
            runs["hybrid"] |= _ids(asked, engine, queries, "hybrid")
            runs["full, prior"] |= _ids(asked, engine, queries, "full")
    suppliers = {need: min(won) for need, won in qrels.items()}
    runs["full, fitted"] = cross_validated(measured, suppliers)
    found = {name: scores_by_query(qrels, each) for name, each in runs.items()}
    ids = found["hybrid"][0]
    groups = np.unique([suppliers[need] for need in ids], return_inverse=True)[1].astype(np.int64)
    return _table({name: values for name, (_, values) in found.items()}, groups)


def cross_validated(measured: list[Slate], suppliers: dict[str, str]) -> dict[str, list[str]]:
    """Need id → ranking by the curves fitted without the need's supplier."""
    folds: dict[int, list[Slate]] = defaultdict(list)
    for slate in measured:
        folds[fold_of(suppliers[slate.need_id])].append(slate)
    run = {}
    for fold, held in folds.items():
        model = fit([s for other, each in folds.items() if other != fold for s in each], PRIOR)
        run.update({slate.need_id: ranked(slate, model) for slate in held})
    return run


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
        sys.stdout.write(measure(Path(sys.argv[1]), Path(name), Path(sys.argv[2]), date.today()) + "\n")

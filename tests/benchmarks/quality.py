"""``python -m tests.benchmarks.quality DIR [FOLDS]``: the README's quality tables.

DIR holds ``catalogue/enterprises_listed.csv``, ``catalogue/products_listed.csv``,
``eval/contracts_dev_needs.csv``, ``eval/contracts_dev_qrels.csv`` and ``taxonomy/gbt4754_2017.csv``. All
goes the user's way: imported into an empty workspace, refreshed, evaluated; then products are hidden and
asked for, and the encoder is probed by itself.

The encoder has learned from contracts, except those of a fifth of the winners: only these measure it. FOLDS,
what ``rongtong train encoder --folds FOLDS`` has written, holds a model for each fifth that has not learned
from it; with them all contracts measure the recipe, each answered by the model that knows none of its
winner's.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from indexes.store import ReleaseStore
from recommender.catalogue import Catalogue, Kind, Need, open_catalogue
from recommender.encoder import Encoder, load_encoder
from recommender.engine import Engine
from recommender.intake.importer import import_file
from recommender.refresh import refresh
from training import report
from training.awards import HELD_OUT, fold_of
from training.evaluation import Evaluation, evaluate
from training.metrics import MEASURES, Interval, intervals, significance
from training.models import packaged_encoder
from training.pairs import held_out_suppliers
from training.probe import measure_probe, probe_classes
from training.product_task import choose, evaluate_products
from training.slices import Slice, SliceFigures, is_works, label, measure_slices, slices_of

SHOWN = ("kind", "region", "judged")  # the slices that the README shows


def fill(data: Path, home: Path) -> Catalogue:
    """The listed companies as the catalogue of *home*. Close it after use."""
    catalogue = open_catalogue(f"sqlite:///{home / 'catalogue.db'}")
    tags = {"sw_industry": "tags"}
    import_file(catalogue, Kind.ENTERPRISES, data / "catalogue" / "enterprises_listed.csv", columns=tags)
    import_file(catalogue, Kind.OFFERINGS, data / "catalogue" / "products_listed.csv")
    return catalogue


def engines(catalogue: Catalogue, home: Path, folds: Path | None) -> Iterator[tuple[int, Engine]]:
    """Each fold that can be measured, with an engine whose encoder has not learned from it."""
    found = {HELD_OUT: packaged_encoder()}
    if folds is not None:
        found = {int(path.name.removeprefix("fold-")): path for path in sorted(folds.glob("fold-*"))}
    for fold, folder in found.items():
        encoder = load_encoder(folder)
        store = ReleaseStore(home / f"fold-{fold}")
        refresh(catalogue, store, encoder, cache=store.root / "cache")
        yield fold, Engine.open(store, encoder)


def contracts(data: Path) -> tuple[list[Need], dict[str, bool], dict[str, dict[str, int]]]:
    """The development contracts: needs, which of them are works, judgments."""
    with open(data / "eval" / "contracts_dev_needs.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    needs = [Need(row["need_id"], row["title"], buyer_name=row["buyer"]) for row in rows]
    works = {row["need_id"]: row["construction"] == "1" for row in rows}
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    with open(data / "eval" / "contracts_dev_qrels.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            qrels[row["need_id"]][row["enterprise_id"]] = int(row["grade"])
    return needs, works, qrels


def of_fold(needs: Iterable[Need], qrels: Mapping[str, Mapping[str, int]], fold: int) -> list[Need]:
    return [need for need in needs if fold_of(next(iter(qrels[need.need_id]))) == fold]


def joined(parts: list[Evaluation]) -> Evaluation:
    """Evaluations of the same systems on different needs as one."""
    order = sorted(
        (need_id, part, at) for part, e in enumerate(parts) for at, need_id in enumerate(e.need_ids)
    )
    systems = parts[0].systems
    values = {
        system: {m: np.array([parts[part].values[system][m][at] for _, part, at in order]) for m in MEASURES}
        for system in systems
    }
    return replace(
        parts[0],
        need_ids=tuple(id for id, _, _ in order),
        values=values,
        means={system: intervals(values[system]) for system in systems},
        p_values={s: significance(values[s], values[systems[0]]) for s in systems[1:]},
        standings={need_id: standing for part in parts for need_id, standing in part.standings.items()},
    )


def measure_contracts(catalogue: Catalogue, data: Path, home: Path, folds: Path | None) -> Iterator[str]:
    needs, works, qrels = contracts(data)
    parts = []
    for fold, engine in engines(catalogue, home, folds):
        parts.append(evaluate(engine, of_fold(needs, qrels, fold), qrels, as_of=date.today()))
    found = joined(parts)
    yield from systems_table(f"{len(found.need_ids):,} needs", found)
    cuts = slices_of(found, needs, qrels, engine.snapshot, works=works)
    yield ""
    yield from slices_table(found, measure_slices(found, [cut for cut in cuts if cut.dimension in SHOWN]))
    alike = np.mean([is_works(need.title) == works[need.need_id] for need in needs])
    yield ""
    yield f"The words of the title agree with the column construction for {100 * alike:.0f} % of the needs."


def measure_products(catalogue: Catalogue, encoder: Encoder, data: Path, cache: Path) -> Iterator[str]:
    """The held-out products; also of those companies alone that the encoder never saw in training."""
    task = choose(catalogue.offerings())
    found = evaluate_products(catalogue, encoder, task, as_of=date.today(), cache=cache)
    sellers = len(set(task.sellers.values()))
    yield from systems_table(f"{len(task.questions):,} hidden products of {sellers:,} companies", found)
    unseen = held_out_suppliers(data)
    members = np.array([task.sellers[question] in unseen for question in found.need_ids])
    cut = Slice("seller", "companies unseen in training", members)
    yield ""
    yield from slices_table(found, measure_slices(found, [cut]))


def measure_similarity(encoder: Encoder, data: Path) -> Iterator[str]:
    found = measure_probe(encoder, probe_classes(data))
    rows = [(s, found.means[s], found.p_values if s == "encoder" else {}) for s in found.means]
    yield from figures_table(f"{found.classes:,} classes of GB/T 4754", rows)


def systems_table(what: str, found: Evaluation) -> list[str]:
    """The systems of an evaluation; * marks p < 0.05 and ** p < 0.001 against the first one."""
    return figures_table(what, [(s, found.means[s], found.p_values.get(s, {})) for s in found.systems])


def figures_table(
    what: str, rows: Iterable[tuple[str, Mapping[str, Interval], Mapping[str, float]]]
) -> list[str]:
    rows = list(rows)
    cells = [[name, *(f"{means[m]}{report.mark(p.get(m))}" for m in means)] for name, means, p in rows]
    return report.table((what, *rows[0][1]), cells)


def slices_table(found: Evaluation, figures: Iterable[SliceFigures]) -> list[str]:
    first, main = found.systems[0], found.main
    cells = [
        [
            f"{label(each.name)}{' †' if each.small else ''}",
            f"{each.needs:,}",
            *(
                f"{each.means[main][m]}{report.mark(each.p_values.get(m))} / {each.means[first][m].mean:.3f}"
                for m in MEASURES
            ),
        ]
        for each in figures
    ]
    return report.table((f"{main} / {first}", "n", *MEASURES), cells)


def main(data: Path, folds: Path | None) -> Iterator[str]:
    """Lines of the page, as they are measured."""
    encoder = load_encoder(packaged_encoder())
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        with fill(data, home) as catalogue:
            yield "### Development contracts"
            yield ""
            yield from measure_contracts(catalogue, data, home, folds)
            yield ""
            yield "### Held-out products"
            yield ""
            yield from measure_products(catalogue, encoder, data, home / f"fold-{HELD_OUT}" / "cache")
    yield ""
    yield "### Names and descriptions of industries"
    yield ""
    yield from measure_similarity(encoder, data)


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    for line in main(given[0], given[1] if len(given) > 1 else None):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

"""``python -m tests.benchmarks.transfer DIR [FOLDS]``: what the chain graph adds, in figures.

DIR and FOLDS are those of :mod:`tests.benchmarks.quality`; ``catalogue/product_edges.csv`` is imported, too.

(a) *Hidden industry.* An offering's industry is the Shenwan sector (the first two digits of the class) that
most of its ten nearest offerings of other companies have through their companies, where six of the ten agree.
Of companies with offerings in two or more sectors one that is not the largest is hidden, whole, and each
hidden product is asked for. (c) *Contracts* with and without the graph. (e) *Time* of a request.
:mod:`tests.benchmarks.crossing` has the answers that were read and judged.
"""

from __future__ import annotations

import csv
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np

from indexes.store import ReleaseStore
from recommender.catalogue import Catalogue, Kind, Need
from recommender.chains.graph import ChainGraph
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.intake.importer import import_file
from recommender.query import SupplierQuery
from recommender.refresh import refresh
from tests.benchmarks.quality import contracts, engines, fill, of_fold
from tests.benchmarks.timing import duration, in_turn
from training import report
from training.metrics import Floats, intervals, significance
from training.models import packaged_encoder
from training.product_task import COMMON, ProductTask, WithoutOfferings, same_title

_NEAREST, _AGREE = 10, 6
_MOST = 800  # companies
_DEPTH = 200
_SECTOR = 2  # digits of a Shenwan class that name its sector


def main(data: Path, folds: Path | None) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        with fill(data, home) as catalogue:
            import_file(catalogue, Kind.EDGES, data / "catalogue" / "product_edges.csv")
            yield from measure_contracts(catalogue, data, home, folds)
            yield ""
            yield from measure_industries(catalogue, data, home)


@contextmanager
def without_graph(engine: Engine) -> Iterator[None]:
    """As if the release held no graph: nobody is found through it, nothing is added for it."""
    known = engine.snapshot.graph
    engine.snapshot.__dict__["graph"] = ChainGraph.empty()
    try:
        yield
    finally:
        engine.snapshot.__dict__["graph"] = known


def ranks(
    engine: Engine,
    needs: Sequence[Need],
    right: Mapping[str, str],
    ignored: Mapping[str, frozenset[str]],
) -> Floats:
    """(q,) the place of the right enterprise of each need, from 0; :data:`_DEPTH` where it is not found."""
    queries = [SupplierQuery(need, date.today(), top_k=_DEPTH, explain=False) for need in needs]
    found = np.full(len(needs), float(_DEPTH))
    for at, (need, listed) in enumerate(zip(needs, engine.ranking(queries, "full"), strict=True)):
        out = ignored.get(need.need_id, frozenset())
        ids = [id for id, _ in listed if id not in out]
        if right[need.need_id] in ids:
            found[at] = ids.index(right[need.need_id])
    return found


def measures(places: Floats) -> dict[str, Floats]:
    return {
        "nDCG@10": np.where(places < 10, 1.0 / np.log2(places + 2.0), 0.0),
        "Recall@10": (places < 10) * 1.0,
        "Recall@50": (places < 50) * 1.0,
        "Recall@100": (places < 100) * 1.0,
    }


def compared(what: str, with_graph: Floats, without: Floats, groups: Sequence[str] | None) -> list[str]:
    """Both as a table; * marks p < 0.05 against the ranking without a graph."""
    numbers = np.unique(groups, return_inverse=True)[1] if groups is not None else None
    one, other = measures(with_graph), measures(without)
    p = significance(one, other, groups=numbers)
    rows = [("without the graph", other, {}), ("with the graph", one, p)]
    cells = []
    for name, values, against in rows:
        means = intervals(values, groups=numbers)
        told = [f"{means[m]}{report.mark(against.get(m))}" for m in means]
        cells.append([name, *told])
    lines = report.table((what, *one), cells)
    return [*lines, "", "p: " + ", ".join(f"{m} {value:.3f}" for m, value in p.items())]


# ---------------------------------------------------------------------- (c) and (e)


def measure_contracts(catalogue: Catalogue, data: Path, home: Path, folds: Path | None) -> Iterator[str]:
    needs, _, qrels = contracts(data)
    right = {need_id: next(iter(graded)) for need_id, graded in qrels.items()}
    pairs: list[tuple[Floats, Floats]] = []
    times: list[tuple[float, float]] = []
    for fold, engine in engines(catalogue, home, folds):
        asked = of_fold(needs, qrels, fold)
        found = ranks(engine, asked, right, {})
        with without_graph(engine):
            pairs.append((found, ranks(engine, asked, right, {})))
        times.append(_times(engine, asked[:20]))
    together = [np.concatenate([pair[side] for pair in pairs]) for side in (0, 1)]
    yield from compared(f"{len(together[0]):,} contracts", together[0], together[1], None)
    ours, theirs = np.median(np.array(times), axis=0)
    yield ""
    yield f"A request, explained: {duration(ours)} with the graph, {duration(theirs)} without."


def _times(engine: Engine, needs: Sequence[Need]) -> tuple[float, float]:
    """Seconds of an explained request with and without the graph, medians of calls made in turn."""
    queries = [SupplierQuery(need, date.today()) for need in needs]

    def bare(query: SupplierQuery) -> None:
        with without_graph(engine):
            engine.suppliers(query)

    pairs = [in_turn(lambda q=query: engine.suppliers(q), lambda q=query: bare(q), 3) for query in queries]  # type: ignore[misc]
    ours, theirs = np.median(np.array(pairs), axis=0)
    return float(ours), float(theirs)


# ---------------------------------------------------------------------- (a)


def hide_industries(engine: Engine, data: Path) -> ProductTask:
    """The offerings of one sector of each of at most 800 companies, and a question for each title."""
    snapshot = engine.snapshot
    with open(data / "catalogue" / "enterprises_listed.csv", encoding="utf-8", newline="") as file:
        sector = {r["enterprise_id"]: r["sw_industry_code"][:_SECTOR] for r in csv.DictReader(file)}
    id_of = snapshot.enterprises.documents.id_of
    sectors = [sector.get(id_of(row), "") for row in range(len(snapshot.first) - 1)]
    titles = [snapshot.offering(row).title for row in range(len(snapshot.owner))]
    named = [same_title(title) for title in titles]
    sellers: dict[str, set[str]] = defaultdict(set)
    for row, name in enumerate(named):
        sellers[name].add(id_of(int(snapshot.owner[row])))
    told = [_industry(near, snapshot.owner, sectors) for near in _nearest(engine)]
    hidden: set[str] = set()
    questions: list[Need] = []
    right: dict[str, str] = {}
    order = list(range(len(sectors)))
    random.Random(0).shuffle(order)
    chosen = 0
    for enterprise in order:
        rows = snapshot.offering_rows(enterprise).tolist()
        groups: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            if told[row] and len(sellers[named[row]]) <= COMMON and len(named[row]) > 1:
                groups[told[row]].append(row)
        if len(groups) < 2 or chosen == _MOST:
            continue
        largest = max(groups, key=lambda each: (len(groups[each]), each))
        left = sorted(each for each in groups if each != largest)
        picked = random.Random(enterprise).choice(left)
        names = {named[row] for row in groups[picked]}
        chosen += 1
        for name in sorted(names):
            same = [row for row in rows if named[row] == name]
            hidden.update(snapshot.offering(row).offering_id for row in same)
            question = snapshot.offering(same[0]).offering_id
            questions.append(Need(question, titles[same[0]]))
            right[question] = id_of(enterprise)
    name_of = {need.need_id: same_title(need.title) for need in questions}
    others = {q: frozenset(sellers[name] - {right[q]}) for q, name in name_of.items()}
    return ProductTask(frozenset(hidden), tuple(questions), right, others)


def _nearest(engine: Engine) -> Iterator[list[int]]:
    """For each offering the rows of its nearest ones."""
    index = engine.snapshot.offerings.vectors
    for start in range(0, len(engine.snapshot.owner), 512):
        rows = np.arange(start, min(start + 512, len(engine.snapshot.owner)))
        _, near = index.search(index.rows(rows), 4 * _NEAREST, None)
        own = engine.snapshot.owner
        for row, found in zip(rows.tolist(), near.tolist(), strict=True):
            yield [each for each in found if each >= 0 and own[each] != own[row]][:_NEAREST]


def _industry(near: Sequence[int], owner: np.ndarray, sectors: Sequence[str]) -> str:
    """The sector that six of the ten companies agree on; "" where they do not."""
    counts = Counter(sectors[int(owner[row])] for row in near)
    sector, count = counts.most_common(1)[0] if counts else ("", 0)
    return sector if count >= _AGREE else ""


def measure_industries(catalogue: Catalogue, data: Path, home: Path) -> Iterator[str]:
    """The released encoder has read these products' names in training: both rankings share that."""
    encoder = load_encoder(packaged_encoder())
    whole = ReleaseStore(home / "whole")
    refresh(catalogue, whole, encoder, cache=home / "cache")
    task = hide_industries(Engine.open(whole, encoder), data)
    store = ReleaseStore(home / "hidden")
    refresh(WithoutOfferings(catalogue, task.hidden), store, encoder, cache=home / "cache")
    engine = Engine.open(store, encoder)
    found = ranks(engine, task.questions, task.sellers, task.others)
    with without_graph(engine):
        bare = ranks(engine, task.questions, task.sellers, task.others)
    groups = [task.sellers[need.need_id] for need in task.questions]
    what = f"{len(groups):,} hidden products of {len(set(groups)):,} companies"
    yield from compared(what, found, bare, groups)


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    for line in main(given[0], given[1] if len(given) > 1 else None):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

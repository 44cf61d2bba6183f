"""``python -m tests.benchmarks.newcomers DATA``: are newcomers found, and liars not?

First: small and medium enterprises of the bundled sample that won needs are registered anew, without tier,
assessments or any outcome, and stand in the lists for the needs that they had won. Second: enterprises of the
listed companies in DATA that have nothing to do with a need register an offering in its own words. Both
are measured with the ranking that ships; the second also without its curve of corroboration.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from indexes.store import ReleaseStore
from recommender.catalogue import Enterprise, Kind, Offering, Outcome, as_record, open_catalogue
from recommender.catalogue.domain import Size, Stage
from recommender.encoder import Encoder, load_encoder
from recommender.engine import Engine
from recommender.explanation.changes import wanted_title
from recommender.matching import exact
from recommender.matching.common import Parts
from recommender.query import SupplierQuery
from recommender.ranking import PRIOR, AdditiveModel
from recommender.refresh import refresh
from recommender.sample.build import Sample, build_sample
from tests.benchmarks import quality
from training.models import packaged_encoder

DAY = date(2026, 11, 21)
_DEPTH = 200
_KNOWN = {
    "tier": None,
    "credit_rating": "",
    "technology": None,
    "quality": None,
    "delivery": None,
    "cost": None,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A need that a newcomer had won: its rank with its history, and as a newcomer; beyond the list: 201."""

    known: int
    new: int


def newcomers(sample: Sample, count: int, seed: int = 0) -> list[str]:
    """Ids of *count* small or medium enterprises that were awarded needs."""
    small = {e.enterprise_id for e in sample.enterprises if e.size in (Size.MEDIUM, Size.SMALL, Size.MICRO)}
    won = sorted({o.enterprise_id for o in sample.outcomes if o.stage is Stage.AWARDED} & small)
    return sorted(random.Random(seed).sample(won, min(count, len(won))))


def entries(sample: Sample, chosen: Sequence[str], home: Path, encoder: Encoder) -> list[Entry]:
    """The ranks of the *chosen* for what they had won, with their history and without."""
    new = set(chosen)
    forgotten = replace(
        sample,
        enterprises=tuple(_without_history(e) if e.enterprise_id in new else e for e in sample.enterprises),
        outcomes=tuple(o for o in sample.outcomes if o.enterprise_id not in new),
    )
    won = [o for o in sample.outcomes if o.stage is Stage.AWARDED and o.enterprise_id in new]
    before, after = (
        _ranks(_engine(each, home / name, encoder), sample, won)
        for name, each in (("known", sample), ("new", forgotten))
    )
    return [Entry(one, other) for one, other in zip(before, after, strict=True)]


def _without_history(enterprise: Enterprise) -> Enterprise:
    return replace(enterprise, **_KNOWN, response=None)  # type: ignore[arg-type]


def _engine(sample: Sample, home: Path, encoder: Encoder) -> Engine:
    home.mkdir()
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        with catalogue.transaction() as transaction:
            for kind, values in (
                (Kind.ENTERPRISES, sample.enterprises),
                (Kind.OFFERINGS, sample.offerings),
                (Kind.NEEDS, sample.needs),
                (Kind.OUTCOMES, sample.outcomes),
                (Kind.EDGES, sample.edges),
            ):
                records = [as_record(value) for value in values]  # type: ignore[arg-type]
                transaction.upsert(kind, records, given=records[0].keys())
        refresh(catalogue, ReleaseStore(home), encoder, cache=home.parent / "cache")
    return Engine.open(ReleaseStore(home), encoder)


def _ranks(engine: Engine, sample: Sample, won: Sequence[Outcome]) -> list[int]:
    needs = {need.need_id: need for need in sample.needs}
    ranks = []
    for outcome in won:
        query = SupplierQuery(needs[outcome.need_id], DAY, top_k=_DEPTH, explain=False)
        ids = [result.enterprise_id for result in engine.suppliers(query).results]
        at = outcome.enterprise_id
        ranks.append(ids.index(at) + 1 if at in ids else _DEPTH + 1)
    return ranks


def told(found: Sequence[Entry]) -> Iterator[str]:
    known, new = (np.array([getattr(each, name) for each in found]) for name in ("known", "new"))
    yield f"{len(found)} needs that newcomers had won"
    for name, ranks in (("with their history", known), ("as newcomers", new)):
        yield f"  {name}: median rank {np.median(ranks):.0f}, in the first ten {(ranks <= 10).mean():.3f}"


def lies(engine: Engine, data: Path, count: int, seed: int = 5) -> dict[int, list[tuple[int, int]]]:
    """Number of true offerings → for each of *count* needs the rank of a stranger with a false one, without
    the curve of corroboration and with it."""
    draw = random.Random(seed)
    parts = Parts.of(engine.snapshot, engine.encoder, PRIOR)
    curves = tuple(curve for curve in PRIOR.curves if curve.feature != "corroboration")
    bare = AdditiveModel(PRIOR.base, curves)
    found: dict[int, list[tuple[int, int]]] = {}
    held = np.diff(engine.snapshot.first)
    for need in draw.sample(quality.contracts(data)[0], count):
        asking = exact.asking(parts, SupplierQuery(need, DAY))
        rows = np.flatnonzero(asking.allowed)
        _, features = exact.measured(parts, asking, rows)
        odds = {m: m.log_odds(m.contributions(features)) for m in (bare, PRIOR)}
        strangers = rows[np.argsort(odds[bare])[: 2 * len(rows) // 3]]
        for offerings in (1, 2, 3, 6, 15):
            row = int(draw.choice(strangers[held[strangers] == offerings].tolist()))
            enterprise, true = exact.stored(parts, row)
            false = Offering("", enterprise.enterprise_id, wanted_title(need), link=need.link)
            lied, _ = exact.supposed(parts, asking, row, enterprise, (*true, false))
            others = np.flatnonzero(rows != row)
            ranks = (
                1 + int((odds[m][others] > m.log_odds(m.contributions(lied))[0]).sum()) for m in (bare, PRIOR)
            )
            found.setdefault(offerings, []).append(tuple(ranks))  # type: ignore[arg-type]
    return found


def main(data: Path) -> Iterator[str]:
    encoder = load_encoder(packaged_encoder())
    sample = build_sample(DAY)
    with tempfile.TemporaryDirectory() as name:
        yield from told(entries(sample, newcomers(sample, 60), Path(name), encoder))
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        with quality.fill(data, home) as catalogue:
            refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")
        found = lies(Engine.open(ReleaseStore(home), encoder), data, 40)
    yield "\n| true offerings | a false one in the first ten, without corroboration | with it | median rank |"
    yield "|---:|---:|---:|---|"
    for offerings, ranks in found.items():
        without, with_it = np.array(ranks).T
        yield (
            f"| {offerings} | {(without <= 10).mean():.2f} | {(with_it <= 10).mean():.2f} | "
            f"{np.median(without):.0f} → {np.median(with_it):.0f} |"
        )


if __name__ == "__main__":
    for line in main(Path(sys.argv[1])):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

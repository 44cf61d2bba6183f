"""Training the ranker on the outcomes of the catalogue, and the proof that it has become better.

Needs are split by time: fitted on those first shown before a day, with what was known on it, and measured on
those shown from then on, against the model that the live release ranks with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from indexes.errors import TrainingError
from recommender.catalogue.domain import Need, Outcome
from recommender.engine import Engine
from recommender.matching.common import Parts
from recommender.ranking import PRIOR, AdditiveModel
from recommender.ranking.additive import order
from recommender.ranking.stored import RANKER, write
from training.curve_fit import fit
from training.metrics import Floats, Interval, intervals, scores_by_query, significance
from training.ranker_card import ranker_card
from training.slates import Judged, Slate, judged, slates

Progress = Callable[[str, int, int], None]
TRAINED = 0.7
"""Share of the needs, the earliest, that are trained on."""
LEAST = 20
"""Needs with a success that both parts must have: fewer prove nothing."""
_SURE = 0.05


@dataclass(frozen=True, slots=True)
class RankerReport:
    """``live`` and ``trained`` are the measures of both on the needs shown from ``split`` on, ``p_values`` of
    their difference; ``better`` says whether it is beyond chance."""

    folder: Path
    model: AdditiveModel
    release: str
    split: date
    trained_on: int
    validated_on: int
    outcomes: int
    live: dict[str, Interval]
    trained: dict[str, Interval]
    p_values: dict[str, float]

    @property
    def better(self) -> bool:
        """nDCG@10 is better beyond chance, and MRR is not worse beyond chance."""
        gain = {name: self.trained[name].mean - self.live[name].mean for name in ("nDCG@10", "MRR")}
        no_worse = gain["MRR"] >= 0 or self.p_values["MRR"] >= _SURE
        return gain["nDCG@10"] > 0 and self.p_values["nDCG@10"] < _SURE and no_worse

    def to_json(self) -> dict[str, object]:
        def shown(found: dict[str, Interval]) -> dict[str, list[float]]:
            return {name: [each.mean, each.low, each.high] for name, each in found.items()}

        return {
            "folder": str(self.folder),
            "release": self.release,
            "split": self.split.isoformat(),
            "trained_on": self.trained_on,
            "validated_on": self.validated_on,
            "outcomes": self.outcomes,
            "live": shown(self.live),
            "trained": shown(self.trained),
            "p_values": self.p_values,
            "better": self.better,
        }


def train_ranker(
    needs: Sequence[Need],
    outcomes: Sequence[Outcome],
    engine: Engine,
    folder: Path,
    *,
    today: date,
    seed: int = 0,
    progress: Progress | None = None,
) -> RankerReport:
    """Fit the prior to *outcomes* of *needs*, compare it with the model of *engine*, and write it with its
    card into *folder*.

    The same release, outcomes and seed give the same model. Raises TrainingError where there are too few
    outcomes, or *folder* holds a ranker already.
    """
    if (folder / RANKER).exists():
        raise TrainingError("There is a ranker already.", field="out", value=folder, mend="name a new folder")
    parts = Parts.of(engine.snapshot, engine.encoder, engine.model)
    split = split_day(judged(outcomes))
    before, after = judged(outcomes, split), judged(outcomes)
    early = {id: one for id, one in before.items() if one.day and one.day < split}
    late = {id: one for id, one in after.items() if one.day and one.day >= split and _succeeded(one)}
    tell = progress or (lambda stage, done, total: None)
    by_id = sorted(needs, key=lambda need: need.need_id)
    learned = list(_told(slates(parts, by_id, early, outcomes, today), "measure", len(early), tell))
    tell("fit", 0, 1)
    # not from the live model: the same outcomes, trained on again, would count twice
    model = fit(learned, PRIOR, seed=seed)
    tell("fit", 1, 1)
    unseen = list(_told(slates(parts, by_id, late, outcomes, today), "validate", len(late), tell))
    live, trained = measures(unseen, parts.model), measures(unseen, model)
    report = RankerReport(
        folder,
        model,
        parts.snapshot.release,
        split,
        len(learned),
        len(unseen),
        len(outcomes),
        intervals(live),
        intervals(trained),
        significance(trained, live),
    )
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / RANKER, model)
    (folder / "README.md").write_text(ranker_card(report, seed), encoding="utf-8")
    return report


def split_day(known: dict[str, Judged]) -> date:
    """The day from which needs are kept for validation: seven tenths of those with a success are earlier."""
    days = sorted(one.day for one in known.values() if one.day and _succeeded(one))
    split = days[int(TRAINED * len(days))] if days else date.min
    early = sum(day < split for day in days)
    if early < LEAST or len(days) - early < LEAST:
        raise TrainingError(
            f"Too few outcomes: {len(days)} needs had a dated success, {early} early enough to train on.",
            field="outcomes",
            value=len(days),
            mend=f"import outcomes of more needs; {LEAST} to train on and {LEAST} later ones are the least",
        )
    return split


def measures(slates: Sequence[Slate], model: AdditiveModel) -> dict[str, Floats]:
    """nDCG@10, MRR and recall of *model*'s lists, a value for each slate with a success, by need id."""
    run = {slate.need_id: ranked(slate, model) for slate in slates}
    grades = {
        slate.need_id: {
            id: int(grade) for id, grade in zip(slate.ids, slate.grades, strict=True) if grade > 0
        }
        for slate in slates
    }
    return scores_by_query(grades, run)[1]


def ranked(slate: Slate, model: AdditiveModel) -> list[str]:
    """The candidates of *slate* that are found today, best first by *model*."""
    odds = model.log_odds(model.contributions(slate.features))
    return [slate.ids[at] for at in order(odds, np.arange(len(odds))) if slate.found[at]]


def _succeeded(one: Judged) -> bool:
    return any(grade > 0 for grade in one.grades.values())


def _told(found: Iterator[Slate], stage: str, total: int, tell: Progress) -> Iterator[Slate]:
    for done, slate in enumerate(found, 1):
        tell(stage, done, total)
        yield slate

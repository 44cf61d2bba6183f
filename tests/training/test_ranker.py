from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from indexes.errors import TrainingError
from indexes.store import ReleaseStore
from recommender.catalogue import Enterprise, Kind, Need, Offering, Outcome, Stage, as_record, open_catalogue
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.ranking import PRIOR
from recommender.ranking.stored import RANKER, read
from recommender.refresh import refresh
from training import ranker as training
from training.metrics import Interval
from training.models import packaged_encoder
from training.ranker import RankerReport, split_day, train_ranker
from training.slates import REJECTED, Judged, judged

FIRST, TODAY = datetime(2026, 1, 1, 9), date(2026, 11, 21)
GOOD, BAD = [f"good{i}" for i in range(3)], [f"bad{i}" for i in range(3)]


def shown(need: str, *enterprises: str, at: datetime = FIRST) -> list[Outcome]:
    return [Outcome(need, e, Stage.SHOWN, at + timedelta(seconds=i)) for i, e in enumerate(enterprises)]


def test_the_furthest_stage_counts_and_the_order_of_showing_is_the_rank():
    outcomes = [
        *shown("n", "b", "a", "c", "d"),
        Outcome("n", "a", Stage.MET, FIRST + timedelta(days=1)),
        Outcome("n", "a", Stage.CONTACTED, FIRST + timedelta(days=2)),
        Outcome("n", "b", Stage.VIEWED, FIRST + timedelta(days=2)),
        Outcome("n", "c", Stage.QUALIFIED, FIRST + timedelta(days=2)),
        Outcome("n", "c", Stage.REJECTED, FIRST + timedelta(days=3)),
        Outcome("n", "d", Stage.REJECTED, FIRST + timedelta(days=3)),
        Outcome("n", "d", Stage.AWARDED, FIRST + timedelta(days=4)),
    ]
    found = judged(outcomes)["n"]
    assert found.day == FIRST.date()
    assert found.grades == {"a": 2, "b": 0, "c": REJECTED, "d": 4}
    assert found.ranks == {"b": 1, "a": 2, "c": 3, "d": 4}


def test_what_came_later_is_not_known_before():
    outcomes = [*shown("n", "a"), Outcome("n", "a", Stage.AWARDED, FIRST + timedelta(days=9))]
    assert judged(outcomes, date(2026, 1, 10))["n"].grades == {"a": 0}
    assert judged(outcomes, date(2026, 1, 1)) == {}


def test_a_list_shown_at_one_moment_tells_no_ranks():
    assert judged([Outcome("n", e, Stage.SHOWN, FIRST) for e in "ab"])["n"].ranks == {}


def test_the_latest_needs_are_kept_for_validation_and_too_few_are_refused():
    days = [date(2026, 1, 1) + timedelta(days=i) for i in range(100)]
    known = {str(day): Judged(day, {"a": 1}, {}) for day in days}
    assert split_day(known) == days[70]
    with pytest.raises(TrainingError, match="Too few"):
        split_day({id: one for id, one in known.items() if one.day < days[50]})
    with pytest.raises(TrainingError, match="Too few"):
        split_day({})


def report(live: tuple[float, float], trained: tuple[float, float], p: tuple[float, float]) -> RankerReport:
    def means(pair: tuple[float, float]) -> dict[str, Interval]:
        return {m: Interval(v, v, v) for m, v in zip(("nDCG@10", "MRR"), pair, strict=True)}

    p_values = dict(zip(("nDCG@10", "MRR"), p, strict=True))
    return RankerReport(Path(), PRIOR, "r", TODAY, 20, 20, 99, means(live), means(trained), p_values)


@pytest.mark.parametrize(
    ("trained", "p", "better"),
    [
        ((0.5, 0.5), (0.01, 0.01), True),
        ((0.5, 0.39), (0.01, 0.5), True),
        ((0.5, 0.5), (0.06, 0.01), False),
        ((0.3, 0.5), (0.01, 0.01), False),
        ((0.5, 0.3), (0.01, 0.01), False),
    ],
)
def test_better_is_beyond_chance_in_ndcg_and_not_worse_in_mrr(trained, p, better):
    assert report((0.4, 0.4), trained, p).better is better


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory):
    """Six firms alike in words; those with high marks win, those with low ones are rejected."""
    home = tmp_path_factory.mktemp("home")
    marks = {**dict.fromkeys(GOOD, 90.0), **dict.fromkeys(BAD, 50.0)}
    needs = [Need(f"n{i:03}", "采购深沟球轴承") for i in range(80)]
    outcomes = []
    for i, need in enumerate(needs):
        day = FIRST + timedelta(days=i)
        winner, loser = GOOD[i % 3], BAD[i % 3]
        outcomes += shown(need.need_id, *BAD, *GOOD, at=day)
        outcomes.append(Outcome(need.need_id, winner, Stage.AWARDED, day + timedelta(hours=2)))
        outcomes.append(Outcome(need.need_id, loser, Stage.REJECTED, day + timedelta(hours=2)))
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        with catalogue.transaction() as transaction:
            for kind, values in (
                (
                    Kind.ENTERPRISES,
                    [Enterprise(id, f"{id}轴承厂（示例）", quality=m) for id, m in marks.items()],
                ),
                (Kind.OFFERINGS, [Offering(f"{id}-1", id, "深沟球轴承") for id in marks]),
                (Kind.NEEDS, needs),
                (Kind.OUTCOMES, outcomes),
            ):
                records = [as_record(value) for value in values]
                transaction.upsert(kind, records, given=records[0].keys())
        encoder = load_encoder(packaged_encoder())
        refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")
    return Engine.open(ReleaseStore(home), encoder), needs, outcomes


def curve_of(model, feature: str):
    return next(curve for curve in model.curves if curve.feature == feature)


def test_what_decided_in_the_past_weighs_more_afterwards(workspace, tmp_path: Path):
    engine, needs, outcomes = workspace
    found = train_ranker(needs, outcomes, engine, tmp_path / "new", today=TODAY)
    before, after = (curve_of(model, "assessment").knots for model in (PRIOR, found.model))
    assert after[-1][1] > before[-1][1]
    assert after[0][1] < before[0][1]
    assert (found.trained_on, found.validated_on, found.outcomes) == (56, 24, len(outcomes))
    assert found.split == FIRST.date() + timedelta(days=56)
    assert read(tmp_path / "new" / RANKER) == found.model
    assert "assessment" in (tmp_path / "new" / "README.md").read_text(encoding="utf-8")


def test_the_same_outcomes_give_the_same_bytes(workspace, tmp_path: Path):
    engine, needs, outcomes = workspace
    for name in ("one", "two"):
        train_ranker(needs, outcomes, engine, tmp_path / name, today=TODAY)
    assert (tmp_path / "one" / RANKER).read_bytes() == (tmp_path / "two" / RANKER).read_bytes()


def test_the_track_record_does_not_know_how_the_matches_to_learn_from_end(workspace, tmp_path, monkeypatch):
    engine, needs, outcomes = workspace
    seen = []
    monkeypatch.setattr(training, "fit", lambda slates, prior, seed: seen.extend(slates) or prior)
    train_ranker(needs, outcomes, engine, tmp_path / "new", today=TODAY)
    first = [slate for slate in seen if slate.day.month == 1]
    assert len(first) == 31
    for slate in first:
        assert all(value != value for value in slate.features["track_record"])
    later = next(slate for slate in seen if slate.day == date(2026, 2, 20))
    records = dict(zip(later.ids, later.features["track_record"], strict=True))
    assert records["good0"] > 0 > records["bad0"]


def test_a_folder_that_holds_a_ranker_is_left_alone(workspace, tmp_path: Path):
    engine, needs, outcomes = workspace
    (tmp_path / RANKER).write_text("mine")
    with pytest.raises(TrainingError, match="already"):
        train_ranker(needs, outcomes, engine, tmp_path, today=TODAY)
    assert (tmp_path / RANKER).read_text() == "mine"


def test_an_outcome_of_an_enterprise_that_left_the_catalogue_is_no_hindrance(workspace, tmp_path: Path):
    engine, needs, outcomes = workspace
    gone = [replace(one, enterprise_id="gone") for one in outcomes if one.stage is Stage.AWARDED][:5]
    found = train_ranker(needs, [*outcomes, *gone], engine, tmp_path / "new", today=TODAY)
    assert found.trained_on == 56


def test_outcomes_that_the_live_ranker_was_trained_on_do_not_count_twice(workspace, tmp_path: Path):
    engine, needs, outcomes = workspace
    once = train_ranker(needs, outcomes, engine, tmp_path / "one", today=TODAY)
    live = Engine(engine.snapshot, engine.encoder, once.model)
    again = train_ranker(needs, outcomes, live, tmp_path / "two", today=TODAY)
    assert [curve.knots for curve in again.model.curves] == [curve.knots for curve in once.model.curves]
    assert not again.better

"""What stops a release from going live, and what does not."""

import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from indexes.documents import DocumentStore
from indexes.errors import GateFailed
from indexes.exact import ExactIndex
from indexes.lexical import LexicalIndex
from indexes.release import write_manifest
from indexes.store import ReleaseStore
from recommender import gates
from recommender.catalogue import Catalogue, Kind, Outcome, Stage, as_record
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.golden import GoldenQuery
from recommender.probes import Latency, Probes
from recommender.refresh import refresh
from recommender.snapshot import Snapshot
from tests.recommender.conftest import fill

DAY = date(2026, 11, 21)
WHOLE = ("row counts", "aligned", "no orphans", "search")
NAMES = [*WHOLE, "golden queries", "quality", "churn", "latency", "recall"]


def asked(**lists: str) -> Probes:
    """Lists of enterprises, a letter each."""
    return Probes(DAY, {need: tuple(ids) for need, ids in lists.items()})


@pytest.fixture
def copy(engine: Engine, tmp_path: Path) -> Snapshot:
    """The release of the small catalogue, to be damaged."""
    folder = tmp_path / engine.release
    shutil.copytree(engine.snapshot.folder, folder)
    return Snapshot(engine.snapshot.manifest, folder)


# --- row counts


@pytest.mark.parametrize(
    ("before", "now", "passes"),
    [
        (10, 1, True),  # small catalogues live
        (10, 0, False),
        (50, 500, True),
        (100, 49, False),
        (100, 50, True),
        (60, 20, True),  # no more than fifty lost
        (10_000, 5_000, True),
        (10_000, 4_999, False),
        (10_000, 40_000, True),
        (10_000, 40_001, False),
        (999, 100_000, True),  # the trial list, then the real one
        (0, 100_000, True),
    ],
)
def test_a_collection_may_neither_vanish_nor_explode(before: int, now: int, passes: bool):
    gate = gates.rows({"needs": 7, "offerings": now}, {"needs": 7, "offerings": before})
    assert gate.passed is passes
    if not passes:
        assert (
            f"offerings {'came out empty' if not now else 'shrank' if now < before else 'grew'}"
            in gate.detail
        )
        assert "needs" not in gate.detail
        assert "--force" in gate.mend


def test_the_first_release_may_have_any_size():
    assert gates.rows({"offerings": 0}, None).passed


# --- parts that fit together


def test_a_whole_release_passes_every_gate(engine: Engine):
    found = {gate.name: gate for gate in engine.snapshot.manifest.gates}
    assert list(found) == NAMES
    assert all(gate.passed for gate in found.values())
    assert found["no orphans"].detail.startswith("5 offerings")
    assert found["search"].detail == "5 of 5 offerings find themselves"


def test_vectors_in_another_order_are_noticed(copy: Snapshot, encoder: Encoder):
    vectors = copy.offerings.vectors.rows(np.arange(5))
    ExactIndex.from_vectors(vectors[::-1]).save(copy.folder / "offerings" / "vectors")
    gate = gates.aligned(Snapshot(copy.manifest, copy.folder), encoder)
    assert (gate.passed, "4 rows hold another row's part" in gate.detail) == (False, True)


def test_a_part_with_a_row_too_few_is_noticed(copy: Snapshot, encoder: Encoder):
    vectors = copy.enterprises.vectors.rows(np.arange(3))
    ExactIndex.from_vectors(vectors).save(copy.folder / "enterprises" / "vectors")
    gate = gates.aligned(Snapshot(copy.manifest, copy.folder), encoder)
    assert not gate.passed
    assert "enterprises: manifest 4, vectors 3" in gate.detail


def test_words_in_another_order_are_noticed(copy: Snapshot, encoder: Encoder):
    LexicalIndex.build([["甲"], ["乙"], ["丙"], ["丁"]]).save(copy.folder / "enterprises" / "lexical")
    gate = gates.aligned(Snapshot(copy.manifest, copy.folder), encoder)
    assert (gate.passed, "4 rows hold another row's part" in gate.detail) == (False, True)


def test_an_offering_beside_another_enterprise_is_an_orphan(copy: Snapshot, encoder: Encoder):
    rows = [(id, copy.offerings.documents.get(row)) for row, id in enumerate(copy.offerings.documents.ids())]
    moved = [(id, {**document, "enterprise_id": "yarn"} if id == "b1" else document) for id, document in rows]
    DocumentStore.build(copy.folder / "offerings" / "documents", moved)
    gate = gates.no_orphans(Snapshot(copy.manifest, copy.folder), encoder)
    assert not gate.passed
    assert "b1 names yarn, stands with bearing" in gate.detail


def test_a_release_that_does_not_fit_together_is_not_asked(copy: Snapshot, encoder: Encoder):
    ExactIndex.from_vectors(copy.enterprises.vectors.rows(np.arange(3))).save(
        copy.folder / "enterprises" / "vectors"
    )
    (copy.folder / "probes.json").unlink()
    checked = gates.check(Snapshot(copy.manifest, copy.folder), encoder, None)
    assert [gate.name for gate in checked.gates] == NAMES[:4]
    assert not (copy.folder / "probes.json").exists()


def test_vectors_that_do_not_find_themselves_are_noticed(copy: Snapshot, encoder: Encoder):
    found = gates.found_again(copy, encoder)
    assert found.passed
    halved = copy.offerings.vectors.rows(np.arange(5)) * np.float32(0.9)
    ExactIndex.from_vectors(halved).save(copy.folder / "offerings" / "vectors")
    gate = gates.found_again(Snapshot(copy.manifest, copy.folder), encoder)
    assert (gate.passed, gate.detail) == (False, "0 of 5 offerings find themselves")


# --- golden queries


def golden(*enterprises: str, text: str = "", need_id: str = "", within: int = 1) -> GoldenQuery:
    return GoldenQuery("golden.csv, row 2", text, need_id, enterprises, within)


def test_golden_queries_are_hit_within_their_places(engine: Engine):
    hits = golden("bearing", text="动车组轴箱轴承"), golden("nobody", "yarn", need_id="cotton")
    gate, figures = gates.golden_hit(engine, hits)
    assert (gate.passed, gate.detail, figures) == (True, "2 of 2 hit", {"queries": 2, "hit": 2})
    misses = golden("yarn", text="动车组轴箱轴承"), golden("bearing", need_id="gone"), *hits
    gate, figures = gates.golden_hit(engine, misses)
    assert (gate.passed, figures["hit"]) == (False, 2)
    assert "'动车组轴箱轴承' has no yarn within 1" in gate.detail
    assert "the release holds no need gone" in gate.detail


def test_a_refresh_asks_the_golden_queries_of_the_workspace(
    catalogue: Catalogue, tmp_path: Path, encoder: Encoder
):
    fill(catalogue)
    store = ReleaseStore(tmp_path)
    (tmp_path / "golden.csv").write_text("text,enterprise_id,within\n动车组轴箱轴承,yarn,1\n", "utf-8")
    with pytest.raises(GateFailed, match="row 2") as caught:
        refresh(catalogue, store, encoder, cache=tmp_path / "cache")
    assert "golden queries" in str(caught.value)
    (tmp_path / "golden.csv").write_text("text,enterprise_id,within\n动车组轴箱轴承,bearing,1\n", "utf-8")
    report = refresh(catalogue, store, encoder, cache=tmp_path / "cache")
    assert "1 of 1 hit" in [gate.detail for gate in report.gates]


# --- quality


def outcomes(*stages: tuple[str, str, Stage]) -> list[Outcome]:
    return [Outcome(need, enterprise, stage, datetime(2026, 1, 1)) for need, enterprise, stage in stages]


def lists(count: int, winner_at: int) -> Probes:
    others = ["yarn", "bank", "silent"]
    return Probes(DAY, {f"N{n}": (*others[:winner_at], "bearing", *others[winner_at:]) for n in range(count)})


def judged(count: int) -> dict[str, dict[str, int]]:
    return {f"N{n}": {"bearing": 2, "gone": 2} for n in range(count)}


def test_a_clear_fall_of_quality_stops_a_release(engine: Engine):
    gate, figures = gates.quality(lists(12, 3), lists(12, 0), judged(12), engine.snapshot)
    assert not gate.passed
    assert figures == {"ndcg@10": 0.4307, "needs": 12, "compared": 12, "before": 1.0, "p": figures["p"]}
    assert figures["p"] < 0.01
    better, _ = gates.quality(lists(12, 0), lists(12, 3), judged(12), engine.snapshot)
    assert better.passed


def test_a_fall_on_few_needs_or_by_chance_does_not(engine: Engine):
    few, _ = gates.quality(lists(7, 3), lists(7, 0), judged(7), engine.snapshot)
    assert few.passed
    assert "too few to compare" in few.detail
    mixed = Probes(DAY, lists(12, 1).lists | {f"N{n}": lists(12, 0).lists["N0"] for n in range(5)})
    before = Probes(DAY, lists(12, 0).lists | {f"N{n}": lists(12, 1).lists["N0"] for n in range(5)})
    chance, figures = gates.quality(mixed, before, judged(12), engine.snapshot)
    assert chance.passed
    assert figures["ndcg@10"] < figures["before"]


def test_a_fall_by_far_is_refused_where_a_slight_one_would_be_chance(engine: Engine):
    fallen = Probes(DAY, lists(12, 0).lists | {f"N{n}": lists(12, 3).lists["N0"] for n in range(6)})
    gate, figures = gates.quality(fallen, lists(12, 0), judged(12), engine.snapshot)
    assert 0.01 < figures["p"] <= 0.05
    assert (gate.passed, "p > 0.05" in gate.expected) == (False, True)
    slight = Probes(DAY, lists(12, 0).lists | {f"N{n}": lists(12, 1).lists["N0"] for n in range(3)})
    gate, figures = gates.quality(slight, lists(12, 0), judged(12), engine.snapshot)
    assert gate.passed
    assert figures["before"] - figures["ndcg@10"] > 0.02


def test_without_outcomes_there_is_nothing_to_judge(engine: Engine):
    gate, figures = gates.quality(lists(12, 3), lists(12, 0), {"N1": {"gone": 2}}, engine.snapshot)
    assert (gate.passed, figures) == (True, {})


def test_the_outcomes_of_the_catalogue_are_its_judgments(
    catalogue: Catalogue, tmp_path: Path, encoder: Encoder
):
    fill(catalogue)
    records = [as_record(each) for each in outcomes(("axle", "bearing", Stage.AWARDED))]
    with catalogue.transaction() as transaction:
        transaction.upsert(Kind.OUTCOMES, records, given=records[0].keys())
    report = refresh(catalogue, ReleaseStore(tmp_path), encoder, cache=tmp_path / "cache")
    assert "nDCG@10 1.000 on 1 needs with outcomes" in next(
        gate.detail for gate in report.gates if gate.name == "quality"
    )


# --- churn


def test_churn_is_told_and_stops_only_what_has_nothing_in_common(engine: Engine):
    parent = engine.snapshot
    before = asked(axle="abcdefghij", cotton="abcdefghij", gone="abc")
    half, figures = gates.churn(asked(axle="abcdeVWXYZ", cotton="abcdefghij"), before, parent, parent)
    assert half.passed
    assert half.detail.startswith("25.0% of the first ten replaced; 1 of 2 needs")
    assert figures == {"mean": 0.25, "needs": 2, "changed": 1}
    all_new, _ = gates.churn(asked(axle="klmnopqrst", cotton="klmnopqrst"), before, parent, parent)
    assert not all_new.passed


def test_a_need_that_changed_itself_is_no_churn(copy: Snapshot, engine: Engine):
    rows = [(id, copy.needs.documents.get(row)) for row, id in enumerate(copy.needs.documents.ids())]
    DocumentStore.build(
        copy.folder / "needs" / "documents",
        [(id, {**document, "title": "别的"} if id == "axle" else document) for id, document in rows],
    )
    altered = Snapshot(copy.manifest, copy.folder)
    gate, figures = gates.churn(asked(axle="xyz"), asked(axle="abc"), altered, engine.snapshot)
    assert (gate.passed, figures) == (True, {})


# --- latency


@pytest.mark.parametrize(
    ("cpu", "offerings", "passes"),
    [(99.0, 100, True), (101.0, 100, False), (101.0, 210, True), (499.0, 1_000, True), (501.0, 1_000, False)],
)
def test_requests_may_slow_down_as_the_catalogue_grows_and_five_times_more(
    engine: Engine, cpu: float, offerings: int, passes: bool
):
    notes = {gates.EVALUATION: {"latency": Latency(500.0, 600.0, 10.0, 24, 100).to_json()}}
    parent = Snapshot(replace(engine.snapshot.manifest, notes=notes), engine.snapshot.folder)
    gate, _ = gates.latency_bounded(Latency(1e6, 1e6, cpu, 24, offerings), parent)
    assert gate.passed is passes


@pytest.mark.parametrize("notes", [{}, {"evaluation": 1}, {"evaluation": {"latency": {"cpu": "fast"}}}])
def test_figures_of_the_last_release_that_are_none_do_no_harm(engine: Engine, notes: dict[str, object]):
    parent = Snapshot(replace(engine.snapshot.manifest, notes=notes), engine.snapshot.folder)
    gate, _ = gates.latency_bounded(Latency(1e6, 1e6, 1e6, 24, 100), parent)
    assert (gate.passed, "no earlier figures" in gate.detail) == (True, True)


def test_the_manifest_keeps_what_was_measured(engine: Engine, tmp_path: Path):
    kept = engine.snapshot.manifest.notes[gates.EVALUATION]
    assert kept["latency"]["requests"] == 4
    assert (
        write_manifest(engine.snapshot.folder, engine.snapshot.manifest).notes
        == engine.snapshot.manifest.notes
    )

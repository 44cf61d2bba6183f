"""What two releases differ in, for whom, and why; each change is made by hand and must be the cause named."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from indexes.errors import InputError, UnknownId
from indexes.store import ReleaseStore
from recommender.catalogue import (
    Catalogue,
    Certification,
    Enterprise,
    Kind,
    Offering,
    as_record,
    open_catalogue,
)
from recommender.causes import Cause
from recommender.causes import Kind as Why
from recommender.comparison import Changed, Comparison, Counts, Move, Side, compare
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.ranking import PRIOR
from recommender.ranking.stored import install
from recommender.refresh import refresh
from recommender.snapshot import Snapshot
from tests.recommender.conftest import DAY, ENTERPRISES, NEEDS, fill

Change = Callable[[Catalogue], object]
Compare = Callable[..., Comparison]

REVERSED = replace(
    PRIOR,
    curves=tuple(
        replace(curve, knots=tuple((x, -y) for x, y in curve.knots), direction=-curve.direction)
        for curve in PRIOR.curves
    ),
)


def put(kind: Kind, *values: object) -> Change:
    records = [as_record(value) for value in values]

    def change(catalogue: Catalogue) -> None:
        with catalogue.transaction() as transaction:
            transaction.upsert(kind, records, given=records[0].keys())

    return change


@pytest.fixture
def made(tmp_path: Path, encoder: Encoder) -> Compare:
    """``made(change, …)`` compares the release before *change* with the one after it."""

    def make(
        change: Change,
        *,
        before: Change = lambda catalogue: None,
        days: tuple[date, date] = (DAY, DAY),
        **options: object,
    ) -> Comparison:
        store = ReleaseStore(tmp_path)
        with open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}") as catalogue:
            fill(catalogue)
            before(catalogue)
            first = refresh(catalogue, store, encoder, cache=tmp_path / "cache").release
            change(catalogue)
            second = refresh(catalogue, store, encoder, cache=tmp_path / "cache", full=True).release
        sides = [Engine.open(store, encoder, release) for release in (first, second)]
        return compare(*(Side(e.snapshot, day, e) for e, day in zip(sides, days, strict=True)), **options)

    return make


def need(found: Comparison, id: str) -> Changed:
    return next(each for each in found.changed if each.need_id == id)


def move(found: Comparison, need_id: str, enterprise: str) -> Move:
    return next(each for each in need(found, need_id).moves if each.enterprise_id == enterprise)


def test_nothing_changed(made: Compare):
    found = made(lambda catalogue: None)
    assert (found.changed, found.differs, found.overlap) == ((), (), 1.0)
    assert (len(found.asked), found.shared) == (len(NEEDS), len(NEEDS))
    assert all((each.added, each.removed, each.altered) == (0, 0, 0) for each in found.counts.values())


def test_a_new_offering_is_why_its_enterprise_rose(made: Compare):
    offering = Offering("k3", "bank", "精梳棉纱")
    found = made(put(Kind.OFFERINGS, offering, Offering("k4", "bank", "棉纱采购代理")), needs=["cotton"])
    assert (found.counts["offerings"].added, found.counts["enterprises"].altered) == (2, 0)
    bank = move(found, "cotton", "bank")
    assert bank.causes == (Cause(Why.OFFERING_ADDED, ("精梳棉纱", "棉纱采购代理")),)
    assert bank.after is not None
    assert bank.before is not None
    assert bank.after < bank.before
    assert bank.gain is not None
    assert bank.gain == pytest.approx(sum(shift.difference for shift in bank.shifts), abs=0.02)
    assert "semantic_match" in [shift.feature for shift in bank.shifts]


def test_an_enterprise_that_is_gone_and_one_that_is_new(made: Compare):
    def change(catalogue: Catalogue) -> None:
        with catalogue.transaction() as transaction:
            transaction.delete(Kind.ENTERPRISES, [("yarn",)])
        put(Kind.ENTERPRISES, replace(ENTERPRISES[0], enterprise_id="twin", name="湘潭轴承厂（示例）"))(
            catalogue
        )

    found = made(change)
    assert found.counts["enterprises"] == Counts(4, 4, added=1, removed=1, altered=0)
    gone, new = move(found, "cotton", "yarn"), move(found, "axle", "twin")
    assert (gone.before, gone.after, gone.gain, gone.causes) == (
        1,
        None,
        None,
        (Cause(Why.ENTERPRISE_REMOVED),),
    )
    assert (new.before, new.causes) == (None, (Cause(Why.ENTERPRISE_ADDED),))
    assert gone.name == "棉纺厂（示例）"


def test_certificates_and_profile_are_told_apart(made: Compare):
    changed = replace(
        ENTERPRISES[0], certifications=(Certification("IATF 16949"),), description="主营棉纱", tier=None
    )
    found = made(put(Kind.ENTERPRISES, changed), needs=["cotton", "axle"])
    causes = {cause.kind: cause.subjects for cause in move(found, "cotton", "bearing").causes}
    assert causes == {
        Why.CERTIFICATE_ADDED: ("IATF 16949",),
        Why.CERTIFICATE_REMOVED: ("ISO 9001", "ISO/TS 22163@2028-01-01"),
        Why.PROFILE_ALTERED: ("description", "tier"),
    }


def test_what_passing_time_did_is_told_where_each_has_its_own_day(made: Compare):
    last = date(2026, 1, 1)

    def before(catalogue: Catalogue) -> None:
        firm = Enterprise("a", "棉纱厂（示例）", certifications=(Certification("ISO 9001", last),))
        put(Kind.ENTERPRISES, firm)(catalogue)
        put(Kind.OFFERINGS, Offering("a1", "a", "棉纱", available_until=last))(catalogue)

    days = last - timedelta(1), last + timedelta(1)
    found = made(lambda catalogue: None, before=before, days=days, needs=["cotton"])
    assert move(found, "cotton", "a").causes == (
        Cause(Why.OFFERING_ENDED, ("棉纱",)),
        Cause(Why.CERTIFICATE_EXPIRED, ("ISO 9001@2026-01-01",)),
    )
    assert compare(found.old, replace(found.new, day=last), needs=["cotton"]).changed == ()


def test_a_need_that_changed_itself(made: Compare):
    found = made(put(Kind.NEEDS, replace(NEEDS[1], title="动车组轴箱轴承")), needs=["cotton"])
    assert Cause(Why.NEED_ALTERED, ("title",)) in move(found, "cotton", "bearing").causes


def test_another_ranker_is_the_cause_where_the_features_are_the_same(made: Compare, tmp_path: Path):
    found = made(lambda catalogue: install(tmp_path, REVERSED))
    assert found.differs == (Cause(Why.RANKER),)
    assert all(each.causes == (Cause(Why.RANKER),) for each in need(found, "axle").moves)


def test_who_only_gave_way_is_said_to_have_only_given_way(made: Compare):
    found = made(put(Kind.OFFERINGS, Offering("k3", "bank", "精梳棉纱")), needs=["cotton"])
    others = [each for each in need(found, "cotton").moves if each.enterprise_id != "bank"]
    assert others
    kinds = {cause.kind for each in others for cause in each.causes}
    assert kinds <= {Why.OTHERS, Why.WORDS, Why.INTEREST, Why.GRAPH}


def test_what_moves_no_score_is_no_reason(made: Compare):
    altered = replace(ENTERPRISES[0], website="https://axle.example", founded=date(2001, 1, 1))

    def change(catalogue: Catalogue) -> None:
        put(Kind.OFFERINGS, Offering("k3", "bank", "精梳棉纱"))(catalogue)
        put(Kind.ENTERPRISES, altered)(catalogue)

    bearing = move(made(change, needs=["cotton"]), "cotton", "bearing")
    assert (bearing.before, bearing.after) == (3, 4)
    assert {cause.kind for cause in bearing.causes} <= {Why.OTHERS, Why.WORDS, Why.INTEREST, Why.GRAPH}


def test_who_gave_way_with_a_better_score_did_so_because_others_moved(made: Compare):
    offerings = Offering("k3", "bank", "精梳棉纱"), Offering("s1", "silent", "材料采购")
    silent = move(made(put(Kind.OFFERINGS, *offerings), needs=["cotton"]), "cotton", "silent")
    assert (silent.before, silent.after) == (2, 3)
    assert silent.gain is not None
    assert silent.gain > 0
    assert silent.causes == (Cause(Why.OFFERING_ADDED, ("材料采购",)), Cause(Why.OTHERS))


def test_years_without_a_change_are_a_reason(made: Compare):
    found = made(
        put(Kind.OFFERINGS, Offering("k3", "bank", "精梳棉纱")),
        days=(DAY, DAY + timedelta(1_000)),
        needs=["cotton"],
    )
    silent = move(found, "cotton", "silent")
    assert "freshness" in [shift.feature for shift in silent.shifts]
    assert Why.TIME in [cause.kind for cause in silent.causes]


def test_only_a_sample_is_asked_and_only_the_first_are_explained(
    made: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("recommender.comparison.EXPLAINED", 1)
    found = made(lambda catalogue: install(tmp_path, REVERSED), sample=3)
    assert (len(found.asked), found.shared) == (3, 4)
    assert [each.explained for each in found.changed] == [True] + [False] * (len(found.changed) - 1)
    assert len(found.changed) > 1
    assert all(not moved.causes for each in found.changed[1:] for moved in each.moves)


def test_a_release_of_another_encoder_answers_with_what_it_kept(made: Compare):
    found = made(put(Kind.OFFERINGS, Offering("k3", "bank", "精梳棉纱")))
    old = found.old.snapshot
    encoder = replace(old.manifest.encoder, name="other", fingerprint="0" * 64)
    side = Side(Snapshot(replace(old.manifest, encoder=encoder), old.folder), DAY)
    again = compare(side, found.new)
    assert Why.ENCODER in [cause.kind for cause in again.differs]
    assert "Another encoder made" in again.remarks[0]
    moved = move(again, "cotton", "bank")
    assert (moved.gain, moved.shifts) == (None, ())
    assert [cause.kind for cause in moved.causes] == [Why.OFFERING_ADDED, Why.ENCODER]
    with pytest.raises(InputError, match="can be asked no more"):
        compare(side, found.new, top_k=11)
    (old.folder / "probes.json").unlink()
    with pytest.raises(InputError, match="kept no such answers"):
        compare(side, found.new)


def test_stupid_questions_are_refused_in_words(made: Compare):
    found = made(lambda catalogue: None)
    for id in ("", "../axle", "gone"):
        with pytest.raises(UnknownId, match="holds no such need"):
            compare(found.old, found.new, needs=[id])
    for options in ({"sample": 0}, {"top_k": 0}, {"top_k": 1001}):
        with pytest.raises(InputError):
            compare(found.old, found.new, **options)


def test_the_comparison_as_json_is_plain(made: Compare):
    found = made(put(Kind.OFFERINGS, Offering("k3", "bank", "精梳棉纱")))
    document = found.to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["needs"]["asked"] == 4
    assert document["counts"]["offerings"] == {
        "before": 5,
        "after": 6,
        "added": 1,
        "removed": 0,
        "altered": 0,
    }

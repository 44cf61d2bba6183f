import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from indexes.engines import ENGINES
from indexes.engines import Engine as VectorEngine
from indexes.errors import CatalogueError, GateFailed, RefreshRunning, ReleaseError
from indexes.release import verify
from indexes.store import ReleaseStore
from recommender import building, gates
from recommender.catalogue import (
    Catalogue,
    Edge,
    Enterprise,
    Kind,
    Need,
    Offering,
    Outcome,
    Relation,
    Stage,
    Tier,
    Visibility,
    as_record,
    open_catalogue,
)
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.gates import check
from recommender.refresh import refresh
from tests.recommender.conftest import ENTERPRISES, NEEDS, OFFERINGS, fill


def again(catalogue: Catalogue, home: Path, encoder: Encoder, **options):
    return refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache", **options)


def add(catalogue: Catalogue, *enterprises: Enterprise) -> None:
    records = [as_record(enterprise) for enterprise in enterprises]
    with catalogue.transaction() as transaction:
        transaction.upsert(Kind.ENTERPRISES, records, given=records[0].keys())


def drop(catalogue: Catalogue, *enterprise_ids: str) -> None:
    with catalogue.transaction() as transaction:
        assert transaction.delete(Kind.ENTERPRISES, [(id,) for id in enterprise_ids]) == ()


def test_the_first_refresh_indexes_everything(catalogue: Catalogue, tmp_path: Path, encoder: Encoder):
    fill(catalogue)
    told: list[str] = []
    report = again(catalogue, tmp_path, encoder, progress=lambda stage, done, total: told.append(stage))
    assert report.built
    assert report.counts == {
        "enterprises": len(ENTERPRISES),
        "offerings": len(OFFERINGS),
        "needs": len(NEEDS),
    }
    assert all(gate.passed for gate in report.gates)
    assert ReleaseStore(tmp_path).current().id == report.release
    assert {"read enterprises", "embed", "index", "check"} <= set(told)


def test_nothing_new_leaves_the_live_release_alone(catalogue: Catalogue, tmp_path: Path, encoder: Encoder):
    fill(catalogue)
    first = again(catalogue, tmp_path, encoder)
    second = again(catalogue, tmp_path, encoder)
    assert (second.built, second.release, second.embedded) == (False, first.release, 0)
    assert ReleaseStore(tmp_path).ids() == (first.release,)


def test_only_what_changed_is_embedded_and_reported(catalogue: Catalogue, tmp_path: Path, encoder: Encoder):
    fill(catalogue)
    first = again(catalogue, tmp_path, encoder)
    add(catalogue, Enterprise("new", "新公司", description="刀具"), Enterprise("yarn", "棉纺新厂"))
    drop(catalogue, "bank")
    report = again(catalogue, tmp_path, encoder)
    assert (report.built, report.parent, report.embedded) == (True, first.release, 1)
    assert report.changed["enterprises"] == {"added": 1, "removed": 1, "altered": 1}
    assert report.changed["offerings"] == {"added": 0, "removed": 2, "altered": 0}
    engine = Engine.open(ReleaseStore(tmp_path), encoder)
    assert engine.snapshot.enterprises.documents.row_of("bank") is None


def test_a_full_refresh_is_the_same_as_an_incremental_one(
    catalogue: Catalogue, tmp_path: Path, encoder: Encoder
):
    fill(catalogue)
    again(catalogue, tmp_path, encoder)
    add(catalogue, Enterprise("new", "新公司", description="刀具"))
    store = ReleaseStore(tmp_path)
    incremental = again(catalogue, tmp_path, encoder)
    full = again(catalogue, tmp_path, encoder, full=True)
    assert full.embedded > incremental.embedded == 1
    files = {info.id: info.manifest.files for info in store.list()}
    assert files[full.release] == files[incremental.release]


def upsert(catalogue: Catalogue, kind: Kind, *values) -> None:
    records = [as_record(value) for value in values]
    with catalogue.transaction() as transaction:
        assert not transaction.upsert(kind, records, given=records[0].keys()).refused


CHANGES = {
    "an offering altered": lambda c: upsert(
        c, Kind.OFFERINGS, Offering("b1", "bearing", "风机轴承", weight=0.9)
    ),
    "an offering added": lambda c: upsert(c, Kind.OFFERINGS, Offering("a0", "yarn", "气流纺纱", weight=0.1)),
    "an offering moved": lambda c: upsert(c, Kind.OFFERINGS, Offering("b2", "silent", "风电主轴轴承")),
    "an enterprise first": lambda c: add(c, Enterprise("aaa", "先来的公司", description="轴承座")),
    "an enterprise last": lambda c: add(c, Enterprise("zzz", "后到的公司", tier=Tier.CHAMPION)),
    "an enterprise gone": lambda c: drop(c, "bearing"),
    "a need altered": lambda c: upsert(c, Kind.NEEDS, replace(NEEDS[0], title="地铁轴箱轴承采购")),
    "a need added": lambda c: upsert(c, Kind.NEEDS, Need("gear", "齿轮箱采购", visibility=Visibility.PUBLIC)),
    "an outcome": lambda c: upsert(
        c, Kind.OUTCOMES, Outcome("axle", "bearing", Stage.AWARDED, datetime(2026, 1, 2), 1e6)
    ),
    "an edge": lambda c: upsert(c, Kind.EDGES, Edge("轴承", "轴承钢", Relation.NEEDS_MATERIAL, weight=0.9)),
    "a contact": lambda c: add(c, replace(ENTERPRISES[0], contact="李四")),
}


def files(home: Path, release: str):
    return next(info.manifest.files for info in ReleaseStore(home).list() if info.id == release)


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_gives_the_files_of_a_full_refresh(tmp_path: Path, encoder: Encoder, change: str):
    with open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}") as catalogue:
        fill(catalogue)
        first = again(catalogue, tmp_path, encoder)
        CHANGES[change](catalogue)
        incremental = again(catalogue, tmp_path, encoder)
        assert incremental.built == (change != "a contact")
        assert incremental.embedded <= 4 < first.embedded
        full = again(catalogue, tmp_path, encoder, full=True)
    assert files(tmp_path, incremental.release) == files(tmp_path, full.release)


@pytest.mark.parametrize("engine", ENGINES)
def test_all_changes_together_give_the_files_of_a_full_refresh(
    catalogue: Catalogue, tmp_path: Path, encoder: Encoder, engine: VectorEngine
):
    fill(catalogue)
    again(catalogue, tmp_path, encoder, engine=engine)
    for name in [*(n for n in CHANGES if n != "an enterprise gone"), "an enterprise gone"]:
        CHANGES[name](catalogue)
        incremental = again(catalogue, tmp_path, encoder, engine=engine)
    full = again(catalogue, tmp_path, encoder, full=True, engine=engine)
    assert files(tmp_path, incremental.release) == files(tmp_path, full.release)


def test_a_release_for_another_engine_is_made_anew(catalogue: Catalogue, tmp_path: Path, encoder: Encoder):
    fill(catalogue)
    known = again(catalogue, tmp_path, encoder, engine="half").release
    report = again(catalogue, tmp_path, encoder, engine="approximate")
    assert (report.built, report.embedded) == (True, 0)
    fresh = again(catalogue, tmp_path / "other", encoder, engine="approximate").release
    found = files(tmp_path, report.release)
    assert found == files(tmp_path / "other", fresh) != files(tmp_path, known)
    assert "offerings/vectors/codes.npy" in found


def test_a_release_of_other_code_is_read_anew_but_not_embedded_anew(
    catalogue: Catalogue, tmp_path: Path, encoder: Encoder, monkeypatch
):
    fill(catalogue)
    again(catalogue, tmp_path, encoder)
    monkeypatch.setattr("recommender.changes.code_fingerprint", lambda: "other")
    told: list[tuple[str, int]] = []
    report = again(
        catalogue, tmp_path, encoder, progress=lambda stage, done, total: told.append((stage, total))
    )
    assert (report.built, report.embedded) == (True, 0)
    assert ("read enterprises", len(ENTERPRISES)) in told


def test_an_empty_catalogue_is_refused(catalogue: Catalogue, tmp_path: Path, encoder: Encoder):
    with pytest.raises(CatalogueError, match="import"):
        again(catalogue, tmp_path, encoder)
    assert ReleaseStore(tmp_path).ids() == ()


def test_a_collection_that_comes_out_empty_does_not_go_live(
    catalogue: Catalogue, tmp_path: Path, encoder: Encoder
):
    fill(catalogue)
    first = again(catalogue, tmp_path, encoder)
    drop(catalogue, *(enterprise.enterprise_id for enterprise in ENTERPRISES))
    with pytest.raises(GateFailed, match="enterprises came out empty: 0, before 4") as caught:
        again(catalogue, tmp_path, encoder)
    assert f"{first.release} goes on serving" in caught.value.message
    assert f"rongtong releases compare {first.release} {caught.value.value}" in caught.value.mend
    store = ReleaseStore(tmp_path)
    assert store.current().id == first.release
    # it is kept to be looked at, until the next refresh
    assert [(info.id, info.state) for info in store.list()] == [
        (caught.value.value, "refused"),
        (first.release, "passed"),
    ]
    with pytest.raises(GateFailed):
        again(catalogue, tmp_path, encoder)
    assert len(store.ids()) == 2
    forced = again(catalogue, tmp_path, encoder, force=True)
    assert store.current().id == forced.release
    assert not all(gate.passed for gate in forced.gates)
    info = store.info(forced.release)
    assert info.state == "forced"
    assert info.forced is not None
    assert info.forced.gates[0].startswith("row counts (offerings came out empty")


def test_force_leaves_no_mark_on_a_release_that_passes(
    catalogue: Catalogue, tmp_path: Path, encoder: Encoder
):
    fill(catalogue)
    report = again(catalogue, tmp_path, encoder, force=True)
    assert ReleaseStore(tmp_path).info(report.release).state == "passed"
    assert not (tmp_path / "forced").exists()


def test_a_torn_current_is_mended_even_when_nothing_changed(
    catalogue: Catalogue, tmp_path: Path, encoder: Encoder
):
    fill(catalogue)
    first = again(catalogue, tmp_path, encoder)
    (tmp_path / "CURRENT").write_text("")
    report = again(catalogue, tmp_path, encoder)
    assert (report.built, report.release) == (False, first.release)
    assert (tmp_path / "CURRENT").read_text() == f"{first.release}\n"


@pytest.mark.parametrize("part", ["_save_parts", "_save_documents", "_save_vectors"])
@pytest.mark.parametrize("slow", ["offerings", "enterprises", "needs"])
def test_nothing_is_checked_before_every_part_is_written(
    catalogue: Catalogue, tmp_path: Path, encoder: Encoder, monkeypatch, part: str, slow: str
):
    fill(catalogue)
    again(catalogue, tmp_path, encoder)
    add(catalogue, Enterprise("new", "新公司", description="刀具"))
    save, done = getattr(building, part), []

    def later(plan, name, *rest):
        if name == slow:
            time.sleep(0.2)
        found = save(plan, name, *rest)
        done.append(name)
        return found

    def checked(*given, **options):
        assert len(done) == 3
        return check(*given, **options)

    monkeypatch.setattr(building, part, later)
    monkeypatch.setattr(gates, "check", checked)
    assert again(catalogue, tmp_path, encoder).built


def test_full_storage_is_a_release_error_and_leaves_no_rest(
    catalogue: Catalogue, tmp_path: Path, encoder: Encoder, monkeypatch
):
    fill(catalogue)
    first = again(catalogue, tmp_path, encoder)
    add(catalogue, Enterprise("new", "新公司", description="刀具"))

    def full(*_):
        raise OSError(28, "No space left on device", "documents.bin")

    with monkeypatch.context() as patched:
        patched.setattr("recommender.refresh.write_manifest", full)
        with pytest.raises(ReleaseError, match="cannot build the release: No space left on device") as caught:
            again(catalogue, tmp_path, encoder)
    assert "free space" in caught.value.mend
    store = ReleaseStore(tmp_path)
    assert (store.current().id, store.leftovers()) == (first.release, ())


def test_a_failing_encoder_leaves_the_old_release_and_no_litter(
    catalogue: Catalogue, tmp_path: Path, encoder: Encoder, monkeypatch
):
    fill(catalogue)
    first = again(catalogue, tmp_path, encoder)
    add(catalogue, Enterprise("new", "新公司", description="刀具"))

    def fail(self, texts):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(type(encoder), "encode", fail)
        with pytest.raises(MemoryError):
            again(catalogue, tmp_path, encoder)
    store = ReleaseStore(tmp_path)
    assert (store.current().id, store.leftovers()) == (first.release, ())
    assert again(catalogue, tmp_path, encoder).built


def test_two_refreshers_do_not_meet(catalogue: Catalogue, tmp_path: Path, encoder: Encoder):
    fill(catalogue)
    with ReleaseStore(tmp_path).lock(), pytest.raises(RefreshRunning):
        again(catalogue, tmp_path, encoder)


KILLED = """
import os, signal, sys
from pathlib import Path
from indexes.store import ReleaseStore
from recommender.catalogue import open_catalogue
from recommender.encoder import load_encoder
from recommender.refresh import refresh
from training.models import packaged_encoder

home, stage = Path(sys.argv[1]), sys.argv[2]
def tell(now, done, total):
    if now == stage and done == total:
        os.kill(os.getpid(), signal.SIGKILL)
if stage == "promote":
    ReleaseStore.promote = lambda self, id, **options: os.kill(os.getpid(), signal.SIGKILL)
catalogue = open_catalogue(f"sqlite:///{home / 'catalogue.db'}")
refresh(catalogue, ReleaseStore(home), load_encoder(packaged_encoder()), cache=home / "cache", progress=tell)
"""


@pytest.mark.parametrize("stage", ["embed", "index", "check", "promote"])
def test_a_killed_refresh_leaves_the_old_release_serving(tmp_path: Path, encoder: Encoder, stage: str):
    catalogue = open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}")
    fill(catalogue)
    first = again(catalogue, tmp_path, encoder)
    add(catalogue, Enterprise("new", "新公司", description="刀具"))
    catalogue.close()
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), stage],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=120,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    store = ReleaseStore(tmp_path)
    assert store.current().id == first.release
    assert verify(store.current().path) == []
    catalogue = open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}")
    after = again(catalogue, tmp_path, encoder)
    catalogue.close()
    assert after.built
    assert store.leftovers() == ()
    assert Engine.open(store, encoder).snapshot.enterprises.documents.row_of("new") is not None

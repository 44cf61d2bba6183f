from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexes.errors import DamagedRelease, GateFailed, InputError, NoRelease, RefreshRunning, ReleaseError
from indexes.files import map_file
from indexes.marks import Forced
from indexes.release import FORMAT_VERSION, Gate, sealed
from indexes.store import Pruned, ReleaseStore

AddRelease = Callable[..., Path]


def damage(folder: Path) -> None:
    (folder / "graph.json").write_text("[]")


def test_an_empty_workspace_has_no_release(store: ReleaseStore) -> None:
    assert store.ids() == store.list() == store.leftovers() == ()
    with pytest.raises(NoRelease, match="no release yet"):
        store.current()
    assert not store.root.exists()


def test_a_promoted_release_is_live(store: ReleaseStore, add_release: AddRelease) -> None:
    folder = add_release("r1")
    live = store.current()
    assert (live.id, live.path, live.remark) == ("r1", folder, "")
    assert (store.root / "CURRENT").read_text() == "r1\n"


def test_a_finished_release_is_not_yet_live(store: ReleaseStore, add_release: AddRelease) -> None:
    add_release("r1")
    add_release("r2", live=False)
    assert store.current().id == "r1"
    assert store.ids() == ("r2", "r1")


def test_a_release_being_built_is_seen_by_nobody(store: ReleaseStore) -> None:
    with store.lock():
        folder = store.begin("r1")
        assert folder == store.root / "releases" / ".building-r1"
        assert store.ids() == ()
        assert store.leftovers() == ()
        with pytest.raises(NoRelease):
            store.path(".building-r1")
        store.discard("r1")
        assert not folder.exists()


def test_a_name_is_given_once(store: ReleaseStore, add_release: AddRelease) -> None:
    add_release("r1")
    store.begin("r2")
    for id in ("r1", "r2"):
        with pytest.raises(ReleaseError, match="the release exists"):
            store.begin(id)


@pytest.mark.parametrize("id", ["", "..", ".hidden", "a/b", "/tmp", "a\n", "a" * 81, "发布"])
def test_names_that_could_leave_the_folder_are_refused(store: ReleaseStore, id: str) -> None:
    with pytest.raises(InputError):
        store.begin(id)
    with pytest.raises(NoRelease):
        store.promote(id)


def test_a_release_without_its_manifest_is_not_finished(store: ReleaseStore, add_release: AddRelease) -> None:
    store.begin("r1")
    with pytest.raises(DamagedRelease, match="manifest"):
        store.finish("r1")
    assert store.ids() == ()


def test_a_release_under_another_name_is_not_promoted(store: ReleaseStore, add_release: AddRelease) -> None:
    add_release("r1").rename(store.root / "releases" / "r2")
    with pytest.raises(DamagedRelease, match="of release 'r1'"):
        store.promote("r2")


def test_a_damaged_release_is_not_promoted(store: ReleaseStore, add_release: AddRelease) -> None:
    add_release("r1")
    damage(add_release("r2", live=False))
    with pytest.raises(DamagedRelease, match=r"graph\.json"):
        store.promote("r2")
    assert store.current().id == "r1"


def test_a_release_that_failed_a_gate_is_promoted_only_on_demand(
    store: ReleaseStore, add_release: AddRelease
) -> None:
    add_release("r1")
    add_release("r2", live=False, gates=(Gate("rows", True), Gate("golden queries", False, "3 of 20 missed")))
    with pytest.raises(GateFailed, match=r"did not pass: golden queries \(3 of 20 missed\)"):
        store.promote("r2")
    assert store.current().id == "r1"
    store.promote("r2", force=True)
    assert store.current().id == "r2"


def test_a_forced_promotion_is_recorded_beside_the_release(
    store: ReleaseStore, add_release: AddRelease
) -> None:
    add_release("r1")
    folder = add_release("r2", live=False, gates=(Gate("churn", False, "95 %", "at most 90 %"),))
    before = (folder / "manifest.json").read_bytes()
    store.promote("r1", force=True)  # nothing to force
    assert [(info.id, info.state) for info in store.list()] == [("r2", "refused"), ("r1", "passed")]
    store.promote("r2", force=True)
    forced = store.info("r2").forced
    assert forced is not None
    assert forced.gates == ("churn (95 %; expected: at most 90 %)",)
    assert datetime.fromisoformat(forced.at).tzinfo is not None
    assert store.info("r2").state == "forced"
    assert (folder / "manifest.json").read_bytes() == before
    store.promote("r1")
    with pytest.raises(GateFailed):  # once is not for ever
        store.promote("r2")
    store.promote("r2", force=True)
    assert len(json.loads((store.root / "forced" / "r2").read_text())["forced"]) == 2


@pytest.mark.parametrize("content", [b"", b"[]", b'{"forced": [1]}', b"\xff", b'{"forced": {"a": 1}}'])
def test_a_record_that_cannot_be_read_still_says_that_it_was_forced(
    store: ReleaseStore, add_release: AddRelease, content: bytes
) -> None:
    add_release("r1", live=False, gates=(Gate("churn", False),))
    store.promote("r1", force=True)
    (store.root / "forced" / "r1").write_bytes(content)
    assert store.info("r1").state == "forced"
    assert store.info("r1").forced == Forced("", ())


def test_what_was_forced_once_is_fit_to_recover_to(store: ReleaseStore, add_release: AddRelease) -> None:
    add_release("r1", live=False, gates=(Gate("churn", False),))
    store.promote("r1", force=True)
    add_release("r2")
    assert store.rollback().id == "r1"
    (store.root / "CURRENT").unlink()
    damage(store.path("r2"))
    assert store.current().id == "r1"


def test_rollback_goes_to_the_newest_older_release_that_is_whole(
    store: ReleaseStore, add_release: AddRelease
) -> None:
    add_release("r1")
    damage(add_release("r2"))
    add_release("r3")
    live = store.rollback()
    assert live.id == store.current().id == "r1"
    assert live.remark.startswith("r2 was passed over: graph.json")
    with pytest.raises(NoRelease, match="older"):
        store.rollback()
    assert store.rollback("r3").id == store.current().id == "r3"
    with pytest.raises(NoRelease, match="'r9'"):
        store.rollback("r9")


def test_rollback_from_a_release_without_a_manifest_goes_to_the_one_before_it(
    store: ReleaseStore, add_release: AddRelease
) -> None:
    add_release("r1")
    add_release("r2")
    (add_release("r3") / "manifest.json").unlink()
    assert store.current().id == "r2"  # which serves meanwhile
    assert store.rollback().id == "r2"
    assert store.current().remark == ""


@pytest.mark.parametrize(
    "content", [None, b"", b"r2", b"r9\n", b"../r2\n", b"r2\nr1\n", b"\xff\n", b"r" * 200, b"releases\n"]
)
def test_a_torn_current_is_recovered_and_says_so(
    store: ReleaseStore, add_release: AddRelease, content: bytes | None
) -> None:
    add_release("r1")
    damage(add_release("r2"))
    current = store.root / "CURRENT"
    current.unlink()
    if content is not None:
        current.write_bytes(content)
    live = store.current()
    assert live.id == "r1"
    assert live.remark.startswith("CURRENT: ")
    assert live.remark.endswith("Serving r1 instead.")
    store.promote("r1")
    assert store.current().remark == ""


def test_a_current_that_is_a_link_is_not_followed(store: ReleaseStore, add_release: AddRelease) -> None:
    add_release("r1")
    (store.root / "CURRENT").rename(store.root / "elsewhere")
    (store.root / "CURRENT").symlink_to("elsewhere")
    assert "Serving r1 instead" in store.current().remark


@pytest.mark.parametrize("full", [False, True])
def test_a_folder_in_the_place_of_current_is_moved_aside(
    store: ReleaseStore, add_release: AddRelease, full: bool
) -> None:
    add_release("r1")
    current = store.root / "CURRENT"
    current.unlink()
    current.mkdir()
    if full:
        (current / "note.txt").write_text("mine")
    assert "Serving r1 instead" in store.current().remark
    store.promote("r1")
    assert store.current().remark == ""
    (aside,) = store.root.glob("CURRENT.was-a-folder-*")
    assert [path.name for path in aside.iterdir()] == ["note.txt"] * full


def test_a_link_in_the_place_of_current_is_replaced_and_its_target_kept(
    store: ReleaseStore, add_release: AddRelease, tmp_path: Path
) -> None:
    add_release("r1")
    current = store.root / "CURRENT"
    for target in (tmp_path / "nowhere", tmp_path / "elsewhere"):
        current.unlink()
        current.symlink_to(target)
        assert "Serving r1 instead" in store.current().remark
        store.promote("r1")
        assert not current.is_symlink()
        assert store.current().remark == ""
        (tmp_path / "elsewhere").write_text("mine")
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_a_live_release_without_a_manifest_is_replaced(store: ReleaseStore, add_release: AddRelease) -> None:
    add_release("r1")
    (add_release("r2") / "manifest.json").unlink()
    assert store.current().id == "r1"


def test_recovery_passes_over_releases_that_failed_a_gate(
    store: ReleaseStore, add_release: AddRelease
) -> None:
    add_release("r1")
    add_release("r2", live=False, gates=(Gate("rows", False),))
    (store.root / "CURRENT").unlink()
    assert store.current().id == "r1"


def test_no_release_is_whole(store: ReleaseStore, add_release: AddRelease) -> None:
    damage(add_release("r1"))
    (store.root / "CURRENT").write_text("")
    with pytest.raises(DamagedRelease, match="no release is whole: r1 was passed over"):
        store.current()
    with pytest.raises(DamagedRelease):
        store.prune(1)


def test_the_list_shows_damaged_releases_too(store: ReleaseStore, add_release: AddRelease) -> None:
    add_release("r1")
    (add_release("r2", live=False) / "manifest.json").write_text("{}")
    store.pin("r1")
    damaged, live = store.list()
    assert (damaged.id, damaged.live, damaged.pinned, damaged.manifest) == ("r2", False, False, None)
    assert damaged.problem == "manifest: manifest has no format"
    assert (live.id, live.live, live.pinned, live.problem) == ("r1", True, True, "")
    assert live.manifest is not None
    assert live.manifest.counts == {"offerings": 3}


def test_prune_keeps_the_newest_the_live_and_the_pinned(store: ReleaseStore, add_release: AddRelease) -> None:
    for number in range(1, 7):
        add_release(f"r{number}")
    store.pin("r1")
    store.promote("r2")
    assert store.prune(2).removed == ("r4", "r3")
    assert store.ids() == ("r6", "r5", "r2", "r1")
    store.unpin("r1")
    store.unpin("r1")
    assert store.prune(1).removed == ("r5", "r1")
    assert store.prune(1).removed == ()
    with pytest.raises(InputError):
        store.prune(0)


def test_prune_counts_only_releases_that_could_serve(store: ReleaseStore, add_release: AddRelease) -> None:
    add_release("r1")
    add_release("r2")
    add_release("r3", live=False, gates=(Gate("churn", False),))
    (add_release("r4", live=False) / "manifest.json").unlink()
    add_release("r5")
    add_release("r6", live=False, gates=(Gate("churn", False),))
    assert store.prune(2).removed == ("r4", "r3", "r1")
    assert store.ids() == ("r6", "r5", "r2")  # r6 waits for a decision
    assert store.remove_refused().removed == ("r6",)


def test_prune_keeps_a_damaged_live_release_and_the_one_that_serves_for_it(
    store: ReleaseStore, add_release: AddRelease
) -> None:
    for number in range(1, 5):
        add_release(f"r{number}")
    store.promote("r2")
    (store.path("r2") / "manifest.json").unlink()
    assert store.prune(1).removed == ("r3", "r1")


def test_prune_keeps_the_one_that_serves_where_a_file_of_the_live_one_is_damaged(
    store: ReleaseStore, add_release: AddRelease
) -> None:
    for number in range(1, 4):
        damaged = add_release(f"r{number}")
    damage(damaged)
    assert store.open(substitute=True).id == "r2"
    assert store.prune(1).removed == ("r1",)
    assert store.open(substitute=True).id == "r2"


def test_releases_of_another_format_count_and_stay_live(store: ReleaseStore, add_release: AddRelease) -> None:
    for number in range(1, 4):
        folder = add_release(f"r{number}")
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_bytes(sealed(manifest | {"format": FORMAT_VERSION - 1}))
    assert {info.state for info in store.list()} == {"other format"}
    for fails in (store.current, store.open, store.rollback, lambda: store.promote("r1")):
        with pytest.raises(DamagedRelease, match=f"has format {FORMAT_VERSION - 1}") as caught:
            fails()
        assert "refresh --full" in caught.value.mend
    assert store.prune(2).removed == ("r1",)
    add_release("r4")
    assert store.prune(1).removed == ("r3", "r2")


def test_prune_leaves_what_a_process_has_open(store: ReleaseStore, add_release: AddRelease) -> None:
    for number in range(1, 4):
        add_release(f"r{number}")
    opened = store.open("r1")
    assert [info.id for info in store.list() if info.in_use] == ["r1"]
    assert store.prune(1) == Pruned(removed=("r2",), in_use=("r1",))
    del opened
    assert store.prune(1) == Pruned(removed=("r1",))


def test_a_killed_process_lets_go(store: ReleaseStore, add_release: AddRelease) -> None:
    for number in range(1, 3):
        add_release(f"r{number}")
    code = (
        "import sys, time; from pathlib import Path; from indexes.store import ReleaseStore\n"
        "opened = ReleaseStore(Path(sys.argv[1])).open('r1'); print(opened.id, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, store.root],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"r1\n"
        assert store.prune(1) == Pruned(removed=(), in_use=("r1",))
        process.kill()
    assert store.prune(1) == Pruned(removed=("r1",))


def test_a_damaged_live_release_has_a_substitute_where_one_is_wanted(
    store: ReleaseStore, add_release: AddRelease
) -> None:
    add_release("r1")
    damage(add_release("r2"))
    add_release("r3")
    damage(add_release("r4"))
    add_release("r5")
    store.promote("r3")
    damage(store.path("r3"))
    with pytest.raises(DamagedRelease, match=r"graph\.json"):
        store.open()
    opened = store.open(substitute=True)
    assert opened.id == "r1"  # not r5: it may be what was rolled back from
    assert opened.remark.startswith("r3 cannot serve: graph.json")
    assert opened.remark.endswith("Serving r1 instead.")
    damage(store.path("r1"))
    assert store.open(substitute=True).id == "r5"
    damage(store.path("r5"))
    with pytest.raises(DamagedRelease, match=r"graph\.json"):
        store.open(substitute=True)
    with pytest.raises(DamagedRelease):
        store.open("r1", substitute=True)
    with pytest.raises(NoRelease):
        store.open("r9", substitute=True)


def test_only_a_release_that_is_there_can_be_pinned(store: ReleaseStore) -> None:
    for change in (store.pin, store.unpin):
        with pytest.raises(NoRelease):
            change("r1")


def test_a_pruned_release_can_still_be_read_by_who_has_it_open(
    store: ReleaseStore, add_release: AddRelease
) -> None:
    data = map_file(add_release("r1") / "graph.json")
    add_release("r2")
    assert store.prune(1).removed == ("r1",)
    assert data[:] == b"{}"


def test_a_pin_of_a_release_that_is_gone_can_be_removed(store: ReleaseStore, add_release: AddRelease) -> None:
    shutil.rmtree(add_release("r1"))
    add_release("r2")
    store.pin("r2")
    (store.root / "pins" / "r1").touch()
    (store.root / "pins" / ".DS_Store").touch()
    assert store.pinned() == {"r1", "r2"}
    store.unpin("r1")
    assert store.pinned() == {"r2"}


def test_leftovers_are_found_and_swept(store: ReleaseStore, add_release: AddRelease) -> None:
    add_release("r1")
    rests = tuple(store.root / "releases" / name for name in (".building-r2", ".pruned-r0"))
    for rest in rests:
        (rest / "offerings").mkdir(parents=True)
    assert store.leftovers() == rests
    assert ReleaseStore(store.root).sweep() == rests
    assert store.leftovers() == ()
    assert store.current().id == "r1"


def test_leftovers_are_not_told_while_another_may_be_building(store: ReleaseStore) -> None:
    other = ReleaseStore(store.root)
    with store.lock():
        store.begin("r1")
        assert other.leftovers() == ()


def test_changes_wait_for_nobody(store: ReleaseStore, add_release: AddRelease) -> None:
    add_release("r1")
    other = ReleaseStore(store.root)
    with store.lock():
        for change in (lambda: other.promote("r1"), other.rollback, other.sweep, lambda: other.prune(1)):
            with pytest.raises(RefreshRunning):
                change()
        assert other.current().id == "r1"  # readers take no lock


def test_new_ids_are_dates_and_sort_after_all_others(store: ReleaseStore, add_release: AddRelease) -> None:
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert store.new_id(noon) == "20260131-120000-001"
    add_release("20260131-120000-001")
    assert store.new_id(noon) == "20260131-120000-002"
    store.begin("20260131-120000-002")
    assert store.new_id(noon) == "20260131-120000-003"
    assert store.new_id(noon.replace(hour=13)) == "20260131-130000-001"
    # the clock was set back
    assert store.new_id(noon.replace(year=2025)) == "20260131-120000-003"
    store.begin("20260131-120000-999")
    assert store.new_id(noon) == "20260131-120001-001"


def test_full_storage_is_a_release_error_and_the_old_release_stays(
    store: ReleaseStore, add_release: AddRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_release("r1")
    add_release("r2", live=False)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ReleaseError, match="cannot promote the release: No space left on device"):
            store.promote("r2")
    assert store.current().id == "r1"

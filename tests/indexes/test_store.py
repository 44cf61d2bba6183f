from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexes.errors import DamagedRelease, GateFailed, InputError, NoRelease, RefreshRunning, ReleaseError
from indexes.files import map_file
from indexes.release import Gate
from indexes.store import ReleaseStore

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
    store.promote("r2", override_gates=True)
    assert store.current().id == "r2"


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
    assert store.prune(2) == ("r4", "r3")
    assert store.ids() == ("r6", "r5", "r2", "r1")
    store.unpin("r1")
    store.unpin("r1")
    assert store.prune(1) == ("r5", "r1")
    assert store.prune(1) == ()
    with pytest.raises(InputError):
        store.prune(0)


def test_only_a_release_that_is_there_can_be_pinned(store: ReleaseStore) -> None:
    for change in (store.pin, store.unpin):
        with pytest.raises(NoRelease):
            change("r1")


def test_a_pruned_release_can_still_be_read_by_who_has_it_open(
    store: ReleaseStore, add_release: AddRelease
) -> None:
    data = map_file(add_release("r1") / "graph.json")
    add_release("r2")
    assert store.prune(1) == ("r1",)
    assert data[:] == b"{}"


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

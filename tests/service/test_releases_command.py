"""The life of a release by command: forced, compared, pruned, and looked at by the doctor."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from indexes.release import FORMAT_VERSION, sealed
from indexes.store import ReleaseStore
from service.app import create_app
from service.cli.main import app
from service.settings import Settings

runner = CliRunner()
ENTERPRISES = """enterprise_id,name,description,region
E1,株洲轴承厂,铁路轴承,430200
E2,常州锻件厂,风电齿轮锻件,320400
"""
OFFERINGS = """offering_id,enterprise_id,title
O1,E1,动车组轴箱轴承单元
O2,E2,风电齿轮箱锻件
"""
NEEDS = "need_id,title,visibility,status\nN1,高铁转向架用轴箱轴承,public,open\n"
MORE = "enterprise_id,name,description\nE3,洛阳轴承厂,轴箱轴承\n"


def run(home: Path, *words: object):
    return runner.invoke(app, [*map(str, words), "--home", str(home)])


def told(home: Path, *words: object):
    result = run(home, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def bring(home: Path, kind: str, content: str) -> None:
    path = home.parent / f"{kind}.csv"
    path.write_text(content, encoding="utf-8")
    assert run(home, "import", kind, path).exit_code == 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two releases: E3 came with the second."""
    home = tmp_path_factory.mktemp("made") / "home"
    for kind, content in (("enterprises", ENTERPRISES), ("offerings", OFFERINGS), ("needs", NEEDS)):
        bring(home, kind, content)
    told(home, "refresh")
    bring(home, "enterprises", MORE)
    told(home, "refresh")
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home"))


def damage(home: Path, release: str) -> None:
    path = home / "releases" / release / "offerings" / "documents" / "documents.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def checks(home: Path) -> dict[str, dict[str, object]]:
    return {each["check"]: each for each in json.loads(run(home, "doctor", "--json").stdout)["checks"]}


def test_a_refused_release_is_shown_compared_and_forced(home: Path):
    (home / "golden.csv").write_text("text,enterprise_id,within\n轴承,E2,1\n", encoding="utf-8")
    bring(home, "enterprises", "enterprise_id,name\nE4,新厂\n")
    old = ReleaseStore(home).current().id
    refused = run(home, "refresh")
    assert refused.exit_code == 1
    assert "row 2" in refused.stderr
    newest = ReleaseStore(home).ids()[0]
    assert f"releases compare {old} {newest}" in refused.stderr
    assert ReleaseStore(home).current().id == old
    listed = told(home, "releases", "list")["releases"]
    assert [each["state"] for each in listed] == ["refused", "passed", "passed"]
    shown = run(home, "releases", "show", newest).stdout
    assert "✗ golden queries" in shown
    assert "expected" in shown
    assert told(home, "releases", "compare", old, newest)["counts"]["enterprises"]["added"] == 1
    assert run(home, "releases", "promote", newest).exit_code == 1
    assert told(home, "releases", "promote", newest, "--force")["release"] == newest
    forced = told(home, "releases", "show", newest)["forced"]
    assert forced["gates"][0].startswith("golden queries (0 of 1 hit")
    assert "put live by force" in run(home, "releases", "show", newest).stdout
    assert "put live by force" in run(home, "releases", "list").stderr
    assert run(home, "doctor").exit_code == 0
    assert "put live by force" in str(checks(home)["forced"]["detail"])


def test_refresh_forces_too(home: Path):
    (home / "golden.csv").write_text("text,enterprise_id,within\n轴承,E2,1\n", encoding="utf-8")
    bring(home, "enterprises", "enterprise_id,name\nE4,新厂\n")
    report = told(home, "refresh", "--force")
    assert [each["gate"] for each in report["gates"] if not each["passed"]] == ["golden queries"]
    assert told(home, "releases", "show", report["release"])["state"] == "forced"


def test_two_releases_are_compared_in_words_and_as_json(home: Path):
    new, old = ReleaseStore(home).ids()
    found = told(home, "releases", "compare", old, new, "--need", "N1")
    assert found["counts"]["enterprises"] == {"before": 2, "after": 3, "added": 1, "removed": 0, "altered": 0}
    (changed,) = found["changed"]
    newcomer = next(move for move in changed["moves"] if move["enterprise_id"] == "E3")
    assert (newcomer["before"], newcomer["causes"]) == (None, [{"kind": "enterprise added"}])
    text = run(home, "releases", "compare", old, new).stdout
    assert "企业 enterprises" in text
    assert "洛阳轴承厂 新入库企业 new enterprise" in text
    assert "asked 1 of 1 needs" in text
    assert run(home, "releases", "compare", old, new, "--own-day").exit_code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["gone", "NEW"], 1),
        (["NEW", "../NEW"], 1),
        (["", "NEW"], 1),
        (["OLD", "NEW", "--need", "gone"], 2),
        (["OLD", "NEW", "--need", ""], 2),
        (["OLD", "NEW", "--top-k", "0"], 2),
        (["OLD", "NEW", "--sample", "0"], 2),
        (["OLD", "NEW", "--as-of", "yesterday"], 2),
        (["OLD", "NEW", "--as-of", "2026-01-01", "--own-day"], 2),
        (["NEW", "NEW"], 0),
    ],
)
def test_stupid_comparisons_end_in_a_line(home: Path, words: list[str], code: int):
    new, old = ReleaseStore(home).ids()
    result = run(home, "releases", "compare", *({"NEW": new, "OLD": old}.get(word, word) for word in words))
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_prune_says_what_is_in_use(home: Path):
    old = ReleaseStore(home).ids()[1]
    opened = ReleaseStore(home).open(old)
    assert told(home, "releases", "prune", "--keep", "1") == {"removed": [], "in_use": [old]}
    assert old in run(home, "releases", "prune", "--keep", "1").stdout
    assert [each["in_use"] for each in told(home, "releases", "list")["releases"]] == [False, True]
    assert old in str(checks(home)["in use"]["detail"])
    del opened
    assert told(home, "releases", "prune", "--keep", "1") == {"removed": [old], "in_use": []}


def test_a_running_service_keeps_its_release_until_it_has_another(home: Path):
    new, old = ReleaseStore(home).ids()
    store = ReleaseStore(home)
    store.promote(old)
    with TestClient(create_app(Settings(home=home, log_level="error"))) as client:
        live = client.app.state.desk.live
        live._looked = float("inf")  # it does not look
        store.promote(new)
        assert store.prune(1).in_use == (old,)
        live._looked = float("-inf")
        client.get("/readyz")
        live.wait()
        assert client.get("/readyz").json()["release"] == new
        assert store.prune(1).removed == (old,)
        assert store.info(new).in_use
    assert not store.info(new).in_use


def test_a_service_on_a_damaged_release_serves_the_one_before_and_says_so(home: Path):
    new, old = ReleaseStore(home).ids()
    damage(home, new)
    with TestClient(create_app(Settings(home=home, log_level="error"))) as client:
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["release"]) == (200, old)
        assert ready.json()["remark"].startswith(f"{new} cannot serve: offerings/documents/documents.bin")
        answer = client.post("/v1/recommendations/suppliers", json={"text": "轴承"})
        assert answer.json()["release"] == old
    found = checks(home)["release"]
    assert not found["healthy"]
    assert f"releases promote {old}" in str(found["mend"])
    # a command does not serve what was not put live
    assert run(home, "recommend", "suppliers", "--text", "轴承").exit_code == 1
    assert told(home, "releases", "rollback")["release"] == old
    assert checks(home)["release"]["healthy"]


def test_a_torn_current_is_told_and_mended(home: Path):
    new, _ = ReleaseStore(home).ids()
    (home / "CURRENT").write_text("")
    assert "torn or empty" in str(checks(home)["release"]["detail"])
    assert told(home, "releases", "promote", new)["release"] == new
    assert run(home, "doctor").exit_code == 0


def test_releases_of_another_format_say_how_to_migrate_everywhere(home: Path):
    for release in ReleaseStore(home).ids():
        path = home / "releases" / release / "manifest.json"
        path.write_bytes(sealed(json.loads(path.read_text()) | {"format": FORMAT_VERSION - 1}))
    new, old = ReleaseStore(home).ids()
    assert [each["state"] for each in told(home, "releases", "list")["releases"]] == ["other format"] * 2
    assert "other format" in run(home, "releases", "list").stdout
    for words in (
        ["show", new],
        ["promote", old],
        ["rollback"],
        ["rollback", old],
        ["compare", old, new],
    ):
        result = run(home, "releases", *words)
        assert result.exit_code == 1, words
        assert "refresh --full" in result.stderr, words
    assert "refresh --full" in run(home, "releases", "verify", new).stdout
    assert "refresh --full" in run(home, "recommend", "suppliers", "--text", "轴承").stderr
    found = checks(home)
    assert "refresh --full" in str(found["release"]["mend"])
    assert told(home, "releases", "prune", "--keep", "2")["removed"] == []
    with TestClient(create_app(Settings(home=home, log_level="error"))) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "refresh --full" in answer.json()["mend"]
        assert client.get("/healthz").status_code == 200
    assert told(home, "refresh")["built"]
    assert "nothing has changed" in run(home, "refresh").stdout
    assert run(home, "doctor").exit_code == 0
    assert "cannot be rolled back to" in str(checks(home)["others"]["detail"])


def test_the_doctor_tells_of_pins_leftovers_locks_and_a_damaged_older_release(home: Path):
    old = ReleaseStore(home).ids()[1]
    (home / "pins").mkdir()
    (home / "pins" / "20260101-000000-001").touch()
    (home / "releases" / ".building-x").mkdir()
    (home / "releases" / old / "probes.json").unlink()
    (home / "golden.csv").write_text("text\n", encoding="utf-8")
    found = checks(home)
    assert found["pins"]["mend"] == "rongtong releases unpin 20260101-000000-001"
    assert (found["leftovers"]["healthy"], ".building-x" in str(found["leftovers"]["detail"])) == (True, True)
    assert "probes.json: is missing" in str(found["others"]["detail"])
    assert not found["golden"]["healthy"]
    assert "faiss" in str(found["versions"]["detail"])
    with ReleaseStore(home).lock():
        assert "changing this workspace now" in str(checks(home)["lock"]["detail"])
    assert told(home, "releases", "unpin", "20260101-000000-001")["pinned"] is False


def test_the_doctor_says_how_to_be_rid_of_a_folder_that_is_no_release(home: Path):
    stray = home / "releases" / "new"
    stray.mkdir()
    found = checks(home)["others"]
    assert (found["healthy"], found["mend"]) == (False, f"remove {stray}")
    stray.rmdir()
    assert checks(home)["others"]["healthy"]


def test_the_list_says_which_release_serves_where_current_names_none(home: Path):
    newest = ReleaseStore(home).ids()[0]
    (home / "CURRENT").write_text("gone\n")
    listed = run(home, "releases", "list")
    assert f"Serving {newest} instead" in listed.stderr


def test_a_rollback_past_the_oldest_says_what_else_there_is(home: Path):
    run(home, "releases", "rollback")
    assert "releases promote ID" in run(home, "releases", "rollback").stderr


@pytest.mark.parametrize("name", ["refresh.lock", "releases", "catalogue.db", ""])
def test_the_doctor_tells_what_may_not_be_written_and_looks_at_all_else(home: Path, monkeypatch, name: str):
    kept = home / name
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != kept or not mode & os.W_OK)
    found = checks(home)
    assert (found["home"]["healthy"], str(kept) in str(found["home"]["detail"])) == (False, True)
    assert found["release"]["healthy"]


def test_a_current_of_other_bytes_is_told_without_the_insides_of_python(home: Path):
    (home / "CURRENT").write_bytes(b"\xff\xfe2026\n")
    assert "CURRENT: is torn or empty" in str(checks(home)["release"]["detail"])


def test_the_doctor_tells_of_a_log_that_cannot_be_read(home: Path):
    assert checks(home)["journals"]["detail"] == "none yet"
    (home / "decisions.db").write_bytes(b"garbage" * 1000)
    found = checks(home)["journals"]
    assert not found["healthy"]
    assert f"move {home / 'decisions.db'} away" in str(found["mend"])
    told = run(home, "replay", "any")
    assert (told.exit_code, "The decision log cannot be read" in told.stderr) == (1, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_workspace_that_may_not_be_written_can_still_be_looked_at(home: Path):
    home.chmod(0o555)
    try:
        assert run(home, "releases", "list").exit_code == 0
        assert run(home, "doctor").exit_code == 1
        assert run(home, "releases", "rollback").exit_code == 1
    finally:
        home.chmod(0o755)


@pytest.mark.parametrize("id", ["", ".", "..", "../home", "/etc", "x/y", "发布", "a" * 200, "-x"])
@pytest.mark.parametrize("command", ["show", "verify", "promote", "rollback", "pin", "unpin"])
def test_names_that_are_none_are_refused_in_a_line(home: Path, command: str, id: str):
    if command == "rollback" and not id:
        return  # without an id it is the usual rollback
    result = run(home, "releases", command, "--", id)
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "releases").write_text("")
    for words in (["list"], ["rollback"], ["prune", "--keep", "1"]):
        result = run(home, "releases", *words)
        assert "Traceback" not in result.output
        assert result.exit_code in (0, 1)
    assert run(home, "doctor").exit_code == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "not enough memory"),
        (OSError(28, "No space left on device", "x.bin"), "No space left on device"),
        (OSError(24, "Too many open files"), "Too many open files"),
    ],
)
def test_what_the_machine_is_short_of_is_said_in_a_line(
    home: Path, monkeypatch, error: Exception, words: str
):
    def short(self: ReleaseStore) -> None:
        raise error

    monkeypatch.setattr(ReleaseStore, "list", short)
    result = run(home, "releases", "list")
    assert result.exit_code == 1
    assert words in result.stderr
    assert "nothing that is live was touched" in result.stderr


def test_a_fault_of_ours_is_not_hidden(home: Path, monkeypatch):
    monkeypatch.setattr(ReleaseStore, "list", lambda self: os.stat(home / "nothing"))
    assert isinstance(run(home, "releases", "list").exception, FileNotFoundError)

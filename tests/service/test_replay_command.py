"""``rongtong replay`` on a real workspace: what the API and the command answered, computed again."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.service.test_whole_way import home, run  # noqa: F401  (a fixture)

SUPPLIERS, BUYERS = "/v1/recommendations/suppliers", "/v1/recommendations/buyers"


@pytest.fixture
def served(home):  # noqa: F811
    """A workspace, and answers of its API."""
    with TestClient(create_app(Settings(home=home, log_level="error"))) as client:
        answers = [
            client.post(SUPPLIERS, json={"need_id": "N1"}),
            client.post(SUPPLIERS, json={"text": "风电齿轮锻件，须通过 ISO 9001", "policy": "strict"}),
            client.post(BUYERS, json={"enterprise_id": "E1", "explain": False}),
        ]
    return home, answers


def test_every_answer_of_the_api_is_made_again_byte_for_byte(served, tmp_path):
    home, answers = served  # noqa: F811
    for answer in answers:
        id, out = answer.headers["X-Decision-Id"], tmp_path / "answer.json"
        result = run(home, "replay", id, "--out", out)
        assert result.exit_code == 0, result.output
        assert "identical" in result.stdout
        assert out.read_bytes() == answer.content
        document = json.loads(run(home, "replay", id, "--json").stdout)
        assert (document["identical"], document["difference"]) == (True, None)
        assert document["answer_sha256"] == hashlib.sha256(answer.content).hexdigest()


def test_a_decision_is_replayed_with_the_release_that_made_it(served, tmp_path):
    home, answers = served  # noqa: F811
    more = tmp_path / "more.csv"
    more.write_text("offering_id,enterprise_id,title\nO9,E2,动车组轴箱轴承\n", encoding="utf-8")
    run(home, "import", "offerings", more)
    assert run(home, "refresh").exit_code == 0
    assert run(home, "replay", answers[0].headers["X-Decision-Id"]).exit_code == 0


def test_a_release_that_is_gone_is_named(served):
    home, answers = served  # noqa: F811
    shutil.rmtree(home / "releases" / answers[0].json()["release"])
    result = run(home, "replay", answers[0].headers["X-Decision-Id"])
    assert result.exit_code != 0
    assert answers[0].json()["release"] in result.output
    assert "pin" in result.output


def test_a_filter_that_is_refused_today_is_named(served):
    home, answers = served  # noqa: F811
    id = answers[2].headers["X-Decision-Id"]
    with closing(sqlite3.connect(home / "decisions.db")) as log, log:
        (request,) = log.execute("SELECT request FROM decision WHERE id = ?", (id,)).fetchone()
        asked = json.loads(request) | {"filters": {"tier": ["champion"]}}
        log.execute("UPDATE decision SET request = ? WHERE id = ?", (json.dumps(asked), id))
    result = run(home, "replay", id)
    assert result.exit_code == 2
    assert "cannot be computed again" in result.output
    assert "tier" in result.output
    assert "leave it out" not in result.output


@pytest.mark.parametrize("request_text", ['{"asked":', "{}", "[]", '{"asked": "suppliers", "as_of": "soon"}'])
def test_a_damaged_record_is_told_in_a_line(served, request_text):
    home, answers = served  # noqa: F811
    id = answers[0].headers["X-Decision-Id"]
    with closing(sqlite3.connect(home / "decisions.db")) as file, file:
        file.execute("UPDATE decision SET request = ? WHERE id = ?", (request_text, id))
    result = run(home, "replay", id)
    assert (result.exit_code, "record of the decision is damaged" in result.stderr) == (1, True)


def test_an_answer_that_differs_says_where_and_exits_with_one(served, monkeypatch):
    home, answers = served  # noqa: F811
    from recommender.matching import suppliers

    monkeypatch.setattr(suppliers, "probability", lambda odds: 0.5)
    result = run(home, "replay", answers[0].headers["X-Decision-Id"])
    assert result.exit_code == 1
    assert "score was" in result.stdout


def test_an_unknown_decision_says_how_long_they_are_kept(home):  # noqa: F811
    result = run(home, "replay", "20260101-000000-abcdef01")
    assert result.exit_code == 2
    assert "180 days" in result.output


def test_a_command_logs_where_it_is_told_to(home):  # noqa: F811
    printed = run(home, "recommend", "suppliers", "--text", "轴承", "--explain", "--log", "--json")
    id = json.loads(printed.stdout)["decision"]
    assert run(home, "replay", id).exit_code == 0
    shown = run(home, "recommend", "buyers", "--text", "轴承", "--log").stdout
    assert run(home, "replay", shown.split("rongtong replay ")[1].strip()).exit_code == 0
    assert "decision" not in json.loads(
        run(home, "recommend", "suppliers", "--text", "轴承", "--json").stdout
    )


def test_a_file_of_needs_is_not_logged(home, tmp_path):  # noqa: F811
    needs = tmp_path / "needs.csv"
    needs.write_text("need_id,title\nX,轴承\n", encoding="utf-8")
    assert run(home, "recommend", "suppliers", "--needs", needs, "--log").exit_code == 2


def test_nothing_is_logged_where_the_setting_says_so(home):  # noqa: F811
    with TestClient(create_app(Settings(home=home, decision_days=0, log_level="error"))) as client:
        assert "X-Decision-Id" not in client.post(SUPPLIERS, json={"need_id": "N1"}).headers
    assert not (home / "decisions.db").exists()

"""Every engine gives the same answers, through the commands; what Milvus holds goes when its release goes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexes.milvus import _client
from tests.service.test_whole_way import ENTERPRISES, NEEDS, OFFERINGS, as_json, run

ASKED = ("recommend", "suppliers", "--need", "N1", "--explain")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for kind, content in (("enterprises", ENTERPRISES), ("offerings", OFFERINGS), ("needs", NEEDS)):
        path = tmp_path / f"{kind}.csv"
        path.write_text(content, encoding="utf-8")
        assert run(tmp_path / "home", "import", kind, path).exit_code == 0
    return tmp_path / "home"


def answer(home: Path) -> object:
    """The results, told apart from the release that gave them."""
    return as_json(home, *ASKED)["results"]


def test_the_engine_is_a_setting_and_its_recall_a_command(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_json(home, "refresh")
    exact = answer(home)
    assert as_json(home, "releases", "recall")["recall"] == {}
    assert "nothing is missed" in run(home, "releases", "recall").stdout
    monkeypatch.setenv("RONGTONG_VECTOR_ENGINE", "approximate")
    report = as_json(home, "refresh")
    assert report["built"]
    assert answer(home) == exact
    found = as_json(home, "releases", "recall", report["release"], "--queries", "5")
    assert found["release"] == report["release"]
    (of_offerings,) = found["recall"]["offerings"]
    assert of_offerings == {"depth": 3, "queries": 5, "mean": 1.0, "p5": 1.0, "min": 1.0}
    assert "offerings" in run(home, "releases", "recall").stdout
    gates = {gate["gate"]: gate for gate in report["gates"]}
    assert gates["recall"]["passed"]
    assert "offerings@3 1.0000" in gates["recall"]["detail"]


def test_milvus_answers_as_the_release_does(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = as_json(home, "refresh")["release"]
    exact = answer(home)
    uri = str(tmp_path / "milvus" / "milvus.db")
    monkeypatch.setenv("RONGTONG_VECTOR_ENGINE", "milvus")
    result = run(home, "recommend", "suppliers", "--need", "N1")
    assert result.exit_code == 2
    assert "RONGTONG_MILVUS_URI" in result.output
    monkeypatch.setenv("RONGTONG_MILVUS_URI", uri)
    assert answer(home) == exact
    held = _client(uri, "").list_collections()
    assert len(held) == 2  # needs have not been searched
    assert all(first.replace("-", "_") in name for name in held)
    more = tmp_path / "more.csv"
    more.write_text("enterprise_id,name,description\nE4,洛阳轴承厂,轴箱轴承\n", encoding="utf-8")
    run(home, "import", "enterprises", more)
    second = as_json(home, "refresh")["release"]
    assert len(_client(uri, "").list_collections()) == 2 + 3
    assert as_json(home, "releases", "prune", "--keep", "1")["removed"] == [first]
    left = _client(uri, "").list_collections()
    assert len(left) == 3
    assert all(second.replace("-", "_") in name for name in left)


def test_a_token_is_never_shown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGTONG_MILVUS_TOKEN", "root:geheim")
    monkeypatch.setenv("RONGTONG_MILVUS_URI", "http://me:geheim@milvus:19530")
    for shown in (run(home, "settings").output, json.dumps(as_json(home, "settings"))):
        assert "geheim" not in shown

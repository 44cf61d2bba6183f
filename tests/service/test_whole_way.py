"""From three lists to an answer, through the commands and the API, with the encoder that ships."""

from __future__ import annotations

import json
import math

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from service.app import create_app
from service.cli.main import app
from service.settings import Settings

runner = CliRunner()
SUPPLIERS = "/v1/recommendations/suppliers"

ENTERPRISES = """enterprise_id,name,description,tier,region,certifications,contact
E1,株洲轴承厂,铁路轴承,little_giant,430200,ISO/TS 22163@2099-01-01,张三 13800000000
E2,常州锻件厂,风电齿轮锻件,specialized,320400,ISO 9001,
E3,苏州软件公司,工业软件与数据采集,none,320500,,
"""
OFFERINGS = """offering_id,enterprise_id,title,description,link
O1,E1,动车组轴箱轴承单元,寿命260万公里,supply
O2,E2,风电齿轮箱锻件,42CrMo4 锻造,supply
O3,E3,设备数据采集软件,OPC UA 接入,data
"""
NEEDS = """need_id,title,description,required_certifications,buyer_name,visibility,status
N1,高铁转向架用轴箱轴承,寿命不低于240万公里,ISO/TS 22163,轨道车辆集团,public,open
N2,齿轮锻件采购,风电用,,重型机械集团,registered,open
"""


@pytest.fixture
def home(tmp_path):
    """A workspace with a release of three enterprises."""
    for kind, content in (("enterprises", ENTERPRISES), ("offerings", OFFERINGS), ("needs", NEEDS)):
        path = tmp_path / f"{kind}.csv"
        path.write_text(content, encoding="utf-8")
        assert run(tmp_path / "home", "import", kind, path).exit_code == 0
    result = run(tmp_path / "home", "refresh")
    assert result.exit_code == 0, result.output
    return tmp_path / "home"


def run(home, *arguments):
    return runner.invoke(app, [*map(str, arguments), "--home", str(home)])


def as_json(home, *arguments):
    return json.loads(run(home, *arguments, "--json").stdout)


def test_a_need_finds_its_supplier_with_reasons_that_add_up(home):
    document = as_json(home, "recommend", "suppliers", "--need", "N1", "--explain")
    first = document["results"][0]
    assert first["enterprise_id"] == "E1"
    assert first["requirements"][0]["status"] == "met"
    log_odds = first["base"] + sum(each["contribution"] for each in first["contributions"])
    assert math.log(first["score"] / (1 - first["score"])) == pytest.approx(log_odds, abs=1e-6)
    for each in first["evidence"]:
        assert each["offer"]["span"] in OFFERINGS
        assert each["need"]["span"] in NEEDS


def test_the_api_answers_like_the_command_and_hides_what_is_not_public(home):
    with TestClient(create_app(Settings(home=home, log_level="error"))) as client:
        answer = client.post(SUPPLIERS, json={"need_id": "N1"})
        command = as_json(home, "recommend", "suppliers", "--need", "N1", "--explain")
        ranked = [(each["enterprise_id"], each["score"]) for each in answer.json()["results"]]
        assert ranked == [(each["enterprise_id"], each["score"]) for each in command["results"]]
        assert "13800000000" not in answer.text
        assert client.post(SUPPLIERS, json={"need_id": "N2"}).status_code == 404
        needs = client.post("/v1/recommendations/buyers", json={"enterprise_id": "E2"}).json()["results"]
        assert "N2" not in [each["need_id"] for each in needs]
    operator = as_json(home, "recommend", "buyers", "--enterprise", "E2")["results"]
    assert operator[0]["need_id"] == "N2"


def test_what_the_api_shows_is_counted_and_told(home):
    nothing = as_json(home, "exposure")
    assert (nothing["lists"], nothing["shown"], nothing["enterprises"]) == (0, 0, 3)
    with TestClient(create_app(Settings(home=home, log_level="error"))) as client:
        for text in ("轴承", "轴承", "锻件"):
            client.post(SUPPLIERS, json={"text": text, "top_k": 1})
    found = as_json(home, "exposure", "--days", "1")
    assert (found["lists"], found["shown"]) == (2, 2)
    assert 0 < found["gini"] < 1
    assert {each["enterprise_id"] for each in found["most_seen"] if each["given"]} == {"E1", "E2"}
    assert "基尼系数" in run(home, "exposure").stdout
    with TestClient(create_app(Settings(home=home, log_level="error", exposure=False))) as client:
        client.post(SUPPLIERS, json={"text": "软件"})
    assert as_json(home, "exposure")["lists"] == 2


def test_filters_hold(home):
    found = as_json(home, "recommend", "suppliers", "--text", "锻件", "--where", "region=32,tier=specialized")
    assert [each["enterprise_id"] for each in found["results"]] == ["E2"]


def test_a_healthy_workspace_passes_the_doctor_until_the_catalogue_is_ahead(home, tmp_path):
    assert run(home, "doctor").exit_code == 0
    more = tmp_path / "more.csv"
    more.write_text("enterprise_id,name\nE4,新厂\n", encoding="utf-8")
    run(home, "import", "enterprises", more)
    result = run(home, "doctor")
    assert result.exit_code == 1
    assert "4 in the catalogue" in result.stdout


def test_a_running_service_follows_refresh_and_rollback(home, tmp_path):
    time = [0.0]
    with TestClient(create_app(Settings(home=home, log_level="error"))) as client:
        live = client.app.state.desk.live
        live._clock = lambda: time[0]
        live._looked = 0.0
        first = client.get("/readyz").json()["release"]
        more = tmp_path / "more.csv"
        more.write_text("enterprise_id,name,description\nE4,洛阳轴承厂,轴箱轴承\n", encoding="utf-8")
        run(home, "import", "enterprises", more)
        second = as_json(home, "refresh")["release"]
        assert second != first

        def answering() -> str:
            time[0] += 2
            client.get("/readyz")
            live.wait()
            return client.get("/readyz").json()["release"]

        assert answering() == second
        assert as_json(home, "releases", "rollback")["release"] == first
        assert answering() == first


def test_the_life_of_a_release_by_command(home):
    (release,) = [each["release"] for each in as_json(home, "releases", "list")["releases"]]
    assert as_json(home, "releases", "show", release)["counts"]["enterprises"] == 3
    assert as_json(home, "releases", "verify", release) == {"release": release, "whole": True, "problems": []}
    assert as_json(home, "releases", "pin", release)["pinned"]
    assert as_json(home, "releases", "prune", "--keep", "1") == {"removed": [], "in_use": []}
    assert not as_json(home, "releases", "unpin", release)["pinned"]
    for table in (["releases", "list"], ["releases", "show", release]):
        assert release in run(home, *table).stdout


def test_a_damaged_release_is_named_by_verify_and_doctor(home):
    (release,) = [each["release"] for each in as_json(home, "releases", "list")["releases"]]
    parts = [path for path in (home / "releases" / release).rglob("*.*") if path.name != "manifest.json"]
    victim = max(parts, key=lambda path: path.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(content)
    result = run(home, "releases", "verify", release)
    assert result.exit_code == 1
    assert victim.name in result.stdout
    assert run(home, "doctor").exit_code == 1
    assert run(home, "recommend", "suppliers", "--text", "轴承").exit_code == 1


def test_systems_are_measured_against_judgments(home, tmp_path):
    qrels = tmp_path / "qrels.csv"
    qrels.write_text("need_id,enterprise_id,grade\nN1,E1,1\nN2,E2,2\n", encoding="utf-8")
    options = ("--needs", tmp_path / "needs.csv", "--qrels", qrels)
    document = as_json(home, "evaluate", *options)
    assert list(document["systems"]) == ["lexical", "dense", "hybrid", "full"]
    assert document["systems"]["full"]["nDCG@10"]["mean"] == 1.0
    assert "nDCG@10" in run(home, "evaluate", *options, "--systems", "lexical,full").stdout


@pytest.mark.parametrize("content", ["need_id,grade\n", "need_id,enterprise_id,grade\nN1,E1,good\n", "\xff"])
def test_judgments_that_cannot_be_read_exit_with_2(home, tmp_path, content):
    qrels = tmp_path / "qrels.csv"
    qrels.write_text(content, encoding="latin-1")
    assert run(home, "evaluate", "--needs", tmp_path / "needs.csv", "--qrels", qrels).exit_code == 2

"""Gaps, substitutes and the picture over HTTP and on the command line."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
from typer.testing import CliRunner

from indexes.lease import in_use
from indexes.release import load_verified
from indexes.store import ReleaseStore
from recommender.catalogue import Enterprise, Kind, Offering, as_record, open_catalogue
from recommender.catalogue.domain import Edge, Relation
from recommender.encoder import load_encoder
from recommender.refresh import refresh
from recommender.snapshot import Snapshot
from service.api.chain_gaps import Closest, Gaps, Picture, Substitutes
from service.cli.chains import live_snapshot
from service.cli.main import app
from tests.service.fakes import FakeEngine
from training.models import packaged_encoder

EDGES = (
    Edge("轴承", "轴承钢", Relation.NEEDS_MATERIAL, "轨道"),
    Edge("轴承", "转向架", Relation.USED_IN, "轨道"),
    Edge("轴承", "磨削", Relation.PROCESSED_BY, "轨道"),
    Edge("齿轮", "磨削", Relation.PROCESSED_BY, "轨道"),
    Edge("齿轮", "转向架", Relation.USED_IN, "A/B型车"),
)
ENTERPRISES = (Enterprise("E1", "轴承厂[bold]"), Enterprise("E2", "齿轮厂"))
OFFERINGS = (Offering("O1", "E1", "轴承"), Offering("O2", "E2", "齿轮"))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with open_catalogue(f"sqlite:///{folder / 'catalogue.db'}") as catalogue:
        with catalogue.transaction() as transaction:
            for kind, values in (
                (Kind.ENTERPRISES, ENTERPRISES),
                (Kind.OFFERINGS, OFFERINGS),
                (Kind.EDGES, EDGES),
            ):
                records = [as_record(value) for value in values]
                transaction.upsert(kind, records, given=records[0].keys())
        refresh(catalogue, ReleaseStore(folder), load_encoder(packaged_encoder()), cache=folder / "cache")
    return folder


@pytest.fixture
def client(make_client, home):
    live = ReleaseStore(home).current()
    engine = FakeEngine()
    engine.snapshot = Snapshot(load_verified(live.path), live.path)
    return make_client(engine)


def test_the_gaps_of_a_chain_are_answered_as_described(client):
    answer = Gaps.model_validate(client.get("/v1/chains/轨道/gaps").json())
    by_name = {gap.name: gap for gap in answer.gaps}
    assert by_name["轴承钢"].weakness == "gap"
    assert by_name["轴承"].weakness == "single_source"
    assert [near.enterprise_id for near in by_name["轴承"].closest] == ["E2"]
    assert by_name["轴承"].closest[0].lacks.materials == ["轴承钢"]


def test_the_picture_has_coordinates_and_names_as_they_are(client):
    answer = Picture.model_validate(client.get("/v1/chains/轨道/picture").json())
    assert {node["name"] for node in answer.nodes} == {"轴承", "轴承钢", "转向架", "齿轮"}
    assert all(0 < node["x"] < answer.width and 0 < node["y"] < answer.height for node in answer.nodes)


def test_who_could_step_in_is_answered_as_described(client):
    answer = Substitutes.model_validate(
        client.get("/v1/chains/substitutes", params={"enterprise_id": "E1", "top_k": 1}).json()
    )
    assert answer.left_empty == ["轴承"]
    assert [each.enterprise_id for each in answer.things[0].substitutes] == ["E2"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/chains/无此链/gaps", 404),
        ("/v1/chains/a/b/picture", 404),
        ("/v1/chains/轨道/gaps?days=-1", 422),
        ("/v1/chains/轨道/gaps?as_of=never", 422),
        ("/v1/chains/substitutes?enterprise_id=nobody", 404),
        ("/v1/chains/substitutes?enterprise_id=E1&top_k=51", 422),
        ("/v1/chains/substitutes", 422),
        ("/v1/chains/" + "长" * 201 + "/gaps", 422),
    ],
)
def test_a_wrong_question_is_a_problem_that_says_what_to_mend(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("path", ["/chains", "/chains/轨道", "/chains/a/b"])
def test_each_chain_has_its_page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_the_page_has_no_inline_code_and_its_script_makes_text_only():
    web = files("service").joinpath("web")
    page = web.joinpath("chain.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|<script(?![^>]* src=)|\s(on\w+|style)=", page)
    assert not re.search(r"url\(|@import", web.joinpath("chain.css").read_text(encoding="utf-8"))
    script = web.joinpath("chain.js").read_text(encoding="utf-8")
    for way_in in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"):
        assert way_in not in script


def test_the_commands_say_it_in_words_and_in_json(home):
    def run(*words):
        return CliRunner().invoke(app, ["chains", *words, "--home", str(home)])

    gaps = run("gaps", "轨道")
    assert gaps.exit_code == 0
    assert "无人供给" in gaps.stdout
    assert "轴承厂[bold]" in gaps.stdout
    document = json.loads(run("gaps", "轨道", "--limit", "1", "--json").stdout)
    assert (len(document["gaps"]), document["left_out"]) == (1, 3)
    assert "left empty: 轴承" in run("substitutes", "E1").stdout
    found = json.loads(run("substitutes", "E2", "--json").stdout)
    assert found["overall"][0]["enterprise_id"] == "E1"
    assert run("substitutes", "nobody").exit_code == 2


def test_the_firms_closest_to_one_node_are_those_that_the_gaps_name(client, home):
    answer = client.get("/v1/chains/轨道/closest", params={"node": "轴承"})
    found = Closest.model_validate(answer.json())
    gaps = Gaps.model_validate(client.get("/v1/chains/轨道/gaps").json())
    assert found.closest == next(gap.closest for gap in gaps.gaps if gap.name == "轴承")
    shown = CliRunner().invoke(app, ["chains", "closest", "轨道", "轴承", "--home", str(home)])
    assert "齿轮厂" in shown.stdout
    assert client.get("/v1/chains/轨道/closest", params={"node": "无此物"}).json()["field"] == "node"


def test_a_command_holds_the_release_that_it_reads(home):
    held = live_snapshot(home)
    assert in_use(held.folder)
    del held
    assert not in_use(ReleaseStore(home).current().path)


@pytest.mark.parametrize("what", ["", "/gaps", "/picture", "/closest?node=齿轮"])
def test_a_chain_may_have_a_stroke_in_its_name(client, what):
    assert client.get(f"/v1/chains/A/B型车{what}").json()["chain"] == "A/B型车"

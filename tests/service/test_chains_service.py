"""The chain graph over HTTP and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from recommender.catalogue.domain import Edge, Relation
from recommender.chains.building import build
from recommender.chains.cleaning import clean
from recommender.chains.graph import ChainGraph
from recommender.chains.offered import Offered
from service.api.chains import Chain, ChainPath, Chains
from service.cli.main import app
from tests.service.fakes import FakeEngine

EDGES = (
    Edge("轴承", "轴承钢", Relation.NEEDS_MATERIAL, "轨道", 0.8),
    Edge("轴承", "转向架", Relation.USED_IN, "轨道"),
    Edge("轴承", "轴承", Relation.HAS_KIND, "轨道"),
    Edge("聚丙烯", "丙烯", Relation.NEEDS_MATERIAL),
    Edge("聚丙烯(PP)", "丙烯", Relation.NEEDS_MATERIAL),
)


@pytest.fixture
def graph(tmp_path: Path) -> ChainGraph:
    def encode(texts):
        return np.ones((len(texts), 1), np.float32)

    build(lambda: clean(EDGES), Offered.listed(["高速轴承", "齿轮"], ["", ""], [0, 1]), encode, 1, tmp_path)
    return ChainGraph.load(tmp_path / "graph")


@pytest.fixture
def client(make_client, graph):
    engine = FakeEngine()
    engine.snapshot.graph = graph
    return make_client(engine)


def test_the_chains_are_listed_with_what_was_cleaned(client):
    answer = Chains.model_validate(client.get("/v1/chains").json())
    assert [(each.chain, each.nodes) for each in answer.chains] == [("轨道", 3)]
    assert answer.cleaned.rules[0]["rule"] == "self-loop"


def test_a_chain_has_nodes_edges_and_who_fills_them(client):
    answer = Chain.model_validate(client.get("/v1/chains/轨道").json())
    (bearing,) = (node for node in answer.nodes if node.name == "轴承")
    assert [(top.enterprise_id, top.how) for top in bearing.top] == [("E1", "head")]
    assert {edge.origin for edge in answer.edges} == {"imported"}


def test_a_path_is_answered_step_by_step(client):
    answer = ChainPath.model_validate(
        client.get("/v1/chains/path", params={"from": "轴承钢", "to": "转向架"}).json()
    )
    assert [step.weakest for step in answer.steps] == [True, False]
    assert answer.confidence == pytest.approx(0.8 * 0.9)


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/v1/chains/轨道交通", 404, "name"),
        ("/v1/chains/" + "轴" * 300, 422, "name"),
        ("/v1/chains/<script>", 404, "name"),
        ("/v1/chains/path?from=轴承&to=没有", 404, "to"),
        ("/v1/chains/path?from=轴承", 422, "to"),
        ("/v1/chains/path?from=轴承&to=丙烯", 422, "to"),
    ],
)
def test_a_question_without_an_answer_is_a_problem_that_names_its_field(client, path, status, field):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field


def test_an_unknown_name_comes_with_near_ones(client):
    assert "轨道" in client.get("/v1/chains/轨道交通").json()["mend"]


@pytest.fixture
def rongtong(monkeypatch, graph):
    engine = FakeEngine()
    engine.snapshot.graph = graph
    monkeypatch.setattr("service.cli.chains.live_snapshot", lambda home: engine.snapshot)
    return lambda *words: CliRunner().invoke(app, ["chains", *words])


def test_the_commands_print_the_documents_that_the_api_answers(rongtong, client):
    assert json.loads(rongtong("show", "轨道", "--json").stdout) == client.get("/v1/chains/轨道").json()
    assert json.loads(rongtong("list", "--json").stdout) == client.get("/v1/chains").json()


def test_a_chain_is_printed_for_a_person(rongtong):
    shown = rongtong("show", "轨道").stdout
    assert shown.index("轴承钢") < shown.index("转向架")
    assert "株洲田心轴承有限公司" in shown
    assert "自己指向自己" in shown
    assert "轨道" in rongtong("list").stdout


def test_a_path_is_printed_with_its_weakest_step(rongtong):
    lines = rongtong("path", "轴承钢", "转向架").stdout.splitlines()
    assert "轴承需要轴承钢" in lines[1]
    assert "weakest" in lines[1]
    assert "weakest" not in lines[2]


def test_joined_names_are_listed_for_review(rongtong):
    assert "聚丙烯(PP) = 聚丙烯" in rongtong("joins").stdout
    assert json.loads(rongtong("joins", "--json").stdout)["joins"][0]["how"] == "brackets"


def test_an_unknown_chain_ends_with_the_code_of_wrong_input(rongtong):
    result = rongtong("show", "没有的链")
    assert result.exit_code == 2

"""``POST /v1/recommendations/complete`` and ``rongtong recommend complete``, on a fake engine."""

from __future__ import annotations

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from recommender.catalogue import Kind, open_catalogue
from recommender.query import Filters
from service.cli.main import app
from service.workspace import Workspace
from tests.service.fakes import HOSTILE

COMPLETE = "/v1/recommendations/complete"


def test_a_need_in_words_is_completed_with_reasons(client, engine):
    answer = client.post(COMPLETE, json={"text": "轴箱轴承"})
    assert answer.status_code == 200
    document = answer.json()
    assert document["release"] == engine.release
    (service,) = document["suggestions"]
    assert (service["link"], service["sought"]["zh"]) == ("service", "第三方检测与试验")
    assert service["triggers"][0]["span"] == "轴箱轴承"
    assert service["link_stated"] is False
    assert service["results"][0]["facts"]["region_name"] == "湖南省株洲市"
    assert len(document["without"]) == 6


def test_a_chosen_supplier_reaches_the_engine_with_what_it_offers(client, engine):
    answer = client.post(
        COMPLETE,
        json={
            "need_id": "N1",
            "enterprise_id": "E1",
            "top_k": 1,
            "filters": {"link": "capital"},
            "explain": False,
            "as_of": "2026-01-31",
        },
    )
    query = engine.asked[0]
    assert (query.need.need_id, query.enterprise.enterprise_id) == ("N1", "E1")
    assert [each.offering_id for each in query.offerings] == ["O1"]
    assert (query.top_k, query.filters, query.as_of) == (1, Filters(link=("capital",)), date(2026, 1, 31))
    (service,) = answer.json()["suggestions"]
    assert set(service["results"][0]) == {"enterprise_id", "name", "rank", "score"}


@pytest.mark.parametrize("need_id", ["N-registered", "N-closed", "N-unknown"])
def test_what_the_caller_may_not_see_is_answered_like_what_does_not_exist(client, engine, need_id):
    answer = client.post(COMPLETE, json={"need_id": need_id})
    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no such need."
    assert not engine.asked


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "轴承", "need_id": "N1"},
        {"text": "轴承", "top_k": 0},
        {"text": "轴承", "top_k": 101},
        {"text": "轴承", "policy": "strict"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(client, body):
    answer = client.post(COMPLETE, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_enterprise_is_named(client):
    answer = client.post(COMPLETE, json={"text": "轴承", "enterprise_id": "E-404"})
    assert answer.status_code == 404
    assert answer.json()["field"] == "enterprise_id"


def test_the_example_of_the_description_is_one_that_the_service_takes(client):
    (example,) = client.get("/openapi.json").json()["components"]["schemas"]["CompleteQuestion"]["examples"]
    assert client.post(COMPLETE, json=example).status_code == 200


@pytest.fixture
def rongtong(tmp_path, engine, monkeypatch):
    monkeypatch.setattr(Workspace, "engine", lambda self: engine)
    with open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}") as catalogue, catalogue.transaction() as tx:
        tx.upsert(Kind.NEEDS, [{"need_id": "N1", "title": "轴箱轴承"}], given={"need_id", "title"})
        tx.upsert(
            Kind.ENTERPRISES, [{"enterprise_id": "E1", "name": "轴承厂"}], given={"enterprise_id", "name"}
        )

    def run(*arguments):
        return CliRunner().invoke(app, ["recommend", "complete", *arguments, "--home", str(tmp_path)])

    return run


def test_the_command_prints_what_is_sought_why_and_who(rongtong):
    result = rongtong("--need", "N1", "--enterprise", "E1", "--explain")
    assert result.exit_code == 0, result.output
    for words in (
        "N1 轴箱轴承 × 轴承厂",
        "服务链 第三方检测与试验",
        "依据 需求·标题“轴箱轴承”",
        "依据 企业·名称“轴承厂”",
        "株洲田心轴承有限公司",
        "产品与需求直接对应",
        "资金链 capital：没有依据",
    ):
        assert words in result.stdout, words


def test_every_option_of_the_command_reaches_the_engine(rongtong, engine):
    options = (
        "--text",
        "轴箱轴承",
        "--top-k",
        "2",
        "--where",
        "region=43",
        "--as-of",
        "2026-01-31",
        "--json",
    )
    document = json.loads(rongtong(*options).stdout)
    query = engine.asked[0]
    assert (query.need.title, query.top_k, query.as_of) == ("轴箱轴承", 2, date(2026, 1, 31))
    assert query.filters == Filters(region=("43",))
    assert document["suggestions"][0]["results"][0]["contributions"]


@pytest.mark.parametrize("options", [(), ("--need", "N1", "--text", "轴承")])
def test_the_command_wants_a_need_or_a_text(rongtong, options):
    result = rongtong(*options)
    assert result.exit_code == 2
    assert "--need, --text" in result.stderr


def test_no_text_of_strangers_steers_the_terminal(rongtong, engine):
    assert "\x1b" not in rongtong("--text", f"轴承\x1b[31m{HOSTILE}").stdout

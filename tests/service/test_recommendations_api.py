"""The two recommendation endpoints, on a fake engine."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient

from indexes.errors import NoRelease
from recommender.catalogue import Link
from recommender.matching.ledger import ExposureLedger
from recommender.query import Filters, Policy
from service.app import create_app
from service.settings import Settings
from tests.service.fakes import HOSTILE, desk_with

SUPPLIERS = "/v1/recommendations/suppliers"
BUYERS = "/v1/recommendations/buyers"
DAY = date(2026, 11, 21)


def test_a_need_in_words_gets_ranked_suppliers_with_reasons(client, engine):
    answer = client.post(SUPPLIERS, json={"text": "轴箱轴承"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert document["release"] == engine.release
    first = document["results"][0]
    assert (first["enterprise_id"], first["rank"]) == ("E1", 1)
    assert {"contributions", "base", "requirements", "evidence", "cautions", "for_buyer"} <= set(first)
    assert engine.asked[0].need.title == "轴箱轴承"


def test_codes_of_places_come_with_their_names(client):
    facts = client.post(SUPPLIERS, json={"text": "轴承"}).json()["results"][0]["facts"]
    assert facts["region"] == "430200"
    assert facts["region_name"] == "湖南省株洲市"


def test_without_explanation_the_reasons_stay_out(client):
    first = client.post(SUPPLIERS, json={"text": "轴承", "explain": False}).json()["results"][0]
    assert set(first) == {"enterprise_id", "name", "rank", "score"}


def test_a_moved_result_says_from_where_and_why(client):
    for explain in (True, False):
        second = client.post(SUPPLIERS, json={"text": "轴承", "explain": explain}).json()["results"][1]
        assert second["moved"] == {"from": 3, "reason": "与评分相近者轮流 / takes turns"}
        assert second["fails"] == ["little_giant|champion"]


def test_a_strict_question_says_who_was_left_out(client, engine):
    document = client.post(SUPPLIERS, json={"text": "轴承", "policy": "strict"}).json()
    assert document["left_out"]["count"] == 12
    assert document["left_out"]["reasons"]["IATF 16949"] == 9
    assert document["left_out"]["best"][0]["requirements"][0]["status"] == "missing"
    assert engine.asked[0].policy is Policy.STRICT
    assert "left_out" not in client.post(SUPPLIERS, json={"text": "轴承"}).json()
    client.post(BUYERS, json={"text": "轴承", "policy": "strict"})
    assert engine.asked[-1].policy is Policy.STRICT


def test_without_a_ledger_nobody_takes_turns(client, engine):
    client.post(SUPPLIERS, json={"text": "轴承"})
    assert engine.asked[0].exposure is None


@pytest.fixture
def counting(tmp_path, engine):
    """A client whose lists are counted, and the ledger; the lists of today count tomorrow."""
    ledger = ExposureLedger(tmp_path / "exposure.db", today=lambda: DAY)
    app = create_app(Settings(home=tmp_path), open_desk=lambda _: desk_with(engine, ledger))
    with TestClient(app) as client:
        yield client, ledger


def test_lists_are_counted_and_the_next_day_knows(counting, engine):
    client, ledger = counting
    for body in ({"text": "轴承"}, {"text": "轴承", "explain": False}, {"text": "齿轮", "exposure": False}):
        client.post(SUPPLIERS, json=body)
    assert [asked.exposure.moves for asked in engine.asked] == [True, True, False]
    assert engine.asked[0].exposure.balance == {}
    ledger.flush()
    ledger.today = lambda: DAY + timedelta(1)
    client.post(SUPPLIERS, json={"text": "轴承"})
    assert engine.asked[-1].exposure.balance == pytest.approx({"E1": 0.2, "E2": -0.2})


def test_every_part_of_the_question_reaches_the_engine(client, engine):
    client.post(
        SUPPLIERS,
        json={
            "need_id": "N1",
            "top_k": 7,
            "link": "data",
            "scope": "same",
            "as_of": "2026-02-03",
            "filters": {"region": ["31", "湖南"], "tier": "little_giant", "certification": ["IATF 16949"]},
        },
    )
    asked = engine.asked[0]
    assert (asked.need.need_id, asked.scope) == ("N1", "same")
    assert (asked.top_k, asked.link, asked.as_of, asked.explain) == (7, Link.DATA, date(2026, 2, 3), True)
    assert asked.filters == Filters(
        region=("31", "43"), tier=("little_giant",), certification=("IATF 16949",)
    )


def test_an_enterprise_of_the_catalogue_gets_needs_that_are_public(client, engine):
    document = client.post(BUYERS, json={"enterprise_id": "E1"}).json()
    assert document["results"][0]["need_id"] == "N1"
    assert [o.offering_id for o in engine.asked[0].offerings] == ["O1"]
    assert engine.asked[0].visibility == ("public",)


def test_an_enterprise_in_words_gets_needs(client, engine):
    assert client.post(BUYERS, json={"text": "我们生产轴承"}).status_code == 200
    assert engine.asked[0].offerings[0].title == "我们生产轴承"


@pytest.mark.parametrize("need_id", ["N-registered", "N-closed", "N-unknown"])
def test_a_hidden_need_answers_like_an_unknown_one(client, need_id):
    answer = client.post(SUPPLIERS, json={"need_id": need_id})
    assert answer.status_code == 404
    problem = answer.json()
    assert problem["detail"] == "There is no such need."
    assert problem["type"] == "urn:rongtong:problem:unknown-id"


def test_text_of_strangers_travels_as_text(client):
    assert HOSTILE in client.post(SUPPLIERS, json={"text": "x"}).json()["results"][1]["name"]


def test_without_a_release_it_says_what_to_do(make_client):
    client = make_client(NoRelease("there is no release yet", mend="`rongtong refresh` builds one"))
    answer = client.post(SUPPLIERS, json={"text": "轴承"})
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:rongtong:problem:no-release"
    assert "refresh" in answer.json()["mend"]
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").json() == {"status": "alive"}


WRONG = {
    "nothing asked": {},
    "both asked": {"text": "a", "need_id": "N1"},
    "unknown field": {"text": "a", "range": "any"},
    "unknown filter": {"text": "a", "filters": {"colour": "red"}},
    "unknown tier": {"text": "a", "filters": {"tier": "giant"}},
    "unknown region": {"text": "a", "filters": {"region": "亚特兰蒂斯"}},
    "unknown link": {"text": "a", "link": "block"},
    "too few": {"text": "a", "top_k": 0},
    "too many": {"text": "a", "top_k": 1001},
    "number as text": {"text": "a", "top_k": "10"},
    "number as truth": {"text": "a", "top_k": True},
    "truth as text": {"text": "a", "explain": "yes"},
    "exposure as text": {"text": "a", "exposure": "no"},
    "unknown policy": {"text": "a", "policy": "harsh"},
    "too long": {"text": "轴" * 20_001},
    "blank": {"text": " \n\t "},
    "empty": {"text": ""},
    "null": {"text": None},
    "NUL in the text": {"text": "轴\x00承"},
    "NUL in an id": {"need_id": "N\x001"},
    "no object": ["text"],
    "not a day": {"text": "a", "as_of": "tomorrow"},
    "seconds as a day": {"text": "a", "as_of": 0},
}


@pytest.mark.parametrize(
    ("body", "field", "detail"),
    [
        ({"text": "a", "filters": {"region": 31}}, "filters.region", "Input should be a valid string."),
        ({"text": "a", "filters": {"tier": ["giant"]}}, "filters.tier.0", "Input should be 'none'"),
        (
            {"text": "a", "filters": {"region": ["31"] * 101}},
            "filters.region",
            "List should have at most 100",
        ),
        ({"text": ""}, "text", "String should have at least 1 character."),
        ({}, "body", "Give either need_id or text."),
        ({"text": "a", "filters": {"buyer": "某集团"}}, "buyer", "This filter says nothing about suppliers."),
    ],
)
def test_what_is_wrong_is_told_in_the_words_of_the_question(client, body, field, detail):
    problem = client.post(SUPPLIERS, json=body).json()
    assert problem["field"] == field
    assert problem["detail"].startswith(detail)


@pytest.mark.parametrize(
    ("body", "value", "detail"),
    [
        ({"text": None}, "null", "Input should be a valid string."),
        ({"text": "a", "explain": {"a": True}}, '{"a": true}', "Input should be true or false."),
        ([], "[]", "Input should be a JSON object."),
    ],
)
def test_what_is_wrong_is_shown_as_it_was_written(client, body, value, detail):
    answer = client.post(SUPPLIERS, json=body)
    assert answer.status_code == 422
    assert (answer.json()["value"], answer.json()["detail"]) == (value, detail)


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
def test_wrong_questions_are_refused_with_the_field_at_fault(client, engine, body):
    answer = client.post(SUPPLIERS, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422
    assert problem["detail"]
    assert problem["instance"] == SUPPLIERS
    assert not engine.asked


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("no JSON", b"{text"),
        ("nothing", b""),
        ("bad UTF-8", b'{"text": "\xff\xfe"}'),
        ("deep", b'{"filters": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        ("NaN", b'{"text": "a", "top_k": NaN}'),
        ("infinite", b'{"text": "a", "top_k": 1e999}'),
        ("huge number", b'{"text": "a", "top_k": ' + b"9" * 5_000 + b"}"),
        ("lone surrogate", rb'{"text": "\ud800"}'),
        ("lone surrogate in a name", rb'{"\udfff": "a"}'),
        ("lone surrogate in an id", rb'{"need_id": "\ud800"}'),
    ],
)
def test_malformed_bodies_are_the_callers_fault(client, name, body):
    answer = client.post(SUPPLIERS, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), name
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.content)["status"] == answer.status_code


def test_the_longest_text_is_taken_even_when_it_is_escaped(client):
    body = json.dumps({"text": "\U0002070e" * 20_000}).encode()
    assert (
        client.post(SUPPLIERS, content=body, headers={"Content-Type": "application/json"}).status_code == 200
    )


WHY = "/v1/recommendations/why"


def test_an_enterprise_learns_why_it_is_not_in_the_list(client, engine):
    question = {"need_id": "N1", "enterprise_id": "E2", "filters": {"region": "31"}, "policy": "strict"}
    document = client.post(WHY, json=question).json()
    assert (document["rank"], document["candidates"], document["listed"]) == (41, 900, False)
    assert document["differences"][0]["difference"] == pytest.approx(-1.2)
    assert document["changes"][0]["steps"][0]["kind"] == "certificate"
    assert document["kept_out"][0]["by"] == "region"
    asked = engine.asked[0]
    assert (asked.need.need_id, asked.filters.region, asked.policy) == ("N1", ("31",), Policy.STRICT)


@pytest.mark.parametrize("need", ["N-registered", "N-closed", "unknown"])
def test_only_public_open_needs_can_be_asked_about(client, engine, need):
    answer = client.post(WHY, json={"need_id": need, "enterprise_id": "E1"})
    assert answer.status_code == 404
    assert engine.asked == []


def test_why_asks_for_an_enterprise_and_one_need(client):
    for body in (
        {"need_id": "N1"},
        {"enterprise_id": "E1"},
        {"need_id": "N1", "text": "轴承", "enterprise_id": "E1"},
        {"need_id": "N1", "enterprise_id": "E1", "top_k": 3},
    ):
        assert client.post(WHY, json=body).status_code == 422
    assert client.post(WHY, json={"text": "轴承", "enterprise_id": "nobody"}).status_code == 404

"""What every request passes through: limits, headers, problems, the access log."""

from __future__ import annotations

import asyncio
import json
import logging
import threading

import pytest

from service.api.guard import Guard

SUPPLIERS = "/v1/recommendations/suppliers"
JSON = {"Content-Type": "application/json"}


def test_a_body_that_is_announced_too_large_is_refused(make_client, engine):
    client = make_client(engine, max_body=1_024)
    answer = client.post(SUPPLIERS, content=b" " * 1_025, headers=JSON)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_comes_in_chunks_is_counted(make_client, engine):
    client = make_client(engine, max_body=1_024)
    answer = client.post(SUPPLIERS, content=(b"a" * 100 for _ in range(20)), headers=JSON)
    assert answer.status_code == 413
    small = client.post(SUPPLIERS, content=iter([b'{"text": ', '"轴承"}'.encode()]), headers=JSON)
    assert small.status_code == 200


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {}, JSON | {"Content-Encoding": "gzip"}])
def test_only_plain_json_is_taken(client, headers):
    assert client.post(SUPPLIERS, content=b'{"text": "a"}', headers=headers).status_code == 415


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/recommendations/nobody", 404),
        ("GET", "/../pyproject.toml", 404),
        ("GET", "/%00", 404),
        ("GET", SUPPLIERS, 405),
        ("DELETE", "/healthz", 405),
        ("POST", "/", 405),
    ],
)
def test_wrong_addresses_and_methods_answer_as_problems(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.parametrize("path", ["/", "/chains/x", "/healthz", "/readyz"])
def test_what_can_be_got_can_be_asked_for_its_head_alone(client, path):
    head, whole = client.head(path), client.get(path)
    assert head.status_code == whole.status_code == 200
    assert head.headers["content-length"] == whole.headers["content-length"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/openapi.json", "/nowhere"])
def test_every_answer_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-request-id"]


def test_a_request_id_is_kept_when_it_is_harmless(client):
    assert client.get("/healthz", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert client.get("/healthz", headers={"X-Request-ID": "a b"}).headers["x-request-id"] != "a b"


def test_a_failure_inside_shows_nothing_of_the_inside(make_client, engine, caplog):
    engine.problem = ValueError("secret: 轴箱轴承")
    with caplog.at_level(logging.INFO, "rongtong"):
        answer = make_client(engine).post(SUPPLIERS, json={"text": "轴箱轴承"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    logged = [record for record in caplog.records if record.message == "unexpected failure"]
    assert logged[0].error == "ValueError"
    assert "轴箱轴承" not in repr(
        [vars(record) for record in caplog.records if record.name.startswith("rongtong")]
    )


def test_an_answer_that_takes_too_long_is_given_up(make_client, engine):
    leave = threading.Event()
    slow = type("Slow", (type(engine),), {"suppliers": lambda self, query: leave.wait(30)})()
    client = make_client(slow, request_timeout=0.05)
    answer = client.post(SUPPLIERS, json={"text": "轴承"})
    leave.set()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_a_body_that_never_ends_is_given_up():
    """Straight on the ASGI interface: a client that sends half a body and then nothing."""
    sent = []
    arriving = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def application(scope, receive, send):
        raise AssertionError("must not be reached")

    async def receive():
        for message in arriving:
            return message
        return await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": SUPPLIERS, "headers": [], "query_string": b""}
    asyncio.run(Guard(application, max_body=1_024, timeout=0.05)(scope, receive, send))
    assert sent[0]["status"] == 408


def test_the_access_log_names_the_route_and_never_the_need(client, caplog):
    with caplog.at_level(logging.INFO, "rongtong.access"):
        client.post(f"{SUPPLIERS}?q=机密", json={"text": "机密需求"})
        client.get("/机密")
    lines = [vars(record) for record in caplog.records if record.name == "rongtong.access"]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("POST", SUPPLIERS, 200),
        ("GET", "(no route)", 404),
    ]
    assert "机密" not in repr(lines)
    assert lines[0]["ms"] >= 0


def test_log_lines_are_json(caplog):
    from service.logs import JsonFormatter

    record = logging.LogRecord("rongtong", logging.INFO, "file", 1, "hello %s", ("世界",), None)
    record.release = "R1"
    line = json.loads(JsonFormatter().format(record))
    assert (line["message"], line["release"], line["level"]) == ("hello 世界", "R1", "info")

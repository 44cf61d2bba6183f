"""The decision log: what is kept is enough to make the same answer again, byte for byte."""

import json
import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from recommender import decisions
from recommender.catalogue import Link
from recommender.decisions import DecisionLog, answer_bytes, difference, ranked, replayed, request_of
from recommender.engine import Engine
from recommender.matching.exposure import Exposure, Fairness
from recommender.query import (
    BuyerQuery,
    Filters,
    Policy,
    SupplierQuery,
    enterprise_from_text,
    need_from_text,
)
from tests.recommender.conftest import DAY, ENTERPRISES, NEEDS, OFFERINGS

BALANCE = {"bearing": 9.5, "yarn": -2.25, "elsewhere": 1.0}
TYPED = BuyerQuery(*enterprise_from_text("我们生产精密轴承，有 IATF 16949 认证"), DAY, explain=False)
QUERIES = [
    SupplierQuery(NEEDS[0], DAY),
    SupplierQuery(
        need_from_text("轴箱轴承，须通过 IRIS"), DAY, 3, Filters.parse("region=43"), Link.SUPPLY, False
    ),
    SupplierQuery(NEEDS[0], DAY, policy=Policy.STRICT, exposure=Exposure(DAY, BALANCE, Fairness(step=0.5))),
    BuyerQuery(ENTERPRISES[0], OFFERINGS[:2], DAY, visibility=("public", "registered")),
    TYPED,
]


def ask(engine: Engine, query: SupplierQuery | BuyerQuery):
    return engine.suppliers(query) if isinstance(query, SupplierQuery) else engine.buyers(query)


@pytest.fixture
def log(tmp_path):
    made = DecisionLog(tmp_path / "decisions.db", keep=30)
    yield made
    made.close()


@pytest.mark.parametrize("query", QUERIES)
def test_a_logged_decision_is_made_again_byte_for_byte(engine: Engine, log: DecisionLog, query):
    found = ask(engine, query)
    id = log.record(query, found, answer_bytes(found.to_json()))
    made = log.get(id)
    assert made is not None
    assert made.release == engine.release
    again = ask(engine, replayed(made.request))
    assert answer_bytes(again.to_json()) == answer_bytes(found.to_json())
    assert difference(made.ranked, ranked(again)) == ""


def test_only_balances_that_could_move_the_list_are_kept(engine: Engine):
    query = replace(QUERIES[2], policy=Policy.LENIENT)
    kept = request_of(query, ask(engine, query))["exposure"]["balance"]
    assert kept == {"bearing": 9.5, "yarn": -2.25}


def test_nobody_else_can_read_the_file(engine: Engine, log: DecisionLog):
    log.record(QUERIES[0], ask(engine, QUERIES[0]), b"")
    log.flush()
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_a_contact_is_never_kept(engine: Engine, log: DecisionLog):
    log.record(QUERIES[3], ask(engine, QUERIES[3]), b"")
    log.flush()
    with sqlite3.connect(log.path) as file:
        (text,) = file.execute("SELECT request || ranked FROM decision").fetchone()
    file.close()
    assert "张三" not in text
    assert json.loads(text[: text.index("}[") + 1])["enterprise"]["name"] == ENTERPRISES[0].name


def test_what_is_older_than_it_is_to_be_kept_is_forgotten(engine: Engine, log: DecisionLog, monkeypatch):
    class Past(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - timedelta(days=31)

    found = ask(engine, QUERIES[0])
    monkeypatch.setattr(decisions, "datetime", Past)
    old = log.record(QUERIES[0], found, b"")
    log.flush()
    monkeypatch.setattr(decisions, "datetime", datetime)
    assert log.get(old) is not None
    new = log.record(QUERIES[0], found, b"")
    assert log.get(new) is not None
    assert log.get(old) is None


def test_an_unknown_id_and_a_log_without_a_file_have_no_decision(log: DecisionLog):
    assert log.get("20260101-000000-abcdef01") is None
    assert not log.path.exists()


def test_a_log_that_cannot_be_written_fails_nobody(engine: Engine, tmp_path, caplog):
    log = DecisionLog(tmp_path / "gone" / "decisions.db", keep=30)
    assert log.record(QUERIES[0], ask(engine, QUERIES[0]), b"")
    log.close()
    assert "decision log failed" in caplog.text
    assert "轴箱轴承" not in caplog.text


def test_the_first_difference_is_named(engine: Engine):
    found = ask(engine, QUERIES[0])
    best, *others = found.results
    other = replace(found, results=(replace(best, score=0.5), *others))
    assert difference(ranked(found), ranked(other)).startswith("rank 1 (bearing): score was ")
    fewer = replace(found, results=(best,))
    assert difference(ranked(found), ranked(fewer)) == f"{len(found.results)} results then, 1 now"


def test_the_same_question_has_the_same_hash_and_another_another(engine: Engine, log: DecisionLog):
    queries = [QUERIES[0], QUERIES[0], replace(QUERIES[0], as_of=date(2026, 11, 22))]
    made = [log.get(log.record(query, ask(engine, query), b"")) for query in queries]
    one, two, other = [each.request_sha256 for each in made if each]
    assert one == two != other
    assert made[0].at <= datetime.now(UTC).isoformat()

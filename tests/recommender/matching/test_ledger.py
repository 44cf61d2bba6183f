import multiprocessing
import sqlite3
from datetime import date, timedelta

import pytest

from recommender.matching.exposure import Fairness
from recommender.matching.ledger import ExposureLedger, concentration

DAY = date(2026, 11, 21)
LIST = {"a": (1.0, 0.6), "b": (0.0, 0.4)}


@pytest.fixture
def ledger(tmp_path):
    made = ExposureLedger(tmp_path / "exposure.db", today=lambda: DAY)
    yield made
    made.close()


def test_a_day_counts_from_the_next_day_on(ledger):
    ledger.record("q", LIST)
    ledger.flush()
    assert ledger.before(DAY).balance == {}
    assert ledger.before(DAY + timedelta(1)).balance == pytest.approx({"a": 0.4, "b": -0.4})
    assert ledger.before(DAY + timedelta(30)).balance == pytest.approx({"a": 0.4, "b": -0.4})
    assert ledger.before(DAY + timedelta(31)).balance == {}


def test_the_same_question_counts_once_a_day(ledger):
    for question in ("q", "q", "r"):
        ledger.record(question, LIST)
        ledger.flush()
    assert ledger.totals(DAY, DAY + timedelta(1)) == {"a": (2.0, 1.2), "b": (0.0, 0.8)}
    assert ledger.lists(DAY, DAY + timedelta(1)) == 2


def test_what_waits_is_written_a_moment_later_by_itself(ledger):
    ledger.record("q", LIST)
    assert ledger._timer is not None
    ledger._timer.join()
    assert ledger.lists(DAY, DAY + timedelta(1)) == 1


def test_a_ledger_that_was_never_written_knows_nothing_and_makes_no_file(ledger):
    assert ledger.before(DAY).balance == {}
    assert ledger.lists(DAY, DAY) == 0
    assert not ledger.path.exists()


def test_a_damaged_ledger_is_logged_and_fails_nobody(ledger, caplog):
    ledger.path.write_bytes(b"no database" * 1000)
    assert ledger.before(DAY).balance == {}
    ledger.record("q", LIST)
    ledger.flush()
    assert ledger.lists(DAY, DAY + timedelta(1)) == 0
    assert "ledger failed" in caplog.text


def test_a_ledger_whose_folder_is_gone_fails_nobody(tmp_path, caplog):
    ledger = ExposureLedger(tmp_path / "gone" / "exposure.db", today=lambda: DAY)
    ledger.record("q", LIST)
    ledger.close()
    assert "ledger failed" in caplog.text


def test_what_is_older_than_a_year_is_forgotten(ledger):
    ledger.record("q", LIST)
    ledger.flush()
    ledger.today = lambda: DAY + timedelta(401)
    ledger.record("q", LIST)
    ledger.flush()
    assert ledger.lists(DAY, DAY + timedelta(1)) == 0
    assert ledger.lists(DAY, DAY + timedelta(402)) == 1


def _many(path, number):
    ledger = ExposureLedger(path, today=lambda: DAY)
    for each in range(20):
        ledger.record(f"{number}-{each}", {"a": (1.0, 0.5)})
        ledger.flush()


def test_processes_that_write_at_once_lose_nothing(ledger):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_many, args=(ledger.path, number)) for number in range(3)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert ledger.totals(DAY, DAY + timedelta(1)) == {"a": (60.0, 30.0)}
    with sqlite3.connect(ledger.path) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()


def test_the_rules_travel_with_what_is_known(tmp_path):
    rules = Fairness(sme_share=0.5)
    assert ExposureLedger(tmp_path / "x.db", rules).before(DAY).rules is rules


def test_concentration_is_told_over_all_enterprises():
    totals = {"a": (3.0, 2.0), "b": (1.0, 2.0), "gone": (9.0, 9.0)}
    found = concentration(totals, ["a", "b", "c", "d"], frozenset("b"), 5)
    assert (found.lists, found.shown, found.enterprises) == (5, 2, 4)
    assert found.gini == pytest.approx(0.625)
    assert (found.top_ten, found.sme_given, found.sme_deserved) == (1.0, 0.25, 0.5)
    empty = concentration({}, ["a"], frozenset(), 0)
    assert (empty.gini, empty.top_ten, empty.sme_given) == (0.0, 0.0, 0.0)

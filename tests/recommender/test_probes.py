"""The needs that every release answers: few, and the same ones next time."""

from datetime import date
from pathlib import Path

import pytest

from indexes.errors import DamagedRelease
from recommender import probes
from recommender.engine import Engine
from recommender.probes import ASKED, JUDGED, Probes, choose
from tests.recommender.conftest import NEEDS

MANY = [f"need-{number}" for number in range(1_000)]


def test_the_choice_depends_on_the_ids_alone():
    chosen = choose(MANY)
    assert len(chosen) == len(set(chosen)) == ASKED
    assert choose(reversed(MANY)) == chosen


def test_what_is_added_or_removed_changes_few():
    chosen = set(choose(MANY))
    assert len(chosen & set(choose([*MANY, *(f"new-{n}" for n in range(50))]))) >= ASKED - 5
    gone = next(iter(chosen))
    assert len(chosen & set(choose([id for id in MANY if id != gone]))) == ASKED - 1


def test_needs_with_judgments_come_first_but_do_not_fill_the_list():
    judged = set(MANY[:500])
    assert len(judged.intersection(choose(MANY, judged))) >= JUDGED
    few = {"need-1", "need-2"}
    assert few < set(choose(MANY, few))
    assert len(choose(MANY, few)) == ASKED


def test_every_need_is_asked_where_there_are_few(engine: Engine):
    asked, latency = probes.ask(engine)
    assert set(asked.lists) == {need.need_id for need in NEEDS}
    assert asked.lists["axle"][0] == "bearing"
    assert latency is not None
    assert (latency.requests, latency.offerings) == (len(NEEDS), 5)
    assert 0 < latency.p50 <= latency.p95


def test_the_answers_lie_in_the_release(engine: Engine):
    stored = probes.read(engine.snapshot.folder)
    assert stored == probes.ask(engine)[0]
    assert probes.PROBES in engine.snapshot.manifest.files
    assert stored.as_of == probes.day_of(engine.snapshot)


def test_they_come_back_as_they_were_written(tmp_path: Path):
    asked = Probes(date(2026, 11, 21), {"N1": ("E2", "E1"), "N2": ()})
    assert probes.read(tmp_path) is None
    probes.write(tmp_path, asked)
    assert probes.read(tmp_path) == asked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"as_of": "2026-11-21"}',
        '{"as_of": "gestern", "lists": {}}',
        '{"as_of": "2026-11-21", "lists": {"N": [1]}}',
    ],
)
def test_answers_that_are_none_are_refused(tmp_path: Path, text: str):
    (tmp_path / probes.PROBES).write_text(text)
    with pytest.raises(DamagedRelease):
        probes.read(tmp_path)

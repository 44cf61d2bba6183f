"""The parts of the speed benchmarks that can be checked by hand, and a short form of the whole."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ElementTree
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from indexes.exact import ExactIndex
from recommender.catalogue import Need, open_catalogue
from recommender.engine import Engine
from recommender.query import SupplierQuery
from tests.benchmarks.catalogues import Economy, write
from tests.benchmarks.speed import peers
from tests.benchmarks.speed.__main__ import _workspace, measure
from tests.benchmarks.speed.load import ask, ask_once
from tests.benchmarks.speed.plot import draw
from tests.benchmarks.speed.refreshing import change
from tests.benchmarks.speed.report import Report, Row, Section, curves, percentiles, quantity, table
from tests.benchmarks.speed.searching import Speed, Truth, compared, filtered, recall_of, truth
from tests.benchmarks.speed.stages import REST, Stages, stage_of, watched


def test_percentiles_are_times_that_were_measured() -> None:
    assert percentiles([5.0]) == (5.0, 5.0, 5.0)
    assert percentiles([3.0, 1.0, 2.0, 4.0]) == (2.0, 4.0, 4.0)
    assert np.isnan(percentiles([])).all()


def test_a_ratio_above_one_is_better_whatever_the_unit() -> None:
    assert Row("", 2.0, "s", "peer", 4.0).ratio == 2.0
    assert Row("", 2.0, "/s", "peer", 4.0).ratio == 0.5
    assert np.isnan(Row("", 2.0).ratio)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(0.0123, "s", "12.3 ms"), (2.5e9, "B", "2.5 GB"), (812.4, "/s", "812/s"), (0.5, "", "0.500")],
)
def test_quantities_are_written_for_people(value: float, unit: str, said: str) -> None:
    assert quantity(value, unit) == said


def test_a_table_leaves_out_columns_that_nothing_fills() -> None:
    text = table([Row("a|b", 1.0, target="≤ 2 s", met=True)])
    assert text.splitlines() == [
        "| what | measured | to reach |",
        "|---|---:|---|",
        "| a\\|b | 1 s | ≤ 2 s ✓ |",
    ]


def test_reports_are_read_as_they_were_saved_and_make_curves(tmp_path: Path) -> None:
    for size in (100, 10):
        row = Row("x", float(size), "/s", curve="rate")
        Report(size, "command", sections=[Section("s", [row, Row("y", 1.0)], ["n"])]).save(tmp_path)
    found = [Report.load(path) for path in sorted(tmp_path.glob("*.json"))]
    assert found[0].sections[0].rows[0].curve == "rate"
    assert curves(found) == {"rate": [(10, 10.0, "/s"), (100, 100.0, "/s")]}
    draw(curves(found), tmp_path / "growth.svg")
    picture = ElementTree.parse(tmp_path / "growth.svg")
    texts = [element.text for element in picture.iter() if element.tag.endswith("text")]
    assert {"rate", "10/s", "100/s"} <= set(texts)


def test_recall_counts_ties_and_what_there_is_to_find() -> None:
    vectors = np.array([[1.0, 0], [1.0, 0], [0.5, 0], [0, 1.0]], np.float32)
    query = np.array([[1.0, 0]], np.float32)
    allowed = np.array([False, True, True, False])
    assert truth(vectors, query, allowed).count == 2
    right = Truth(1, np.array([1.0], np.float32))
    assert recall_of(vectors, query, np.array([[1, -1]]), right) == 1.0
    assert recall_of(vectors, query, np.array([[0, 1]]), right) == 1.0
    assert recall_of(vectors, query, np.array([[2, -1]]), right) == 0.0


def test_the_filtered_job_finds_what_there_is_at_every_share() -> None:
    vectors = np.random.default_rng(1).standard_normal((3000, 8), dtype=np.float32)
    (section,) = filtered(ExactIndex.from_vectors(vectors), vectors[:5], beside=())
    assert [row.note.split(";")[0] for row in section.rows] == ["recall 1.000"] * 4


def test_a_peer_counts_at_its_fastest_setting_of_equal_recall() -> None:
    own = Speed("", 1.0, single=0.001, batch=1000.0)
    slow, exact = Speed("slow", 0.992, 0.01, 900.0), Speed("exact", 1.0, 0.004, 300.0)
    rough = Speed("rough", 0.9, 0.0001, 9000.0)
    single, batch = compared(0.5, own, [rough, slow, exact])
    assert (round(single.theirs), batch.theirs) == (250, 900.0)
    assert (single.met, batch.met) == (True, False)
    (alone, _) = compared(0.5, own, [rough])
    assert alone.met is None
    assert "not reached" in alone.note


def test_a_peer_that_is_missing_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "PEERS", {"nowhere": "nowhere"})
    (said,) = peers.peers(["nowhere"])
    assert isinstance(said, str)
    assert said.startswith("nowhere is not installed")
    assert "[bench]" in said


def test_the_innermost_stage_is_charged() -> None:
    assert stage_of("indexes.exact", "ExactIndex.search") == "vectors"
    assert stage_of("indexes.topk", "best_rows") is None
    assert stage_of("recommender.snapshot", "Snapshot.offerings_within") == "filters"
    assert stage_of("recommender.snapshot", "Snapshot.offering") == "records"
    stages = Stages()
    before = stages.enter("words")
    assert (before, stages.now) == (REST, "words")
    stages.enter(before)
    assert set(stages.take()) == {REST, "words"}


def test_watching_names_the_stages_and_leaves_no_trace(sample: tuple[Path, Engine]) -> None:
    _, engine = sample
    search, encode = ExactIndex.search, type(engine.encoder).encode
    unread = replace(next(iter(_needs(engine))), need_id="unread")  # another test may have asked for it
    query = SupplierQuery(unread, date(2026, 11, 21))
    with watched() as stages:
        assert ExactIndex.search is not search
        found = engine.suppliers(query)
        taken = stages.take()
    assert {"encode", "vectors", "words", "filters", "ranking", "judging", "explaining", REST} <= set(taken)
    assert (ExactIndex.search, type(engine.encoder).encode) == (search, encode)
    assert engine.suppliers(query) == found


def _needs(engine: Engine) -> Iterator[Need]:
    return (engine.snapshot.need(row) for row in range(engine.snapshot.needs.documents.size))


@pytest.fixture
def port() -> Iterator[int]:
    """A server that answers every second question with 200 and the others with 500."""
    numbers = iter(range(10_000))
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                status = 500 if next(numbers) % 2 else 200
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_clients_count_answers_and_failures_apart(port: int) -> None:
    load = ask(port, "/", [{"a": 1}, {"b": 2}], 3, 0.3)
    answered, failed = len(load.seconds), load.failures.get("status 500", 0)
    assert answered
    assert abs(answered - failed) <= 1
    assert set(load.failures) == {"status 500"}
    assert len(load.began) == answered


def test_a_server_that_is_not_there_is_a_failure_and_not_a_crash() -> None:
    load = ask_once(9, "/", {})
    assert not load.seconds
    assert set(load.failures) == {"ConnectionRefusedError"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("small")
    write(Economy(800, date.today()), home)
    return home


def test_one_enterprise_in_so_many_changes_with_all_that_it_offers(small: Path) -> None:
    with closing(open_catalogue(f"sqlite:///{small / 'catalogue.db'}")) as catalogue:
        firms = [firm.enterprise_id for firm in catalogue.enterprises()]
        expected = {*firms[::10]}
        number = change(catalogue, 10, "改动")
        changed = [one for one in catalogue.offerings() if one.description.endswith("改动")]
        assert {one.enterprise_id for one in changed} <= expected
        assert len(changed) == sum(len(catalogue.offerings_of(firm)) for firm in expected)
        assert number == len(changed) + len(expected)


def test_the_short_form_measures_every_topic_in_this_process_and_a_release_as_it_is(
    small: Path, tmp_path: Path
) -> None:
    asked = Namespace(
        topics=["refresh", "vectors", "filtered", "requests", "batch"],
        peers=[],
        released=False,
        requests=8,
        out=tmp_path,
    )
    report = measure(small, asked)
    titles = [section.title.split(":")[0].split(",")[0] for section in report.sections]
    assert titles == [
        "Refresh",
        "Vectors",
        "Filtered search",
        "One request",
        "Stages of an explained request",
        "Recommending for everyone",
        "The scoring product of a part of 256 needs",
    ]
    assert all(np.isfinite(row.ours) and row.ours > 0 for section in report.sections for row in section.rows)
    assert Report.load(tmp_path / "800.json").markdown() == report.markdown()
    kept = {path: path.stat().st_mtime_ns for path in small.rglob("*")}
    released = Namespace(home=small, work=tmp_path / "work", released=True)
    with _workspace(0, released) as home:
        again = measure(home, Namespace(**vars(asked) | {"topics": ["vectors"], "released": True}))
    assert [section.title for section in again.sections] == [report.sections[1].title]
    assert {path: path.stat().st_mtime_ns for path in small.rglob("*")} == kept

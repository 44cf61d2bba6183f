"""Recommending for everyone: the lists of single requests, in parts that survive any end of the job."""

from __future__ import annotations

import errno
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from indexes import files
from indexes.errors import InputError, NoRelease, RongtongError
from indexes.store import ReleaseStore
from recommender.catalogue import (
    Certification,
    Enterprise,
    Kind,
    Need,
    Offering,
    Size,
    Visibility,
)
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.matching import parts as parts_module
from recommender.matching.everyone import NAMES, Direction, Job, lists, who_asks
from recommender.matching.parts import JobFolder
from recommender.matching.running import run
from recommender.query import BuyerQuery, Filters, SupplierQuery
from tests.homes import filled
from tests.safety.workshop import ended, in_child
from training.models import packaged_encoder

DAY = date(2026, 11, 21)
HOLDER, OTHER = (Certification("IATF 16949"),), (Certification("ISO 14001"),)
THINGS = ("汽车变速箱齿轮", "汽车差速器齿轮", "动车组轴箱轴承", "风电主轴轴承", "精梳棉纱", "高纯石英砂")
PLACES = ("430200", "310000", "330200", "")
EVERYONE = [Visibility.PUBLIC, Visibility.REGISTERED, Visibility.INVITED]
BOTH = list(Direction)


def _enterprises() -> list[Enterprise]:
    firms = [
        Enterprise(
            f"E{n:02}",
            f"第{n}号{THINGS[n % 6][:2]}厂（示例）",
            description="" if n % 3 else f"多年生产{THINGS[n % 6]}，供货稳定。",
            region=PLACES[n % 4],
            size=(Size.SMALL, Size.MEDIUM, Size.LARGE, None)[n % 4],
            certifications=(HOLDER, OTHER, ())[n % 3],
        )
        for n in range(30)
    ]
    # registered again under the same name: diversity moves it
    return [*firms, replace(firms[6], enterprise_id="E06-again")]


def _offerings() -> list[Offering]:
    return [
        Offering(f"{firm.enterprise_id}-{m}", firm.enterprise_id, THINGS[(n + m * m) % 6], f"型号{m}")
        for n, firm in enumerate(_enterprises())
        for m in range(n % 4)
    ]


def _needs() -> list[Need]:
    return [
        Need(
            f"N{n:02}",
            f"{THINGS[n % 6]}采购" + ("、包装及运输" if n % 5 == 0 else ""),
            qualification="供应商须通过IATF 16949认证。" if n % 2 else "",
            # a firm that buys: its own needs are not for it
            buyer_name="第3号风电厂（示例）" if n == 3 else f"第{n // 2}采购集团",
            region=PLACES[n % 4],
            deadline=datetime(2027, 6, 1),
            visibility=EVERYONE[n % 3],
        )
        for n in range(26)
    ] + [Need("late", "汽车变速箱齿轮采购", deadline=datetime(2026, 11, 20), visibility=Visibility.PUBLIC)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    values = {
        Kind.ENTERPRISES: _enterprises(),
        Kind.OFFERINGS: _offerings(),
        Kind.NEEDS: _needs(),
    }
    return filled(tmp_path_factory.mktemp("everyone"), load_encoder(packaged_encoder()), values)


def _open(home: Path, release: str) -> Engine:
    return Engine.open(ReleaseStore(home), load_encoder(packaged_encoder()), release)


@pytest.fixture(scope="module")
def engine(home: Path) -> Engine:
    return _open(home, "")


def _job(engine: Engine, direction: Direction, **options: object) -> Job:
    return Job(engine.release, direction, DAY, **{"top_k": 8, **options})


def _begin(engine: Engine, path: Path, direction: Direction, each: int = 6, **options: object) -> JobFolder:
    job = _job(engine, direction, **options)
    return JobFolder.make(path, job, len(who_asks(engine.snapshot, job)), each)


def _run(home: Path, folder: JobFolder, processes: int = 1):
    return run(folder, partial(_open, home), processes)


def _rows(path: Path) -> list[dict[str, object]]:
    return parquet.read_table(path).to_pylist()


def _bytes(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.iterdir() if not each.name.startswith(".")}


def _single(engine: Engine, job: Job) -> Iterator[tuple[object, ...]]:
    """What the rows are to be, asked one by one."""
    snapshot = engine.snapshot
    if job.direction is Direction.SUPPLIERS:
        for need in (need for need in map(snapshot.need, range(snapshot.needs.documents.size))):
            if need.need_id == "late" or (job.public and need.visibility is not Visibility.PUBLIC):
                continue
            query = SupplierQuery(need, job.as_of, job.top_k, job.filters, explain=False)
            for each in engine.suppliers(query).results:
                yield (
                    need.need_id,
                    each.rank,
                    each.enterprise_id,
                    each.name,
                    each.score,
                    each.fails,
                    each.moved,
                )
        return
    for row in range(snapshot.enterprises.documents.size):
        firm = snapshot.enterprise(row)
        if firm.size is Size.LARGE and not job.large:
            continue
        offerings = tuple(map(snapshot.offering, snapshot.offering_rows(row)))
        visible = (Visibility.PUBLIC,) if job.public else tuple(Visibility)
        query = BuyerQuery(
            firm, offerings, job.as_of, job.top_k, job.filters, explain=False, visibility=visible
        )
        for each in engine.buyers(query).results:
            yield firm.enterprise_id, each.rank, each.need_id, each.title, each.score, each.fails, each.moved


@pytest.mark.parametrize(
    ("direction", "options"),
    [
        (Direction.SUPPLIERS, {}),
        (Direction.SUPPLIERS, {"filters": Filters(region=("33",)), "top_k": 20}),
        (Direction.SUPPLIERS, {"public": True}),
        (Direction.BUYERS, {}),
        (Direction.BUYERS, {"filters": Filters(region=("43",)), "large": True}),
        (Direction.BUYERS, {"public": True}),
    ],
)
def test_every_list_is_that_of_a_single_request_to_the_last_bit(engine, home, tmp_path, direction, options):
    folder = _begin(engine, tmp_path / "out", direction, **options)
    ran = _run(home, folder)
    rows = _rows(folder.path)
    found = [
        (*(row[name] for name in NAMES[direction][:4]), row["score"], tuple(row["fails"]), row["moved_from"])
        for row in rows
    ]
    expected = [(*each[:-1], each[-1].by_score if each[-1] else None) for each in _single(engine, folder.job)]
    assert found == expected
    assert ran.results == len(rows) > 50


def test_the_sample_moves_somebody_and_somebody_fails_a_must_have(engine, home, tmp_path):
    near = Filters(region=("33",))
    rows = _rows(_done(engine, home, tmp_path, Direction.SUPPLIERS, filters=near, top_k=20).path)
    assert any(row["moved_from"] for row in rows)
    assert any(row["fails"] == ["IATF 16949"] for row in rows)


def _done(engine: Engine, home: Path, tmp_path: Path, direction: Direction, **options: object) -> JobFolder:
    folder = _begin(engine, tmp_path / "done", direction, **options)
    _run(home, folder)
    return folder


@pytest.mark.parametrize("direction", BOTH)
def test_base_and_the_columns_of_features_add_up_to_the_log_odds_of_the_score(
    engine, home, tmp_path, direction
):
    rows = _rows(_done(engine, home, tmp_path, direction).path)
    for row in rows:
        odds = row["base"] + sum(row[feature] or 0.0 for feature in engine.model.features)
        assert odds == pytest.approx(math.log(row["score"] / (1 - row["score"])), abs=1e-6)
    assert any(row["semantic_match"] is None for row in rows)  # one that offers nothing
    assert any(row["semantic_match"] for row in rows)


def test_confidential_needs_are_marked_and_stay_out_of_public_lists(engine, home, tmp_path):
    every = _rows(_done(engine, home, tmp_path / "every", Direction.BUYERS).path)
    assert {row["visibility"] for row in every} == {"public", "registered", "invited"}
    public = _rows(_done(engine, home, tmp_path / "public", Direction.BUYERS, public=True).path)
    assert {row["visibility"] for row in public} == {"public"}
    asking = _rows(_done(engine, home, tmp_path / "asking", Direction.SUPPLIERS, public=True).path)
    secret = {need.need_id for need in _needs() if need.visibility is not Visibility.PUBLIC}
    assert not secret & {row["need_id"] for row in asking}


def test_a_limit_takes_the_first_who_ask(engine, home, tmp_path):
    rows = _rows(_done(engine, home, tmp_path, Direction.SUPPLIERS, limit=3).path)
    assert list(dict.fromkeys(row["need_id"] for row in rows)) == ["N00", "N01", "N02"]


@pytest.mark.parametrize("direction", BOTH)
@pytest.mark.parametrize("processes", [1, 2])
def test_only_the_parts_that_lack_are_done_and_the_bytes_are_the_same(
    engine, home, tmp_path, direction, processes
):
    whole = _done(engine, home, tmp_path, direction)
    before = _bytes(whole.path)
    (whole.path / "part-00001.parquet").unlink()
    damaged = whole.path / "part-00002.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-20])
    (whole.path / "part-00003.parquet").write_bytes(before["part-00000.parquet"])
    assert whole.lacking() == [1, 2, 3]
    ran = _run(home, whole, processes)
    assert ran.done == sum(map(whole.asking, (1, 2, 3)))
    assert _bytes(whole.path) == before
    assert _run(home, whole).done == 0


def _killed_at(step: int) -> None:
    """From now on the process ends as by SIGKILL before the *step*-th rename or sync."""
    left = iter(range(step - 1))

    def killing(real):
        def call(*arguments):
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return call

    files.os.replace, files.os.fsync = killing(os.replace), killing(os.fsync)


def test_killed_at_any_step_of_writing_the_job_goes_on_and_ends_the_same(engine, home, tmp_path):
    whole = _bytes(_done(engine, home, tmp_path, Direction.SUPPLIERS, limit=12).path)
    folder = _begin(engine, tmp_path / "killed", Direction.SUPPLIERS, limit=12)

    def work(step: int) -> None:
        _killed_at(step)
        run(folder, lambda release: engine, 1)

    for step in range(1, 20):
        for each in folder.path.glob("part-*"):  # each kill finds all still to do
            each.unlink()
        status = ended(in_child(partial(work, step)))
        for name, content in _bytes(folder.path).items():
            assert name == "_job.json" or content == whole[name]
        if not status:
            break
        assert status == -signal.SIGKILL
        lacking = len(folder.lacking())
        assert run(folder, lambda release: engine, 1).done == 6 * lacking
        assert _bytes(folder.path) == whole
    assert step == 10  # a sync, a rename and a sync of the folder of two parts and of the end
    assert _bytes(folder.path) == whole


_OWNER = """
import sys
from functools import partial
from pathlib import Path
from recommender.matching.parts import JobFolder
from recommender.matching.running import run
from tests.recommender.matching.test_everyone import _open
if __name__ == "__main__":
    run(JobFolder.open(Path(sys.argv[2])), partial(_open, Path(sys.argv[1])), 2)
"""


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_processes_of_a_job_that_is_killed_end_with_it(engine, home, tmp_path):
    script = tmp_path / "owner.py"
    script.write_text(_OWNER)
    folder = _begin(engine, tmp_path / "out", Direction.BUYERS, each=1, large=True)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    owner = subprocess.Popen([sys.executable, str(script), str(home), str(folder.path)], env=environment)
    until = time.monotonic() + 60
    while not list(folder.path.glob("part-*")) and owner.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    children = _children(owner.pid)
    owner.kill()
    owner.wait()
    assert len(children) >= 2
    while any(map(_alive, children)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(_alive, children))
    _run(home, folder)
    done = _done(engine, home, tmp_path, Direction.BUYERS, large=True)
    assert _rows(folder.path) == _rows(done.path)


def test_a_folder_that_holds_something_else_is_refused(engine, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".part-00000.parquet.new").write_bytes(b"half")  # what a kill leaves
    _begin(engine, tmp_path / "out", Direction.BUYERS)
    with pytest.raises(InputError, match="not empty"):
        _begin(engine, tmp_path / "out", Direction.BUYERS)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', "\0", '{"format": 1, "job": {}}'])
def test_a_job_that_cannot_be_read_is_named(tmp_path, text):
    (tmp_path / "_job.json").write_text(text)
    with pytest.raises(InputError, match="cannot be read"):
        JobFolder.open(tmp_path)


def test_a_job_is_read_as_it_was_begun(engine, tmp_path):
    folder = _begin(engine, tmp_path / "out", Direction.BUYERS, filters=Filters(region=("43",)), limit=4)
    assert JobFolder.open(folder.path) == folder
    assert JobFolder.open(tmp_path) is None


def test_two_processes_do_not_work_on_one_job(engine, home, tmp_path):
    folder = _begin(engine, tmp_path / "out", Direction.BUYERS)
    with folder.alone(), pytest.raises(InputError, match="Another process"):
        _run(home, JobFolder.open(folder.path))


def test_a_full_disk_is_named_and_leaves_whole_parts(engine, home, tmp_path, monkeypatch):
    folder = _begin(engine, tmp_path / "out", Direction.SUPPLIERS)
    real, written = parts_module.write_atomically, []

    def full(path: Path, data: bytes) -> None:
        if len(written) == 2:
            path.with_name(f".{path.name}.new").write_bytes(data[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(path)
        real(path, data)

    monkeypatch.setattr(parts_module, "write_atomically", full)
    with pytest.raises(RongtongError, match="No space left"):
        _run(home, folder)
    assert not list(folder.path.glob(".part*"))
    monkeypatch.undo()
    assert _run(home, folder).done == folder.asked - 12
    assert _bytes(folder.path) == _bytes(_done(engine, home, tmp_path, Direction.SUPPLIERS).path)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_release_that_is_gone_is_named(engine, home, tmp_path, processes):
    folder = _begin(engine, tmp_path / "out", Direction.BUYERS)
    gone = replace(folder, job=replace(folder.job, release="20200101-000000-001"))
    with pytest.raises(NoRelease, match="20200101-000000-001"):
        _run(home, gone, processes)


def test_numbers_out_of_range_are_refused(engine):
    with pytest.raises(InputError, match="top_k"):
        _job(engine, Direction.BUYERS, top_k=0)
    with pytest.raises(InputError, match="limit"):
        _job(engine, Direction.BUYERS, limit=-1)


def test_nobody_asking_makes_an_empty_complete_job(engine, home, tmp_path):
    job = replace(_job(engine, Direction.SUPPLIERS), as_of=date(2030, 1, 1))
    assert not len(who_asks(engine.snapshot, job))
    assert not list(lists(engine.parts, job, who_asks(engine.snapshot, job)))
    folder = JobFolder.make(tmp_path / "out", job, 0, 6)
    assert _run(home, folder).results == 0
    assert JobFolder.open(folder.path).complete

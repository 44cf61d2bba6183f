"""``rongtong recommend everyone`` on a small workspace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date, datetime
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from typer.testing import CliRunner

from indexes.store import ReleaseStore
from recommender.catalogue import Enterprise, Kind, Need, Offering
from recommender.encoder import load_encoder
from service.cli.main import app
from tests.homes import filled
from training.models import packaged_encoder

runner = CliRunner()
NEEDS = 600


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    values = {
        Kind.ENTERPRISES: [Enterprise(f"E{n}", f"第{n}轴承厂（示例）") for n in range(40)],
        Kind.OFFERINGS: [Offering(f"O{n}", f"E{n}", f"{n}型轴承") for n in range(40)],
        Kind.NEEDS: [
            Need(f"N{n:03}", f"轴承采购第{n}标", deadline=datetime(2099, 1, 1)) for n in range(NEEDS)
        ],
    }
    return filled(folder, load_encoder(packaged_encoder()), values)


@pytest.fixture
def everyone(home, tmp_path):
    def run(*arguments, out=tmp_path / "out"):
        command = ["recommend", "everyone", *map(str, arguments), "--out", str(out), "--home", str(home)]
        return runner.invoke(app, command)

    return run


def test_a_job_writes_parquet_that_reads_as_one_table_and_tells_what_it_did(everyone, home, tmp_path):
    result = everyone("suppliers", "--limit", 5, "--top-k", 3, "--processes", 1, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["asked"], told["done_now"], told["results"]) == (5, 5, 15)
    table = parquet.read_table(tmp_path / "out")
    assert table.num_rows == 15
    assert table.column_names[:5] == ["need_id", "rank", "enterprise_id", "name", "score"]
    assert not ReleaseStore(home).pinned()
    again = json.loads(everyone("suppliers", "--resume", "--json").stdout)
    assert (again["asked"], again["done_now"], again["results"]) == (5, 0, 15)


def test_buyers_for_every_enterprise(everyone, tmp_path):
    result = everyone("buyers", "--top-k", 2, "--processes", 1)
    assert result.exit_code == 0, result.output
    assert "40 asked, 80 results" in result.stdout
    assert parquet.read_table(tmp_path / "out").num_rows == 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["suppliers", "--top-k", 0], "top_k"),
        (["suppliers", "--top-k", 1001], "1 to 1000"),
        (["friends"], "friends"),
        (["buyers", "--where", "colour=red"], "colour"),
        (["buyers", "--where", "region=31", "--where", "size=small"], "says nothing about needs"),
        (["buyers", "--as-of", "soon"], "as-of"),
        (["buyers", "--limit", -1], "limit"),
        (["buyers", "--processes", -2], "processes"),
    ],
)
def test_a_wrong_option_exits_with_2_and_writes_nothing(everyone, tmp_path, arguments, said):
    result = everyone(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_with_a_job_is_not_begun_again_and_another_job_is_not_gone_on_with(everyone):
    begun = ("suppliers", "--limit", 2, "--top-k", 3, "--processes", 1)
    assert everyone(*begun).exit_code == 0
    assert "--resume" in everyone(*begun).stderr
    assert everyone(*begun, "--resume").exit_code == 0
    for other, said in (
        (("buyers",), "its whom is suppliers. [whom = 'buyers']"),
        (("suppliers", "--top-k", 4), "its top_k is 3. [top_k = '4']"),
        (("suppliers", "--where", "region=31"), "its where is nothing. [where = 'region=31']"),
        (("suppliers", "--large"), "its large is false. [large = 'true']"),
    ):
        result = everyone(*other, "--resume")
        assert result.exit_code == 2, other
        assert f"another job: {said}" in result.stderr


def test_a_folder_with_other_files_or_none_to_write_to_is_refused(everyone, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("keep")
    result = everyone("buyers", out=tmp_path / "notes")
    assert result.exit_code == 2
    assert "not empty" in result.stderr
    assert "--resume" not in result.stderr  # there is no job to go on with
    result = everyone("buyers", out=tmp_path / "notes" / "mine.txt")
    assert result.exit_code == 1
    assert "Cannot be written" in result.stderr
    assert (tmp_path / "notes" / "mine.txt").read_text() == "keep"


def test_a_job_goes_on_with_the_release_it_began_with_or_says_that_it_is_gone(everyone, home, tmp_path):
    assert everyone("suppliers", "--limit", 2, "--processes", 1).exit_code == 0
    job = tmp_path / "out" / "_job.json"
    begun = json.loads(job.read_text()) | {"complete": False, "pinned": True}
    (tmp_path / "out" / "part-00000.parquet").unlink()
    job.write_text(json.dumps(begun))
    result = everyone("suppliers", "--resume", "--json", "--processes", 1)
    assert json.loads(result.stdout)["done_now"] == 2
    assert not ReleaseStore(home).pinned()
    begun["job"]["release"] = "20200101-000000-001"
    job.write_text(json.dumps(begun))
    result = everyone("suppliers", "--resume")
    assert result.exit_code == 1
    assert "release that the job began with is gone" in result.stderr
    assert "another folder" in result.stderr


def test_a_job_does_not_go_on_with_a_release_that_was_damaged_since(everyone, home, tmp_path):
    assert everyone("suppliers", "--limit", 2, "--processes", 1).exit_code == 0
    job, part = tmp_path / "out" / "_job.json", tmp_path / "out" / "part-00000.parquet"
    begun = json.loads(job.read_text())
    job.write_text(json.dumps(begun | {"complete": False}))
    part.unlink()
    damaged = ReleaseStore(home).path(begun["job"]["release"]) / "needs" / "documents" / "documents.bin"
    whole = damaged.read_bytes()
    damaged.chmod(0o644)
    damaged.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    try:
        result = everyone("suppliers", "--resume")
        assert result.exit_code == 1
        assert "documents.bin" in result.stderr
        assert not part.exists()
    finally:
        damaged.write_bytes(whole)


def test_an_empty_workspace_says_what_to_do(tmp_path):
    command = ["recommend", "everyone", "buyers", "--out", str(tmp_path / "out"), "--home", str(tmp_path)]
    result = runner.invoke(app, command)
    assert result.exit_code == 1
    assert "refresh" in result.stderr
    assert not (tmp_path / "out").exists()


def test_ctrl_c_ends_with_130_keeps_whole_parts_and_says_how_to_go_on(home, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "service.cli.main", "recommend", "everyone", "suppliers"]
    command += ["--processes", "2", "--top-k", "40", "--out", str(out), "--home", str(home)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    running = subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # who runs the tests in the background has SIGINT ignored, and so would all that they start
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until = time.monotonic() + 60
    while len(_children(running.pid)) < 3 and running.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: all processes hear of it
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert "--resume" in said
    assert ReleaseStore(home).pinned()
    result = runner.invoke(app, [*command[3:], "--resume", "--json"])
    told = json.loads(result.stdout)
    assert told["asked"] == NEEDS
    assert told["results"] == NEEDS * 40
    assert not ReleaseStore(home).pinned()


def _children(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []


def test_the_day_is_today_where_none_is_given(everyone, tmp_path):
    everyone("suppliers", "--limit", 1, "--processes", 1)
    assert json.loads((tmp_path / "out" / "_job.json").read_text())["job"]["as_of"] == str(date.today())

"""``rongtong recommend`` on a fake engine."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from indexes.errors import DamagedRelease
from recommender.catalogue import Kind, open_catalogue
from recommender.matching.ledger import ExposureLedger
from service.cli.main import app
from service.cli.present import _crossing
from service.workspace import Workspace
from tests.service.fakes import FakeEngine

runner = CliRunner()


@pytest.fixture
def engine(monkeypatch):
    fake = FakeEngine()
    monkeypatch.setattr(Workspace, "engine", lambda self: fake)
    return fake


@pytest.fixture
def home(tmp_path):
    with open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}") as catalogue, catalogue.transaction() as tx:
        tx.upsert(Kind.NEEDS, [{"need_id": "N1", "title": "轴箱轴承"}], given={"need_id", "title"})
        tx.upsert(
            Kind.ENTERPRISES, [{"enterprise_id": "E1", "name": "轴承厂"}], given={"enterprise_id", "name"}
        )
    return tmp_path


@pytest.fixture
def rongtong(home):
    def run(*arguments):
        return runner.invoke(app, [*arguments, "--home", str(home)])

    return run


def test_a_need_in_words_prints_a_ranked_list(rongtong, engine):
    result = rongtong("recommend", "suppliers", "--text", "轴箱轴承")
    assert result.exit_code == 0, result.output
    assert "株洲田心轴承有限公司" in result.stdout
    assert "湖南省株洲市 · 专精特新小巨人 · 中型" in result.stdout
    assert "语义匹配" not in result.stdout


def test_reasons_are_printed_in_chinese_with_english_beside(rongtong, engine):
    printed = rongtong("recommend", "suppliers", "--text", "轴箱轴承", "--explain").stdout
    for words in (
        "最佳产品语义匹配 best offering, by meaning",
        "+1.92",
        "-0.41",
        "✓ ISO/TS 22163 认证·满足",
        "✗ 专精特新小巨人 / 单项冠军 梯度·缺少",
        "? 同类业绩",
        "“轴箱轴承”",
        "“动车组轴箱轴承单元”",
        "⚠ 证书 2027-03-01 到期",
    ):
        assert words in printed, words


def test_json_is_the_answer_of_the_contract(rongtong, engine):
    result = rongtong("recommend", "suppliers", "--need", "N1", "--explain", "--json")
    document = json.loads(result.stdout)
    assert document["release"] == engine.release
    assert document["results"][0]["contributions"]
    assert engine.asked[0].need.title == "轴箱轴承"


def test_every_option_reaches_the_engine(rongtong, engine):
    where = "region=31,tier=little_giant,certification=IATF 16949"
    options = (
        "--top-k",
        "3",
        "--where",
        where,
        "--link",
        "data",
        "--as-of",
        "2026-02-03",
        "--scope",
        "cross",
    )
    assert rongtong("recommend", "suppliers", "--text", "a", *options).exit_code == 0
    asked = engine.asked[0]
    assert (asked.top_k, asked.link, asked.as_of.isoformat()) == (3, "data", "2026-02-03")
    assert asked.scope == "cross"
    assert asked.filters.to_json() == {
        "region": ["31"],
        "tier": ["little_giant"],
        "certification": ["IATF 16949"],
    }


def test_moved_and_failing_results_say_so_without_being_asked(rongtong, engine):
    printed = rongtong("recommend", "suppliers", "--text", "轴承").stdout
    assert "↕ 按评分第 3 名 by score：与评分相近者轮流" in printed
    assert "✗ 不满足 fails：专精特新小巨人 / 单项冠军" in printed
    assert "已排除" not in printed


def test_strict_says_how_many_were_left_out_and_why(rongtong, engine, tmp_path):
    printed = rongtong("recommend", "suppliers", "--text", "轴承", "--strict").stdout
    assert "已排除 12 个" in printed
    assert "IATF 16949（9）、专精特新小巨人 / 单项冠军（4）" in printed
    assert "无证工厂" in printed
    assert rongtong("recommend", "buyers", "--text", "轴承", "--strict").exit_code == 0
    assert [asked.policy for asked in engine.asked] == ["strict", "strict"]
    out = tmp_path / "run.jsonl"
    rongtong("recommend", "suppliers", "--text", "轴承", "--strict", "--out", str(out))
    assert json.loads(out.read_text(encoding="utf-8"))["left_out"]["count"] == 12


def test_turns_are_taken_only_where_they_are_asked_for(rongtong, engine, home):
    ledger = ExposureLedger(home / "exposure.db", today=lambda: date.today() - timedelta(1))
    ledger.record("q", {"E1": (1.0, 0.4)})
    ledger.close()
    for options in ((), ("--no-exposure",), ("--exposure",)):
        assert rongtong("recommend", "suppliers", "--text", "轴承", *options).exit_code == 0
    assert [asked.exposure is None for asked in engine.asked] == [True, True, False]
    assert engine.asked[2].exposure.balance == pytest.approx({"E1": 0.6})


def test_a_file_of_needs_becomes_a_run_file(rongtong, engine, tmp_path):
    needs = tmp_path / "needs.csv"
    needs.write_text("need_id,title\nA,轴承\nB,齿轮\n", encoding="utf-8")
    out = tmp_path / "run.jsonl"
    out.write_text("old")
    result = rongtong(
        "recommend", "suppliers", "--needs", str(needs), "--top-k", "1", "--out", str(out), "--json"
    )
    assert json.loads(result.stdout) == {"out": str(out), "answered": 2}
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["need_id"] for line in lines] == ["A", "B"]
    assert lines[0]["release"] == engine.release
    assert [each["rank"] for each in lines[0]["results"]] == [1]
    assert {each.name for each in tmp_path.iterdir()} <= {"needs.csv", "run.jsonl"} | {
        each.name for each in tmp_path.glob("catalogue.db*")
    }


def test_a_run_that_fails_leaves_the_old_file(rongtong, engine, tmp_path):
    out = tmp_path / "run.jsonl"
    out.write_text("old")
    engine.problem = DamagedRelease("torn")
    assert rongtong("recommend", "suppliers", "--text", "a", "--out", str(out)).exit_code == 1
    assert out.read_text() == "old"
    assert not list(tmp_path.glob(".run*"))


def test_rows_that_are_no_needs_are_named_and_the_others_answered(rongtong, engine, tmp_path):
    needs = tmp_path / "needs.csv"
    needs.write_text("need_id,title\nA,轴承\nB,\n", encoding="utf-8")
    result = rongtong("recommend", "suppliers", "--needs", str(needs))
    assert result.exit_code == 3
    assert "row 3" in result.stderr
    assert len(engine.asked) == 1


def test_an_enterprise_of_the_catalogue_gets_needs_of_every_visibility(rongtong, engine):
    result = rongtong("recommend", "buyers", "--enterprise", "E1", "--explain")
    assert "高铁转向架用轴箱轴承" in result.stdout
    assert set(engine.asked[0].visibility) == {"public", "registered", "invited"}


def test_a_file_of_enterprises_gets_needs_each(rongtong, engine, tmp_path):
    path = tmp_path / "enterprises.jsonl"
    path.write_text('{"enterprise_id": "X", "name": "甲厂", "description": "轴承"}\n', encoding="utf-8")
    result = rongtong("recommend", "buyers", "--enterprises", str(path), "--json")
    assert json.loads(result.stdout)["answers"][0]["enterprise_id"] == "X"


def test_an_id_that_stands_twice_in_a_file_is_answered_once(rongtong, engine, tmp_path):
    needs, out = tmp_path / "needs.csv", tmp_path / "run.jsonl"
    needs.write_text("need_id,title\nA,轴承\nA,轴承\nA,齿轮\n", encoding="utf-8")
    result = rongtong("recommend", "suppliers", "--needs", str(needs), "--out", str(out))
    assert result.exit_code == 3
    assert "row 4: need_id: row 2 has the same id" in result.stderr
    assert "row 3" not in result.stderr
    assert len(out.read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["suppliers"], "--need"),
        (["suppliers", "--text", "a", "--need", "N1"], "exactly one"),
        (["suppliers", "--need", "N404"], "N404"),
        (["suppliers", "--text", "a", "--where", "colour=red"], "colour"),
        (["suppliers", "--text", "a", "--where", "region"], "field=value"),
        (["suppliers", "--text", "a", "--top-k", "0"], "top_k"),
        (["suppliers", "--text", "a", "--as-of", "morgen"], "2026-01-31"),
        (["suppliers", "--text", " "], "empty"),
        (["suppliers", "--needs", "nowhere.csv"], "nowhere.csv"),
        (["suppliers", "--text", "a", "--out", "/nowhere/run.jsonl"], "/nowhere"),
        (["buyers", "--enterprise", "E404"], "E404"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_is_wrong(rongtong, engine, arguments, named):
    result = rongtong("recommend", *arguments)
    assert result.exit_code == 2
    assert named in result.stderr
    assert result.stdout == ""


def test_with_json_an_error_is_one_json_document(rongtong, engine):
    result = rongtong("recommend", "suppliers", "--need", "N404", "--json")
    problem = json.loads(result.stdout)
    assert (problem["title"], problem["field"], problem["exit_code"]) == ("unknown-id", "need_id", 2)
    assert problem["mend"]


def test_an_interrupted_command_is_quiet(rongtong, engine):
    engine.problem = KeyboardInterrupt()
    result = rongtong("recommend", "suppliers", "--text", "a")
    assert result.exit_code == 130
    assert "Traceback" not in result.output


ONE_SHOT = """
import sys
from typer.testing import CliRunner
from service.cli.main import app
from service.cli.present import _crossing

asked = ["recommend", "suppliers", "--text", "轴承", "--home", sys.argv[1]]
found = CliRunner().invoke(app, asked)
import recommender.engine

heavy = {"torch", "sentence_transformers", "sqlalchemy", "alembic", "pandas", "bm25s", "fastapi"}
sys.exit(f"{found.exit_code} {sorted(heavy & set(sys.modules))}")
"""


def test_a_typed_need_waits_for_neither_torch_nor_the_database(tmp_path):
    """Without a release the command fails, but not before it has imported what it needs."""
    command = [sys.executable, "-c", ONE_SHOT, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stderr.strip() == "1 []"


def test_why_prints_the_rank_the_difference_and_what_would_help(rongtong, engine):
    result = rongtong(
        "recommend", "why", "--need", "N1", "--enterprise", "E2", "--strict", "--where", "region=31"
    )
    assert result.exit_code == 0, result.output
    for words in ("It ranks 41.", "最佳产品语义匹配", "-1.20", "取得并填报 ISO/TS 22163", "第 9 名"):
        assert words in result.stdout
    assert engine.asked[0].policy == "strict"
    document = json.loads(
        rongtong("recommend", "why", "--text", "轴承", "--enterprise", "E2", "--json").stdout
    )
    assert document["rank"] == 41
    assert rongtong("recommend", "why", "--enterprise", "E2").exit_code == 2


def test_a_result_of_another_chain_shows_its_path_its_weakest_step_and_what_is_to_prove():
    weakest = {"zh": "风电轴承是轴承的一种", "en": "风电轴承 is a kind of 轴承"}
    sure = {"zh": "轴承可与滚子轴承相互替代", "en": "they can stand in", "quotes": [{"span": "GB/T 307"}]}
    found = {
        "from": "风电装备",
        "to": "轨道交通装备",
        "path": ["风电轴承", "轴承", "滚子轴承"],
        "need": {"span": "滚子轴承"},
        "offering": {"span": "风电轴承"},
        "steps": [weakest, sure],
        "weakest": weakest,
        "to_prove": [{"zh": "样件检测", "en": "a sample, tested"}],
    }
    first, words, weak, other, left = (str(line) for line in _crossing(found))
    assert "风电装备 → 轨道交通装备：风电轴承 → 轴承 → 滚子轴承" in first
    assert "“风电轴承” ↔ “滚子轴承”" in words
    assert weakest["zh"] in weak
    assert "最弱一环" in weak
    assert "“GB/T 307”" in other
    assert "最弱一环" not in other
    assert "样件检测 a sample, tested" in left
    assert len(list(_crossing({"from": "a", "to": "b", "path": []}))) == 1

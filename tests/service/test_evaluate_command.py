"""``rongtong evaluate`` and its commands, on a small workspace with the encoder that ships."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli.judgments import read_works
from service.cli.main import app
from training.probe import FILE

runner = CliRunner()

OFFERED = {
    "E1": ("株洲轴承厂", "430200", ("深沟球轴承", "圆锥滚子轴承", "调心滚子轴承")),
    "E2": ("宁波棉纺厂", "330200", ("精梳棉纱", "气流纺棉纱", "竹节棉纱")),
    "E3": ("长沙路桥公司", "430100", ("公路工程施工", "桥梁施工", "路面养护")),
}
NEEDS = """need_id,title,buyer,construction
N1,轴箱轴承采购,株洲车辆厂,0
N2,杭州市绕城公路养护,,1
N3,针织用纱,,
"""
QRELS = "need_id,enterprise_id,grade\nN1,E1,1\nN2,E3,1\nN3,E2,2\nN3,E404,1\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists, judgments, and a workspace with a release in ``home``."""
    folder = tmp_path_factory.mktemp("evaluate")
    enterprises = [f"{e},{name},{region}" for e, (name, region, _) in OFFERED.items()]
    offerings = [f"{e}-{n},{e},{title}" for e, (_, _, own) in OFFERED.items() for n, title in enumerate(own)]
    for name, lines in {
        "enterprises": ["enterprise_id,name,region", *enterprises],
        "offerings": ["offering_id,enterprise_id,title", *offerings],
    }.items():
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
        assert run(folder, "import", name, folder / f"{name}.csv").exit_code == 0
    (folder / "needs.csv").write_text(NEEDS, encoding="utf-8")
    (folder / "qrels.csv").write_text(QRELS, encoding="utf-8")
    assert run(folder, "refresh").exit_code == 0
    return folder


def run(folder: Path, *arguments: object):
    return runner.invoke(app, [*map(str, arguments), "--home", str(folder / "home")])


def judged(folder: Path, *options: object):
    return run(folder, "evaluate", "--needs", folder / "needs.csv", "--qrels", folder / "qrels.csv", *options)


def test_unseen_keeps_the_needs_whose_winners_training_leaves_out(folder, monkeypatch):
    monkeypatch.setattr("training.awards.fold_of", lambda enterprise_id: int(enterprise_id != "E1"))
    answer = json.loads(judged(folder, "--unseen", "--json").stdout)
    assert answer["needs"] == 1


def test_every_system_and_every_slice_is_printed(folder):
    result = judged(folder)
    assert result.exit_code == 0, result.output
    for words in ("lexical", "full", "工程 works", "同省 same province", "有名 named", "†", "3 judged needs"):
        assert words in result.stdout, words


def test_json_holds_systems_and_slices(folder):
    document = json.loads(judged(folder, "--json").stdout)
    assert list(document["systems"]) == ["lexical", "dense", "hybrid", "full"]
    slices = {(each["dimension"], each["slice"]): each for each in document["slices"]}
    works = slices["kind", "works"]
    assert (works["needs"], works["small"], list(works["systems"])) == (1, True, ["lexical", "full"])
    assert slices["region", "same province"]["needs"] == 1
    assert slices["region", "other province"]["needs"] == 1


def test_one_system_alone_is_measured_too(folder):
    result = judged(folder, "--systems", "full")
    assert result.exit_code == 0, result.output
    assert "p=" not in result.stdout


def test_the_report_and_the_table_are_written(folder, tmp_path):
    report, table = tmp_path / "报告.md", tmp_path / "table.csv"
    result = judged(folder, "--report", report, "--out", table, "--worst", "1")
    assert result.exit_code == 0, result.output
    page = report.read_text(encoding="utf-8")
    assert "缺少评判中的 1 家企业（E404）" in page
    assert "needs.csv、qrels.csv" in page
    assert str(tmp_path) not in page
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


@pytest.mark.parametrize("option", ["--report", "--out"])
def test_a_folder_that_is_not_there_is_named_before_anything_is_measured(folder, option):
    result = judged(folder, option, folder / "nowhere" / "file")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_outcomes_of_the_same_needs_are_told(folder, tmp_path):
    (tmp_path / "home").symlink_to(folder / "home")
    outcomes = folder / "outcomes.csv"
    outcomes.write_text("need_id,enterprise_id,stage\nN1,E1,awarded\nN9,E3,met\n", encoding="utf-8")
    needs = folder / "known.csv"
    needs.write_text("need_id,title\nN1,轴箱轴承\nN9,公路\n", encoding="utf-8")
    assert run(folder, "import", "needs", needs).exit_code == 0
    assert run(folder, "import", "outcomes", outcomes).exit_code == 0
    result = judged(folder, "--json")
    assert "outcomes of 1 of these needs" in result.stderr
    slices = json.loads(result.stdout)["slices"]
    assert [each["needs"] for each in slices if each["dimension"] == "history"] == [2, 1]


def test_hidden_products_find_who_sells_them(folder):
    document = json.loads(run(folder, "evaluate", "products", "--systems", "lexical,full", "--json").stdout)
    assert (document["products"], document["enterprises"]) == (3, 3)
    assert document["systems"]["full"]["R@10"]["mean"] == 1.0
    assert "release" not in document
    result = run(folder, "evaluate", "products", "--most", "2", "--seed", "5", "--systems", "full")
    assert "2 hidden products of 2 enterprises · seed 5" in result.stdout


def test_a_share_that_is_none_exits_with_2(folder):
    result = run(folder, "evaluate", "products", "--hide", "2")
    assert result.exit_code == 2
    assert "hide" in result.stderr


def test_names_and_descriptions_of_industries_are_matched(folder, tmp_path):
    table = tmp_path / FILE
    table.parent.mkdir()
    rows = (
        "code,name,parent,note",
        "3401,轴承制造,34,指滚动轴承的生产活动",
        "3406,稻谷种植,34,指水稻的栽培与收获",
    )
    table.write_text("\n".join(rows), encoding="utf-8")
    document = json.loads(run(folder, "evaluate", "similarity", "--data", tmp_path, "--json").stdout)
    assert (document["classes"], document["with_siblings"]) == (2, 2)
    assert document["systems"]["encoder"]["Sibling"]["mean"] == 1.0
    assert "2 classes" in run(folder, "evaluate", "similarity", "--data", tmp_path).stdout
    missing = run(folder, "evaluate", "similarity", "--data", tmp_path / "taxonomy")
    assert missing.exit_code == 2
    assert "gbt4754_2017.csv" in missing.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--needs", "n.csv"), "qrels"),
        (("--qrels", "q.csv"), "needs"),
        (("--as-of", "2026-01-01", "products"), "as-of"),
        (("--systems", "magic", "products"), "systems"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_is_wrong(folder, arguments, named):
    result = runner.invoke(app, ["evaluate", *arguments])
    assert result.exit_code == 2
    assert named in result.stderr


def test_the_help_names_what_it_takes_and_the_commands():
    shown = runner.invoke(app, ["evaluate", "--help"], env={"COLUMNS": "200"}).stdout
    for words in ("--needs", "--qrels", "--report", "products", "similarity", "construction"):
        assert words in shown


@pytest.mark.parametrize(
    ("content", "works"),
    [
        (NEEDS, {"N1": False, "N2": True}),
        ("编号,标题,construction\nN1,轴承,是\nN2,公路,maybe\n", {"N1": True}),
        ("need_id,title\nN1,轴承\n", {}),
    ],
)
def test_a_list_may_say_which_needs_are_works(tmp_path, content, works):
    path = tmp_path / "needs.csv"
    path.write_text(content, encoding="utf-8")
    assert read_works(path) == works

"""The commands around an import: what they print, and how they end."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from recommender.catalogue import Kind, Link
from service.cli import imports, recommend
from service.cli.main import app
from service.settings import settings_table

runner = CliRunner()


@pytest.fixture
def rongtong(tmp_path):
    def run(*arguments):
        return runner.invoke(app, [*map(str, arguments), "--home", str(tmp_path / "home")])

    return run


@pytest.fixture
def enterprises(tmp_path):
    path = tmp_path / "企业.csv"
    path.write_text("企业编号,企业名称,备注\nE1,甲轴承厂,x\nE2,乙齿轮厂,y\n", encoding="utf-8")
    return path


def test_an_import_that_takes_every_row_exits_with_0(rongtong, enterprises):
    options = ("--column", "企业编号=enterprise_id")
    result = rongtong("import", "enterprises", enterprises, *options)
    assert result.exit_code == 0, result.output
    assert "2 rows: 2 new, 0 changed, 0 unchanged, 0 rejected" in result.stdout
    assert "备注" in result.stdout
    again = json.loads(rongtong("import", "enterprises", enterprises, *options, "--json").stdout)
    assert (again["inserted"], again["updated"], again["unchanged"]) == (0, 0, 2)
    assert again["files"][0]["unmapped"] == ["备注"]


def test_an_import_with_rejected_rows_exits_with_3_and_keeps_them(rongtong, tmp_path):
    path = tmp_path / "needs.csv"
    path.write_text("need_id,title\nN1,轴承\nN2,\n", encoding="utf-8")
    result = rongtong("import", "needs", path, "--json")
    assert result.exit_code == 3
    rejects = json.loads(result.stdout)["files"][0]["rejects_file"]
    assert rejects == str(tmp_path / "home" / "rejects" / "needs-needs.csv")
    assert "title" in (tmp_path / "home" / "rejects" / "needs-needs.csv").read_text(encoding="utf-8-sig")


def test_a_dry_run_writes_nothing(rongtong, enterprises):
    options = ("--column", "企业编号=enterprise_id", "--json")
    assert (
        json.loads(rongtong("import", "enterprises", enterprises, *options, "--dry-run").stdout)["inserted"]
        == 2
    )
    assert json.loads(rongtong("import", "enterprises", enterprises, *options).stdout)["inserted"] == 2


def test_a_file_that_fails_does_not_hide_what_the_others_did(rongtong, enterprises, tmp_path):
    options = ("--column", "企业编号=enterprise_id")
    result = rongtong("import", "enterprises", enterprises, tmp_path / "gone.csv", *options, "--json")
    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert document["inserted"] == 2
    assert document["problem"]["title"] == "file-unreadable"


@pytest.mark.parametrize("mapping", ["企业编号", "=name", "企业编号=", "企业编号=colour"])
def test_a_wrong_mapping_exits_with_2(rongtong, enterprises, mapping):
    assert rongtong("import", "enterprises", enterprises, "--column", mapping).exit_code == 2


def test_an_unknown_kind_exits_with_2(rongtong, enterprises):
    assert rongtong("import", "people", enterprises).exit_code == 2


def test_a_workspace_that_cannot_be_made_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    result = runner.invoke(app, ["releases", "list", "--home", str(blocked / "home")])
    assert result.exit_code == 1
    assert "workspace" in result.stderr


def test_an_empty_workspace_is_not_healthy_and_the_doctor_says_why(rongtong):
    result = rongtong("doctor", "--json")
    assert result.exit_code == 1
    checks = {each["check"]: each for each in json.loads(result.stdout)["checks"]}
    assert not checks["home"]["healthy"]
    assert checks["home"]["mend"]


def test_the_doctor_names_the_next_step_after_an_import(rongtong, enterprises):
    rongtong("import", "enterprises", enterprises, "--column", "企业编号=enterprise_id")
    result = rongtong("doctor")
    assert result.exit_code == 1
    assert "2 enterprises" in result.stdout
    assert "rongtong refresh" in result.stdout


def test_releases_of_an_empty_workspace(rongtong):
    assert json.loads(rongtong("releases", "list", "--json").stdout) == {"releases": []}
    for arguments in (["show", "R1"], ["verify", "R1"], ["promote", "R1"], ["rollback"], ["pin", "R1"]):
        result = rongtong("releases", *arguments)
        assert result.exit_code == 1, arguments
        assert "release" in result.stderr


def test_settings_are_listed_with_passwords_hidden(rongtong, monkeypatch):
    monkeypatch.setenv("RONGTONG_DATABASE_URL", "postgresql://me:geheim@host/db")
    result = rongtong("settings", "--json")
    assert "geheim" not in result.stdout
    assert [each["name"] for each in json.loads(result.stdout)["settings"]] == [
        row[0] for row in settings_table()
    ]


def test_a_wrong_setting_exits_with_2(rongtong, monkeypatch):
    monkeypatch.setenv("RONGTONG_PORT", "http")
    result = rongtong("settings")
    assert result.exit_code == 2
    assert "RONGTONG_PORT" in result.stderr


def test_the_encoder_path_is_one_line(rongtong, tmp_path, monkeypatch):
    monkeypatch.setenv("RONGTONG_ENCODER", str(tmp_path))
    assert rongtong("encoder", "path").stdout == f"{tmp_path}\n"


def test_a_taken_port_is_refused_in_words(rongtong):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = rongtong("serve", "--port", port)
    assert result.exit_code == 2
    assert str(port) in result.stderr
    assert "--port" in result.stderr


def test_every_command_takes_home_and_says_what_it_does():
    for command in commands(app):
        result = runner.invoke(app, [*command, "--help"], env={"COLUMNS": "200"})
        assert result.exit_code == 0
        assert "--home" in result.stdout, command
        assert "--json" in result.stdout or command in (["serve"], ["demo"]), command


def test_words_told_twice_agree():
    assert [each.value for each in imports.Kind] == [each.value for each in Kind]
    assert [each.value for each in recommend.Link] == [each.value for each in Link]


def test_help_loads_nothing_heavy():
    heavy = {"sqlalchemy", "numpy", "pandas", "torch", "alembic", "fastapi", "faiss", "pydantic_settings"}
    code = (
        "import sys; from service.cli.main import app; from typer.testing import CliRunner; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        f"loaded = {heavy!r} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_asking_loads_neither_torch_nor_pandas_nor_the_web_framework():
    modules = (
        "recommender.engine, recommender.encoder, service.cli.files, service.cli.present, service.workspace"
    )
    heavy = {"pandas", "torch", "alembic", "fastapi", "sentence_transformers", "sklearn", "scipy"}
    code = (
        f"import sys; import {modules}; import recommender.catalogue; "
        f"loaded = {heavy!r} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def commands(group, before=()):
    """The words of every command below *group*."""
    found = [[*before, each.name] for each in group.registered_commands]
    for each in group.registered_groups:
        found += commands(each.typer_instance, [*before, each.name])
    return found

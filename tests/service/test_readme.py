"""What can be set and typed is documented: a new setting or command that the README lacks fails here."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cli.main import app
from service.settings import settings_table
from tests.service.test_commands import commands

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("name", [row[0] for row in settings_table()])
def test_every_setting_is_in_the_readme(name):
    assert name in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [" ".join(words) for words in commands(app)])
def test_every_command_is_in_the_readme(command):
    assert f"rongtong {command}" in README.read_text(encoding="utf-8")

from __future__ import annotations

from pathlib import Path

import pytest

from indexes.errors import WrongSetting
from service.settings import Settings, load_settings, settings_table, without_password


def test_defaults_need_nothing(monkeypatch):
    for name, _, _ in settings_table():
        monkeypatch.delenv(name, raising=False)
    settings = load_settings()
    assert settings.home == Path(".rongtong")
    assert settings.catalogue_url == f"sqlite:///{Path('.rongtong').absolute() / 'catalogue.db'}"


def test_an_option_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("RONGTONG_PORT", "9000")
    assert load_settings().port == 9000
    assert load_settings(port=9001).port == 9001
    assert load_settings(port=None).port == 9000


def test_an_impossible_value_is_named_with_its_variable(monkeypatch):
    monkeypatch.setenv("RONGTONG_PORT", "http")
    with pytest.raises(WrongSetting) as raised:
        load_settings()
    assert raised.value.field == "port"
    assert "RONGTONG_PORT" in raised.value.mend


def test_every_setting_says_what_it_does():
    table = settings_table()
    assert len(table) == len(Settings.model_fields)
    for name, _, help_text in table:
        assert name.startswith("RONGTONG_")
        assert help_text.endswith(".")


def test_passwords_are_not_shown():
    assert without_password("postgresql://me:geheim@host/db") == "postgresql://me:***@host/db"
    assert without_password("sqlite:////folder/catalogue.db") == "sqlite:////folder/catalogue.db"

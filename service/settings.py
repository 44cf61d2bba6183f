"""Every setting in one table: its environment variable, its default, and what it does.

A setting ``home`` is read from ``RONGTONG_HOME``; an option on the command line wins over it. Nothing is
read when this module is imported: :func:`load_settings` reads the environment when it is called.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from indexes.errors import WrongSetting

PREFIX = "RONGTONG_"


class Settings(BaseSettings):
    """What a person can set. Fields left empty have a default that depends on others, see the properties."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", str_strip_whitespace=True
    )

    home: Path = Field(
        default=Path(".rongtong"),
        description="Workspace folder: the catalogue, the releases and the cached vectors live in it.",
    )
    database_url: str = Field(
        default="",
        description="Database of the catalogue as an SQLAlchemy URL (SQLite or PostgreSQL). "
        "Empty: the SQLite file catalogue.db in the workspace.",
    )
    encoder: str = Field(
        default="",
        description="Folder or name of a sentence-transformers model. Empty: the one that ships. "
        "A changed encoder needs a new `rongtong refresh`.",
    )
    vector_engine: Literal["auto", "exact", "half", "approximate", "milvus"] = Field(
        default="auto",
        description="How vectors are searched. auto: every vector compared below 65,536 rows, codes first "
        "beyond. half: 16-bit floats, half the size. milvus: by the server of RONGTONG_MILVUS_URI. "
        "A changed engine needs a new `rongtong refresh`.",
    )
    milvus_uri: str = Field(
        default="",
        description="Milvus that searches vectors: http://host:19530 of a server or cluster, or the path of "
        "a file for Milvus Lite, which one process at a time can open.",
    )
    milvus_token: SecretStr = Field(
        default=SecretStr(""), description="What Milvus asks for, `user:password` or an API key."
    )
    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address that `rongtong serve` listens on."
    )
    port: int = Field(default=8000, ge=1, le=65535, description="Port that `rongtong serve` listens on.")
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Server processes of `rongtong serve`; each holds the release in memory.",
    )
    threads: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Lists that one server process computes at the same time. Threads of a process get in "
        "each other's way (Python's one lock); more processors are used by more workers.",
    )
    request_timeout: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Seconds after which the server gives up on a request (answer 503).",
    )
    max_body: int = Field(
        default=262_144,
        ge=1_024,
        le=16_777_216,
        description="Largest request body in bytes (answer 413 beyond).",
    )
    exposure: bool = Field(
        default=True,
        description="Whether the API counts who was shown and lets near-equal suppliers take turns. "
        "The counts are in exposure.db in the workspace.",
    )
    sme_share: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="Share of a supplier list kept for qualified SMEs whose scores are close enough.",
    )
    decision_days: int = Field(
        default=180,
        ge=0,
        le=3650,
        description="Days for which the API's decisions can be replayed with `rongtong replay`. They are in "
        "decisions.db in the workspace, with what was asked, in words. 0 logs none.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much the server and the commands write to stderr."
    )

    @property
    def built_engine(self) -> Literal["auto", "exact", "half", "approximate"]:
        """The engine that releases are made for; with Milvus they hold what searches without it."""
        return "auto" if self.vector_engine == "milvus" else self.vector_engine

    @property
    def catalogue_url(self) -> str:
        """The database of the catalogue: ``database_url``, or the workspace's own SQLite file."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'catalogue.db'}"

    @property
    def vector_cache(self) -> Path:
        """Where the vectors of texts are kept between refreshes."""
        return self.home / "cache"


def load_settings(**given: object) -> Settings:
    """Settings from *given* (``None`` means not given), then the environment, then the defaults.

    Raises WrongSetting for the first impossible value.
    """
    wanted = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**wanted)  # type: ignore[arg-type]  # pydantic checks what it is given
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        where = (
            f"the option --{name.replace('_', '-')}"
            if name in wanted
            else f"the variable {PREFIX}{name.upper()}"
        )
        raise WrongSetting(
            f"A setting has an impossible value: {first['msg']}.",
            field=name,
            value=first["input"],
            mend=f"change {where}; `rongtong settings` lists all of them",
        ) from error


def settings_table() -> list[tuple[str, str, str]]:
    """(environment variable, default as text, help) of every setting, in order; for README and command."""
    table = []
    for name, field in Settings.model_fields.items():
        table.append((PREFIX + name.upper(), str(field.default), field.description or ""))
    return table


def without_password(url: str) -> str:
    """The URL with its password replaced, fit to be printed: ``postgresql://me:***@host/db``."""
    return re.sub(r"(://[^/@:]*):[^@]*@", r"\1:***@", url)

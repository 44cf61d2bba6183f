"""Bringing a database's tables up to date.

Alembic takes a third of a second to import, so the stored revision is read with a plain query and Alembic
comes in only where it differs from :data:`HEAD`. Migrations run in one transaction under the writers'
lock: two processes that open a new database at once do not stumble over one another, and a failed
migration leaves the old tables.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from indexes.errors import CatalogueError
from recommender.catalogue.database import reading, writing

HEAD = "0002"
"""The newest revision in ``migrations/versions``, what the code expects."""

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Make or update the tables. Raises CatalogueError where they are newer than this code."""
    with reading(engine) as connection:
        if stored_revision(connection) == HEAD:
            return
    with writing(engine) as connection:
        stored = stored_revision(connection)
        if stored != HEAD:
            _upgrade(connection, stored)


def stored_revision(connection: Connection) -> str | None:
    """The revision of the tables, None in a database without any."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if revision is None else str(revision)


def _upgrade(connection: Connection, stored: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if stored is not None and stored not in known:
        raise CatalogueError(
            f"the catalogue was written by a newer Rongtong (tables {stored}, this one knows {HEAD})",
            mend="upgrade Rongtong, or use another database",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

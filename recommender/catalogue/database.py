"""Connecting: which databases are understood, how they are set up, and how their errors read.

SQLite runs with WAL, enforced foreign keys and a busy timeout. Writers take the write lock when they begin,
so that what a transaction has read cannot change before it writes. No password and no stored value ever
appears in a message.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from indexes.errors import CatalogueError, WrongSetting

BUSY_SECONDS: float = 30
CONNECT_SECONDS = 10
_WRITERS = 0x526F6E67  # "Rong": PostgreSQL's advisory lock for whoever writes
WAL_BYTES = 64 * 1024 * 1024
"""What the write-ahead log is cut back to after a large import."""

_MENDS = {
    "file is not a database": "name another file, or move this one away",
    "unable to open database file": "see that the path is no folder and may be written to",
    "readonly database": "see that the file and its folder may be written to",
    "lock timeout": "another process is writing to it: try again when it is done",
    "database is locked": "another process is writing to it: try again when it is done",
    "disk is full": "make room on the disk and run it again: nothing of this run was written",
    "disk i/o error": "see that the disk is sound and has room",
    "malformed": "restore the file from a copy",
    "connection": "see that the database is running and that the URL names it rightly",
    "already exists": "use a database of Rongtong's own",
}


def read_url(url: str) -> URL:
    """The parsed *url*; a plain ``postgresql://`` means psycopg 3. Raises WrongSetting."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise WrongSetting(
            "the database URL cannot be read",  # it may hold a password, so it is not shown
            field="database_url",
            mend="write it as sqlite:///catalogue.db or postgresql://user@host/database",
        ) from None
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise WrongSetting(
            "this database is not supported",
            field="database_url",
            value=parsed.drivername,
            mend="use sqlite:/// or postgresql://",
        )
    name = parsed.database or ""
    if parsed.drivername.startswith("sqlite") and (name in ("", ":memory:") or name.startswith("file:")):
        raise WrongSetting(
            "a SQLite catalogue needs a plain file: one in memory would be another for each thread",
            field="database_url",
            value=name,
            mend="write it as sqlite:///folder/catalogue.db",
        )
    return parsed


def connect(url: URL) -> Engine:
    """An engine for *url*; nothing is opened yet, but the folder of a SQLite file is made."""
    if url.get_backend_name() == "sqlite":
        folder = Path(str(url.database)).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise CatalogueError(
                f"the folder of the catalogue cannot be made: {error}", mend="name another place"
            ) from error
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "rongtong"},
        )
    except ModuleNotFoundError as error:
        raise CatalogueError(
            "the PostgreSQL driver is not installed", mend="pip install 'rongtong[postgresql]'"
        ) from error


def _set_up_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late: see _begin_sqlite
    for pragma in (
        f"busy_timeout = {int(BUSY_SECONDS * 1000)}",
        "journal_mode = WAL",
        f"journal_size_limit = {WAL_BYTES}",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection whose statements all see the same state of the database. Raises CatalogueError."""
    with translated(engine.url), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        yield connection


@contextmanager
def writing(engine: Engine, *, keep: bool = True) -> Iterator[Connection]:
    """A connection in a transaction: all is kept at the end, or nothing after an error or without *keep*.

    One writer at a time, on PostgreSQL as on SQLite; another waits BUSY_SECONDS. Raises CatalogueError.
    """
    with (
        translated(engine.url),
        engine.connect().execution_options(writes=True) as connection,
        connection.begin() as transaction,
    ):
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(BUSY_SECONDS * 1000)}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
        yield connection
        if not keep:
            transaction.rollback()


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Every error of the database as a CatalogueError that names the database, without its password."""
    try:
        yield
    except SQLAlchemyError as error:
        cause = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        # of PostgreSQL's several lines the first says what is wrong; the DETAIL may quote stored values
        reason = cause.strip().split("\n")[0]
        for secret in _secrets(url):
            reason = reason.replace(secret, "***")
        mend = next((mend for sign, mend in _MENDS.items() if sign in reason.lower()), "")
        raise CatalogueError(
            f"the catalogue's database failed: {reason}",
            field="database_url",
            value=shown(url),
            mend=mend,
        ) from error


def shown(url: URL) -> str:
    """*url* for people: its password as ``***``, and no parameters, of which one may be a password too."""
    return url.set(query={}).render_as_string(hide_password=True)


def _secrets(url: URL) -> list[str]:
    found = [str(value) for name, value in url.query.items() if "password" in name]
    return [one for one in (str(url.password or ""), *found) if one]

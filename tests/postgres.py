"""A PostgreSQL server for the tests: the one that RONGTONG_TEST_POSTGRES names, or a temporary one.

The variable holds the URL of a server on which databases may be made and dropped. Without it a cluster is
made in a temporary folder from Debian's package ``postgresql`` (15 or newer), reached over a socket there.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url

# Lost on a crash, and so fast: nobody misses a test's database. Few buffers: the machine may be small.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
    "listen_addresses": "",
}


@contextmanager
def server() -> Iterator[URL]:
    """The URL of a running server; skips the test where there is none, but fails it under CI."""
    if given := os.environ.get("RONGTONG_TEST_POSTGRES"):
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not programs or int(programs[-1].parent.name) < 15:
        reason = "no PostgreSQL 15 or newer: apt install postgresql, or set RONGTONG_TEST_POSTGRES"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with _cluster(programs[-1]) as url:
        yield url


@contextmanager
def _cluster(programs: Path) -> Iterator[URL]:
    # PostgreSQL refuses to run as root; a socket's path is short, so the folder is not pytest's own
    owner = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="rongtong-pg-"))
    data = folder / "data"
    if owner == "postgres":
        shutil.chown(folder, owner, owner)

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs / program, *arguments],
            user=owner if owner == "postgres" else None,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{program}: {done.stderr}"

    # a locale that does not sort by code point, as on many servers
    locale = ("--locale-provider=icu", "--icu-locale=zh", "--locale=C.UTF-8", "--encoding=UTF8")
    settings = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in SETTINGS.items())
    try:
        run("initdb", "--no-sync", "--auth=trust", "--username=rongtong", *locale, "-D", str(data))
        start = ("-w", "-l", str(folder / "log"), "-o", f"{settings} -k {folder}", "start")
        run("pg_ctl", "-D", str(data), *start)
        try:
            yield URL.create(
                "postgresql+psycopg", "rongtong", database="postgres", query={"host": str(folder)}
            )
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@contextmanager
def database(server: URL, name: str) -> Iterator[URL]:
    """A new, empty database called *name*, dropped at the end."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
            yield server.set(database=name)
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        engine.dispose()

"""Opening: which URLs are understood, how tables are made, and how each failure reads."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from indexes.errors import CatalogueError, WrongSetting
from recommender.catalogue import Catalogue, Kind, database, open_catalogue
from recommender.catalogue.database import read_url
from recommender.catalogue.migrate import HEAD, MIGRATIONS
from recommender.catalogue.tables import metadata

SECRET = "hush-hush"


@pytest.fixture
def engine(catalogue_url: str) -> Iterator[Engine]:
    """The same database as the fixture ``catalogue``, without the catalogue's ways."""
    plain = create_engine(read_url(catalogue_url))
    yield plain
    plain.dispose()


def add_enterprise(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        tx.upsert(Kind.ENTERPRISES, [{"enterprise_id": "E1", "name": "甲"}], given=["name"])


def test_the_migrations_make_the_tables_that_the_code_describes(catalogue: Catalogue, engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_what_is_written_is_there_when_it_is_opened_again(catalogue_url: str) -> None:
    with open_catalogue(catalogue_url) as first:
        add_enterprise(first)
    with open_catalogue(catalogue_url) as again:
        assert again.enterprise("E1").name == "甲"


def test_several_may_open_a_new_database_at_once(catalogue_url: str) -> None:
    failures: list[CatalogueError] = []

    def open_it() -> None:
        try:
            open_catalogue(catalogue_url).close()
        except CatalogueError as error:
            failures.append(error)

    threads = [Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_current_database_is_opened_without_importing_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/catalogue.db"
    open_catalogue(url).close()
    program = (
        "import sys; from recommender.catalogue import open_catalogue;"
        f"open_catalogue({url!r}).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_tables_of_a_newer_version_are_left_alone(catalogue_url: str, engine: Engine) -> None:
    open_catalogue(catalogue_url).close()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CatalogueError, match=r"newer Rongtong.*9999.*upgrade"):
        open_catalogue(catalogue_url)


def test_tables_of_another_program_are_left_alone(catalogue_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE needs (mine INTEGER)"))
    with pytest.raises(CatalogueError, match=r"already exists.*own"):
        open_catalogue(catalogue_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT mine FROM needs")).all() == []
        assert not engine.dialect.has_table(connection, "enterprises")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "catalogue.db",
        f"postgresql://me:{SECRET}@host:port/catalogue",
        f"mysql://me:{SECRET}@host/catalogue",
        f"postgresql+asyncpg://me:{SECRET}@host/catalogue",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:shared?mode=memory&uri=true",
    ],
)
def test_a_url_that_cannot_be_used_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        open_catalogue(url)
    assert caught.value.field == "database_url"
    assert SECRET not in f"{caught.value} {caught.value.value!r}"


def test_a_plain_postgresql_url_is_understood() -> None:
    plain = read_url("postgresql://me@host/catalogue")
    assert plain == read_url("postgresql+psycopg://me@host/catalogue")


@pytest.mark.parametrize("where", [f"me:{SECRET}@127.0.0.1:1/a", f"me@127.0.0.1:1/a?password={SECRET}"])
def test_a_server_that_is_not_there_is_reported_without_the_password(where: str) -> None:
    with pytest.raises(CatalogueError, match="running") as caught:
        open_catalogue(f"postgresql://{where}")
    assert SECRET not in f"{caught.value} {caught.value.value!r} {caught.value.__cause__}"


def test_a_catalogue_names_its_database_without_the_password(tmp_path: Path) -> None:
    unopened = Catalogue(database.connect(read_url(f"postgresql://me:{SECRET}@host/catalogue")))
    assert repr(unopened) == "Catalogue('postgresql+psycopg://me:***@host/catalogue')"


def test_the_folder_of_a_new_sqlite_file_is_made(tmp_path: Path) -> None:
    with open_catalogue(f"sqlite:///{tmp_path}/a/b/catalogue.db") as opened:
        add_enterprise(opened)
    assert (tmp_path / "a/b/catalogue.db").is_file()


def test_a_file_that_is_no_database_is_reported_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.db"
    file.write_text("企业名称,统一信用代码\n" * 100)
    with pytest.raises(CatalogueError, match=r"not a database.*another file"):
        open_catalogue(f"sqlite:///{file}")
    assert file.read_text() == "企业名称,统一信用代码\n" * 100


@pytest.mark.parametrize("place", ["", "catalogue.db/below.db"])
def test_a_place_where_no_file_can_be_is_reported(tmp_path: Path, place: str) -> None:
    (tmp_path / "catalogue.db").touch()
    with pytest.raises(CatalogueError):
        open_catalogue(f"sqlite:///{tmp_path / place}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_reported(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CatalogueError, match="written to"):
        open_catalogue(f"sqlite:///{tmp_path}/catalogue.db")


def test_a_full_disk_is_reported_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    def write_until_full(full: Catalogue) -> None:
        with full.transaction() as tx:
            connection = tx._connection
            connection.exec_driver_sql(
                f"PRAGMA max_page_count = {connection.exec_driver_sql('PRAGMA page_count').scalar()}"
            )
            many = [{"enterprise_id": f"E{i}", "name": "甲" * 1000} for i in range(500)]
            tx.upsert(Kind.ENTERPRISES, many, given=["name"])

    with open_catalogue(f"sqlite:///{tmp_path}/catalogue.db") as catalogue:
        with pytest.raises(CatalogueError, match=r"full.*room"):
            write_until_full(catalogue)
        assert catalogue.counts()[Kind.ENTERPRISES] == 0


def test_a_second_writer_is_told_to_wait_and_readers_are_not_held_up(
    catalogue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    with open_catalogue(catalogue_url) as one, open_catalogue(catalogue_url) as two:
        with one.transaction() as tx:
            tx.upsert(Kind.ENTERPRISES, [{"enterprise_id": "E1", "name": "甲"}], given=["name"])
            assert two.counts()[Kind.ENTERPRISES] == 0
            with pytest.raises(CatalogueError, match="another process is writing"):
                add_enterprise(two)
        assert two.counts()[Kind.ENTERPRISES] == 1


def test_a_stored_password_or_contact_never_reaches_a_message(catalogue: Catalogue, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE contacts"))
    with pytest.raises(CatalogueError) as caught, catalogue.transaction() as tx:
        tx.upsert(
            Kind.ENTERPRISES,
            [{"enterprise_id": "E1", "name": "甲", "contact": SECRET}],
            given=["name", "contact"],
        )
    assert SECRET not in f"{caught.value} {caught.value.__cause__}"

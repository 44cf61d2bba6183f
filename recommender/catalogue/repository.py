"""The catalogue: the one place where enterprises, offerings, needs, outcomes and edges are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Engine

from indexes.errors import CatalogueError
from recommender.catalogue.database import connect, read_url, reading, shown, writing
from recommender.catalogue.migrate import migrate
from recommender.catalogue.reading import Reader
from recommender.catalogue.writing import Transaction


def utc_now() -> datetime:
    """The time in UTC, without a zone, as ``created_at`` and ``updated_at`` store it."""
    return datetime.now(UTC).replace(tzinfo=None)


class Catalogue(Reader):
    """A database of records. Reads as a :class:`Reader`, writes in transactions.

    Threads may share one. Use it as a context manager, or :meth:`close` it.

    >>> with open_catalogue("sqlite:///catalogue.db") as catalogue, catalogue.transaction() as tx:
    ...     tx.upsert(Kind.ENTERPRISES, [{"enterprise_id": "E1", "name": "甲"}], given={"name"})
    Counts(inserted=1, updated=0, unchanged=0, refused=())
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(partial(reading, engine))
        self._engine = engine
        self._now = now

    @property
    def url(self) -> str:
        """Where the database is, without its password."""
        return shown(self._engine.url)

    def __repr__(self) -> str:
        return f"Catalogue({self.url!r})"

    @contextmanager
    def transaction(self, *, dry_run: bool = False) -> Iterator[Transaction]:
        """Changes that are all kept at the end, or none after an error or on a *dry_run*.

        One writer at a time: another waits half a minute, then raises CatalogueError. Readers are not
        held up; they see the state before until the end.
        """
        with writing(self._engine, keep=not dry_run) as connection:
            transaction = Transaction(connection, self._now())
            yield transaction
            if transaction.failed:  # and its error was caught: a commit now would keep nothing, or a part
                raise CatalogueError(
                    "a change of this transaction failed, so nothing of it was kept", mend="run it again"
                )

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        """A reader for which the database stands still: all its streams agree with one another."""
        with reading(self._engine) as connection:
            yield Reader(lambda: nullcontext(connection))

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_catalogue(url: str, *, now: Callable[[], datetime] = utc_now) -> Catalogue:
    """The catalogue in the database at *url*, its tables made or brought up to date.

    *url* is ``sqlite:///relative/file.db``, ``sqlite:////absolute/file.db`` or
    ``postgresql://user:password@host/database``. *now* is the clock, in UTC without a zone. Raises
    WrongSetting for a URL that is not understood, and CatalogueError where the database cannot be reached
    or written to, is no database, or was written by a newer Rongtong.
    """
    engine = connect(read_url(url))
    try:
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return Catalogue(engine, now)

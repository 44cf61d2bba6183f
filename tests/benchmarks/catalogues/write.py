"""A generated catalogue in a workspace, written through the catalogue's own upsert."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path

from recommender.catalogue import (
    Edge,
    Enterprise,
    Kind,
    Need,
    Offering,
    Outcome,
    as_record,
    open_catalogue,
)
from tests.benchmarks.catalogues.generate import SEED, Economy, generate

_KINDS: dict[type, Kind] = {
    Enterprise: Kind.ENTERPRISES,
    Offering: Kind.OFFERINGS,
    Need: Kind.NEEDS,
    Outcome: Kind.OUTCOMES,
    Edge: Kind.EDGES,
}
_BATCH = 20_000  # records a transaction


def write(
    economy: Economy, home: Path, progress: Callable[[int], None] = lambda done: None
) -> dict[str, int]:
    """Write *economy* into ``home/catalogue.db``, which must not be there; the rows by kind.

    Raises ValueError where a record is refused: everything generated has to be valid.
    """
    home.mkdir(parents=True, exist_ok=True)
    draft = home / "catalogue.draft.db"
    draft.unlink(missing_ok=True)
    with open_catalogue(f"sqlite:///{draft}") as catalogue:
        waiting: defaultdict[Kind, list[dict[str, object]]] = defaultdict(list)
        held = done = 0

        def flush() -> None:
            with catalogue.transaction() as transaction:
                for kind in Kind:  # in the order of their references
                    rows = waiting.pop(kind, None)
                    if not rows:
                        continue
                    counts = transaction.upsert(kind, rows, given=rows[0].keys())
                    if counts.refused or counts.inserted != len(rows):
                        raise ValueError(f"{kind}: {counts.refused[:3] or counts}")

        for record in generate(economy):
            waiting[_KINDS[type(record)]].append(as_record(record))
            held += 1
            if held == _BATCH:
                flush()
                done, held = done + held, 0
                progress(done)
        flush()
        written = {str(kind): count for kind, count in catalogue.counts().items()}
    draft.rename(home / "catalogue.db")
    return written


def ensure(offerings: int, home: Path, *, seed: int = SEED) -> Path:
    """*home* with a catalogue of *offerings*, generated where it is not there yet."""
    if not (home / "catalogue.db").exists():
        write(Economy(offerings, date.today(), seed), home)
    return home

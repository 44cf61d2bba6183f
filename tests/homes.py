"""Workspaces with a few records and a live release of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from indexes.store import ReleaseStore
from recommender.catalogue import Kind, as_record, open_catalogue
from recommender.encoder import Encoder
from recommender.refresh import refresh


def filled(home: Path, encoder: Encoder, values: Mapping[Kind, Sequence[object]]) -> Path:
    """*home*, made a workspace whose catalogue and live release hold *values*; owners come first."""
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        with catalogue.transaction() as transaction:
            for kind, ones in values.items():
                records = [as_record(one) for one in ones]
                transaction.upsert(kind, records, given=records[0].keys())
        refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")
    return home

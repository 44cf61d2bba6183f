"""The catalogue of enterprises, offerings, needs, outcomes and chain edges, in SQLite or PostgreSQL."""

from importlib import import_module
from typing import TYPE_CHECKING

from recommender.catalogue.domain import (
    Certification,
    Edge,
    Enterprise,
    Link,
    Need,
    NeedStatus,
    Offering,
    Outcome,
    Relation,
    Scope,
    Size,
    Stage,
    Tier,
    Visibility,
)
from recommender.catalogue.kinds import Counts, Kind, Refusal

if TYPE_CHECKING:
    from recommender.catalogue.reading import Reader
    from recommender.catalogue.repository import Catalogue, open_catalogue
    from recommender.catalogue.rows import as_record
    from recommender.catalogue.writing import Transaction

__all__ = [
    "Catalogue",
    "Certification",
    "Counts",
    "Edge",
    "Enterprise",
    "Kind",
    "Link",
    "Need",
    "NeedStatus",
    "Offering",
    "Outcome",
    "Reader",
    "Refusal",
    "Relation",
    "Scope",
    "Size",
    "Stage",
    "Tier",
    "Transaction",
    "Visibility",
    "as_record",
    "open_catalogue",
]

_NEEDS_DATABASE = {
    "Catalogue": "repository",
    "Reader": "reading",
    "Transaction": "writing",
    "as_record": "rows",
    "open_catalogue": "repository",
}


def __getattr__(name: str) -> object:
    """What needs SQLAlchemy, imported when first asked for: answering a question needs the values alone, and
    SQLAlchemy takes a fifth of a one-shot command's second."""
    if name not in _NEEDS_DATABASE:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_NEEDS_DATABASE[name]}"), name)

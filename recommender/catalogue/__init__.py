"""The catalogue of enterprises, offerings, needs, outcomes and chain edges, in SQLite or PostgreSQL."""

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
    Size,
    Stage,
    Tier,
    Visibility,
)
from recommender.catalogue.kinds import Counts, Kind, Refusal
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
    "Size",
    "Stage",
    "Tier",
    "Transaction",
    "Visibility",
    "as_record",
    "open_catalogue",
]

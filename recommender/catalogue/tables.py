"""The catalogue's tables, one for each kind of record and one for the restricted contacts.

A column bears the name of the domain field it stores. An absent text is ``''``, an absent number or date
is NULL, a list is JSON text (``["ISO 9001", "IATF 16949@2027-03-01"]``). Every table has ``created_at`` and
``updated_at`` in UTC; the latter moves only when a value does.

These definitions and the migrations must agree; a test compares them on both databases.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
)

from recommender.catalogue.kinds import Kind

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

# Ids sort by code point, as in Python and SQLite, whatever the locale of a PostgreSQL server.
Key = Text().with_variant(Text(collation="C"), "postgresql")


def _key(name: str, *, parent: str = "", primary: bool = True) -> Column[str]:
    reference = [ForeignKey(f"{parent}.{name}", ondelete="CASCADE")] if parent else []
    return Column(name, Key, *reference, primary_key=primary, nullable=False)


def _text(*names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]


def _numbers(*names: str) -> list[Column[float]]:
    return [Column(name, Float(53)) for name in names]


def _written() -> list[Column[object]]:
    return [Column(name, DateTime, nullable=False) for name in ("created_at", "updated_at")]


enterprises = Table(
    "enterprises",
    metadata,
    _key("enterprise_id"),
    *_text("name", "short_name", "credit_code", "description"),
    Column("size", Text),
    Column("tier", Text),
    *_text("ownership", "region", "industry"),
    *_text("industry_chains", "certifications", "tags"),  # JSON
    Column("employees", BigInteger),
    *_numbers("revenue", "registered_capital"),
    Column("founded", Date),
    *_text("credit_rating"),
    *_numbers("technology", "quality", "delivery", "cost", "response"),
    *_text("website"),
    *_written(),
)

# Apart from the public fields, so that nothing which reads an enterprise can carry its contact along.
contacts = Table(
    "contacts",
    metadata,
    _key("enterprise_id", parent="enterprises"),
    *_text("contact"),
    *_written(),
)

offerings = Table(
    "offerings",
    metadata,
    _key("offering_id"),
    _key("enterprise_id", parent="enterprises", primary=False),
    *_text("title", "description", "link"),
    *_numbers("weight", "capacity"),
    *_text("unit"),
    Column("available_from", Date),
    Column("available_until", Date),
    Column("first_of_kind", Boolean, nullable=False),
    *_written(),
    Index(None, "enterprise_id", "offering_id", "updated_at"),
)

needs = Table(
    "needs",
    metadata,
    _key("need_id"),
    *_text(
        "title", "description", "qualification", "buyer_id", "buyer_name", "link", "industry_chain", "region"
    ),
    *_text("required_certifications", "required_tiers"),  # JSON
    *_numbers("quantity"),
    *_text("unit"),
    *_numbers("budget"),
    Column("deadline", DateTime),
    Column("payment_days", BigInteger),
    *_text("reserved_for"),
    Column("consortium_allowed", Boolean),
    *_text("visibility", "status"),
    Column("published", Date),
    *_written(),
)

outcomes = Table(
    "outcomes",
    metadata,
    _key("need_id", parent="needs"),
    _key("enterprise_id", parent="enterprises"),
    Column("stage", Key, primary_key=True),
    # `at` as text, '' where it is unknown: a key may hold no NULL, and two NULLs would not be the same
    Column("moment", Key, primary_key=True),
    Column("at", DateTime),
    *_numbers("amount"),
    *_written(),
    Index(None, "enterprise_id"),
)

edges = Table(
    "edges",
    metadata,
    _key("source"),
    _key("target"),
    Column("relation", Key, primary_key=True),
    _key("chain"),
    *_numbers("weight"),
    *_written(),
)

TABLES: dict[Kind, Table] = {
    Kind.ENTERPRISES: enterprises,
    Kind.OFFERINGS: offerings,
    Kind.NEEDS: needs,
    Kind.OUTCOMES: outcomes,
    Kind.EDGES: edges,
}

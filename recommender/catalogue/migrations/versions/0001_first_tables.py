"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "edges",
        sa.Column("source", KEY, nullable=False),
        sa.Column("target", KEY, nullable=False),
        sa.Column("relation", KEY, nullable=False),
        sa.Column("chain", KEY, nullable=False),
        sa.Column("weight", sa.Float(precision=53)),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", "target", "relation", "chain", name="pk_edges"),
    )
    op.create_table(
        "enterprises",
        sa.Column("enterprise_id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("size", sa.Text()),
        sa.Column("tier", sa.Text()),
        sa.Column("ownership", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("industry", sa.Text(), nullable=False),
        sa.Column("industry_chains", sa.Text(), nullable=False),
        sa.Column("certifications", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("employees", sa.BigInteger()),
        sa.Column("revenue", sa.Float(precision=53)),
        sa.Column("registered_capital", sa.Float(precision=53)),
        sa.Column("founded", sa.Date()),
        sa.Column("credit_rating", sa.Text(), nullable=False),
        sa.Column("technology", sa.Float(precision=53)),
        sa.Column("quality", sa.Float(precision=53)),
        sa.Column("delivery", sa.Float(precision=53)),
        sa.Column("cost", sa.Float(precision=53)),
        sa.Column("response", sa.Float(precision=53)),
        sa.Column("website", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", name="pk_enterprises"),
    )
    op.create_table(
        "needs",
        sa.Column("need_id", KEY, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("qualification", sa.Text(), nullable=False),
        sa.Column("buyer_id", sa.Text(), nullable=False),
        sa.Column("buyer_name", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("industry_chain", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("required_certifications", sa.Text(), nullable=False),
        sa.Column("required_tiers", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Float(precision=53)),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("budget", sa.Float(precision=53)),
        sa.Column("deadline", sa.DateTime()),
        sa.Column("payment_days", sa.BigInteger()),
        sa.Column("reserved_for", sa.Text(), nullable=False),
        sa.Column("consortium_allowed", sa.Boolean()),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("published", sa.Date()),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("need_id", name="pk_needs"),
    )
    op.create_table(
        "contacts",
        sa.Column("enterprise_id", KEY, nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprises.enterprise_id"],
            name="fk_contacts_enterprise_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enterprise_id", name="pk_contacts"),
    )
    op.create_table(
        "offerings",
        sa.Column("offering_id", KEY, nullable=False),
        sa.Column("enterprise_id", KEY, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(precision=53)),
        sa.Column("capacity", sa.Float(precision=53)),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("available_from", sa.Date()),
        sa.Column("available_until", sa.Date()),
        sa.Column("first_of_kind", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprises.enterprise_id"],
            name="fk_offerings_enterprise_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("offering_id", name="pk_offerings"),
    )
    op.create_index("ix_offerings_enterprise_id", "offerings", ["enterprise_id", "offering_id"], unique=False)
    op.create_table(
        "outcomes",
        sa.Column("need_id", KEY, nullable=False),
        sa.Column("enterprise_id", KEY, nullable=False),
        sa.Column("stage", KEY, nullable=False),
        sa.Column("moment", KEY, nullable=False),
        sa.Column("at", sa.DateTime()),
        sa.Column("amount", sa.Float(precision=53)),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprises.enterprise_id"],
            name="fk_outcomes_enterprise_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.need_id"], name="fk_outcomes_need_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("need_id", "enterprise_id", "stage", "moment", name="pk_outcomes"),
    )
    op.create_index("ix_outcomes_enterprise_id", "outcomes", ["enterprise_id"], unique=False)


def downgrade() -> None:
    for table in ("outcomes", "offerings", "contacts", "needs", "enterprises", "edges"):
        op.drop_table(table)

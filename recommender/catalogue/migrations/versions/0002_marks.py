"""The time of an offering's last change in the index that a refresh reads, so that it reads no table."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_index("ix_offerings_enterprise_id", "offerings")
    columns = ["enterprise_id", "offering_id", "updated_at"]
    op.create_index("ix_offerings_enterprise_id", "offerings", columns, unique=False)


def downgrade() -> None:
    op.drop_index("ix_offerings_enterprise_id", "offerings")
    op.create_index("ix_offerings_enterprise_id", "offerings", ["enterprise_id", "offering_id"], unique=False)

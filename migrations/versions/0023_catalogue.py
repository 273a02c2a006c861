"""keep more of the catalogue: groups of their own, position systems, cursors and daily counts.

Revision: 0023
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def _document() -> sa.JSON:
    return sa.JSON().with_variant(sa.JSON(none_as_null=True), "postgresql", "sqlite")


def _instant(name: str) -> sa.Column[datetime]:
    return sa.Column(name, models.base.UtcTimestamp(timezone=True), nullable=True)


def _group_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("neg_risk", sa.Boolean(), nullable=True),
        sa.Column("neg_risk_augmented", sa.Boolean(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=True),
        _instant("start_at"),
        _instant("end_at"),
        _instant("closed_at"),
        sa.Column("series_slug", sa.String(length=300), nullable=True),
        sa.Column("recurrence", sa.String(length=40), nullable=True),
    ]


def _market_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("neg_risk_other", sa.Boolean(), nullable=True),
        sa.Column("group_item_title", sa.Text(), nullable=True),
        sa.Column("version", sa.String(length=20), nullable=True),
        sa.Column("position_ids", _document(), nullable=True),
        _instant("source_updated_at"),
        sa.Column("content_hash", models.base.Bytes32(length=32), nullable=True),
    ]


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "catalogue_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", "name", name=op.f("pk_catalogue_counts")),
    )
    op.create_table(
        "sync_cursors",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("position", _document(), nullable=False),
        sa.Column("updated_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sync_cursors")),
    )
    # Without batches: those make SQLite's tables anew, and markets refer to the groups.
    for column in _group_columns():
        op.add_column("market_groups", column)
    for column in _market_columns():
        op.add_column("markets", column)
    op.create_index(op.f("ix_markets_group_id"), "markets", ["group_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_markets_group_id"), table_name="markets")
    for column in reversed(_market_columns()):
        op.drop_column("markets", column.name)
    for column in reversed(_group_columns()):
        op.drop_column("market_groups", column.name)
    op.drop_table("sync_cursors")
    op.drop_table("catalogue_counts")

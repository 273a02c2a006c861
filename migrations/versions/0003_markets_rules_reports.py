"""markets rules reports.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "market_groups",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gamma_id", sa.String(length=40), nullable=False),
        sa.Column("slug", sa.String(length=300), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("neg_risk_market_id", models.base.Bytes32(length=32), nullable=True),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_groups")),
        sa.UniqueConstraint("gamma_id", name=op.f("uq_market_groups_gamma_id")),
    )
    op.create_table(
        "rules_texts",
        sa.Column("hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_rules_texts")),
    )
    op.create_table(
        "markets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gamma_id", sa.String(length=40), nullable=True),
        sa.Column("condition_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("question_id", models.base.Bytes32(length=32), nullable=True),
        sa.Column("uma_question_id", models.base.Bytes32(length=32), nullable=True),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("slug", sa.String(length=300), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column(
            "tags",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "outcomes",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "token_ids",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("adapter", models.base.Address(length=20), nullable=True),
        sa.Column("neg_risk", sa.Boolean(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("end_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("closed_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("uma_status", sa.String(length=20), nullable=True),
        sa.Column(
            "uma_statuses",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("uma_bond", models.base.UsdcAmount(), nullable=True),
        sa.Column("custom_liveness_seconds", sa.Integer(), nullable=True),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("refreshed_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("stale_since", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["market_groups.id"], name=op.f("fk_markets_group_id_market_groups")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_markets")),
        sa.UniqueConstraint("condition_id", name=op.f("uq_markets_condition_id")),
        sa.UniqueConstraint("gamma_id", name=op.f("uq_markets_gamma_id")),
    )
    with op.batch_alter_table("markets", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_markets_closed_end_at"), ["closed", "end_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_markets_slug"), ["slug"], unique=False)
        batch_op.create_index(batch_op.f("ix_markets_stale_since"), ["stale_since"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_markets_uma_question_id"), ["uma_question_id"], unique=False
        )

    op.create_table(
        "resolution_reports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("proposed_price", sa.String(length=80), nullable=True),
        sa.Column("reproposed_price", sa.String(length=80), nullable=True),
        sa.Column("price", sa.String(length=80), nullable=True),
        sa.Column("was_disputed", sa.Boolean(), nullable=False),
        sa.Column("extended_review", sa.Boolean(), nullable=False),
        sa.Column("rules_updated", sa.Boolean(), nullable=False),
        sa.Column("expected_settlement_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("settlement_basis", sa.String(length=40), nullable=True),
        sa.Column("reported_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column(
            "payouts",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=True,
        ),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_resolution_reports_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resolution_reports")),
    )
    with op.batch_alter_table("resolution_reports", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_resolution_reports_market_id_known_at"),
            ["market_id", "known_at"],
            unique=False,
        )

    op.create_table(
        "rules_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_rules_versions_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["text_hash"],
            ["rules_texts.hash"],
            name=op.f("fk_rules_versions_text_hash_rules_texts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules_versions")),
        sa.UniqueConstraint(
            "market_id", "version", name=op.f("uq_rules_versions_market_id_version")
        ),
    )
    op.create_table(
        "trading_activity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("volume", models.base.UsdcAmount(), nullable=True),
        sa.Column("volume_24h", models.base.UsdcAmount(), nullable=True),
        sa.Column("liquidity", models.base.UsdcAmount(), nullable=True),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_trading_activity_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trading_activity")),
    )
    with op.batch_alter_table("trading_activity", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_trading_activity_market_id_known_at"),
            ["market_id", "known_at"],
            unique=False,
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("trading_activity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_trading_activity_market_id_known_at"))

    op.drop_table("trading_activity")
    op.drop_table("rules_versions")
    with op.batch_alter_table("resolution_reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resolution_reports_market_id_known_at"))

    op.drop_table("resolution_reports")
    with op.batch_alter_table("markets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_markets_uma_question_id"))
        batch_op.drop_index(batch_op.f("ix_markets_stale_since"))
        batch_op.drop_index(batch_op.f("ix_markets_slug"))
        batch_op.drop_index(batch_op.f("ix_markets_closed_end_at"))

    op.drop_table("markets")
    op.drop_table("rules_texts")
    op.drop_table("market_groups")

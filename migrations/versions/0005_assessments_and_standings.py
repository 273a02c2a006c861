"""assessments and standings.

Revision: 0005
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "announcements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("remedy", sa.String(length=20), nullable=False),
        sa.Column("announced_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_announcements_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_table(
        "market_assessments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("as_of", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("priors_version", sa.String(length=40), nullable=False),
        sa.Column("inputs_digest", models.base.Bytes32(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("p_mean", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("p_low", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("p_high", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("expected_loss", models.base.UsdcAmount(), nullable=True),
        sa.Column("support", sa.String(length=20), nullable=False),
        sa.Column(
            "document",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_market_assessments_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_assessments")),
    )
    with op.batch_alter_table("market_assessments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_market_assessments_market_id_as_of"),
            ["market_id", "as_of"],
            unique=False,
        )

    op.create_table(
        "market_standings",
        sa.Column(
            "market_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "assessment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("as_of", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("p_mean", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("p_low", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("p_high", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("open_interest", models.base.UsdcAmount(), nullable=True),
        sa.Column("expected_loss", models.base.UsdcAmount(), nullable=False),
        sa.Column("support", sa.String(length=20), nullable=False),
        sa.Column("remedy", sa.String(length=20), nullable=False),
        sa.Column("challenge_ends_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("challenge_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["market_assessments.id"],
            name=op.f("fk_market_standings_assessment_id_market_assessments"),
        ),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_market_standings_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("market_id", name=op.f("pk_market_standings")),
    )
    with op.batch_alter_table("market_standings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_market_standings_challenge_ends_at_market_id"),
            ["challenge_ends_at", "market_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_market_standings_expected_loss_market_id"),
            ["expected_loss", "market_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_market_standings_p_mean_market_id"),
            ["p_mean", "market_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_market_standings_state_expected_loss_market_id"),
            ["state", "expected_loss", "market_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_market_standings_category_expected_loss_market_id"),
            ["category", "expected_loss", "market_id"],
            unique=False,
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("market_standings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_market_standings_category_expected_loss_market_id"))
        batch_op.drop_index(batch_op.f("ix_market_standings_state_expected_loss_market_id"))
        batch_op.drop_index(batch_op.f("ix_market_standings_p_mean_market_id"))
        batch_op.drop_index(batch_op.f("ix_market_standings_expected_loss_market_id"))
        batch_op.drop_index(batch_op.f("ix_market_standings_challenge_ends_at_market_id"))

    op.drop_table("market_standings")
    with op.batch_alter_table("market_assessments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_market_assessments_market_id_as_of"))

    op.drop_table("market_assessments")
    op.drop_table("announcements")

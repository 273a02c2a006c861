"""audit estimates.

Revision: 0035
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_estimates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_n", sa.Integer(), nullable=False),
        sa.Column("p_mean", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("p_low", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("p_high", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("d1w_mean", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("d1w_n", sa.Float(), nullable=False),
        sa.Column("is_d1w_used", sa.Boolean(), nullable=False),
        sa.Column(
            "document",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["audit_plans.id"], name=op.f("fk_audit_estimates_plan_id_audit_plans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_estimates")),
    )
    with op.batch_alter_table("audit_estimates", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_estimates_plan_id_known_at"), ["plan_id", "known_at"], unique=False
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("audit_estimates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_estimates_plan_id_known_at"))

    op.drop_table("audit_estimates")

"""attack scores.

Revision: 0038
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "attack_scores",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("calibration_status", sa.String(length=20), nullable=False),
        sa.Column("p_mean", models.base.Probability(asdecimal=False), nullable=True),
        sa.Column("p_low", models.base.Probability(asdecimal=False), nullable=True),
        sa.Column("p_high", models.base.Probability(asdecimal=False), nullable=True),
        sa.Column("support", sa.String(length=10), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column(
            "document",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("digest", models.base.Bytes32(length=32), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attack_scores")),
    )
    with op.batch_alter_table("attack_scores", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attack_scores_known_at"), ["known_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_attack_scores_subject_kind_subject_known_at"),
            ["subject_kind", "subject", "known_at"],
            unique=False,
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("attack_scores", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attack_scores_subject_kind_subject_known_at"))
        batch_op.drop_index(batch_op.f("ix_attack_scores_known_at"))

    op.drop_table("attack_scores")

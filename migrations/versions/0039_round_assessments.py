"""round assessments.

Revision: 0039
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "round_assessments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("logs", sa.BigInteger(), nullable=False),
        sa.Column("digest", models.base.Bytes32(length=32), nullable=False),
        sa.Column("dollars_exposed", sa.Double(), nullable=False),
        sa.Column("dollars_forceable", sa.Double(), nullable=True),
        sa.Column("raw_attempt", sa.Double(), nullable=False),
        sa.Column(
            "document",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("priors_version", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_assessments")),
    )
    with op.batch_alter_table("round_assessments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_assessments_as_of"), ["as_of"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_round_assessments_round_id_as_of"), ["round_id", "as_of"], unique=False
        )

    op.create_table(
        "round_questions",
        sa.Column("round_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "assessment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("inputs", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["round_assessments.id"],
            name=op.f("fk_round_questions_assessment_id_round_assessments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_round_questions")),
    )
    with op.batch_alter_table("round_questions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_round_questions_assessment_id"), ["assessment_id"], unique=False
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("round_questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_round_questions_assessment_id"))

    op.drop_table("round_questions")
    with op.batch_alter_table("round_assessments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_round_assessments_round_id_as_of"))
        batch_op.drop_index(batch_op.f("ix_round_assessments_as_of"))

    op.drop_table("round_assessments")

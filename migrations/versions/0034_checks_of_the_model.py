"""checks of the model.

Revision: 0034
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "model_checks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("as_of", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("priors_version", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("statistic", sa.Double(), nullable=True),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_checks")),
    )
    with op.batch_alter_table("model_checks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_model_checks_as_of"), ["as_of"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("model_checks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_model_checks_as_of"))

    op.drop_table("model_checks")

"""base rates.

Revision: 0033
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "base_rate_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("as_of", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("code_version", sa.String(length=80), nullable=False),
        sa.Column("questions", sa.BigInteger(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_base_rate_runs")),
    )
    with op.batch_alter_table("base_rate_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_base_rate_runs_as_of"), ["as_of"], unique=False)

    op.create_table(
        "base_rates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target", sa.String(length=20), nullable=False),
        sa.Column("weight", sa.String(length=20), nullable=False),
        sa.Column("stratum", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("estimate", sa.Double(), nullable=True),
        sa.Column("p05", sa.Double(), nullable=True),
        sa.Column("p95", sa.Double(), nullable=True),
        sa.Column("wilson_low", sa.Double(), nullable=True),
        sa.Column("wilson_high", sa.Double(), nullable=True),
        sa.Column("questions", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("positives", sa.Double(), nullable=False),
        sa.Column("clusters", sa.Integer(), nullable=False),
        sa.Column("n_eff", sa.Double(), nullable=False),
        sa.Column("design_effect", sa.Double(), nullable=True),
        sa.Column("largest_share", sa.Double(), nullable=True),
        sa.Column("standard_error", sa.Double(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("support", sa.String(length=20), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("digest", models.base.Bytes32(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["base_rate_runs.id"], name=op.f("fk_base_rates_run_id_base_rate_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_base_rates")),
    )
    with op.batch_alter_table("base_rates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_base_rates_run_id"), ["run_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_base_rates_target_weight_stratum_name_measure_id"),
            ["target", "weight", "stratum", "name", "measure", "id"],
            unique=False,
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("base_rates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_base_rates_target_weight_stratum_name_measure_id"))
        batch_op.drop_index(batch_op.f("ix_base_rates_run_id"))

    op.drop_table("base_rates")
    with op.batch_alter_table("base_rate_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_base_rate_runs_as_of"))

    op.drop_table("base_rate_runs")

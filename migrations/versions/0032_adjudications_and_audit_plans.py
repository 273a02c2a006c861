"""adjudications and audit plans.

Revision: 0032
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_plans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("budget", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("frame_from", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("frame_to", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column(
            "strata",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_plans")),
    )
    op.create_table(
        "truth_fusions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("track", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("inputs_digest", models.base.Bytes32(length=32), nullable=False),
        sa.Column("verdicts", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("is_converged", sa.Boolean(), nullable=False),
        sa.Column(
            "prevalence",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "confusion",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_truth_fusions")),
    )
    with op.batch_alter_table("truth_fusions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_truth_fusions_track_known_at"), ["track", "known_at"], unique=False
        )

    op.create_table(
        "adjudications",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("question_id", models.base.Bytes32(length=32), nullable=True),
        sa.Column("request_timestamp", sa.BigInteger(), nullable=True),
        sa.Column("adjudicator", sa.String(length=40), nullable=False),
        sa.Column("track", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("confidence", models.base.Probability(asdecimal=False), nullable=True),
        sa.Column("is_blind", sa.Boolean(), nullable=False),
        sa.Column(
            "evidence",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("packet_id", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("made_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "supersedes_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("digest", models.base.Bytes32(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_adjudications_market_id_markets")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            ["adjudications.id"],
            name=op.f("fk_adjudications_supersedes_id_adjudications"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjudications")),
        sa.UniqueConstraint("digest", name=op.f("uq_adjudications_digest")),
        sa.UniqueConstraint(
            "market_id",
            "track",
            "adjudicator",
            "made_at",
            name=op.f("uq_adjudications_market_id_track_adjudicator_made_at"),
        ),
    )
    with op.batch_alter_table("adjudications", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_adjudications_known_at"), ["known_at"], unique=False)

    op.create_table(
        "audit_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("stratum", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("inclusion", sa.Float(), nullable=False),
        sa.Column(
            "screens",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_audit_items_market_id_markets")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["audit_plans.id"], name=op.f("fk_audit_items_plan_id_audit_plans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_items")),
        sa.UniqueConstraint("plan_id", "market_id", name=op.f("uq_audit_items_plan_id_market_id")),
        sa.UniqueConstraint("plan_id", "position", name=op.f("uq_audit_items_plan_id_position")),
    )
    with op.batch_alter_table("audit_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_items_market_id"), ["market_id"], unique=False)

    op.create_table(
        "corrections",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("claim", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "evidence",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("digest", models.base.Bytes32(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_corrections_market_id_markets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint("digest", name=op.f("uq_corrections_digest")),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_corrections_market_id_known_at"), ["market_id", "known_at"], unique=False
        )

    op.create_table(
        "truth_labels",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("track", sa.String(length=20), nullable=False),
        sa.Column(
            "fusion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("adjudicators", sa.Integer(), nullable=False),
        sa.Column("p_yes", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("p_no", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("p_half", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column("p_undetermined", models.base.Probability(asdecimal=False), nullable=False),
        sa.Column(
            "outcomes",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["fusion_id"],
            ["truth_fusions.id"],
            name=op.f("fk_truth_labels_fusion_id_truth_fusions"),
        ),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.id"], name=op.f("fk_truth_labels_market_id_markets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_truth_labels")),
    )
    with op.batch_alter_table("truth_labels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_truth_labels_known_at"), ["known_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_truth_labels_market_id_track_known_at"),
            ["market_id", "track", "known_at"],
            unique=False,
        )

    op.create_table(
        "correction_steps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "correction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["corrections.id"],
            name=op.f("fk_correction_steps_correction_id_corrections"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_steps")),
    )
    with op.batch_alter_table("correction_steps", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_correction_steps_correction_id_known_at"),
            ["correction_id", "known_at"],
            unique=False,
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("correction_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_correction_steps_correction_id_known_at"))

    op.drop_table("correction_steps")
    with op.batch_alter_table("truth_labels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_truth_labels_market_id_track_known_at"))
        batch_op.drop_index(batch_op.f("ix_truth_labels_known_at"))

    op.drop_table("truth_labels")
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_corrections_market_id_known_at"))

    op.drop_table("corrections")
    with op.batch_alter_table("audit_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_items_market_id"))

    op.drop_table("audit_items")
    with op.batch_alter_table("adjudications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_adjudications_known_at"))

    op.drop_table("adjudications")
    with op.batch_alter_table("truth_fusions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_truth_fusions_track_known_at"))

    op.drop_table("truth_fusions")
    op.drop_table("audit_plans")

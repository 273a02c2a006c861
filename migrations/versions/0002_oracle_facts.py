"""oracle facts.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "ancillary_texts",
        sa.Column("hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_ancillary_texts")),
    )
    op.create_table(
        "bridged_requests",
        sa.Column("requester", models.base.Address(length=20), nullable=False),
        sa.Column("identifier", models.base.Bytes32(length=32), nullable=False),
        sa.Column("dvm_time", sa.BigInteger(), nullable=False),
        sa.Column("ancillary_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("child_request_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("parent_request_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_bridged_requests_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_bridged_requests")),
    )
    with op.batch_alter_table("bridged_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_bridged_requests_ancillary_hash"), ["ancillary_hash"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_bridged_requests_child_request_id"), ["child_request_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_bridged_requests_parent_request_id"), ["parent_request_id"], unique=False
        )

    op.create_table(
        "clarifications",
        sa.Column("question_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("owner", models.base.Address(length=20), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_clarifications_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_clarifications")),
    )
    with op.batch_alter_table("clarifications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_clarifications_question_id"), ["question_id"], unique=False
        )

    op.create_table(
        "conditions",
        sa.Column("condition_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("oracle", models.base.Address(length=20), nullable=False),
        sa.Column("question_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("outcome_slots", sa.Integer(), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_conditions_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_conditions")),
    )
    with op.batch_alter_table("conditions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conditions_condition_id"), ["condition_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_conditions_question_id"), ["question_id"], unique=False
        )

    op.create_table(
        "disputes",
        sa.Column("proposer", models.base.Address(length=20), nullable=False),
        sa.Column("disputer", models.base.Address(length=20), nullable=False),
        sa.Column("proposed_price", models.base.Int256(length=79), nullable=False),
        sa.Column("requester", models.base.Address(length=20), nullable=False),
        sa.Column("identifier", models.base.Bytes32(length=32), nullable=False),
        sa.Column("request_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("ancillary_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_disputes_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_disputes")),
    )
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_disputes_ancillary_hash_requester"),
            ["ancillary_hash", "requester"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_disputes_disputer"), ["disputer"], unique=False)

    op.create_table(
        "neg_risk_questions",
        sa.Column("neg_risk_market_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("neg_risk_question_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("request_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("question_index", sa.Integer(), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_neg_risk_questions_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_neg_risk_questions")),
    )
    with op.batch_alter_table("neg_risk_questions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_neg_risk_questions_neg_risk_question_id"),
            ["neg_risk_question_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_neg_risk_questions_request_id"), ["request_id"], unique=False
        )

    op.create_table(
        "neg_risk_reports",
        sa.Column("neg_risk_question_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("request_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("result", sa.Boolean(), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_neg_risk_reports_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_neg_risk_reports")),
    )
    with op.batch_alter_table("neg_risk_reports", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_neg_risk_reports_neg_risk_question_id"),
            ["neg_risk_question_id"],
            unique=False,
        )

    op.create_table(
        "overrides",
        sa.Column("question_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("layer", sa.String(length=20), nullable=False),
        sa.Column(
            "payouts",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_overrides_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_overrides")),
    )
    with op.batch_alter_table("overrides", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_overrides_question_id"), ["question_id"], unique=False)

    op.create_table(
        "payouts",
        sa.Column("condition_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("oracle", models.base.Address(length=20), nullable=False),
        sa.Column("question_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column(
            "numerators",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"], ["blocks.id"], name=op.f("fk_payouts_block_id_blocks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_payouts")),
    )
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payouts_condition_id"), ["condition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payouts_question_id"), ["question_id"], unique=False)

    op.create_table(
        "price_requests",
        sa.Column("currency", models.base.Address(length=20), nullable=False),
        sa.Column("reward", models.base.Uint256(length=79), nullable=False),
        sa.Column("final_fee", models.base.Uint256(length=79), nullable=False),
        sa.Column("requester", models.base.Address(length=20), nullable=False),
        sa.Column("identifier", models.base.Bytes32(length=32), nullable=False),
        sa.Column("request_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("ancillary_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_price_requests_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_price_requests")),
    )
    with op.batch_alter_table("price_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_price_requests_ancillary_hash_requester"),
            ["ancillary_hash", "requester"],
            unique=False,
        )

    op.create_table(
        "proposals",
        sa.Column("proposer", models.base.Address(length=20), nullable=False),
        sa.Column("proposed_price", models.base.Int256(length=79), nullable=False),
        sa.Column("expires_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("expiration_timestamp", models.base.Uint256(length=79), nullable=False),
        sa.Column("currency", models.base.Address(length=20), nullable=False),
        sa.Column("requester", models.base.Address(length=20), nullable=False),
        sa.Column("identifier", models.base.Bytes32(length=32), nullable=False),
        sa.Column("request_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("ancillary_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_proposals_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_proposals")),
    )
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_proposals_ancillary_hash_requester"),
            ["ancillary_hash", "requester"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_proposals_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposals_proposer"), ["proposer"], unique=False)

    op.create_table(
        "pushed_prices",
        sa.Column("identifier", models.base.Bytes32(length=32), nullable=False),
        sa.Column("dvm_time", sa.BigInteger(), nullable=False),
        sa.Column("price", models.base.Int256(length=79), nullable=False),
        sa.Column("request_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_pushed_prices_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_pushed_prices")),
    )
    with op.batch_alter_table("pushed_prices", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_pushed_prices_request_hash"), ["request_hash"], unique=False
        )

    op.create_table(
        "question_changes",
        sa.Column("question_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("settled_price", models.base.Int256(length=79), nullable=True),
        sa.Column(
            "payouts",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=True,
        ),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_question_changes_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_question_changes")),
    )
    with op.batch_alter_table("question_changes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_question_changes_question_id"), ["question_id"], unique=False
        )

    op.create_table(
        "questions",
        sa.Column("question_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("request_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("creator", models.base.Address(length=20), nullable=False),
        sa.Column("ancillary_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("reward_token", models.base.Address(length=20), nullable=False),
        sa.Column("reward", models.base.Uint256(length=79), nullable=False),
        sa.Column("proposal_bond", models.base.Uint256(length=79), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_questions_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_questions")),
    )
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_questions_creator"), ["creator"], unique=False)
        batch_op.create_index(batch_op.f("ix_questions_question_id"), ["question_id"], unique=False)

    op.create_table(
        "settlements",
        sa.Column("proposer", models.base.Address(length=20), nullable=False),
        sa.Column("disputer", models.base.Address(length=20), nullable=False),
        sa.Column("price", models.base.Int256(length=79), nullable=False),
        sa.Column("payout", models.base.Uint256(length=79), nullable=False),
        sa.Column("requester", models.base.Address(length=20), nullable=False),
        sa.Column("identifier", models.base.Bytes32(length=32), nullable=False),
        sa.Column("request_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("ancillary_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_settlements_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_settlements")),
    )
    with op.batch_alter_table("settlements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_settlements_ancillary_hash_requester"),
            ["ancillary_hash", "requester"],
            unique=False,
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("settlements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_settlements_ancillary_hash_requester"))

    op.drop_table("settlements")
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_questions_question_id"))
        batch_op.drop_index(batch_op.f("ix_questions_creator"))

    op.drop_table("questions")
    with op.batch_alter_table("question_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_question_changes_question_id"))

    op.drop_table("question_changes")
    with op.batch_alter_table("pushed_prices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pushed_prices_request_hash"))

    op.drop_table("pushed_prices")
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposals_proposer"))
        batch_op.drop_index(batch_op.f("ix_proposals_expires_at"))
        batch_op.drop_index(batch_op.f("ix_proposals_ancillary_hash_requester"))

    op.drop_table("proposals")
    with op.batch_alter_table("price_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_price_requests_ancillary_hash_requester"))

    op.drop_table("price_requests")
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payouts_question_id"))
        batch_op.drop_index(batch_op.f("ix_payouts_condition_id"))

    op.drop_table("payouts")
    with op.batch_alter_table("overrides", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_overrides_question_id"))

    op.drop_table("overrides")
    with op.batch_alter_table("neg_risk_reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_neg_risk_reports_neg_risk_question_id"))

    op.drop_table("neg_risk_reports")
    with op.batch_alter_table("neg_risk_questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_neg_risk_questions_request_id"))
        batch_op.drop_index(batch_op.f("ix_neg_risk_questions_neg_risk_question_id"))

    op.drop_table("neg_risk_questions")
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_disputes_disputer"))
        batch_op.drop_index(batch_op.f("ix_disputes_ancillary_hash_requester"))

    op.drop_table("disputes")
    with op.batch_alter_table("conditions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conditions_question_id"))
        batch_op.drop_index(batch_op.f("ix_conditions_condition_id"))

    op.drop_table("conditions")
    with op.batch_alter_table("clarifications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clarifications_question_id"))

    op.drop_table("clarifications")
    with op.batch_alter_table("bridged_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bridged_requests_parent_request_id"))
        batch_op.drop_index(batch_op.f("ix_bridged_requests_child_request_id"))
        batch_op.drop_index(batch_op.f("ix_bridged_requests_ancillary_hash"))

    op.drop_table("bridged_requests")
    op.drop_table("ancillary_texts")

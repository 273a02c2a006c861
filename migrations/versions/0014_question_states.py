"""questions and requests of the vote as their facts leave them.

Revision: 0014
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

DOCUMENT = (
    sa.JSON()
    .with_variant(sa.JSON(none_as_null=True), "postgresql")
    .with_variant(sa.JSON(none_as_null=True), "sqlite")
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "question_states",
        sa.Column("chain_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("adapter", models.base.Address(length=20), nullable=False),
        sa.Column("question_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("condition_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("neg_risk_question_id", models.base.Bytes32(length=32), nullable=True),
        sa.Column("oracle", models.base.Address(length=20), nullable=True),
        sa.Column("creator", models.base.Address(length=20), nullable=False),
        sa.Column("is_official", sa.Boolean(), nullable=False),
        sa.Column("is_partial", sa.Boolean(), nullable=False),
        sa.Column("is_legacy", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("reset", sa.Boolean(), nullable=False),
        sa.Column("overridden", sa.Boolean(), nullable=False),
        sa.Column("override_layer", sa.String(length=20), nullable=True),
        sa.Column("payouts", DOCUMENT, nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("resolution", sa.String(length=20), nullable=True),
        sa.Column("stuck", sa.String(length=20), nullable=True),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("disputes", sa.Integer(), nullable=False),
        sa.Column("self_disputes", sa.Integer(), nullable=False),
        sa.Column("resets", sa.Integer(), nullable=False),
        sa.Column("operative_timestamp", sa.BigInteger(), nullable=True),
        sa.Column("operative_state", sa.String(length=20), nullable=True),
        sa.Column("operative_proposer", models.base.Address(length=20), nullable=True),
        sa.Column("operative_disputer", models.base.Address(length=20), nullable=True),
        sa.Column("operative_proposed_price", models.base.Int256(length=79), nullable=True),
        sa.Column("operative_settled_price", models.base.Int256(length=79), nullable=True),
        sa.Column("expiration_timestamp", models.base.Uint256(length=79), nullable=True),
        sa.Column("first_proposer", models.base.Address(length=20), nullable=True),
        sa.Column("first_disputer", models.base.Address(length=20), nullable=True),
        sa.Column("first_proposed_price", models.base.Int256(length=79), nullable=True),
        sa.Column("pays_first_proposal", sa.Boolean(), nullable=True),
        sa.Column("earlier_vote_contradicts", sa.Boolean(), nullable=True),
        sa.Column("initialized_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("first_proposed_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("first_disputed_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("settled_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("flagged_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("overridden_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("resolved_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("paid_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "chain_id", "adapter", "question_id", name=op.f("pk_question_states")
        ),
    )
    with op.batch_alter_table("question_states", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_question_states_question_id"), ["question_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_question_states_condition_id"), ["condition_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_question_states_state"), ["state"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_question_states_first_proposed_at"), ["first_proposed_at"], unique=False
        )

    op.create_table(
        "dvm_request_states",
        sa.Column("request_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("identifier", models.base.Bytes32(length=32), nullable=False),
        sa.Column("dvm_time", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.String(length=20), nullable=False),
        sa.Column("question_chain_id", sa.Integer(), nullable=True),
        sa.Column("adapter", models.base.Address(length=20), nullable=True),
        sa.Column("question_id", models.base.Bytes32(length=32), nullable=True),
        sa.Column("requester", models.base.Address(length=20), nullable=True),
        sa.Column("is_governance", sa.Boolean(), nullable=True),
        sa.Column("added_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("first_round", sa.BigInteger(), nullable=True),
        sa.Column("last_round", sa.BigInteger(), nullable=True),
        sa.Column("roll_count", sa.Integer(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("resolved_round", sa.BigInteger(), nullable=True),
        sa.Column("resolved_price", models.base.Int256(length=79), nullable=True),
        sa.Column("resolved_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("counted_round", sa.BigInteger(), nullable=True),
        sa.Column("committed", sa.Integer(), nullable=False),
        sa.Column("revealed", sa.Integer(), nullable=False),
        sa.Column("turnout", models.base.UmaAmount(length=79), nullable=False),
        sa.Column("leading_price", models.base.Int256(length=79), nullable=True),
        sa.Column("leading_weight", models.base.UmaAmount(length=79), nullable=False),
        sa.Column("left_price", models.base.Int256(length=79), nullable=True),
        sa.Column("landed_price", models.base.Int256(length=79), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_dvm_request_states")),
    )
    with op.batch_alter_table("dvm_request_states", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_dvm_request_states_question_id"), ["question_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_dvm_request_states_dvm_time"), ["dvm_time"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_dvm_request_states_last_round"), ["last_round"], unique=False
        )

    # What older releases stored has not been folded to these yet.
    mark = sa.text(
        "INSERT INTO stale_folds (kind, key) "
        "SELECT 'everything', :key WHERE EXISTS (SELECT 1 FROM blocks)"
    )
    op.execute(mark.bindparams(sa.bindparam("key", b"", sa.LargeBinary)))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("dvm_request_states", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dvm_request_states_question_id"))
        batch_op.drop_index(batch_op.f("ix_dvm_request_states_dvm_time"))
        batch_op.drop_index(batch_op.f("ix_dvm_request_states_last_round"))

    op.drop_table("dvm_request_states")
    with op.batch_alter_table("question_states", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_question_states_question_id"))
        batch_op.drop_index(batch_op.f("ix_question_states_condition_id"))
        batch_op.drop_index(batch_op.f("ix_question_states_state"))
        batch_op.drop_index(batch_op.f("ix_question_states_first_proposed_at"))

    op.drop_table("question_states")

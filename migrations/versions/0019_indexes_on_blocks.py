"""find the rows of a block, and the vote's requests of a time.

The keys of facts begin with the log's place in its block, so without these indexes each block
that goes would cost a scan of every table.

Revision: 0019
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Every table whose rows go with their block.
TABLES = (
    "bridged_requests",
    "clarifications",
    "commits",
    "conditions",
    "contract_changes",
    "data_issues",
    "delegations",
    "disputes",
    "dvm_request_changes",
    "dvm_requests",
    "encrypted_votes",
    "game_changes",
    "games",
    "neg_risk_changes",
    "neg_risk_questions",
    "neg_risk_reports",
    "overrides",
    "payouts",
    "price_requests",
    "proposals",
    "pushed_prices",
    "question_changes",
    "questions",
    "request_terms",
    "resolutions_asked",
    "reveals",
    "rules_updates",
    "settlements",
    "slashes",
    "sports_market_changes",
    "sports_markets",
    "stake_changes",
    "tunnel_requests",
)


def upgrade() -> None:
    """Apply."""
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_block_id"), table, ["block_id"], unique=False)
    op.create_index(op.f("ix_dvm_requests_dvm_time"), "dvm_requests", ["dvm_time"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_dvm_requests_dvm_time"), table_name="dvm_requests")
    for table in reversed(TABLES):
        op.drop_index(op.f(f"ix_{table}_block_id"), table_name=table)

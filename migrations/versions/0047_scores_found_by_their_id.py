"""scores found by their id.

Revision: 0047
"""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alerts_assessment_id"), ["assessment_id"])

    with op.batch_alter_table("market_standings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_market_standings_assessment_id"), ["assessment_id"])


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("market_standings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_market_standings_assessment_id"))

    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alerts_assessment_id"))

"""highest scores of weeks.

Revision: 0042
"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("attack_scores", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attack_scores_subject_kind_known_at_subject_score"),
            ["subject_kind", "known_at", "subject", "score"],
            unique=False,
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("attack_scores", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attack_scores_subject_kind_known_at_subject_score"))

"""blocs.

Revision: 0037
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "bloc_searches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entities", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("informative", sa.Integer(), nullable=False),
        sa.Column("groups", sa.Integer(), nullable=False),
        sa.Column(
            "document",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bloc_searches")),
    )
    with op.batch_alter_table("bloc_searches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bloc_searches_known_at"), ["known_at"], unique=False)

    op.create_table(
        "blocs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bloc_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("joint_requests", sa.Integer(), nullable=False),
        sa.Column("p_value", sa.Double(), nullable=True),
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocs")),
    )
    with op.batch_alter_table("blocs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_blocs_bloc_id_known_at"), ["bloc_id", "known_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_blocs_known_at"), ["known_at"], unique=False)

    op.create_table(
        "bloc_members",
        sa.Column(
            "version_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("entity", models.base.Address(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["blocs.id"],
            name=op.f("fk_bloc_members_version_id_blocs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "address", name=op.f("pk_bloc_members")),
    )
    with op.batch_alter_table("bloc_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bloc_members_address"), ["address"], unique=False)
        batch_op.create_index(batch_op.f("ix_bloc_members_entity"), ["entity"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("bloc_members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bloc_members_entity"))
        batch_op.drop_index(batch_op.f("ix_bloc_members_address"))

    op.drop_table("bloc_members")
    with op.batch_alter_table("blocs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blocs_known_at"))
        batch_op.drop_index(batch_op.f("ix_blocs_bloc_id_known_at"))

    op.drop_table("blocs")
    with op.batch_alter_table("bloc_searches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bloc_searches_known_at"))

    op.drop_table("bloc_searches")

"""Groups of voters that vote as one, as they became known: an append-only history."""

from datetime import datetime

from sqlalchemy import Boolean, Double, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.attack_enums import BlocKind
from models.base import Address, Base, Bytes32, Document, RowId, UtcTimestamp


class BlocVersion(Base):
    """What was known of a group from a time on; the newest row of a group known by then counts.

    A group is a statement about votes on a public ledger, never about people.
    """

    __tablename__ = "blocs"
    __table_args__ = (Index(None, "bloc_id", "known_at"), Index(None, "known_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    # Of the members it was first found with; a group that mostly stays the same keeps it.
    bloc_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[BlocKind] = mapped_column(String(20))
    # False: from known_at on the votes no longer show it.
    valid: Mapped[bool] = mapped_column(Boolean)
    # Requests in which two members or more pushed one minority answer (co_voting), or in which
    # they voted alike (baseline).
    joint_requests: Mapped[int] = mapped_column(Integer)
    # How likely so much agreement is by chance.
    p_value: Mapped[float | None] = mapped_column(Double)
    # Members, tests and evidence, as the API prints them.
    document: Mapped[dict[str, object]] = mapped_column(Document)
    # SHA-256 of all of the above and the members: what reads the same is not stored again.
    digest: Mapped[bytes] = mapped_column(Bytes32)
    model_version: Mapped[str] = mapped_column(String(40))
    # When it was worked out, from what was known by then.
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class BlocMember(Base):
    """An address of one version of a group; an entity may have several."""

    __tablename__ = "bloc_members"
    __table_args__ = (Index(None, "address"), Index(None, "entity"))

    version_id: Mapped[int] = mapped_column(
        ForeignKey(BlocVersion.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    address: Mapped[bytes] = mapped_column(Address, primary_key=True)
    # The least address of its entity.
    entity: Mapped[bytes] = mapped_column(Address)


class BlocSearch(Base):
    """That groups were looked for, in how much, and what could not have been seen."""

    __tablename__ = "bloc_searches"
    __table_args__ = (Index(None, "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    entities: Mapped[int] = mapped_column(Integer)
    requests: Mapped[int] = mapped_column(Integer)
    # Requests with a small minority: only these can show who stands together.
    informative: Mapped[int] = mapped_column(Integer)
    groups: Mapped[int] = mapped_column(Integer)
    # Joint pushes a group of each size needs to be found with 95 % probability.
    document: Mapped[dict[str, object]] = mapped_column(Document)
    model_version: Mapped[str] = mapped_column(String(40))
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)

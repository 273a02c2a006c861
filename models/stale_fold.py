"""What is to be folded again."""

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RowId
from models.data_enums import FoldKind


class StaleFold(Base):
    """A mark: the derived rows of a key no longer say what the facts say.

    It commits with the facts. Marks are only ever added and, when folded, deleted by their ids, so
    that writers of facts wait for nobody and no mark of theirs is lost; a key may have several.
    """

    __tablename__ = "stale_folds"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[FoldKind] = mapped_column(String(20))
    # The adapter's question id; the vote's request id; chain id (4 bytes) and address; nothing.
    key: Mapped[bytes] = mapped_column(LargeBinary(32))

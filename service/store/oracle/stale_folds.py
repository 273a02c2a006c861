"""Marks of what is to be folded again: added with the facts, taken by the fold."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from models.data_enums import FoldKind
from models.stale_fold import StaleFold
from service.store.oracle.touched import Touched
from service.store.upserts import CHUNK, chunks

# A chain's number in the key of a contract.
CHAIN_BYTES = 4


def mark_folds(session: Session, touched: Touched) -> None:
    """Mark in the caller's transaction, so that no fact is stored without its mark."""
    marks = [
        *((FoldKind.QUESTION, key) for key in touched.questions),
        *((FoldKind.VOTE, key) for key in touched.votes),
        *((FoldKind.CONTRACT, to_contract_key(*key)) for key in touched.contracts),
    ]
    add_marks(session, marks)


def add_marks(session: Session, marks: Iterable[tuple[FoldKind, bytes]]) -> None:
    """Add marks; one that is there already is added once more, see :class:`StaleFold`."""
    rows = [{"kind": kind.value, "key": key} for kind, key in marks]
    for part in chunks(rows, CHUNK):
        session.connection().execute(insert(StaleFold), list(part))


def add_marks_from(session: Session, kind: FoldKind, keys: Select[Any]) -> None:
    """Add a mark for each key a query gives, without bringing the keys here."""
    marked = keys.add_columns(literal(kind.value))
    session.connection().execute(insert(StaleFold).from_select(["key", "kind"], marked))


def mark_everything(session: Session) -> None:
    """Have everything derived folded again from all facts, by whoever folds next."""
    add_marks(session, [(FoldKind.EVERYTHING, b"")])


def count_marks(session: Session) -> int:
    """How many marks wait."""
    return session.scalar(select(func.count()).select_from(StaleFold)) or 0


def list_marks(session: Session, limit: int) -> Sequence[StaleFold]:
    """The oldest marks; their facts are visible to whatever the transaction reads next."""
    return session.scalars(select(StaleFold).order_by(StaleFold.id).limit(limit)).all()


def remove_marks(session: Session, ids: Sequence[int]) -> None:
    """Remove the marks that were read; one added meanwhile has another id and stays."""
    for part in chunks(ids, CHUNK):
        session.connection().execute(delete(StaleFold).where(StaleFold.id.in_(part)))


def to_contract_key(chain_id: int, address: bytes) -> bytes:
    """A contract as the key of a mark."""
    return chain_id.to_bytes(CHAIN_BYTES, "big") + address


def from_contract_key(key: bytes) -> tuple[int, bytes]:
    """Chain and address of a mark's key."""
    return int.from_bytes(key[:CHAIN_BYTES], "big"), key[CHAIN_BYTES:]

"""Facts above the final head: replaced as a whole, read back with their flag."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import GenericAlias

from pydantic import ConfigDict, TypeAdapter
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.provisional import ProvisionalFact
from service.protocol.facts import Fact
from service.protocol.lifecycle import DatedFact
from service.store.oracle.fact_shapes import TABLES
from service.store.upserts import insert_or_ignore

_KINDS: Mapping[str, type] = {kind.__name__: kind for kind in TABLES}
# Raw bytes are no JSON; whole numbers of any size are.
_CONFIG = ConfigDict(ser_json_bytes="hex", val_json_bytes="hex")


@cache
def _json_of(kind: str) -> "TypeAdapter[tuple[Fact]]":
    # A dataclass alone takes no configuration from outside; one in a tuple does.
    alone = GenericAlias(tuple, (_KINDS[kind],))
    return TypeAdapter(alone, config=_CONFIG)  # type: ignore[arg-type]  # known at run time only


def _read(row: ProvisionalFact) -> Fact:
    [fact] = _json_of(row.kind).validate_json(row.fact)
    return fact


def replace_provisional(
    session: Session,
    chain_id: int,
    facts: Sequence[Fact],
    mined_at: Callable[[bytes], datetime],
    at: datetime,
) -> int:
    """Let these be the chain's only provisional facts; returns how many they are.

    ``mined_at`` gives a block's time by its hash.
    """
    session.execute(delete(ProvisionalFact).where(ProvisionalFact.chain_id == chain_id))
    return insert_or_ignore(
        session,
        ProvisionalFact,
        [
            {
                "chain_id": chain_id,
                "block_number": fact.at.block_number,
                "log_index": fact.at.log_index,
                "block_hash": fact.at.block_hash,
                "mined_at": mined_at(fact.at.block_hash),
                "read_at": at,
                "kind": type(fact).__name__,
                "fact": _json_of(type(fact).__name__).dump_json((fact,)).decode(),
            }
            for fact in facts
        ],
    )


def remove_final(session: Session, chain_id: int, number: int) -> int:
    """Drop the provisional facts of blocks that have become final, up to ``number``."""
    removed = session.connection().execute(
        delete(ProvisionalFact).where(
            ProvisionalFact.chain_id == chain_id, ProvisionalFact.block_number <= number
        )
    )
    return removed.rowcount


def list_provisional(session: Session, chain_id: int | None = None) -> list[DatedFact]:
    """The provisional facts of a chain, or of all, in chain order."""
    query = select(ProvisionalFact).order_by(
        ProvisionalFact.chain_id, ProvisionalFact.block_number, ProvisionalFact.log_index
    )
    if chain_id is not None:
        query = query.where(ProvisionalFact.chain_id == chain_id)
    return [DatedFact(_read(row), row.mined_at) for row in session.scalars(query)]

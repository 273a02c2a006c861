"""``export periods``: roles, parameters, implementations and whitelists while they held."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.protocol.ids import to_checksum, to_hex
from service.store.oracle.contract_periods import iterate_periods


def period_rows(session: Session) -> Iterator[dict[str, Any]]:
    """One period a row, of each contract in the order of its chain."""
    for row in iterate_periods(session):
        yield {
            "chain_id": row.chain_id,
            "address": to_checksum(row.address),
            "kind": row.kind,
            "name": row.name,
            "subject": row.subject,
            "value": row.value,
            "from_block": row.from_block,
            "from_log_index": row.from_log_index,
            "from_at": _time(row.from_at),
            "transaction": to_hex(row.transaction_hash),
            "to_block": row.to_block,
            "to_log_index": row.to_log_index,
            "to_at": None if row.to_at is None else _time(row.to_at),
            "ended_by": None if row.ended_by is None else to_hex(row.ended_by),
        }


def _time(at: datetime) -> int:
    return int(at.timestamp())

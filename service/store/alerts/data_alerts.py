"""Data alerts into issues: one row a thing to look at, which goes with its block."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.alert import Alert
from models.chain import DataIssue
from service.protocol.contracts import ContractBook
from service.protocol.data_alerts import DATA_ALERTS, find_data_alerts
from service.protocol.facts import Fact
from service.protocol.ids import to_checksum, to_hex
from service.protocol.log_position import LogPosition
from service.store.checks.issues import REASON_LENGTH
from service.store.upserts import insert_or_ignore


def list_untold(session: Session, since: datetime, limit: int) -> Sequence[DataIssue]:
    """Data alerts known since an instant that nobody was told of yet, oldest first."""
    is_told = exists().where(Alert.market_id.is_(None), Alert.reason_key == DataIssue.key)
    query = select(DataIssue).where(
        DataIssue.kind.in_(DATA_ALERTS), DataIssue.known_at >= since, ~is_told
    )
    return session.scalars(query.order_by(DataIssue.known_at, DataIssue.id).limit(limit)).all()


def add_data_alerts(
    session: Session,
    decoded: Collection[Fact],
    book: ContractBook,
    block_ids: Mapping[bytes, int],
    known_at: Callable[[LogPosition], datetime],
) -> int:
    """Store the data alerts among facts; returns how many are new."""
    return insert_or_ignore(
        session,
        DataIssue,
        [
            {
                "kind": alert.kind.value,
                "source": f"chain {alert.at.chain_id}",
                "key": alert.key,
                "reason": alert.reason[:REASON_LENGTH],
                "evidence": {
                    "address": to_checksum(alert.at.address),
                    "block": alert.at.block_number,
                    "transaction": to_hex(alert.at.transaction_hash),
                },
                "known_at": known_at(alert.at),
                "block_id": block_ids[alert.at.block_hash],
            }
            for alert in find_data_alerts(decoded, book)
        ],
    )

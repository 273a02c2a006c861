"""Which market each request of the vote is about."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import oracle
from models.market import Market
from service.protocol.ids import to_hex
from service.store.upserts import IN_CHUNK, chunks


def markets_of_requests(
    session: Session, request_ids: Sequence[bytes], as_of: datetime
) -> dict[bytes, str]:
    """Condition ids by the vote's request id; since adapter v2 a text's hash is its question."""
    bridge = oracle.BridgedRequest
    found: dict[bytes, str] = {}
    for part in chunks(request_ids, IN_CHUNK):
        query = (
            select(bridge.parent_request_id, Market.condition_id)
            .join(Market, Market.uma_question_id == bridge.ancillary_hash)
            .where(
                bridge.parent_request_id.in_(part),
                bridge.known_at <= as_of,
                Market.known_at <= as_of,
            )
        )
        found.update((request, to_hex(condition)) for request, condition in session.execute(query))
    return found

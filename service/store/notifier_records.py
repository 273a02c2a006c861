"""What UMA's notifier said of past answers, by the verdicts stored while they could be disputed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.proposal_signal import ProposalSignal

_ROWS_AT_ONCE = 5_000
_BASELINE = ProposalSignal.document["notifier_baseline"]

# Market, request timestamp, proposed price.
AnswerKey = tuple[int, int, int]


def list_notifier_records(session: Session, at: datetime) -> dict[AnswerKey, bool]:
    """Whether the notifier had paged of an answer by ``at``; absent: no verdict of it is stored.

    One that was only ever looked at too early for it, or disputed before it looked, is False: it
    said nothing in time.
    """
    query = select(
        ProposalSignal.market_id,
        ProposalSignal.request_timestamp,
        ProposalSignal.proposed_price,
        _BASELINE,
    ).where(ProposalSignal.known_at <= at, ProposalSignal.request_timestamp.is_not(None))
    found: dict[AnswerKey, bool] = {}
    for market_id, requested, price, verdict in session.execute(
        query, execution_options={"yield_per": _ROWS_AT_ONCE}
    ):
        if verdict is not None:
            key = (market_id, requested, price)
            found[key] = found.get(key, False) or bool(verdict["reasons"])
    return found

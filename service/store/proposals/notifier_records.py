"""What UMA's notifier said of past answers, by the verdicts stored while they could be disputed."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.proposal_signal import ProposalSignal

_ROWS_AT_ONCE = 5_000
_BASELINE = ProposalSignal.document["notifier_baseline"]

# Market, request timestamp, proposed price.
AnswerKey = tuple[int, int, int]


@dataclass(slots=True)
class NotifierHistory:
    """The stored verdicts on one answer."""

    # When it looked, by our knowledge, and whether it paged; what it looked at too early or too
    # late for it is not among them.
    looks: list[tuple[datetime, bool]] = field(default_factory=list)

    @property
    def paged(self) -> bool:
        """Whether it paged at all. False as well where it was disputed before it looked."""
        return any(pages for _, pages in self.looks)

    def paged_by(self, at: datetime) -> bool | None:
        """Whether it had paged by then; None where it had not looked yet."""
        looks = [pages for looked_at, pages in self.looks if looked_at <= at]
        return any(looks) if looks else None


def list_notifier_records(session: Session, at: datetime) -> dict[AnswerKey, NotifierHistory]:
    """What was known at ``at`` of each answer with a stored verdict."""
    query = select(
        ProposalSignal.market_id,
        ProposalSignal.request_timestamp,
        ProposalSignal.proposed_price,
        ProposalSignal.known_at,
        _BASELINE,
    ).where(ProposalSignal.known_at <= at, ProposalSignal.request_timestamp.is_not(None))
    found: dict[AnswerKey, NotifierHistory] = {}
    for market_id, requested, price, known_at, verdict in session.execute(
        query, execution_options={"yield_per": _ROWS_AT_ONCE}
    ):
        if verdict is None:
            continue
        history = found.setdefault((market_id, requested, price), NotifierHistory())
        if verdict["unchecked"] is None:
            history.looks.append((known_at, bool(verdict["reasons"])))
    return found

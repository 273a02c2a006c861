"""A clarification as Polymarket's catalogue lists it, translated."""

from dataclasses import dataclass
from datetime import datetime

# After these the catalogue's row moves no more, or only because it is sent again.
SENT = "success"
FAILED_STATES = frozenset({"failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class ClarificationListing:
    """One row of the catalogue's clarifications; ``None`` where it does not say."""

    gamma_id: int
    market_gamma_id: str | None
    event_gamma_id: str | None
    question_id: bytes | None
    neg_risk_request_id: bytes | None
    adapter: bytes | None
    text: str
    # The catalogue's word: pending, queued, success, failed, cancelled.
    state: str
    clears_book: bool | None
    notifies_discord: bool | None
    is_shown: bool | None
    transaction_hash: bytes | None
    created_at: datetime | None
    queued_at: datetime | None
    scheduled_for: datetime | None
    posted_at: datetime | None


def is_older_copy(
    new: ClarificationListing, *, state: str, text: str, is_posted: bool, is_queued: bool
) -> bool:
    """Whether a row came from a cache of before what is stored, and says nothing new.

    The rest are the stored row's. Answers are cached for minutes, so a poll may get an older one:
    it has lost the transaction, or the time of queueing, under an unchanged text. One that failed
    may lose both because it is tried again.
    """
    if state in FAILED_STATES or new.text != text:
        return False
    has_lost_post = is_posted and new.transaction_hash is None
    return has_lost_post or (is_queued and new.queued_at is None)

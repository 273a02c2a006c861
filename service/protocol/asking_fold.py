"""Which request decides, and why the oracle was asked again: the same for questions and games."""

from dataclasses import dataclass, field
from datetime import datetime

from models.lifecycle_enums import ResetCause
from service.protocol import facts
from service.protocol.dated_fact import DatedFact
from service.protocol.log_position import LogPosition
from service.protocol.prices import TOO_EARLY
from service.protocol.question_status import ResetStatus
from service.protocol.request_fold import RequestsFold


@dataclass(slots=True)
class AskingFold:
    """The requests of one question or game, and which of them is its contract's own."""

    requests: RequestsFold
    # The contract's ``requestTimestamp``; None while it has not asked.
    operative: int | None
    # Earlier requests may lie before the first indexed block.
    is_partial: bool = False
    resets: list[ResetStatus] = field(default_factory=list)
    # The newest request, and the operative one before the present.
    _asked: facts.PriceRequested | None = None
    _previous: int | None = None

    def tell(self, dated: DatedFact, *, is_over: bool) -> bool:
        """Take in a request or its answer; whether the fact was one. ``is_over``: all is final."""
        match dated.fact:
            case facts.PriceRequested() as fact:
                self.requests.ask(fact, dated.mined_at)
                self._asked = fact
                self.operate(fact.key.request_timestamp)
            case facts.PriceProposed() as fact:
                self._meet(fact.key.request_timestamp)
                self.requests.propose(fact, dated.mined_at)
            case facts.PriceDisputed() as fact:
                self._meet(fact.key.request_timestamp)
                is_moot = is_over or fact.key.request_timestamp != self.operative
                self.requests.dispute(fact, dated.mined_at, is_moot=is_moot)
            case facts.PriceSettled() as fact:
                self._meet(fact.key.request_timestamp)
                self.requests.settle(fact, dated.mined_at)
            case _:
                return False
        return True

    def operate(self, timestamp: int | None) -> None:
        """From here on another request decides, or none."""
        if timestamp != self.operative:
            self._previous, self.operative = self.operative, timestamp

    def reset(self, log: LogPosition, at: datetime, *, is_legacy: bool = False) -> None:
        """The contract says it asks again, or on adapter v1 that somebody may."""
        asked = self._asked
        if is_legacy:
            # Adapter v1 forgets its request; somebody asks again in another transaction.
            self.operate(None)
        elif asked is None or asked.at.transaction_hash != log.transaction_hash:
            # The new request's log is not stored; the contract gives it the block's time.
            self.operate(int(at.timestamp()))
        disputer = self.requests.mark_first_dispute(log.transaction_hash)
        if disputer is not None:
            cause = ResetCause.FIRST_DISPUTE
        elif is_legacy or self._was_too_early():
            cause = ResetCause.TOO_EARLY
        else:
            cause = ResetCause.ADMIN_RESET
        self.resets.append(ResetStatus(log, at, cause, disputer))

    def _meet(self, timestamp: int) -> None:
        """A log of a request that a question without its beginning did not show before."""
        if self.is_partial and timestamp > (self.operative or 0):
            self.operate(timestamp)

    def _was_too_early(self) -> bool:
        return any(
            told.settled is not None and told.settled.price == TOO_EARLY
            for (_, timestamp), told in self.requests.requests.items()
            if timestamp == self._previous
        )

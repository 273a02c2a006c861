"""One question, as the contracts would tell it at a time, and what follows from that."""

from dataclasses import dataclass
from datetime import datetime

from models.enums import Outcome, OverrideLayer
from models.lifecycle_enums import ResetCause, ResolutionKind, StuckReason
from service.protocol.dated_fact import DatedFact
from service.protocol.log_position import LogPosition
from service.protocol.prices import outcome_of
from service.protocol.request_status import DvmRequestStatus, RequestStatus, operative_of


@dataclass(frozen=True, slots=True)
class ResetStatus:
    """The oracle was asked again."""

    at: LogPosition
    reset_at: datetime
    cause: ResetCause
    # Whose act it was, where a log says it: the disputer of a first dispute. An administrator and
    # whoever passes on "too early" only send the transaction, which logs do not show.
    by: bytes | None


@dataclass(frozen=True, slots=True)
class NegRiskStatus:
    """What the neg-risk operator and adapter say of a question they pay."""

    operator: bytes
    neg_risk_market_id: bytes
    neg_risk_question_id: bytes
    # The adapter's answer reached the operator; the tokens do not pay by that.
    reported_at: datetime | None = None
    reported_result: bool | None = None
    # From when anybody may have it paid; None where it is not reported or the wait is unknown.
    payable_at: datetime | None = None
    # Administrators stopped the payment on the operator.
    flagged_at: datetime | None = None
    # From when they may set the outcome there; None where not flagged or the wait is unknown.
    override_possible_at: datetime | None = None
    # Another outcome of the same market was reported as Yes: a second Yes cannot be paid.
    is_other_yes: bool = False


@dataclass(frozen=True, slots=True)
class QuestionStatus:
    """One question, as the contracts would tell it at a time."""

    chain_id: int
    question_id: bytes
    condition_id: bytes
    adapter: bytes
    oracle: bytes | None
    title: str
    creator: bytes
    is_official: bool
    # The adapter's own flags.
    resolved: bool
    paused: bool
    reset: bool
    # Set by hand, on the adapter or the operator.
    overridden: bool
    payouts: tuple[int, ...] | None
    outcome: Outcome | None
    initialized_at: datetime
    paid_at: datetime | None
    requests: tuple[RequestStatus, ...]
    dvm_requests: tuple[DvmRequestStatus, ...]
    # The question entered before indexing began: earlier requests and disputes are unknown.
    is_partial: bool = False
    # Adapter v1: its question ids are the caller's choice and its disputes reset nothing.
    is_legacy: bool = False
    # keccak256 of the text the oracle was last asked; from adapter v2 on it is the question id.
    ancillary_hash: bytes = b""
    # The adapter's ``requestTimestamp``; None while adapter v1 has not asked the oracle.
    operative_timestamp: int | None = None
    # When it was flagged for resolution by hand; an unpause leaves the flag where it is.
    flagged_at: datetime | None = None
    # From when administrators may set the outcome on the adapter: the flag plus the safety period
    # of the adapter's version. None where not flagged, or the version is not known.
    override_possible_at: datetime | None = None
    # Every layer on which the outcome was set by hand, in order.
    override_layers: tuple[OverrideLayer, ...] = ()
    overridden_at: datetime | None = None
    # When the adapter called the question resolved; not yet a payout on neg-risk markets.
    resolved_at: datetime | None = None
    resets: tuple[ResetStatus, ...] = ()
    neg_risk: NegRiskStatus | None = None
    # The log of the payout; None while the tokens do not pay.
    paid_log: LogPosition | None = None
    # Every text posted to its rules, by whomever; ``service.protocol.clarifications`` judges them.
    posts: tuple[DatedFact, ...] = ()
    # What made the outcome; None while the question is neither resolved nor paid.
    resolution: ResolutionKind | None = None
    # Why it cannot be paid by ordinary means; None where it can, or was.
    stuck: StuckReason | None = None

    @property
    def operative(self) -> RequestStatus | None:
        """The request whose answer pays out: the one the adapter's ``requestTimestamp`` names.

        ``None`` where it was not asked yet, or its log is not stored.
        """
        return operative_of(self.requests, self.operative_timestamp)

    @property
    def disputes(self) -> int:
        """How often the question has been disputed, over all its requests."""
        return sum(1 for request in self.requests if request.is_disputed)

    @property
    def self_disputes(self) -> int:
        """How many of the disputes came from the proposer's own address."""
        return sum(1 for request in self.requests if request.is_self_disputed)

    @property
    def first_proposal(self) -> RequestStatus | None:
        """The request whose proposal came first; ``None`` without one, or if it is not known."""
        if self.is_partial:
            return None
        proposed = [request for request in self.requests if request.proposal_log is not None]
        return min(proposed, key=_proposal_order, default=None)

    @property
    def pays_first_proposal(self) -> bool | None:
        """Whether the payout is what the first proposal answered; ``None`` if either is missing."""
        first = self.first_proposal
        if self.payouts is None or first is None or first.proposed_price is None:
            return None
        return self.outcome is not None and outcome_of(first.proposed_price) is self.outcome

    @property
    def earlier_vote_contradicts(self) -> bool | None:
        """Whether the vote on a superseded request answered another outcome than was paid.

        ``None`` without a payout, and where no such vote named an outcome ("too early" names none).
        """
        if self.payouts is None:
            return None
        voted = [
            request.voted_outcome
            for request in self.requests
            if request.request_timestamp != self.operative_timestamp
        ]
        named = [outcome for outcome in voted if outcome is not None]
        return any(outcome is not self.outcome for outcome in named) if named else None

    @property
    def overridden_by(self) -> OverrideLayer | None:
        """The layer whose override counts: the last one."""
        return self.override_layers[-1] if self.override_layers else None


def _proposal_order(request: RequestStatus) -> tuple[int, int]:
    assert request.proposal_log is not None  # noqa: S101  # only proposed requests are ordered
    return request.proposal_log.block_number, request.proposal_log.log_index

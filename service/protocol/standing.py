"""Where a market stands: from the chain's facts or, without them, from Polymarket's feed."""

from dataclasses import dataclass
from datetime import UTC, datetime

from models.enums import ContractKind, MarketState, Outcome, RequestState
from service.protocol.lifecycle import QuestionStatus, RequestStatus
from service.protocol.listings import ResolutionRow
from service.protocol.prices import outcome_of, outcome_of_payouts

# The last second of the year 9999: what lies beyond is no instant.
LAST_INSTANT = 253_402_300_799


@dataclass(frozen=True, slots=True)
class Standing:
    """A market's place on its way to a payout."""

    state: MarketState
    # The oracle's final answer; of a paid market what was paid, unless that was set by hand.
    answer: Outcome | None
    # Until when a dispute is surely possible. On the managed oracle it stays possible after.
    challenge_ends_at: datetime | None
    challenge_open: bool


def standing_of(status: QuestionStatus, now: datetime) -> Standing:
    """A market's standing by the chain."""
    state, answer = _state(status)
    operative = status.operative
    if operative is None or operative.state is not RequestState.PROPOSED or status.paid_at:
        return Standing(state, answer, None, challenge_open=False)
    ends_at = instant_of(operative.expiration_timestamp)
    is_managed = operative.oracle_kind is ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2
    is_open = is_managed or ends_at is None or now < ends_at
    return Standing(state, answer, ends_at if is_open else None, challenge_open=is_open)


def state_of(status: QuestionStatus) -> MarketState:
    """Where a question's market stands; no instant is needed for that."""
    return _state(status)[0]


def _state(status: QuestionStatus) -> tuple[MarketState, Outcome | None]:
    operative = status.operative
    answer = _answer(operative)
    if status.payouts is not None:
        # A payout set by hand says nothing of what the oracle answered, if it answered at all.
        return MarketState.RESOLVED, answer if status.overridden else status.outcome
    if status.resolved:
        return MarketState.ANSWERED, answer
    if status.paused:
        return MarketState.FLAGGED, answer
    if operative is None:
        # The request that decides was not asked yet, or its log is not stored.
        asked_again = MarketState.DISPUTED_ONCE if status.disputes else MarketState.PRE_PROPOSAL
        return asked_again, None
    return _request_standing(operative, status.disputes), answer


def _request_standing(request: RequestStatus, disputes: int) -> MarketState:
    match request.state:
        case RequestState.REQUESTED:
            return MarketState.DISPUTED_ONCE if disputes else MarketState.PRE_PROPOSAL
        case RequestState.PROPOSED | RequestState.EXPIRED:
            return MarketState.REPROPOSED if disputes else MarketState.PROPOSED
        case RequestState.DISPUTED:
            return MarketState.VOTING
        case RequestState.RESOLVED | RequestState.SETTLED:
            return MarketState.ANSWERED


def _answer(request: RequestStatus | None) -> Outcome | None:
    """The oracle's final answer; an expired proposal is none before it is settled."""
    if request is None or request.state is RequestState.EXPIRED or request.answer is None:
        return None
    return outcome_of(request.answer)


def instant_of(timestamp: int | None) -> datetime | None:
    """A contract's unix time as an instant; ``None`` where it lies beyond the year 9999."""
    if timestamp is None or not 0 <= timestamp <= LAST_INSTANT:
        return None
    return datetime.fromtimestamp(timestamp, UTC)


_FEED_STATES = {
    "initialized": MarketState.PRE_PROPOSAL,
    "posed": MarketState.PRE_PROPOSAL,
    "active": MarketState.PRE_PROPOSAL,
    "requested": MarketState.PRE_PROPOSAL,
    "proposed": MarketState.PROPOSED,
    "challenged": MarketState.DISPUTED_ONCE,
    "reproposed": MarketState.REPROPOSED,
    "disputed": MarketState.VOTING,
    "arbitration": MarketState.VOTING,
    "settled": MarketState.ANSWERED,
    "resolved": MarketState.RESOLVED,
}


def feed_state(word: str) -> MarketState | None:
    """The state a word of Polymarket's resolution feed means; ``None`` if it never used it."""
    return _FEED_STATES.get(word)


def standing_of_report(report: ResolutionRow, now: datetime) -> Standing | None:
    """A market's standing by Polymarket's resolution feed; ``None`` for a word it never used."""
    state = feed_state(report.status)
    if state is None:
        return None
    answer = _report_answer(report)
    if state not in (MarketState.PROPOSED, MarketState.REPROPOSED):
        return Standing(state, answer, None, challenge_open=False)
    # The feed does not say which oracle it is; its estimate is a time, not a promise. A proposal
    # it still shows as proposed is taken as open: on the managed oracle it can be disputed.
    ends_at = report.expected_settlement_at
    return Standing(
        state, answer, ends_at if ends_at and ends_at > now else None, challenge_open=True
    )


def _report_answer(report: ResolutionRow) -> Outcome | None:
    if report.payouts is not None:
        return outcome_of_payouts(report.payouts)
    return None if report.price is None else outcome_of(report.price)

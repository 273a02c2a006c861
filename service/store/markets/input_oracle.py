"""What the chain's facts and Polymarket's feed say of one market, brought to the score's words."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from models.enums import MarketState, Outcome
from models.market import ResolutionReport
from service.protocol.ids import to_checksum
from service.protocol.lifecycle import QuestionStatus, RequestStatus
from service.protocol.prices import outcome_of
from service.protocol.standing import Standing, instant_of, standing_of, standing_of_report
from service.risk.inputs import Proposal
from service.store.markets.market_lines import AnyMarket
from service.store.markets.reports import to_resolution_row


def find_status(
    market: AnyMarket, statuses: dict[bytes, list[QuestionStatus]]
) -> QuestionStatus | None:
    """The question behind a market: the one with its condition, on its own adapter if two have it.

    The condition of a neg-risk question is known from the operator's logs only; where those lie
    before the first indexed block, its adapter and its id together name it.
    """
    if market.uma_question_id is None:
        return None
    found = statuses.get(market.uma_question_id, [])
    same = [s for s in found if s.condition_id == market.condition_id]
    if not same and market.neg_risk:
        same = [s for s in found if s.adapter == market.adapter]
    return next((s for s in same if s.adapter == market.adapter), same[0] if same else None)


def find_standing(
    market: AnyMarket, status: QuestionStatus | None, report: ResolutionReport | None, at: datetime
) -> tuple[Standing, Literal["chain", "feed", "catalogue"]]:
    """The chain wins; then Polymarket's feed; then what the catalogue says."""
    if status is not None:
        return _with_earlier_dispute(standing_of(status, at), status, report), "chain"
    if report is not None:
        standing = standing_of_report(to_resolution_row(report, market.condition_id), at)
        if standing is not None:
            return standing, "feed"
    closed = MarketState.RESOLVED if market.closed else MarketState.PRE_PROPOSAL
    state = {
        "proposed": MarketState.PROPOSED,
        "disputed": MarketState.DISPUTED_ONCE,
    }.get(market.uma_status or "", closed)
    return Standing(
        closed if market.closed else state, None, None, challenge_open=False
    ), "catalogue"


def _was_disputed_before(status: QuestionStatus, report: ResolutionReport | None) -> bool:
    """Whether the feed remembers a dispute from before the first indexed block."""
    return status.is_partial and report is not None and report.was_disputed


_AFTER_A_DISPUTE = {
    MarketState.PRE_PROPOSAL: MarketState.DISPUTED_ONCE,
    MarketState.PROPOSED: MarketState.REPROPOSED,
}


def _with_earlier_dispute(
    standing: Standing, status: QuestionStatus, report: ResolutionReport | None
) -> Standing:
    if not _was_disputed_before(status, report):
        return standing
    return replace(standing, state=_AFTER_A_DISPUTE.get(standing.state, standing.state))


def request_timestamp(status: QuestionStatus | None) -> int | None:
    """The operative request's timestamp; ``None`` without the chain's facts."""
    operative = None if status is None else status.operative
    return None if operative is None else operative.request_timestamp


def _proposal(request: RequestStatus) -> Proposal:
    assert request.proposed_at is not None  # noqa: S101  # callers choose proposed requests
    assert request.proposed_price is not None  # noqa: S101  # as above
    expires_at = instant_of(request.expiration_timestamp)
    liveness = (
        None if expires_at is None else int((expires_at - request.proposed_at).total_seconds())
    )
    return Proposal(
        outcome=outcome_of(request.proposed_price),
        proposed_at=request.proposed_at,
        expires_at=expires_at,
        liveness_seconds=liveness,
        proposer=None if request.proposer is None else to_checksum(request.proposer),
        self_disputed=request.disputer is not None and request.disputer == request.proposer,
    )


def first_proposal(
    status: QuestionStatus | None, report: ResolutionReport | None
) -> Proposal | None:
    """The question's first proposal, by the chain or else by the feed."""
    if status is not None:
        proposed = [r for r in status.requests if r.proposed_at is not None]
        first = min(proposed, key=lambda r: (r.proposed_at, r.request_timestamp), default=None)
        return None if first is None else _proposal(first)
    return None if report is None else _reported(report, report.proposed_price)


def current_proposal(
    status: QuestionStatus | None, report: ResolutionReport | None, standing: Standing
) -> Proposal | None:
    """The operative request's proposal, by the chain or else by the feed."""
    if status is not None:
        operative = status.operative
        if operative is None or operative.proposed_at is None:
            return None
        return _proposal(operative)
    if report is None:
        return None
    if standing.state is MarketState.PROPOSED:
        return _reported(report, report.proposed_price)
    return _reported(report, report.reproposed_price)


def _reported(report: ResolutionReport, price: str | None) -> Proposal | None:
    if price is None:
        return None
    return Proposal(
        outcome=outcome_of(int(price)),
        proposed_at=report.reported_at or report.known_at,
        expires_at=report.expected_settlement_at,
        liveness_seconds=None,
        proposer=None,
    )


_FEED_DISPUTES = {
    MarketState.DISPUTED_ONCE: 1,
    MarketState.REPROPOSED: 1,
    MarketState.VOTING: 2,
}


def count_disputes(
    status: QuestionStatus | None, report: ResolutionReport | None, standing: Standing
) -> int:
    """How often the question was disputed, as far as either source knows."""
    if status is not None:
        return max(status.disputes, 1 if _was_disputed_before(status, report) else 0)
    known = _FEED_DISPUTES.get(standing.state, 0)
    return max(known, 1) if report is not None and report.was_disputed else known


def find_payouts(
    status: QuestionStatus | None, report: ResolutionReport | None
) -> tuple[int, ...] | None:
    """What the outcome tokens pay, once they do."""
    if status is not None and status.payouts is not None:
        return status.payouts
    return tuple(report.payouts) if report is not None and report.payouts else None


def find_earlier_vote(status: QuestionStatus | None) -> Outcome | None:
    """What the vote on the newest superseded request answered; "too early" names no outcome."""
    if status is None:
        return None
    earlier = [r for r in status.requests if r is not status.operative and r.is_disputed]
    told = [r.voted_outcome for r in earlier if r.voted_outcome is not None]
    return told[-1] if told else None

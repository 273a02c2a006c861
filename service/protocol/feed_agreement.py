"""Polymarket's resolution feed held against the chain, which wins wherever the two differ.

The feed follows the chain by seconds to minutes through caches, and its words are coarser. So a
difference is told apart: the feed is behind, it is ahead of what we have indexed, or the two say
what cannot both be true. docs/data-dictionary.md, "The feed against the chain".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.enums import MarketState, RequestState
from service.protocol.listings import ResolutionRow
from service.protocol.prices import outcome_of
from service.protocol.question_status import QuestionStatus
from service.protocol.standing import feed_state

# How long a difference may last: the feed is cached for up to 5 minutes, asked every 1 to 2, and
# a source may rest for minutes after a failure.
PATIENCE = timedelta(minutes=15)


class Agreement(StrEnum):
    """How the feed's newest row and the chain go together."""

    AGREES = "agrees"
    # The chain has gone on; the feed tells an earlier part of the same story.
    LAGS = "lags"
    # The feed tells what no indexed log tells (yet).
    AHEAD = "ahead"
    # Two answers or payouts that cannot both be true.
    CONTRADICTS = "contradicts"
    # Nothing can be said; the reason tells why.
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class ChainSide:
    """What of a folded question the feed speaks of, too."""

    # The adapter's own flag: the answer is taken over; on neg-risk markets the tokens pay later.
    resolved: bool
    payouts: tuple[int, ...] | None
    resets: int
    disputes: int
    is_legacy: bool
    # It entered before indexing began: that something is not stored says nothing.
    is_partial: bool
    is_overridden: bool
    operative_state: RequestState | None
    # None where there is none, or it is not known.
    first_proposed_price: int | None
    proposed_price: int | None
    settled_price: int | None
    # When the newest of all this was mined.
    moved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on one row, with what differs in words."""

    agreement: Agreement
    reason: str = ""

    @property
    def is_difference(self) -> bool:
        """Whether time has to pass before it may be told."""
        return self.agreement in (Agreement.LAGS, Agreement.AHEAD, Agreement.CONTRADICTS)


_STAGES = (
    MarketState.PRE_PROPOSAL,
    MarketState.PROPOSED,
    MarketState.DISPUTED_ONCE,
    MarketState.REPROPOSED,
    MarketState.VOTING,
    MarketState.ANSWERED,
    MarketState.RESOLVED,
)


def chain_side_of(status: QuestionStatus) -> ChainSide:
    """A folded question in the shape that is compared."""
    operative, first = status.operative, status.first_proposal
    instants = [status.initialized_at, status.resolved_at, status.paid_at, status.overridden_at]
    instants += [reset.reset_at for reset in status.resets]
    for request in status.requests:
        instants += [request.proposed_at, request.disputed_at, request.settled_at]
    return ChainSide(
        resolved=status.resolved,
        payouts=status.payouts,
        resets=len(status.resets),
        disputes=status.disputes,
        is_legacy=status.is_legacy,
        is_partial=status.is_partial,
        is_overridden=status.overridden,
        operative_state=None if operative is None else operative.state,
        first_proposed_price=None if first is None else first.proposed_price,
        proposed_price=None if operative is None else operative.proposed_price,
        settled_price=None if operative is None else operative.resolved_price,
        moved_at=max(instant for instant in instants if instant is not None),
    )


def compare_feed(report: ResolutionRow, chain: ChainSide) -> Comparison:
    """The feed's row against the chain's facts, whatever their age."""
    said = feed_state(report.status)
    if said is None:
        reason = f"the feed says {report.status!r}, a word it is not known to use"
        return Comparison(Agreement.NOT_COMPARABLE, reason)
    paid = _compare_payouts(report, chain)
    if paid is not None:
        return paid
    if said is MarketState.RESOLVED:
        return _compare_final(report, chain)
    if chain.payouts is not None:
        return Comparison(Agreement.LAGS, f"the feed says {report.status}; the tokens pay")
    if chain.is_legacy or chain.resets > 1 or chain.resets > chain.disputes:
        # Asked again by hand, after "too early" or twice: the feed has one word for two requests.
        return Comparison(Agreement.NOT_COMPARABLE, "asked again in a way the feed has no word for")
    return _compare_stages(report, said, chain)


def is_lasting(
    comparison: Comparison,
    *,
    reported_at: datetime,
    confirmed_at: datetime,
    moved_at: datetime | None,
    head_at: datetime,
) -> bool:
    """Whether a difference has lasted for longer than caches explain.

    ``reported_at`` and ``confirmed_at``: when the feed first and last said its newest row;
    ``moved_at``: when the chain last moved; ``head_at``: up to when the chain is indexed.
    """
    moved = moved_at or reported_at
    match comparison.agreement:
        case Agreement.LAGS:
            lasted = confirmed_at - moved
        case Agreement.AHEAD:
            lasted = head_at - reported_at
        case Agreement.CONTRADICTS:
            lasted = max(confirmed_at, head_at) - max(reported_at, moved)
        case _:
            return False
    return lasted > PATIENCE


def _compare_payouts(report: ResolutionRow, chain: ChainSide) -> Comparison | None:
    """Two payouts that differ; ``None`` where at most one is told, or they are the same."""
    if report.payouts is None or chain.payouts is None:
        return None
    if _same_shares(report.payouts, chain.payouts):
        return None
    reason = f"the feed says {list(report.payouts)} was paid, the tokens pay {list(chain.payouts)}"
    return Comparison(Agreement.CONTRADICTS, reason)


def _compare_final(report: ResolutionRow, chain: ChainSide) -> Comparison:
    price, settled = report.price, chain.settled_price
    if price is not None and settled is not None and price != settled and not chain.is_overridden:
        reason = f"the feed says the answer is {price}, the oracle settled {settled}"
        return Comparison(Agreement.CONTRADICTS, reason)
    if chain.payouts is None and not chain.resolved:
        return Comparison(Agreement.AHEAD, "the feed says resolved; no log resolves the question")
    if report.was_disputed and chain.disputes == 0 and not chain.is_partial:
        return Comparison(Agreement.AHEAD, "the feed says it was disputed; no log disputes it")
    return Comparison(Agreement.AGREES)


def _compare_stages(report: ResolutionRow, said: MarketState, chain: ChainSide) -> Comparison:
    first, told = report.proposed_price, _stage(chain)
    if _differ(first, chain.first_proposed_price):
        reason = f"the feed says {first} was proposed, the log {chain.first_proposed_price}"
        return Comparison(Agreement.CONTRADICTS, reason)
    if told is None:
        return Comparison(Agreement.NOT_COMPARABLE, "the request that decides is not stored")
    if told is MarketState.ANSWERED and not chain.resolved:
        # The feed has no word between an answer that is final and the payout.
        return Comparison(Agreement.AGREES)
    ahead = _STAGES.index(said) - _STAGES.index(told)
    if ahead:
        reason = f"the feed says {report.status}, the newest log {told.value}"
        return Comparison(Agreement.AHEAD if ahead > 0 else Agreement.LAGS, reason)
    again = report.reproposed_price if chain.resets else None
    if told is not MarketState.PROPOSED and _differ(again, chain.proposed_price):
        reason = f"the feed says {again} was proposed again, the log {chain.proposed_price}"
        return Comparison(Agreement.CONTRADICTS, reason)
    return Comparison(Agreement.AGREES)


def _stage(chain: ChainSide) -> MarketState | None:
    """The chain's place in the feed's story."""
    if chain.resolved:
        return MarketState.ANSWERED
    match chain.operative_state:
        case None:
            return None
        case RequestState.REQUESTED:
            return MarketState.DISPUTED_ONCE if chain.disputes else MarketState.PRE_PROPOSAL
        case RequestState.PROPOSED | RequestState.EXPIRED:
            return MarketState.REPROPOSED if chain.disputes else MarketState.PROPOSED
        case RequestState.DISPUTED:
            return MarketState.VOTING
        case RequestState.RESOLVED | RequestState.SETTLED:
            return MarketState.ANSWERED


def _differ(one: int | None, other: int | None) -> bool:
    """Whether two known prices name different answers."""
    if one is None or other is None or one == other:
        return False
    return outcome_of(one) is None or outcome_of(one) is not outcome_of(other)


def _same_shares(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two payout vectors of any unit pay the same shares."""
    if len(one) != len(other) or not sum(one) or not sum(other):
        return one == other
    return all(a * sum(other) == b * sum(one) for a, b in zip(one, other, strict=True))

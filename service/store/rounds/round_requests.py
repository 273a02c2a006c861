"""The requests of a round as questions of markets: which pays out, and what is pushed on each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.dvm_request_state import DvmRequestState
from models.enums import VotePhase
from models.market import Market
from service.protocol.contracts import ContractBook
from service.protocol.ids import to_hex
from service.protocol.prices import outcome_of
from service.protocol.question_status import QuestionStatus
from service.protocol.request_status import RequestStatus
from service.protocol.rounds import RoundTime
from service.risk.attack.attack_inputs import DocketMarket, OpenedVotes
from service.risk.attack.pushed_answer import PushedAnswer, choose_pushed, split_opened
from service.risk.parameters import RiskParameters
from service.store.oracle.questions import get_statuses
from service.store.rounds.round_markets import PricedMarket, price_markets, to_docket_market
from service.store.scores.vote_inputs import effective_number, opened_votes
from service.store.upserts import IN_CHUNK, chunks
from service.store.votes.round_votes import RoundRequest, RoundVote

_SECOND = 2
_WEI = 10**18


class RequestRole(StrEnum):
    """What a request of the vote decides."""

    # The answer its market is paid by.
    OPERATIVE = "operative"
    # Another request of the question took its place, or it is paid: it settles bonds alone.
    SUPERSEDED = "superseded"
    GOVERNANCE = "governance"
    # Of no question of Polymarket's that is stored.
    UNLINKED = "unlinked"


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """The question behind a request, and the question's own request that was disputed."""

    status: QuestionStatus
    # None where the dispute's own request cannot be told.
    request: RequestStatus | None

    @property
    def is_operative(self) -> bool:
        """Whether the request's answer pays the market."""
        operative, request = self.status.operative, self.request
        if operative is None or request is None:
            return False
        return (operative.oracle, operative.request_timestamp) == (
            request.oracle,
            request.request_timestamp,
        )


@dataclass(frozen=True, slots=True)
class DocketRequest:
    """One request of the round, and what is known of it beside its money."""

    asked: RoundRequest
    question: AskedQuestion | None
    role: RequestRole
    pushed: PushedAnswer
    priced: PricedMarket | None
    docket: DocketMarket

    @property
    def title(self) -> str | None:
        """The market's question in words."""
        if self.priced is not None:
            return self.priced.market.title
        return None if self.question is None else self.question.status.title


def read_requests(
    session: Session,
    vote: RoundVote,
    stakes: Mapping[bytes, float],
    book: ContractBook,
    parameters: RiskParameters,
    at: datetime,
) -> list[DocketRequest]:
    """Every request of the round, in the order of their ids; ``stakes`` in UMA by voter."""
    questions = _find_questions(session, vote, book, at)
    listed = _find_markets(session, [q.status.condition_id for q in questions.values()], at)
    priced = price_markets(session, list(listed.values()), book, parameters, at)
    found = []
    for asked in vote.requests:
        question = questions.get(asked.request_id)
        market = None if question is None else listed.get(question.status.condition_id)
        found.append(
            _to_request(
                asked,
                question,
                None if market is None else priced[market.id],
                _Moment(vote.round_id, at, stakes, parameters),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class _Moment:
    round_id: int
    at: datetime
    stakes: Mapping[bytes, float]
    parameters: RiskParameters

    @property
    def can_seal(self) -> bool:
        return self.at.timestamp() < RoundTime(self.round_id).reveal_starts_at

    @property
    def hours_left(self) -> float:
        """Until nobody can seal a vote any more: who attacks buys before that."""
        left = RoundTime(self.round_id).reveal_starts_at - self.at.timestamp()
        return max(0.0, round(left / 3600, 2))


def _to_request(
    asked: RoundRequest,
    question: AskedQuestion | None,
    priced: PricedMarket | None,
    moment: _Moment,
) -> DocketRequest:
    role = _role(asked, question)
    pushed = priced.pushed if priced is not None else _unlisted(question, moment.parameters)
    request_id = to_hex(asked.request_id)
    docket = to_docket_market(
        request_id,
        None if question is None else to_hex(question.status.condition_id),
        priced,
        pushed,
        operative=role is RequestRole.OPERATIVE,
        hours_left=moment.hours_left,
        opened=None if moment.can_seal else _opened(asked, pushed, moment),
    )
    return DocketRequest(asked, question, role, pushed, priced, docket)


def _role(asked: RoundRequest, question: AskedQuestion | None) -> RequestRole:
    if asked.history.is_governance:
        return RequestRole.GOVERNANCE
    if question is None:
        return RequestRole.UNLINKED
    # What was paid before the round began no vote changes any more.
    paid_at, begins = question.status.paid_at, asked.outcome.time.starts_at
    is_paid = paid_at is not None and paid_at.timestamp() < begins
    return (
        RequestRole.OPERATIVE if question.is_operative and not is_paid else RequestRole.SUPERSEDED
    )


def _unlisted(question: AskedQuestion | None, parameters: RiskParameters) -> PushedAnswer:
    proposed, stage = None, 0
    if question is not None:
        status = question.status
        request = status.operative or question.request
        stage = min(status.disputes, _SECOND)
        if request is not None and request.proposed_price is not None:
            proposed = outcome_of(request.proposed_price)
    return choose_pushed(None, None, proposed, stage, parameters)


def _opened(asked: RoundRequest, pushed: PushedAnswer, moment: _Moment) -> OpenedVotes:
    outcome = asked.outcome
    sealed: dict[bytes, float] = {}
    if not outcome.time.is_over(int(moment.at.timestamp())):
        # A sealed vote that was not opened by the end of its round is none.
        unrevealed = outcome.votes.unrevealed
        sealed = {v: moment.stakes[v] for v in unrevealed if v in moment.stakes}
    weights = {reveal.voter: reveal.tokens for reveal in outcome.votes.reveals}
    return split_opened(
        pushed,
        opened_votes(outcome),
        sum(sealed.values()),
        effective_number(weights.values()),
        effective_number(int(stake * _WEI) for stake in sealed.values()),
    )


def _find_questions(
    session: Session, vote: RoundVote, book: ContractBook, at: datetime
) -> dict[bytes, AskedQuestion]:
    """The question each request came from, by the request's id."""
    states: list[DvmRequestState] = []
    for part in chunks([request.request_id for request in vote.requests], IN_CHUNK):
        query = select(DvmRequestState).where(
            DvmRequestState.request_id.in_(part), DvmRequestState.question_id.is_not(None)
        )
        states += session.scalars(query)
    ids = {state.question_id for state in states if state.question_id is not None}
    statuses = get_statuses(session, ids, book, at) if ids else {}
    found = {}
    for state in states:
        of_id = statuses.get(state.question_id or b"", [])
        status = next((s for s in of_id if s.adapter == state.adapter), None)
        if status is not None:
            found[state.request_id] = AskedQuestion(status, _find_request(status, state))
    return found


def _find_request(status: QuestionStatus, state: DvmRequestState) -> RequestStatus | None:
    disputed = [request for request in status.requests if request.is_disputed]
    named = [r for r in disputed if r.parent_request_id == state.request_id]
    of_time = [r for r in disputed if r.dvm_time == state.dvm_time]
    return next(iter([*named, *of_time]), None)


def _find_markets(
    session: Session, conditions: Sequence[bytes], at: datetime
) -> dict[bytes, Market]:
    found: dict[bytes, Market] = {}
    for part in chunks(sorted(set(conditions)), IN_CHUNK):
        query = select(Market).where(Market.condition_id.in_(part), Market.known_at <= at)
        found.update((market.condition_id, market) for market in session.scalars(query))
    return found


def phase_of(round_id: int, at: datetime) -> str:
    """Where a round stands at an instant: ``waiting``, ``commit``, ``reveal`` or ``over``."""
    time, now = RoundTime(round_id), int(at.timestamp())
    if time.is_over(now):
        return "over"
    if now >= time.reveal_starts_at:
        return VotePhase.REVEAL.value
    return VotePhase.COMMIT.value if now >= time.starts_at else "waiting"

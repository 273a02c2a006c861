"""The votes on one market's disputes: each request's rounds, result and what it cost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from models.market import Market
from service.protocol.question_status import QuestionStatus
from service.protocol.request_status import RequestStatus
from service.protocol.vote_facts import VoteRevealed
from service.protocol.vote_links import LinkedVote
from service.protocol.vote_outcome import VoteOutcome
from service.protocol.voting_parameters import VotingParameters
from service.store.oracle.contracts import load_book
from service.store.oracle.provisional import list_provisional
from service.store.oracle.question_links import QuestionLinks, find_question_links
from service.store.oracle.questions import get_statuses
from service.store.votes.slashes import SlashTotal, get_slash_totals
from service.store.votes.vote_records import get_parameters, work_out_votes
from service.store.votes.voted_questions import join_votes


@dataclass(frozen=True, slots=True)
class MarketVote:
    """One disputed request of a market and its vote."""

    question: QuestionStatus
    # Empty where the dispute's own request cannot be told.
    request: RequestStatus | None
    vote: LinkedVote
    # These three are empty as long as the vote's chain is silent about the request.
    outcome: VoteOutcome | None = None
    parameters: VotingParameters | None = None
    slashes: SlashTotal | None = None
    # Opened in blocks that are not final yet, and in no count above.
    provisional: tuple[VoteRevealed, ...] = ()


def list_market_votes(
    session: Session, market: Market, as_of: datetime | None = None
) -> list[MarketVote]:
    """The disputed requests of a market, in the order of their disputes."""
    questions = _questions(session, find_question_links(session, market), as_of)
    joined = list(join_votes(session, questions, load_book(session), as_of))
    histories = [v.history for _, votes in joined for v in votes if v.history is not None]
    outcomes = work_out_votes(session, histories, as_of)
    slashes = get_slash_totals(session, histories, as_of)
    contracts = {(history.chain_id, history.contract) for history in histories}
    parameters = {c: get_parameters(session, c, as_of).latest for c in contracts}
    opened = _get_provisional(session) if as_of is None else {}
    found = []
    for question, vote in ((q, v) for q, votes in joined for v in votes):
        told = MarketVote(
            question=question,
            request=_request_of(question, vote),
            vote=vote,
            provisional=tuple(opened.get(vote.request_id or b"", ())),
        )
        if vote.history is not None:
            request_id = vote.history.key.request_id
            told = replace(
                told,
                outcome=outcomes[request_id],
                parameters=parameters[vote.history.chain_id, vote.history.contract],
                slashes=slashes.get(request_id),
            )
        found.append(told)
    return found


def _get_provisional(session: Session) -> Mapping[bytes, Sequence[VoteRevealed]]:
    """Votes opened in blocks that may still be taken back, by the vote's request id."""
    opened: dict[bytes, list[VoteRevealed]] = defaultdict(list)
    for dated in list_provisional(session):
        if isinstance(dated.fact, VoteRevealed):
            opened[dated.fact.key.request_id].append(dated.fact)
    return opened


def _questions(
    session: Session, links: QuestionLinks, as_of: datetime | None
) -> Sequence[QuestionStatus]:
    """The market's questions; the same text on a stranger's adapter is another's."""
    found = get_statuses(session, links.question_ids, load_book(session), as_of)
    return [
        status
        for id_ in sorted(found)
        for status in found[id_]
        if not links.requesters or status.adapter in links.requesters
    ]


def _request_of(question: QuestionStatus, vote: LinkedVote) -> RequestStatus | None:
    return next((r for r in question.requests if vote.sent.is_of(r)), None)

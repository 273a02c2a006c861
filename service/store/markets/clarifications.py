"""The texts posted to questions' rules, placed in their questions' stories."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from service.protocol.clarifications import Clarification, place_clarifications
from service.protocol.contracts import ContractBook
from service.protocol.facts import ClarificationPosted, Fact, RulesUpdated
from service.protocol.lifecycle import QuestionStatus
from service.protocol.rounds import RoundTime
from service.store.oracle.provisional import list_provisional
from service.store.oracle.questions import get_statuses
from service.store.votes.votes import link_votes


def get_clarifications(
    session: Session,
    question_ids: Collection[bytes],
    book: ContractBook,
    as_of: datetime | None = None,
) -> list[Clarification]:
    """Every text posted to these questions on any adapter, official or not, in chain order.

    Only of questions of which the oracle's facts tell; a post alone is no question.
    """
    statuses = get_statuses(session, question_ids, book, as_of)
    return place_posts(session, [s for same_id in statuses.values() for s in same_id], book, as_of)


def place_posts(
    session: Session,
    statuses: Iterable[QuestionStatus],
    book: ContractBook,
    as_of: datetime | None = None,
) -> list[Clarification]:
    """The texts posted to folded questions, in chain order."""
    found = [
        clarification
        for status in statuses
        if status.posts
        for clarification in place_clarifications(
            status, book, get_commit_end(session, status, book, as_of)
        )
    ]
    return sorted(found, key=lambda c: (-c.at.chain_id, c.at.block_number, c.at.log_index))


def place_provisional_posts(
    session: Session, statuses: Iterable[QuestionStatus], book: ContractBook
) -> list[Clarification]:
    """The same of blocks that are not final yet, judged and placed as if they were."""
    posts = [
        dated
        for dated in list_provisional(session)
        if isinstance(dated.fact, ClarificationPosted | RulesUpdated)
    ]
    fresh = (
        replace(status, posts=tuple(dated for dated in posts if _is_of(dated.fact, status)))
        for status in (statuses if posts else ())
    )
    return place_posts(session, fresh, book)


def _is_of(fact: Fact, status: QuestionStatus) -> bool:
    match fact:
        case ClarificationPosted():
            key = fact.at.chain_id, fact.at.address, fact.question_id
            return key == (status.chain_id, status.adapter, status.question_id)
        case RulesUpdated():
            told = fact.at.chain_id, fact.requester, fact.ancillary_hash
            return told == (status.chain_id, status.adapter, status.ancillary_hash)
        case _:
            return False


def get_commit_end(
    session: Session, status: QuestionStatus, book: ContractBook, as_of: datetime | None = None
) -> int | None:
    """From when on no vote that decides this question can be sealed any more (unix time).

    Of the last round the vote was seen in; ``None`` where no vote decides, or none is stored.
    """
    operative = status.operative
    if operative is None or not operative.is_disputed:
        return None
    sent = [
        request
        for request in status.dvm_requests
        if (request.oracle, request.dvm_time) == (operative.oracle, operative.dvm_time)
    ]
    rounds = [
        vote.history.last_round
        for vote in (link_votes(session, sent, book, as_of) if sent else ())
        if vote.history is not None and vote.history.last_round is not None
    ]
    return RoundTime(max(rounds)).reveal_starts_at if rounds else None

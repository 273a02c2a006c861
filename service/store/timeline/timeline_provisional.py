"""Timeline entries from blocks that are not final yet: told as such, and gone if taken back."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.market import Market
from models.oracle import BridgedRequest
from service.protocol import facts, vote_facts
from service.protocol.facts import Fact
from service.protocol.ids import to_checksum
from service.protocol.lifecycle import DatedFact
from service.protocol.log_position import LogPosition
from service.store.markets.clarifications import place_provisional_posts
from service.store.oracle.contracts import load_book
from service.store.oracle.provisional import list_provisional
from service.store.oracle.question_links import QuestionLinks, find_question_links
from service.store.oracle.questions import get_statuses
from service.store.timeline.timeline_clarifications import tell_post
from service.store.timeline.timeline_entry import Detail, TimelineEntry, Transaction
from service.store.timeline.timeline_words import (
    CHANGE_WORDS,
    answer_words,
    chain_name,
    short_address,
)

Told = tuple[str, str, Mapping[str, Detail]]


def list_provisional_entries(session: Session, market: Market) -> Iterator[TimelineEntry]:
    """What the newest blocks say of a market, in no order."""
    dated = list_provisional(session)
    if not dated:
        return
    links = find_question_links(session, market)
    votes = _vote_ids(session, links, dated)
    for entry in dated:
        told = _tell(entry.fact, market, links, votes)
        if told is not None:
            yield _entry(entry.fact.at, entry.mined_at, *told)
    if not any(isinstance(d.fact, facts.ClarificationPosted | facts.RulesUpdated) for d in dated):
        return
    book = load_book(session)
    statuses = get_statuses(session, links.question_ids, book)
    ours = [status for same_id in statuses.values() for status in same_id]
    for post in place_provisional_posts(session, ours, book):
        if post.is_official:
            written = tell_post(post)
            yield _entry(post.at, post.posted_at, written.kind, written.sentence, written.details)


def _vote_ids(
    session: Session, links: QuestionLinks, dated: Collection[DatedFact]
) -> frozenset[bytes]:
    """Under which ids the vote and the bridge speak of the market's requests."""
    query = select(BridgedRequest.child_request_id, BridgedRequest.parent_request_id).where(
        BridgedRequest.ancillary_hash.in_(links.ancillary_hashes)
    )
    found = {id_ for row in session.execute(query) for id_ in row}
    for entry in dated:
        match entry.fact:
            case facts.RequestBridged() as sent if sent.ancillary_hash in links.ancillary_hashes:
                found |= {sent.child_request_id, sent.parent_request_id}
    return frozenset(found)


def _tell(fact: Fact, market: Market, links: QuestionLinks, votes: frozenset[bytes]) -> Told | None:
    """A fact in one sentence; ``None`` if it is not the market's or says nothing by itself."""
    match fact:
        case facts.PriceDisputed() if fact.key.ancillary_hash in links.ancillary_hashes and (
            not links.requesters or fact.key.requester in links.requesters
        ):
            answer = answer_words(fact.proposed_price, market.outcomes)
            sentence = f"{short_address(fact.disputer)} contested {answer}."
            return "dispute", sentence, {"disputer": to_checksum(fact.disputer)}
        case facts.QuestionChanged() if fact.question_id in links.question_ids:
            return f"question_{fact.kind.value}", CHANGE_WORDS[fact.kind], {}
        case facts.PricePushed() if fact.request_hash in votes:
            answer = answer_words(fact.price, market.outcomes)
            where = chain_name(fact.at.chain_id)
            sentence = f"The vote's answer, {answer}, was recorded on {where}."
            return "vote_answer", sentence, {"price": str(fact.price)}
        case vote_facts.VoteRequested() if fact.key.request_id in votes:
            sentence = f"The request reached the vote, for round {fact.round_id}."
            return "vote_requested", sentence, {"round": fact.round_id}
        case vote_facts.VoteRevealed() if fact.key.request_id in votes:
            answer = answer_words(fact.price, market.outcomes)
            uma = f"{fact.tokens / 10**18:,.0f}"
            sentence = f"{short_address(fact.voter)} opened a vote of {uma} UMA for {answer}."
            details = {"voter": to_checksum(fact.voter), "tokens": str(fact.tokens)}
            return "vote_revealed", sentence, {**details, "price": str(fact.price)}
        case _:
            return None


def _entry(
    at: LogPosition, mined_at: datetime, kind: str, sentence: str, details: Mapping[str, Detail]
) -> TimelineEntry:
    return TimelineEntry(
        at=mined_at,
        known_at=mined_at,
        kind=kind,
        sentence=f"Not final yet: {sentence}",
        source=chain_name(at.chain_id),
        transaction=Transaction(at.chain_id, at.transaction_hash, at.block_number, at.log_index),
        details=details,
        provisional=True,
    )

"""The rows of each exported table, as JSON-ready objects; docs/data-dictionary.md, "Exports"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.protocol.ids import to_checksum, to_hex
from service.protocol.question_status import QuestionStatus
from service.protocol.request_status import RequestStatus
from service.protocol.vote_facts import VoteRevealed
from service.protocol.vote_links import LinkedVote
from service.store.oracle.contracts import load_book
from service.store.votes.reveals import iterate_reveals
from service.store.votes.voted_questions import iterate_disputed, iterate_voted

Row = dict[str, Any]

# The columns of each table with their types, for formats that declare them. Times are unix
# seconds; whatever may exceed 64 bits is text, what is nested JSON text.
COLUMNS: Mapping[str, Mapping[str, type]] = {
    "questions": {
        **dict.fromkeys(("question_id", "condition_id", "adapter", "oracle"), str),
        **dict.fromkeys(("title", "creator"), str),
        **dict.fromkeys(("official", "resolved", "paused", "reset", "overridden"), bool),
        **dict.fromkeys(("payouts", "outcome", "requests", "dvm_requests"), str),
        "partial": bool,
        **dict.fromkeys(("operative_request_timestamp", "disputes", "self_disputes"), int),
        **dict.fromkeys(("resets", "resolution", "override_layers", "stuck"), str),
        **dict.fromkeys(("pays_first_proposal", "earlier_vote_contradicts"), bool),
    },
    "requests": {
        "chain_id": int,
        **dict.fromkeys(("question_id", "condition_id", "adapter", "oracle", "title"), str),
        **dict.fromkeys(("official", "operative"), bool),
        "request_timestamp": int,
        **dict.fromkeys(("proposer", "disputer", "proposed_price", "resolved_price"), str),
        "state": str,
        **dict.fromkeys(("requested_at", "proposed_at", "disputed_at", "settled_at"), int),
        **dict.fromkeys(("child_request_id", "parent_request_id"), str),
        "dvm_time": int,
        "dvm_link": str,
        **dict.fromkeys(("first_round", "last_round"), int),
        **dict.fromkeys(("rolled", "deleted"), bool),
        "votes": int,
        "pushed_price": str,
    },
    "votes": {
        "request_id": str,
        "dvm_time": int,
        **dict.fromkeys(("question_id", "condition_id", "voter"), str),
        "round": int,
        **dict.fromkeys(("price", "tokens", "caller"), str),
        **dict.fromkeys(("revealed_at", "chain_id", "block", "log_index"), int),
        "transaction": str,
    },
    "periods": {
        "chain_id": int,
        **dict.fromkeys(("address", "kind", "name", "subject", "value"), str),
        **dict.fromkeys(("from_block", "from_log_index", "from_at"), int),
        "transaction": str,
        **dict.fromkeys(("to_block", "to_log_index", "to_at"), int),
        "ended_by": str,
    },
    "adjudications": {
        "id": int,
        **dict.fromkeys(("market", "question_id"), str),
        "request_timestamp": int,
        **dict.fromkeys(("track", "adjudicator", "verdict"), str),
        "confidence": float,
        "is_blind": bool,
        **dict.fromkeys(("evidence", "packet_id", "source"), str),
        **dict.fromkeys(("made_at", "known_at", "supersedes_id"), int),
    },
}


def question_rows(session: Session) -> Iterator[Row]:
    """One question a row, with its requests and votes inside."""
    for status, votes in iterate_voted(session, load_book(session)):
        yield question_row(status, votes)


def request_rows(session: Session) -> Iterator[Row]:
    """One price request a row, with its question and what the vote made of it."""
    for status, votes in iterate_voted(session, load_book(session)):
        for request in status.requests:
            vote = next((vote for vote in votes if vote.sent.is_of(request)), None)
            yield request_row(status, request, vote)


def vote_rows(session: Session) -> Iterator[Row]:
    """One opened vote a row; the question is null where the request is no stored question's."""
    questions = {
        vote.request_id: status
        for status, votes in iterate_disputed(session, load_book(session))
        for vote in votes
        if vote.history is not None
    }
    for reveal, mined_at in iterate_reveals(session):
        yield vote_row(reveal, mined_at, questions.get(reveal.key.request_id))


def question_row(status: QuestionStatus, votes: Sequence[LinkedVote]) -> Row:
    """A question in the words of docs/data-dictionary.md, "export questions"."""
    return {
        "question_id": to_hex(status.question_id),
        "condition_id": to_hex(status.condition_id),
        "adapter": to_checksum(status.adapter),
        "oracle": _address(status.oracle),
        "title": status.title,
        "creator": to_checksum(status.creator),
        "official": status.is_official,
        "resolved": status.resolved,
        "paused": status.paused,
        "reset": status.reset,
        "overridden": status.overridden,
        "payouts": None if status.payouts is None else list(status.payouts),
        "outcome": status.outcome,
        "requests": [_request(request) for request in status.requests],
        # A dispute neither bridged nor found in the vote has no id to be named by.
        "dvm_requests": [
            {"parent_request_id": to_hex(vote.request_id), **_dvm_request(vote)}
            for vote in votes
            if vote.request_id is not None
        ],
        "partial": status.is_partial,
        "operative_request_timestamp": status.operative_timestamp,
        "disputes": status.disputes,
        "self_disputes": status.self_disputes,
        "resets": [reset.cause for reset in status.resets],
        "resolution": status.resolution,
        "override_layers": list(status.override_layers),
        "stuck": status.stuck,
        "pays_first_proposal": status.pays_first_proposal,
        "earlier_vote_contradicts": status.earlier_vote_contradicts,
    }


def request_row(status: QuestionStatus, request: RequestStatus, vote: LinkedVote | None) -> Row:
    """A price request in the words of docs/data-dictionary.md, "export requests"."""
    history = None if vote is None else vote.history
    return {
        "chain_id": status.chain_id,
        "question_id": to_hex(status.question_id),
        "condition_id": to_hex(status.condition_id),
        "adapter": to_checksum(status.adapter),
        "oracle": to_checksum(request.oracle),
        "title": status.title,
        "official": status.is_official,
        "operative": request.request_timestamp == status.operative_timestamp,
        **_request(request),
        "requested_at": _time(request.requested_at),
        "proposed_at": _time(request.proposed_at),
        "disputed_at": _time(request.disputed_at),
        "settled_at": _time(request.settled_at),
        "child_request_id": None if vote is None else _hex(vote.sent.child_request_id),
        "parent_request_id": None if vote is None else _hex(vote.request_id),
        "dvm_time": None if vote is None else vote.sent.dvm_time,
        "dvm_link": None if vote is None else vote.method,
        "first_round": None if history is None else history.first_round,
        "last_round": None if history is None else history.last_round,
        "rolled": None if history is None else history.is_rolled,
        "deleted": None if history is None else history.is_deleted,
        "votes": None if history is None else len(history.reveals),
        "pushed_price": None if vote is None else _price(vote.pushed_price),
    }


def vote_row(reveal: VoteRevealed, mined_at: datetime, status: QuestionStatus | None) -> Row:
    """An opened vote in the words of docs/data-dictionary.md, "export votes"."""
    return {
        "request_id": to_hex(reveal.key.request_id),
        "dvm_time": reveal.key.dvm_time,
        "question_id": None if status is None else to_hex(status.question_id),
        "condition_id": None if status is None else to_hex(status.condition_id),
        **_vote(reveal),
        "caller": to_checksum(reveal.caller),
        "revealed_at": _time(mined_at),
        "chain_id": reveal.at.chain_id,
        "block": reveal.at.block_number,
        "log_index": reveal.at.log_index,
        "transaction": to_hex(reveal.at.transaction_hash),
    }


def _request(request: RequestStatus) -> Row:
    return {
        "request_timestamp": request.request_timestamp,
        "proposer": _address(request.proposer),
        "disputer": _address(request.disputer),
        "proposed_price": _price(request.proposed_price),
        "resolved_price": _price(request.resolved_price),
        "state": request.state,
    }


def _dvm_request(vote: LinkedVote) -> Row:
    history = vote.history
    return {
        "dvm_time": vote.sent.dvm_time,
        # Null, not zero or none, where the vote's chain is silent about the request.
        "last_round": None if history is None else history.last_round,
        "rolled": None if history is None else history.is_rolled,
        "pushed_price": _price(vote.pushed_price),
        "votes": None if history is None else [_vote(reveal) for reveal in history.reveals],
    }


def _vote(reveal: VoteRevealed) -> Row:
    return {
        "voter": to_checksum(reveal.voter),
        "round": reveal.round_id,
        "price": str(reveal.price),
        "tokens": str(reveal.tokens),
    }


def _address(value: bytes | None) -> str | None:
    return None if value is None else to_checksum(value)


def _hex(value: bytes | None) -> str | None:
    return None if value is None else to_hex(value)


def _price(value: int | None) -> str | None:
    return None if value is None else str(value)


def _time(value: datetime | None) -> int | None:
    return None if value is None else int(value.timestamp())

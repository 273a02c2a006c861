"""``settlewatch export``: the stored history, one object a line."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.protocol.ids import to_checksum, to_hex
from service.protocol.lifecycle import QuestionStatus, RequestStatus
from service.protocol.vote_facts import VoteRevealed
from service.protocol.vote_links import LinkedVote
from service.store.contracts import load_book
from service.store.voted_questions import iterate_voted

TABLES = ("questions",)
FORMATS = ("ndjson", "csv")


def export_rows(session: Session, table: str) -> Iterator[dict[str, Any]]:
    """The rows of one exported table, as JSON-ready objects."""
    if table != "questions":
        message = f"no such table: {table}"
        raise ValueError(message)
    for status, votes in iterate_voted(session, load_book(session)):
        yield question_row(status, votes)


def question_row(status: QuestionStatus, votes: Sequence[LinkedVote]) -> dict[str, Any]:
    """A question in the words of docs/data-dictionary.md, "export questions"."""
    return {
        "question_id": to_hex(status.question_id),
        "condition_id": to_hex(status.condition_id),
        "adapter": to_checksum(status.adapter),
        "oracle": None if status.oracle is None else to_checksum(status.oracle),
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
            _dvm_request(vote, vote.request_id) for vote in votes if vote.request_id is not None
        ],
    }


def _request(request: RequestStatus) -> dict[str, Any]:
    return {
        "request_timestamp": request.request_timestamp,
        "proposer": _address(request.proposer),
        "disputer": _address(request.disputer),
        "proposed_price": _price(request.proposed_price),
        "resolved_price": _price(request.resolved_price),
        "state": request.state,
    }


def _dvm_request(vote: LinkedVote, request_id: bytes) -> dict[str, Any]:
    history = vote.history
    return {
        "parent_request_id": to_hex(request_id),
        "dvm_time": vote.sent.dvm_time,
        # Null, not zero or none, where the vote's chain is silent about the request.
        "last_round": None if history is None else history.last_round,
        "rolled": None if history is None else history.is_rolled,
        "pushed_price": _price(vote.pushed_price),
        "votes": None if history is None else [_vote(reveal) for reveal in history.reveals],
    }


def _vote(reveal: VoteRevealed) -> dict[str, Any]:
    return {
        "voter": to_checksum(reveal.voter),
        "round": reveal.round_id,
        "price": str(reveal.price),
        "tokens": str(reveal.tokens),
    }


def _address(value: bytes | None) -> str | None:
    return None if value is None else to_checksum(value)


def _price(value: int | None) -> str | None:
    return None if value is None else str(value)


def format_rows(rows: Iterable[Mapping[str, Any]], fmt: str) -> Iterator[bytes]:
    """Rows as ndjson or csv, a piece at a time; nested values are JSON text in csv."""
    if fmt == "ndjson":
        for row in rows:
            yield json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        return
    writer_columns: list[str] | None = None
    for row in rows:
        buffer = io.StringIO()
        if writer_columns is None:
            writer_columns = list(row)
            csv.writer(buffer).writerow(writer_columns)
        csv.writer(buffer).writerow([_cell(row[column]) for column in writer_columns])
        yield buffer.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else value

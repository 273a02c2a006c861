"""``settlewatch export``: the stored history, one object a line."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.protocol.ids import to_checksum, to_hex
from service.protocol.lifecycle import DvmRequestStatus, QuestionStatus, RequestStatus
from service.store.contracts import load_book
from service.store.questions import iterate_statuses

TABLES = ("questions",)
FORMATS = ("ndjson", "csv")


def export_rows(session: Session, table: str) -> Iterator[dict[str, Any]]:
    """The rows of one exported table, as JSON-ready objects."""
    if table != "questions":
        message = f"no such table: {table}"
        raise ValueError(message)
    for status in iterate_statuses(session, load_book(session)):
        yield question_row(status)


def question_row(status: QuestionStatus) -> dict[str, Any]:
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
        "dvm_requests": [_dvm_request(request) for request in status.dvm_requests],
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


def _dvm_request(request: DvmRequestStatus) -> dict[str, Any]:
    # Rounds, rolls and votes are the vote's own logs, which are not indexed yet: null, not zero.
    return {
        "parent_request_id": to_hex(request.parent_request_id),
        "dvm_time": request.dvm_time,
        "last_round": None,
        "rolled": None,
        "pushed_price": _price(request.pushed_price),
        "votes": None,
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

"""``export adjudications``: every verdict that ever came in, replaced ones too."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from service.protocol.ids import to_hex
from service.store.truth.adjudications import iterate_verdicts


def adjudication_rows(session: Session) -> Iterator[dict[str, Any]]:
    """One verdict a row, in the order in which they came in."""
    for row, condition_id in iterate_verdicts(session):
        yield {
            "id": row.id,
            "market": to_hex(condition_id),
            "question_id": None if row.question_id is None else to_hex(row.question_id),
            "request_timestamp": row.request_timestamp,
            "track": row.track,
            "adjudicator": row.adjudicator,
            "verdict": row.verdict,
            "confidence": row.confidence,
            "is_blind": row.is_blind,
            "evidence": row.evidence,
            "packet_id": row.packet_id,
            "source": row.source,
            "made_at": int(row.made_at.timestamp()),
            "known_at": int(row.known_at.timestamp()),
            "supersedes_id": row.supersedes_id,
        }

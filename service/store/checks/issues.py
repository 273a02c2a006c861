"""Records that could not become facts: one line a record, with the newest reason."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from models.chain import DataIssue
from models.data_enums import DataIssueKind
from service.protocol.listings import Refused
from service.store.upserts import IN_CHUNK, chunks, insert_for

KEY_LENGTH = 200
REASON_LENGTH = 500
SOURCE_LENGTH = 40


def add_issue(session: Session, refused: Refused, known_at: datetime) -> None:
    """Keep a refused record; ``known_at`` tells since when it is refused for this reason."""
    add_issues(session, (refused,), known_at)


def drop_issues(session: Session, kind: DataIssueKind, keys: Collection[str]) -> None:
    """Forget refused records whose source has since sent what fits."""
    for part in chunks([key[:KEY_LENGTH] for key in keys], IN_CHUNK):
        session.execute(
            delete(DataIssue).where(DataIssue.kind == kind, DataIssue.key.in_(part)),
            execution_options={"synchronize_session": False},
        )


def add_issues(session: Session, refused: Iterable[Refused], known_at: datetime) -> int:
    """Keep refused records; returns how many there were."""
    rows = {
        (item.kind, item.key[:KEY_LENGTH]): {
            "kind": item.kind,
            "source": item.source[:SOURCE_LENGTH],
            "key": item.key[:KEY_LENGTH],
            "reason": item.reason[:REASON_LENGTH],
            "evidence": None,
            "known_at": known_at,
            "block_id": None,
        }
        for item in refused
    }
    if not rows:
        return 0
    insert = insert_for(session, DataIssue)
    changed = {name: insert.excluded[name] for name in ("source", "reason", "known_at")}
    statement = insert.on_conflict_do_update(
        index_elements=["kind", "key"],
        set_=changed,
        # The same refusal again is no news; without this every sweep would rewrite every row.
        where=or_(
            DataIssue.reason != insert.excluded.reason, DataIssue.source != insert.excluded.source
        ),
    )
    session.connection().execute(statement, list(rows.values()))
    return len(rows)

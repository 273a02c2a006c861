"""What checks of the data found, in rows: one an invariant, and an issue a break."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models.chain import DataIssue
from models.data_check import DataCheck
from models.data_enums import DataIssueKind
from service.protocol.ids import to_hex
from service.protocol.invariants import Break, Finding, Invariant
from service.store.checks.issues import KEY_LENGTH, REASON_LENGTH
from service.store.upserts import IN_CHUNK, chunks, insert_for, insert_or_ignore

# Of one invariant; the count beside them is of all. Whoever has more has one cause to look for.
MOST_ISSUES = 10_000


def record_finding(
    session: Session, invariant: Invariant, finding: Finding, at: datetime, seconds: float
) -> None:
    """Replace what is known of an invariant: breaks that healed go, others keep their time."""
    row = {
        "name": invariant.value,
        "says": invariant.says,
        "checked": finding.checked,
        "broken": len(finding.breaks),
        "not_checkable": finding.not_checkable,
        "lagging": finding.lagging,
        "as_of": at,
        "seconds": seconds,
    }
    insert = insert_for(session, DataCheck)
    changed = {name: insert.excluded[name] for name in row if name != "name"}
    statement = insert.on_conflict_do_update(index_elements=["name"], set_=changed)
    session.connection().execute(statement, [row])
    _record_breaks(session, invariant, finding.breaks[:MOST_ISSUES], at)


def _record_breaks(
    session: Session, invariant: Invariant, breaks: Sequence[Break], at: datetime
) -> None:
    rows = {row["key"]: row for row in (_to_issue(invariant, found, at) for found in breaks)}
    of_this = (
        DataIssue.kind == DataIssueKind.BROKEN_INVARIANT.value,
        DataIssue.source == invariant.value,
    )
    known = session.execute(select(DataIssue.id, DataIssue.key, DataIssue.reason).where(*of_this))
    healed = [id_ for id_, key, reason in known if key not in rows or rows[key]["reason"] != reason]
    for part in chunks(healed, IN_CHUNK):
        session.connection().execute(delete(DataIssue).where(DataIssue.id.in_(part)))
    insert_or_ignore(session, DataIssue, list(rows.values()))


def _to_issue(invariant: Invariant, found: Break, at: datetime) -> dict[str, Any]:
    transaction = found.transaction_hash
    return {
        "kind": DataIssueKind.BROKEN_INVARIANT.value,
        "source": invariant.value,
        "key": f"{invariant.value}:{found.key}"[:KEY_LENGTH],
        "reason": found.reason[:REASON_LENGTH],
        "evidence": {
            "chain_id": found.chain_id,
            "block": found.block,
            "transaction": None if transaction is None else to_hex(transaction),
            **found.evidence,
        },
        "known_at": at,
        "block_id": None,
    }


def list_checks(session: Session) -> Sequence[DataCheck]:
    """What the last run found, in the invariants' own order."""
    found = {row.name: row for row in session.scalars(select(DataCheck))}
    return [found[name] for name in Invariant if name in found]


def list_issues(
    session: Session,
    *,
    limit: int,
    before_id: int | None = None,
    kinds: Iterable[DataIssueKind] = (),
) -> Sequence[DataIssue]:
    """Open issues, newest first; ``before_id`` is the last one already seen."""
    query = select(DataIssue)
    wanted = [kind.value for kind in kinds]
    if wanted:
        query = query.where(DataIssue.kind.in_(wanted))
    if before_id is not None:
        query = query.where(DataIssue.id < before_id)
    return session.scalars(query.order_by(DataIssue.id.desc()).limit(limit)).all()


def list_offenders(session: Session, name: str, limit: int) -> Sequence[DataIssue]:
    """The first breaks of an invariant, longest known first."""
    return session.scalars(
        select(DataIssue)
        .where(DataIssue.kind == DataIssueKind.BROKEN_INVARIANT.value, DataIssue.source == name)
        .order_by(DataIssue.id)
        .limit(limit)
    ).all()


def count_issues(session: Session) -> dict[str, int]:
    """How many issues are open, by kind."""
    query = select(DataIssue.kind, func.count()).group_by(DataIssue.kind).order_by(DataIssue.kind)
    return {str(kind): count for kind, count in session.execute(query)}

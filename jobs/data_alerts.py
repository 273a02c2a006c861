"""The half of ``send_alerts`` that is about the data: each data alert is news once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.chain import DataIssue
from models.data_enums import DataIssueKind
from models.enums import AlertReason
from service.alerts.data_wording import DataSubject, compose_data_alert
from service.alerts.links import data_quality_page, transaction_page
from service.protocol.ids import parse_hex32
from service.store.alerts.alerts import NewAlert, add_pending_notifications, claim_alert
from service.store.alerts.data_alerts import list_untold
from service.store.operations.job_runs import first_run_at

JOB = "send_alerts"
# The rest waits for the next run, so that a new contract does not fill a channel at once.
PER_RUN = 20


def raise_data_alerts(
    session: Session, now: datetime, destinations: Sequence[str], page_base_url: str
) -> int:
    """Claim what nobody was told yet; returns how many.

    Only what became known since the service first ran (of which a week is kept): what a backfill
    or an archive finds is history.
    """
    since = first_run_at(session, JOB) or now
    raised = 0
    for issue in list_untold(session, since, PER_RUN):
        alert = claim_alert(session, _to_alert(issue, now, page_base_url))
        if alert is not None:
            add_pending_notifications(session, alert.id, destinations, now)
            raised += 1
    return raised


def _to_alert(issue: DataIssue, now: datetime, page_base_url: str) -> NewAlert:
    kind = DataIssueKind(issue.kind)
    evidence = issue.evidence or {}
    facts: dict[str, object] = {"kind": kind.value}
    links = [data_quality_page(page_base_url)]
    # What the catalogue says has no transaction.
    if "transaction" in evidence:
        transaction, chain_id = str(evidence["transaction"]), int(issue.source.split()[-1])
        facts |= {"transaction": transaction, "chain_id": chain_id}
        links.insert(0, transaction_page(chain_id, parse_hex32(transaction)))
    words = compose_data_alert(DataSubject(kind, issue.reason, issue.known_at, links))
    return NewAlert(
        market_id=None,
        assessment_id=None,
        reason=AlertReason.DATA,
        reason_key=issue.key,
        title=words.title,
        body=words.body,
        facts=facts,
        raised_at=now,
    )

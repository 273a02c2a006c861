"""Tell people: decide which markets are news, claim each reason once, hand it over, record it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import SecretStr
from sqlalchemy.orm import Session, sessionmaker

from jobs.alert_deliveries import deliver_due
from jobs.attack_alerts import raise_attack_alerts
from jobs.cycle import CycleReport
from jobs.data_alerts import raise_data_alerts
from service.alerts.decide import (
    ALARMING_STATES,
    SCORE_REASONS,
    AlertRule,
    Decision,
    StandingLine,
    notify_reason,
)
from service.alerts.deliver import fingerprint
from service.alerts.links import market_page, polymarket_page, transaction_page
from service.alerts.subject import (
    drivers,
    is_challenge_possible,
    is_managed,
    request_timestamp,
    to_facts,
    to_raised,
)
from service.alerts.wording import AlertSubject, compose
from service.clock import Clock
from service.store.alerts.alert_candidates import (
    AlertCandidate,
    find_latest_transaction,
    list_candidates,
)
from service.store.alerts.alerts import (
    NewAlert,
    add_pending_notifications,
    claim_alert,
    list_raised,
)

# A change of state is news this long; after a longer stop of the service it is history.
LOOKBACK = timedelta(days=7)


def send_alerts(
    sessions: sessionmaker[Session],
    clock: Clock,
    *,
    rule: AlertRule,
    destinations: tuple[SecretStr, ...],
    allow_private: bool,
    page_base_url: str = "",
) -> CycleReport:
    """Raise what is news and deliver what is due; a delivery counts once it has succeeded.

    A crash between sending and recording repeats that one message, with the same alert id.
    """
    urls = {fingerprint(url): url for url in destinations}
    with sessions.begin() as session:
        raised = _raise_alerts(session, clock.now(), rule, tuple(urls), page_base_url)
        raised["raised"] += raise_data_alerts(session, clock.now(), tuple(urls), page_base_url)
        raised["raised"] += raise_attack_alerts(session, clock.now(), tuple(urls), page_base_url)
    deliveries = deliver_due(sessions, clock, urls, allow_private=allow_private)
    return CycleReport({**raised, **deliveries.counts}, deliveries.degraded)


def _raise_alerts(
    session: Session,
    now: datetime,
    rule: AlertRule,
    destinations: Sequence[str],
    page_base_url: str,
) -> dict[str, int]:
    candidates = list_candidates(
        session,
        probability=rule.probability,
        expected_loss=rule.expected_loss,
        states=sorted(ALARMING_STATES),
        since=now - LOOKBACK,
    )
    told = list_raised(session, [candidate.market_id for candidate in candidates], SCORE_REASONS)
    raised = 0
    for candidate in candidates:
        line = _to_line(candidate, now)
        already = [to_raised(a.reason, a.reason_key, a.facts) for a in told[candidate.market_id]]
        decision = notify_reason(line, already, rule)
        if decision is None:
            continue
        new = _to_alert(session, candidate, line, decision, now, page_base_url)
        alert = claim_alert(session, new)
        if alert is not None:
            add_pending_notifications(session, alert.id, destinations, now)
            raised += 1
    return {"candidates": len(candidates), "raised": raised}


def _to_line(candidate: AlertCandidate, now: datetime) -> StandingLine:
    return StandingLine(
        state=candidate.state,
        previous_state=candidate.previous_state,
        request_timestamp=request_timestamp(candidate.document),
        p_mean=candidate.p_mean,
        expected_loss=candidate.expected_loss,
        challenge_open=is_challenge_possible(
            challenge_open=candidate.challenge_open,
            ends_at=candidate.challenge_ends_at,
            managed=is_managed(candidate.document),
            now=now,
        ),
    )


def _to_alert(
    session: Session,
    candidate: AlertCandidate,
    line: StandingLine,
    decision: Decision,
    now: datetime,
    page_base_url: str,
) -> NewAlert:
    transaction = find_latest_transaction(session, candidate.market_id)
    links = (
        market_page(candidate.condition_id, page_base_url),
        polymarket_page(candidate.slug, candidate.group_slug),
        None if transaction is None else transaction_page(*transaction),
    )
    subject = AlertSubject(
        title=candidate.title,
        state=candidate.state,
        previous_state=candidate.previous_state,
        p_mean=candidate.p_mean,
        p_low=candidate.p_low,
        p_high=candidate.p_high,
        expected_loss=candidate.expected_loss,
        open_interest=candidate.open_interest,
        challenge_open=line.challenge_open,
        challenge_ends_at=candidate.challenge_ends_at,
        is_managed=is_managed(candidate.document),
        drivers=drivers(candidate.document),
        support=candidate.support,
        as_of=candidate.as_of,
        model_version=candidate.model_version,
        links=tuple(link for link in links if link is not None),
    )
    words = compose(subject, decision)
    return NewAlert(
        market_id=candidate.market_id,
        assessment_id=candidate.assessment_id,
        reason=decision.reason,
        reason_key=decision.reason_key,
        title=words.title,
        body=words.body,
        facts=to_facts(line, subject, decision),
        raised_at=now,
    )

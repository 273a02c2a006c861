"""The telling half of ``watch_proposals``: a market that trades against its proposal is news."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.signal_enums import AnswerKind
from service.alerts.contradiction import (
    REASONS,
    Against,
    ContradictionDecision,
    ContradictionRule,
    contradiction_reason,
    to_facts,
    to_told,
)
from service.alerts.contradiction_wording import ContradictionSubject, compose_contradiction
from service.alerts.links import market_page, polymarket_page, transaction_page
from service.protocol.money import to_usdc
from service.risk.proposals.proposal_signals import ProposalSignals
from service.risk.proposals.signal_document import figures_of
from service.store.alerts.alerts import (
    NewAlert,
    add_pending_notifications,
    claim_alert,
    list_raised,
)
from service.store.proposals.watched_proposals import WatchedProposal


def raise_contradictions(  # what every alert is made of
    session: Session,
    verdicts: Sequence[tuple[WatchedProposal, ProposalSignals]],
    rule: ContradictionRule,
    destinations: Sequence[str],
    page_base_url: str,
    now: datetime,
) -> tuple[int, int]:
    """Claim what is news while a dispute is possible; returns how many, and how many were late."""
    told = list_raised(session, [one.market_id for one, _ in verdicts], REASONS)
    raised = late = 0
    for one, signals in verdicts:
        if not _is_disputable(one, now):
            continue
        against = _against(one, signals)
        already = [to_told(alert.facts) for alert in told[one.market_id]]
        decision = contradiction_reason(against, already, rule)
        if decision is None:
            continue
        subject = _subject(one, signals, against, page_base_url, now)
        alert = claim_alert(session, _to_alert(one, subject, decision, now))
        if alert is not None:
            add_pending_notifications(session, alert.id, destinations, now)
            raised += 1
            late += subject.late_by_minutes is not None
    return raised, late


def _is_disputable(one: WatchedProposal, now: datetime) -> bool:
    """Whether a dispute is still possible: on the managed oracle until somebody settles."""
    return (
        one.is_managed is not False
        or one.challenge_ends_at is None
        or (now < one.challenge_ends_at)
    )


def _against(one: WatchedProposal, signals: ProposalSignals) -> Against:
    figures = figures_of(signals)
    return Against(
        request_timestamp=one.request_timestamp,
        proposed_price=one.proposed_price,
        standing=figures.standing_stake,
        traded=figures.traded_stake,
        gap=figures.gap,
    )


def _subject(
    one: WatchedProposal,
    signals: ProposalSignals,
    against: Against,
    page_base_url: str,
    now: datetime,
) -> ContradictionSubject:
    trades = signals.trades.value
    transaction = None
    if one.chain_id is not None and one.transaction_hash is not None:
        transaction = transaction_page(one.chain_id, one.transaction_hash)
    links = (
        market_page(one.condition_id, page_base_url),
        polymarket_page(one.slug, one.group_slug),
        transaction,
    )
    return ContradictionSubject(
        title=one.title,
        proposed=_answer_words(one),
        against=against,
        trades=None if trades is None else trades.count,
        last_trade_at=None if trades is None else trades.last_at,
        implied=signals.implied.value,
        open_interest=one.open_interest,
        challenge_ends_at=one.challenge_ends_at,
        is_managed=one.is_managed,
        seen_at=now,
        as_of=signals.executable.as_of,
        links=tuple(link for link in links if link is not None),
    )


def _answer_words(one: WatchedProposal) -> str:
    match one.answer.kind:
        case AnswerKind.DECIDED:
            winner = one.answer.winner
            has_name = winner is not None and winner < len(one.outcomes)
            return one.outcomes[winner or 0] if has_name else str(one.answer.outcome)
        case AnswerKind.HALF:
            return "50-50"
        case AnswerKind.TOO_EARLY:
            return "too early to say"
        case AnswerKind.UNREADABLE:
            return f"a price that pays no outcome ({one.proposed_price})"


def _to_alert(
    one: WatchedProposal,
    subject: ContradictionSubject,
    decision: ContradictionDecision,
    now: datetime,
) -> NewAlert:
    words = compose_contradiction(subject, decision)
    return NewAlert(
        market_id=one.market_id,
        assessment_id=None,
        reason=decision.reason,
        reason_key=decision.reason_key,
        title=words.title,
        body=words.body,
        facts={**to_facts(subject.against), **_also(subject, decision)},
        raised_at=now,
    )


def _also(subject: ContradictionSubject, decision: ContradictionDecision) -> Mapping[str, object]:
    ends = subject.challenge_ends_at
    return {
        "measure": decision.measure.value,
        "proposed": subject.proposed,
        "implied": None if subject.implied is None else f"{subject.implied:f}",
        "trades": subject.trades,
        "open_interest_usdc": to_usdc(subject.open_interest),
        "challenge_ends_at": None if ends is None else f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        "late_by_minutes": subject.late_by_minutes,
        "links": list(subject.links),
    }

"""Verdicts of markets on their proposals: kept when they say something new, read as of a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.proposal_signal import ProposalSignal
from service.risk.proposals.contrary import SignalRule
from service.risk.proposals.notifier import NotifierVerdict
from service.risk.proposals.proposal_signals import ProposalSignals
from service.risk.proposals.signal_document import (
    SignalFigures,
    baseline_line,
    figures_of,
    is_news,
    to_document,
)
from service.store.keyset import newest_first
from service.store.latest import latest_by_market

# A verdict against the answer is written this often though nothing moved, so that a row's age
# tells when it was seen. One that agrees is not: there are thousands a day.
REPEAT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class NewSignals:
    """One market's verdict, about to be kept."""

    market_id: int
    request_timestamp: int | None
    proposed_price: int
    signals: ProposalSignals
    # What baseline B2 says on the same facts; None where it would not know of the proposal.
    baseline: NotifierVerdict | None = None


def add_signals(
    session: Session, rows: Sequence[NewSignals], rule: SignalRule, known_at: datetime
) -> int:
    """Keep each verdict that says something new; one against the answer every half hour as well.

    Returns how many were kept.
    """
    latest = latest_signals(session, [row.market_id for row in rows], known_at)
    added = 0
    for row in rows:
        figures = figures_of(row.signals)
        last = latest.get(row.market_id)
        repeats = max(figures.standing_stake or 0, figures.traded_stake or 0) >= rule.floor
        if last is not None and not _says_more(last, row, figures, known_at, repeats=repeats):
            continue
        session.add(
            ProposalSignal(
                market_id=row.market_id,
                request_timestamp=row.request_timestamp,
                proposed_price=row.proposed_price,
                answer=row.signals.answer.kind,
                standing_stake=figures.standing_stake,
                traded_stake=figures.traded_stake,
                gap=figures.gap,
                implied=figures.implied,
                document=to_document(row.signals, rule, row.baseline),
                known_at=known_at,
            )
        )
        added += 1
    session.flush()
    return added


def latest_signals(
    session: Session, market_ids: Collection[int], as_of: datetime
) -> Mapping[int, ProposalSignal]:
    """The newest verdict of each market that has one by ``as_of``."""
    found: Mapping[int, ProposalSignal] = latest_by_market(
        session, ProposalSignal, market_ids, as_of
    )
    return found


def list_signals(
    session: Session, market_id: int, limit: int, before: tuple[datetime, int] | None = None
) -> Sequence[ProposalSignal]:
    """A market's verdicts, newest first; ``before`` is the (known_at, id) of the last one seen."""
    query = select(ProposalSignal).where(ProposalSignal.market_id == market_id)
    page = newest_first(query, ProposalSignal.known_at, ProposalSignal.id, before).limit(limit)
    return session.scalars(page).all()


def _says_more(
    last: ProposalSignal,
    row: NewSignals,
    figures: SignalFigures,
    known_at: datetime,
    *,
    repeats: bool,
) -> bool:
    if (last.request_timestamp, last.proposed_price) != (row.request_timestamp, row.proposed_price):
        return True
    if repeats and known_at - last.known_at >= REPEAT:
        return True
    if last.document.get("notifier_baseline") != baseline_line(row.baseline):
        return True
    told = SignalFigures(last.standing_stake, last.traded_stake, last.gap, last.implied)
    return is_news(told, figures)

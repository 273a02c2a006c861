"""What an adjudicator is shown of a market, and what was answered, which is never shown."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import Outcome
from models.market import Market, ResolutionReport
from models.question_state import QuestionState
from service.protocol.clarification_list import ListedText
from service.protocol.prices import outcome_of, outcome_of_payouts
from service.protocol.rule_texts import part_updates, shown
from service.store.latest import latest_by_market
from service.store.markets.reports import first_proposal_report
from service.store.markets.rules import MarketRules, get_market_rules
from service.store.oracle.question_states import get_question_state
from service.store.upserts import IN_CHUNK, chunks


@dataclass(frozen=True, slots=True)
class Addition:
    """An official clarification in force."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class AdjudicationCase:
    """A market as an adjudicator reads it: no proposal's answer, no vote, no payout, no price."""

    condition_id: bytes
    title: str
    outcomes: tuple[str, ...]
    # When an answer was first proposed: what the rules required then. None before any proposal.
    judged_at: datetime | None
    rules: str | None
    # Where the rules are from: a text first seen after the proposal may have changed since.
    rules_source: str
    # Issued before the first proposal; and all of them.
    early: tuple[Addition, ...]
    additions: tuple[Addition, ...]

    @property
    def packet_id(self) -> str:
        """Names exactly what was shown."""
        told = [self.condition_id.hex(), self.title, list(self.outcomes), self.rules]
        told += [[addition.at.isoformat(), addition.text] for addition in self.additions]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a market was answered; the verdicts judge it."""

    first: Outcome | None
    # The operative request's.
    oracle: Outcome | None
    paid: Outcome | None
    is_disputed: bool


def load_case(session: Session, market: Market, at: datetime) -> AdjudicationCase:
    """The case of one market, out of everything known at ``at``, which is the present."""
    judged_at = _first_proposed_at(session, market, at)
    found = get_market_rules(session, market)
    rules, source = _rules(found, judged_at)
    official = sorted((entry for entry in found.additions if entry.is_in_force), key=_instant)
    return AdjudicationCase(
        condition_id=market.condition_id,
        title=shown(market.title),
        outcomes=tuple(market.outcomes),
        judged_at=judged_at,
        rules=None if rules is None else shown(rules),
        rules_source=source,
        early=tuple(_addition(entry) for entry in official if _is_early(entry, judged_at)),
        additions=tuple(_addition(entry) for entry in official),
    )


def _first_proposed_at(session: Session, market: Market, at: datetime) -> datetime | None:
    """By the chain, else by when the feed first showed an answer."""
    state = get_question_state(session, market)
    if state is not None and state.first_proposed_at is not None:
        return state.first_proposed_at
    report = first_proposal_report(session, [market.id], at).get(market.id)
    return None if report is None else report.reported_at or report.known_at


def _rules(found: MarketRules, judged_at: datetime | None) -> tuple[str | None, str]:
    """The text as published, without paragraphs that say they were added later."""
    asked = None if found.asked is None else found.asked.text
    if asked is not None and asked.description is not None:
        return part_updates(asked.description).rules, "the question as the oracle was asked it"
    if not found.versions:
        return None, "no text is known"
    if judged_at is None:
        newest = found.versions[-1].stored
        return part_updates(newest.text).rules, "the catalogue; no proposal is known"
    before = [v for v in found.versions if v.stored.known_at <= judged_at]
    if before:
        return part_updates(before[-1].stored.text).rules, "the catalogue, before the proposal"
    first = found.versions[0].stored
    return part_updates(first.text).rules, "the catalogue, first seen after the proposal"


def _instant(entry: ListedText) -> datetime:
    return entry.at


def _is_early(entry: ListedText, judged_at: datetime | None) -> bool:
    if entry.place is not None:
        return entry.place.proposals_before == 0
    return judged_at is None or entry.at < judged_at


def _addition(entry: ListedText) -> Addition:
    return Addition(entry.at, shown(entry.text))


def load_answers(session: Session, market_ids: Collection[int], at: datetime) -> dict[int, Answers]:
    """What each market was answered; the chain's word, else the feed's; others are left out."""
    found = _from_reports(latest_by_market(session, ResolutionReport, market_ids, at))
    for part in chunks(sorted(market_ids), IN_CHUNK):
        rows = session.execute(
            select(Market.id, QuestionState)
            .join(QuestionState, QuestionState.condition_id == Market.condition_id)
            .where(Market.id.in_(part))
            .order_by(QuestionState.initialized_at)
        )
        found.update((market_id, _from_chain(state)) for market_id, state in rows)
    return found


def _from_chain(state: QuestionState) -> Answers:
    return Answers(
        first=_outcome(state.first_proposed_price),
        oracle=_outcome(state.operative_settled_price),
        paid=None if state.outcome is None else Outcome(state.outcome),
        is_disputed=state.disputes > 0,
    )


def _from_reports(reports: dict[int, ResolutionReport]) -> dict[int, Answers]:
    return {
        market_id: Answers(
            first=_outcome(_number(report.proposed_price)),
            oracle=_outcome(_number(report.price)),
            paid=_paid(report.payouts),
            is_disputed=report.was_disputed,
        )
        for market_id, report in reports.items()
    }


def _paid(payouts: Sequence[int] | None) -> Outcome | None:
    return None if payouts is None else outcome_of_payouts(payouts)


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _outcome(price: int | None) -> Outcome | None:
    return None if price is None else outcome_of(price)

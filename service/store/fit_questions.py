"""Finished questions of the store as a fit learns from them: facts at the first proposal, labels.

docs/methodology.md, "Dispute model". Everything but the labels was known when the answer came.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.market import Market, RulesText, RulesVersion
from models.oracle import Proposal
from service.protocol.contracts import ContractBook
from service.store.finished_questions import finished_questions

# By then even a vote that rolled a few times is over.
SETTLED = timedelta(days=14)
_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class FitQuestion:
    """One finished question. Labels are as known at the fit's time; None: cannot be told."""

    condition_id: bytes
    # Markets of one group share it.
    group_code: int
    title: str
    # The newest text known when the answer came; None where none was stored by then.
    rules: str | None
    category: str
    proposed_at: datetime
    proposer: bytes
    proposed_price: int
    oracle_version: str
    disputed: bool
    flipped: bool | None


def list_fit_questions(session: Session, book: ContractBook, at: datetime) -> Iterator[FitQuestion]:
    """The finished questions as known at ``at``, in the order of answers and condition ids.

    Answers of the last fortnight are left out: a vote may still be on for those disputed, so that
    the finished ones would look quieter than they are.
    """
    told = finished_questions(book, at, at).subquery("told")
    rules = (
        select(RulesText.text)
        .join(RulesVersion, RulesVersion.text_hash == RulesText.hash)
        .where(RulesVersion.market_id == told.c.market_id, RulesVersion.known_at <= told.c.first_at)
        .order_by(RulesVersion.version.desc())
        .limit(1)
        .correlate(told)
        .scalar_subquery()
    )
    query = (
        select(
            Market.condition_id,
            Market.title,
            rules.label("rules"),
            Proposal.proposer,
            Proposal.proposed_price,
            told.c.group_code,
            told.c.category,
            told.c.first_at,
            told.c.oracle_version,
            told.c.disputed,
            told.c.flipped_early,
            told.c.flipped_outcome,
        )
        .select_from(told)
        .join(Market, Market.id == told.c.market_id)
        .join(
            Proposal,
            (Proposal.ancillary_hash == Market.uma_question_id)
            & (Proposal.known_at == told.c.first_at),
        )
        .where(told.c.first_at <= at - SETTLED)
        .order_by(told.c.first_at, Market.condition_id, Proposal.log_index)
    )
    last = None
    for row in session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}):
        # Anybody may ask the oracle the same text in the same second: the first log is ours.
        if row.condition_id != last:
            yield _question(row)
        last = row.condition_id


def _question(row: Row[Any]) -> FitQuestion:
    outcome = row.flipped_outcome
    return FitQuestion(
        condition_id=row.condition_id,
        group_code=row.group_code,
        title=row.title,
        rules=row.rules,
        category=row.category,
        proposed_at=row.first_at,
        proposer=row.proposer,
        proposed_price=row.proposed_price,
        oracle_version=row.oracle_version,
        disputed=bool(row.disputed),
        flipped=True if row.flipped_early else None if outcome is None else bool(outcome),
    )

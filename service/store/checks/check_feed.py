"""Invariants between Polymarket's own words and the chain: its resolution feed, its closed markets.

Nothing of what is found here moves a score: wherever both are known the chain is read.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.enums import IndexMode
from models.market import Market, ResolutionReport
from models.question_state import QuestionState
from service.protocol.contracts import ContractBook
from service.protocol.feed_agreement import (
    PATIENCE,
    Agreement,
    ChainSide,
    Comparison,
    chain_side_of,
    compare_feed,
    is_lasting,
)
from service.protocol.ids import to_hex
from service.protocol.invariants import Break, Finding
from service.protocol.listings import ResolutionRow
from service.store.markets.reports import to_resolution_row
from service.store.oracle.blocks import get_head
from service.store.oracle.indexed_ranges import Coverage, load_coverage
from service.store.oracle.questions import get_statuses
from service.store.upserts import IN_CHUNK, chunks

Reported = tuple[ResolutionReport, QuestionState, bytes]
_REPORT_WORDS = (
    ResolutionReport.status,
    ResolutionReport.proposed_price,
    ResolutionReport.reproposed_price,
    ResolutionReport.price,
    ResolutionReport.was_disputed,
    ResolutionReport.payouts,
)
_CHAIN_WORDS = (
    QuestionState.resolved,
    QuestionState.payouts,
    QuestionState.resets,
    QuestionState.disputes,
    QuestionState.is_legacy,
    QuestionState.is_partial,
    QuestionState.overridden,
    QuestionState.operative_state,
    QuestionState.first_proposed_price,
    QuestionState.operative_proposed_price,
    QuestionState.operative_settled_price,
)


def check_feed(session: Session, book: ContractBook) -> Finding:
    """The newest row of every market the feed was asked for, against its folded question.

    Rows that go together by the questions' rows are settled at once; the others' questions are
    folded anew, for the instants the rows do not hold.
    """
    verdicts: Counter[Agreement] = Counter()
    differing: list[int] = []
    # Most rows tell one of a few stories: each is compared once.
    known: dict[tuple[object, ...], Comparison] = {}
    for report_id, *words in session.execute(_newest_words()).yield_per(IN_CHUNK):
        key = tuple(tuple(word) if isinstance(word, list) else word for word in words)
        comparison = known.get(key)
        if comparison is None:
            comparison = known.setdefault(key, _compare(key))
        if comparison.is_difference:
            differing.append(report_id)
        else:
            verdicts[comparison.agreement] += 1
    breaks = []
    judge = _Judge(session, book)
    for part in chunks(differing, IN_CHUNK):
        for agreement, found in judge.judge(_load(session, part)):
            verdicts[agreement] += 1
            breaks += [] if found is None else [found]
    not_checkable = verdicts.pop(Agreement.NOT_COMPARABLE, 0)
    checked = verdicts.total()
    lagging = checked - verdicts[Agreement.AGREES] - len(breaks)
    return Finding(checked, tuple(breaks), not_checkable, lagging)


def check_closed_markets(session: Session) -> Finding:
    """What the catalogue calls closed, against what the tokens pay."""
    both = select(func.count()).select_from(Market).join(QuestionState, _is_same())
    checked = session.scalar(both.where(Market.closed | QuestionState.paid_at.is_not(None))) or 0
    coverage, heads = load_coverage(session, IndexMode.LAZY), _Heads(session)
    breaks, not_checkable, lagging = [], 0, 0
    unlike = (
        select(Market, QuestionState)
        .join(QuestionState, _is_same())
        .where(Market.closed == QuestionState.paid_at.is_(None))
        .order_by(Market.id)
    )
    for market, state in session.execute(unlike).yield_per(IN_CHUNK):
        since = state.paid_at or market.closed_at or market.refreshed_at
        until = market.refreshed_at if state.paid_at else heads.at(state.chain_id)
        if state.paid_at is None and not _is_read(coverage, state, since):
            not_checkable += 1
        elif until is None or until - since <= PATIENCE:
            lagging += 1
        else:
            breaks.append(_unlike(market, state))
    return Finding(checked - not_checkable, tuple(breaks), not_checkable, lagging)


class _Judge:
    """Looks at rows that differ, with their questions folded anew."""

    def __init__(self, session: Session, book: ContractBook) -> None:
        self._session, self._book = session, book
        self._coverage = load_coverage(session, IndexMode.FULL)
        self._heads = _Heads(session)

    def judge(self, rows: Sequence[Reported]) -> Iterator[tuple[Agreement, Break | None]]:
        """Each row's verdict, and the break where it has lasted."""
        ids = {state.question_id for _, state, _ in rows}
        statuses = {
            (status.chain_id, status.adapter, status.question_id): status
            for same_id in get_statuses(self._session, ids, self._book, is_timeless=True).values()
            for status in same_id
        }
        for row in rows:
            report, state, _ = row
            status = statuses.get((state.chain_id, state.adapter, state.question_id))
            side = _side(state) if status is None else chain_side_of(status)
            yield self._verdict(row, side, compare_feed(_to_row(report), side))

    def _verdict(
        self,
        row: Reported,
        side: ChainSide,
        comparison: Comparison,
    ) -> tuple[Agreement, Break | None]:
        report, state, condition_id = row
        agreement = comparison.agreement
        if agreement is Agreement.AHEAD and not _is_read(self._coverage, state, report.known_at):
            return Agreement.NOT_COMPARABLE, None
        head = self._heads.at(state.chain_id)
        lasts = is_lasting(
            comparison,
            reported_at=report.known_at,
            confirmed_at=report.confirmed_at or report.known_at,
            moved_at=side.moved_at,
            head_at=head or report.known_at,
        )
        return agreement, _break(condition_id, report, state, comparison) if lasts else None


class _Heads:
    """The newest stored block's time, by chain."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: dict[int, datetime | None] = {}

    def at(self, chain_id: int) -> datetime | None:
        if chain_id not in self._found:
            head = get_head(self._session, chain_id)
            self._found[chain_id] = None if head is None else head.mined_at
        return self._found[chain_id]


def _newest_words() -> Select[int, *tuple[Any, ...]]:
    """What is compared of each market's newest row and its question."""
    newest = (
        select(func.max(ResolutionReport.id).label("id"))
        .group_by(ResolutionReport.market_id)
        .subquery()
    )
    return (
        select(ResolutionReport.id, *_REPORT_WORDS, *_CHAIN_WORDS)
        .join(newest, newest.c.id == ResolutionReport.id)
        .join(Market, Market.id == ResolutionReport.market_id)
        .join(QuestionState, _is_same())
        .order_by(Market.id)
    )


def _load(session: Session, report_ids: Sequence[int]) -> list[Reported]:
    query = (
        select(ResolutionReport, QuestionState, Market.condition_id)
        .join(Market, Market.id == ResolutionReport.market_id)
        .join(QuestionState, _is_same())
        .where(ResolutionReport.id.in_(report_ids))
        .order_by(Market.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def _is_same() -> Any:  # noqa: ANN401  # SQLAlchemy's own type of a condition
    return QuestionState.condition_id == Market.condition_id


def _compare(words: Sequence[Any]) -> Comparison:
    """Two sides by their words alone (``_newest_words``)."""
    count = len(_REPORT_WORDS)
    report = dict(zip((c.key for c in _REPORT_WORDS), words[:count], strict=True))
    state = dict(zip((c.key for c in _CHAIN_WORDS), words[count:], strict=True))
    return compare_feed(
        _to_row(ResolutionReport(**report, extended_review=False, rules_updated=False)),
        _side(QuestionState(**state)),
    )


def _to_row(report: ResolutionReport) -> ResolutionRow:
    return to_resolution_row(report, b"")


def _side(state: QuestionState) -> ChainSide:
    """A question's row in the shape that is compared; it does not hold when it last moved."""
    return ChainSide(
        resolved=state.resolved,
        payouts=None if state.payouts is None else tuple(int(n) for n in state.payouts),
        resets=state.resets,
        disputes=state.disputes,
        is_legacy=state.is_legacy,
        is_partial=state.is_partial,
        is_overridden=state.overridden,
        operative_state=state.operative_state,
        first_proposed_price=state.first_proposed_price,
        proposed_price=state.operative_proposed_price,
        settled_price=state.operative_settled_price,
        moved_at=None,
    )


def _is_read(coverage: Coverage, state: QuestionState, until: datetime) -> bool:
    """Whether all logs from the question's entry to an instant are stored."""
    first, last = int(state.initialized_at.timestamp()), int(until.timestamp())
    return not state.is_partial and coverage.has_times(state.chain_id, first, last)


def _break(
    condition_id: bytes, report: ResolutionReport, state: QuestionState, comparison: Comparison
) -> Break:
    evidence: Mapping[str, object] = {
        "agreement": comparison.agreement.value,
        "condition_id": to_hex(condition_id),
        "question_id": to_hex(state.question_id),
        "feed": {
            "status": report.status,
            "proposed_price": report.proposed_price,
            "reproposed_price": report.reproposed_price,
            "price": report.price,
            "payouts": report.payouts,
            "known_at": report.known_at.isoformat(),
        },
        "chain_says": {
            "state": state.state,
            "proposed_price": _text(state.operative_proposed_price),
            "settled_price": _text(state.operative_settled_price),
            "payouts": state.payouts,
        },
    }
    reason = f"{comparison.agreement.value}: {comparison.reason}"
    return Break(to_hex(condition_id), reason, state.chain_id, evidence=evidence)


def _unlike(market: Market, state: QuestionState) -> Break:
    evidence: Mapping[str, object] = {
        "condition_id": to_hex(market.condition_id),
        "closed_at": None if market.closed_at is None else market.closed_at.isoformat(),
        "paid_at": None if state.paid_at is None else state.paid_at.isoformat(),
        "state": state.state,
    }
    reason = (
        "the catalogue closed it, and no log pays it"
        if market.closed
        else "the tokens pay, and the catalogue shows it open"
    )
    return Break(to_hex(market.condition_id), reason, state.chain_id, evidence=evidence)


def _text(price: int | None) -> str | None:
    return None if price is None else str(price)

"""The list of markets: filtered, ordered by an index, continued by a cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.assessment import MarketAssessment, MarketStanding
from models.enums import Category, MarketState, Remedy, Support
from models.market import Market, MarketGroup
from service.store.keyset import BadCursor, Key, decode_cursor, encode_cursor
from service.store.upserts import IN_CHUNK, chunks

# How the column says "neither open interest nor volume is known": it sorts below every real loss
# and is read back as None. The column itself allows no NULL, so that its index is the order.
UNKNOWN_LOSS = -1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT64 = 2**63


class Sort(StrEnum):
    """The orders a list of markets comes in."""

    EXPECTED_LOSS = "expected_loss"
    PROBABILITY = "probability"
    CHALLENGE_END = "challenge_end"


@dataclass(frozen=True, slots=True)
class StandingQuery:
    """Which markets, in which order. Money is micro-USDC."""

    states: tuple[MarketState, ...] = ()
    category: Category | None = None
    min_open_interest: int | None = None
    sort: Sort = Sort.EXPECTED_LOSS

    def identity(self) -> tuple[object, ...]:
        """What a cursor is bound to."""
        return ("markets", sorted(self.states), self.category, self.min_open_interest, self.sort)


@dataclass(frozen=True, slots=True)
class StandingLine:
    """One market's line in a list. Money is micro-USDC, probabilities are in 0..1."""

    market_id: int
    condition_id: bytes
    slug: str | None
    title: str
    group_title: str | None
    as_of: datetime
    state: MarketState
    category: Category
    p_mean: float
    p_low: float
    p_high: float
    open_interest: int | None
    expected_loss: int | None
    support: Support
    remedy: Remedy
    challenge_ends_at: datetime | None
    challenge_open: bool
    model_version: str


def list_standings(
    session: Session, query: StandingQuery, *, limit: int, cursor: str | None = None
) -> tuple[list[StandingLine], str | None]:
    """One page of lines and the cursor of the next; :class:`BadCursor` for a foreign cursor.

    Losses and probabilities come greatest first, challenge ends soonest first and unknown last.
    """
    after = None if cursor is None else _position(cursor, query)
    wanted = limit + 1
    match query.sort:
        case Sort.EXPECTED_LOSS:
            lines = _descending(session, query, MarketStanding.expected_loss, after, wanted)
        case Sort.PROBABILITY:
            lines = _descending(session, query, MarketStanding.p_mean, after, wanted)
        case Sort.CHALLENGE_END:
            lines = _soonest_first(session, query, after, wanted)
        case _:
            assert_never(query.sort)
    if len(lines) <= limit:
        return lines, None
    page = lines[:limit]
    last = page[-1]
    return page, encode_cursor(query.identity(), (_sort_key(last, query.sort), last.market_id))


def get_standing(session: Session, market_id: int) -> StandingLine | None:
    """One market's line; ``None`` before its first assessment."""
    lines = _read(session, _lines().where(MarketStanding.market_id == market_id))
    return lines[0] if lines else None


def list_standings_of(session: Session, market_ids: Sequence[int]) -> dict[int, StandingLine]:
    """The lines of the given markets, by market; markets without an assessment are left out."""
    return {
        line.market_id: line
        for part in chunks(market_ids, IN_CHUNK)
        for line in _read(session, _lines().where(MarketStanding.market_id.in_(part)))
    }


def _lines() -> Select[*tuple[Any, ...]]:
    columns = (
        MarketStanding.market_id,
        Market.condition_id,
        Market.slug,
        Market.title,
        MarketGroup.title,
        MarketStanding.as_of,
        MarketStanding.state,
        MarketStanding.category,
        MarketStanding.p_mean,
        MarketStanding.p_low,
        MarketStanding.p_high,
        MarketStanding.open_interest,
        MarketStanding.expected_loss,
        MarketStanding.support,
        MarketStanding.remedy,
        MarketStanding.challenge_ends_at,
        MarketStanding.challenge_open,
        MarketAssessment.model_version,
    )
    joined = MarketStanding.__table__.join(
        Market.__table__, MarketStanding.market_id == Market.id
    ).join(MarketAssessment.__table__, MarketStanding.assessment_id == MarketAssessment.id)
    return select(*columns).select_from(
        joined.outerjoin(MarketGroup.__table__, Market.group_id == MarketGroup.id)
    )


def _descending(
    session: Session,
    query: StandingQuery,
    column: InstrumentedAttribute[int] | InstrumentedAttribute[float],
    after: tuple[Key, int] | None,
    wanted: int,
) -> list[StandingLine]:
    # Ties fall by descending id too, so that one index, read backwards, is the whole order.
    statement = _lines().where(*_conditions(query))
    if after is not None:
        statement = statement.where(tuple_(column, MarketStanding.market_id) < tuple_(*after))
    ordered = statement.order_by(column.desc(), MarketStanding.market_id.desc())
    return _read(session, ordered.limit(wanted))


def _soonest_first(
    session: Session, query: StandingQuery, after: tuple[Key, int] | None, wanted: int
) -> list[StandingLine]:
    # Known ends and unknown ends are two index ranges; the databases disagree on where NULL sorts.
    ends, row_id = MarketStanding.challenge_ends_at, MarketStanding.market_id
    base = _lines().where(*_conditions(query))
    found: list[StandingLine] = []
    if after is None or after[0] is not None:
        known = base.where(ends.is_not(None))
        if after is not None:
            known = known.where(tuple_(ends, row_id) > tuple_(_instant(after[0]), after[1]))
        found = _read(session, known.order_by(ends, row_id).limit(wanted))
    if len(found) < wanted:
        unknown = base.where(ends.is_(None))
        if after is not None and after[0] is None:
            unknown = unknown.where(row_id > after[1])
        found += _read(session, unknown.order_by(row_id).limit(wanted - len(found)))
    return found


def _conditions(query: StandingQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.states:
        conditions.append(MarketStanding.state.in_(sorted(query.states)))
    if query.category is not None:
        conditions.append(MarketStanding.category == query.category)
    if query.min_open_interest is not None:
        conditions.append(MarketStanding.open_interest >= query.min_open_interest)
    return conditions


def _read(session: Session, statement: Select[*tuple[Any, ...]]) -> list[StandingLine]:
    return [_to_line(row) for row in session.execute(statement)]


def _to_line(row: Sequence[Any]) -> StandingLine:
    values = list(row)
    values[6], values[7] = MarketState(values[6]), Category(values[7])
    values[12] = None if values[12] == UNKNOWN_LOSS else values[12]
    values[13], values[14] = Support(values[13]), Remedy(values[14])
    return StandingLine(*values)


def _sort_key(line: StandingLine, sort: Sort) -> Key:
    match sort:
        case Sort.EXPECTED_LOSS:
            return UNKNOWN_LOSS if line.expected_loss is None else line.expected_loss
        case Sort.PROBABILITY:
            return line.p_mean
        case Sort.CHALLENGE_END:
            end = line.challenge_ends_at
            return None if end is None else (end - _EPOCH) // timedelta(microseconds=1)
        case _:
            assert_never(sort)


def _position(cursor: str, query: StandingQuery) -> tuple[Key, int]:
    value, row_id = decode_cursor(cursor, query.identity(), 2)
    numeric = isinstance(value, int | float) or (value is None and query.sort is Sort.CHALLENGE_END)
    if not numeric or not isinstance(row_id, int) or not 0 <= row_id < _INT64:
        raise BadCursor("is not a cursor of this API")
    if isinstance(value, int | float) and not -_INT64 < value < _INT64:
        raise BadCursor("is not a cursor of this API")
    return value, row_id


def _instant(microseconds: Key) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=int(microseconds or 0))
    except OverflowError as error:
        raise BadCursor("is not a cursor of this API") from error

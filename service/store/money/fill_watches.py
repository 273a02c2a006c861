"""Which markets' trades are kept, since when, and how much of them has been read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select, update
from sqlalchemy.orm import Session

from models.assessment import MarketStanding
from models.chain import Block
from models.enums import MarketState
from models.fill import FillWatch
from models.fill_enums import FillSource
from models.market import Market, ResolutionReport
from models.oracle import Proposal, Settlement
from service.protocol.finality import POLYGON
from service.store.markets.refresh_states import AFTERMATH, PENDING_WORDS, PROPOSED_WORDS
from service.store.money.fills import TokenOwner
from service.store.oracle.blocks import get_cursor, get_head
from service.store.upserts import IN_CHUNK, chunks, insert_for

# The cursor of the exchanges' logs.
CURSOR = "fills"
# Kept from this long before the proposal, which is about so many of Polygon's blocks (1.5 s).
MARGIN = timedelta(minutes=2)
MARGIN_BLOCKS = 80
# The feed's word for a proposal is not followed further back than this.
LOOK_BACK = timedelta(days=7)
# Proposals so few blocks old are watched before their market is scored (one hour).
RECENT_BLOCKS = 2_400
# What an answer of the Data API may still lack at its end: Polymarket keeps it for five minutes.
OVERLAP = timedelta(minutes=6)
LIVE = tuple(
    state.value
    for state in MarketState
    if state not in {MarketState.PRE_PROPOSAL, MarketState.RESOLVED}
)


@dataclass(frozen=True, slots=True)
class Watch:
    """A market whose trades are kept, see ``models.fill.FillWatch``."""

    market_id: int
    condition_id: bytes
    token_ids: tuple[str, ...]
    since: datetime
    from_block: int | None
    read_from_block: int | None
    reported_from: datetime | None
    reported_to: datetime | None
    # When the first block read was mined, or one soon after it; None before one is stored.
    chain_from: datetime | None = None

    @property
    def is_joined(self) -> bool:
        """Whether the Data API's rows surely reach the first block that was read."""
        return _is_joined(self.reported_to, self.chain_from)


@dataclass(frozen=True, slots=True)
class _Told:
    """From when on Polymarket's feed tells of an answer, and whether that is its proposal."""

    at: datetime
    is_proposal: bool


@dataclass(frozen=True, slots=True)
class FillCoverage:
    """How much of a market's trades is stored: from ``since`` (all, if whole) up to ``read_to``."""

    since: datetime
    is_whole: bool
    # None before anything was read.
    read_to: datetime | None
    source: FillSource | None


def sync_watches(session: Session, now: datetime) -> list[Watch]:
    """Watch what has a live proposal or dispute, end the other watches; returns the live ones."""
    live = _list_live(session, now)
    known = set(session.scalars(select(FillWatch.market_id).where(FillWatch.ended_at.is_(None))))
    for part in chunks(sorted(known - live), IN_CHUNK):
        session.execute(
            update(FillWatch).where(FillWatch.market_id.in_(part)).values(ended_at=now),
            execution_options={"synchronize_session": False},
        )
    _begin(session, sorted(live - known), now)
    return list_watches(session)


def owners_of(watches: Iterable[Watch]) -> dict[int, TokenOwner]:
    """The watched tokens and whose they are."""
    return {
        int(token): TokenOwner(watch.market_id, index)
        for watch in watches
        for index, token in enumerate(watch.token_ids)
        if token.isdecimal()
    }


def begin_reading(session: Session, market_ids: Collection[int], block: int) -> None:
    """Let the reading of these markets' logs begin at a block, whatever was read before."""
    values = {"read_from_block": block, "reported_from": None, "reported_to": None}
    _set(session, market_ids, values)


def mark_read_from(session: Session, market_ids: Collection[int], block: int) -> None:
    """Note that the logs of these markets were read from a block up to the cursor."""
    _set(session, market_ids, {"read_from_block": block})


def mark_reported(
    session: Session, market_ids: Collection[int], of: datetime, to: datetime
) -> None:
    """Note that the Data API's rows of these markets were read between two instants."""
    _set(session, market_ids, {"reported_from": of, "reported_to": to})


def list_fill_coverage(session: Session, market_ids: Collection[int]) -> dict[int, FillCoverage]:
    """How much of these markets' trades is stored; a market that is not watched is left out."""
    cursor = get_cursor(session, POLYGON, CURSOR)
    read_to = None
    if cursor is not None:
        read_to = session.scalar(
            select(Block.mined_at)
            .where(Block.chain_id == POLYGON, Block.number < cursor)
            .order_by(Block.number.desc())
            .limit(1)
        )
    found: dict[int, FillCoverage] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        told = _reported(session, part)
        query = select(FillWatch, _chain_from()).where(FillWatch.market_id.in_(part))
        for row, chain_from in session.execute(query):
            found[row.market_id] = _coverage(row, read_to, told.get(row.market_id), chain_from)
    return found


def _chain_from() -> ScalarSelect[datetime]:
    """When the first stored block of a watch's reading was mined: its first one, or a later."""
    return (
        select(Block.mined_at)
        .where(Block.chain_id == POLYGON, Block.number >= FillWatch.read_from_block)
        .order_by(Block.number)
        .limit(1)
        .correlate(FillWatch)
        .scalar_subquery()
    )


def _is_joined(reported_to: datetime | None, chain_from: datetime | None) -> bool:
    if reported_to is None or chain_from is None:
        return False
    return chain_from <= reported_to - OVERLAP


def _coverage(
    row: FillWatch, read_to: datetime | None, told: _Told | None, chain_from: datetime | None
) -> FillCoverage:
    # Without the proposal's log or its time by the feed nobody knows what was traded before.
    has_begin = row.from_block is not None or (
        told is not None and told.is_proposal and row.since <= told.at - MARGIN
    )
    has_rows = has_begin and row.reported_from is not None and row.reported_from <= row.since
    if row.read_from_block is not None and read_to is not None:
        is_whole = row.from_block is not None and row.read_from_block <= row.from_block
        end = min(read_to, row.ended_at or read_to)
        is_whole = is_whole or (has_rows and _is_joined(row.reported_to, chain_from))
        return FillCoverage(row.since, is_whole, end, FillSource.CHAIN)
    if row.reported_to is None or row.reported_from is None:
        return FillCoverage(row.since, is_whole=False, read_to=None, source=None)
    return FillCoverage(row.since, has_rows, row.reported_to, FillSource.DATA_API)


def _list_live(session: Session, now: datetime) -> set[int]:
    """Markets with a proposal or dispute on its way, by their state or by a recent log.

    What closed long ago, or nobody knows when, is traded no more whatever its state says.
    """
    is_traded = or_(Market.closed.is_(False), Market.closed_at >= now - AFTERMATH)
    by_state = (
        select(MarketStanding.market_id)
        .join(Market, Market.id == MarketStanding.market_id)
        .where(MarketStanding.state.in_(LIVE), is_traded)
    )
    live = set(session.scalars(by_state))
    head = get_head(session, POLYGON)
    if head is None:
        return live
    settled = (
        select(Settlement.block_id)
        .where(
            Settlement.ancillary_hash == Proposal.ancillary_hash,
            Settlement.requester == Proposal.requester,
            Settlement.request_timestamp == Proposal.request_timestamp,
        )
        .exists()
    )
    recent = (
        select(Market.id)
        .join(Proposal, _is_of_market())
        .join(Block, Block.id == Proposal.block_id)
        .where(
            Block.chain_id == POLYGON,
            Block.number > head.number - RECENT_BLOCKS,
            Market.closed.is_(False),
            ~settled,
        )
    )
    return live | set(session.scalars(recent))


def _is_of_market() -> ColumnElement[bool]:
    return (Proposal.ancillary_hash == Market.uma_question_id) & (
        Proposal.requester == Market.adapter
    )


def _begin(session: Session, market_ids: Sequence[int], now: datetime) -> None:
    rows = []
    for part in chunks(market_ids, IN_CHUNK):
        proposed = _proposed(session, part)
        reported = _reported(session, part)
        for market_id in part:
            told = reported.get(market_id)
            number, at = proposed.get(market_id, (None, now if told is None else told.at))
            rows.append(
                {
                    "market_id": market_id,
                    "since": at - MARGIN,
                    "from_block": None if number is None else max(0, number - MARGIN_BLOCKS),
                    "read_from_block": None,
                    "reported_from": None,
                    "reported_to": None,
                    "ended_at": None,
                }
            )
    if not rows:
        return
    insert = insert_for(session, FillWatch)
    # A market that is live again is watched anew.
    changed = {name: insert.excluded[name] for name in rows[0] if name != "market_id"}
    session.connection().execute(
        insert.on_conflict_do_update(index_elements=["market_id"], set_=changed), rows
    )


def _proposed(session: Session, market_ids: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    """Block and time of each market's first proposal, where its log is stored."""
    query = (
        select(Market.id, func.min(Block.number), func.min(Block.mined_at))
        .join(Proposal, _is_of_market())
        .join(Block, Block.id == Proposal.block_id)
        .where(Market.id.in_(market_ids), Block.chain_id == POLYGON)
        .group_by(Market.id)
    )
    return {market_id: (number, at) for market_id, number, at in session.execute(query)}


def _reported(session: Session, market_ids: Sequence[int]) -> dict[int, _Told]:
    """When each market's answer became pending by the feed's own time, else when it was read.

    That is the proposal only where the row says no more than that there is one: a row of a dispute
    or of changed rules bears the time of that.
    """
    query = (
        select(ResolutionReport)
        .where(
            ResolutionReport.market_id.in_(market_ids),
            ResolutionReport.status.in_(PENDING_WORDS),
        )
        .order_by(ResolutionReport.known_at, ResolutionReport.id)
    )
    found: dict[int, _Told] = {}
    for row in session.scalars(query):
        earliest = row.known_at - LOOK_BACK
        at = row.known_at if row.reported_at is None else min(row.reported_at, row.known_at)
        is_proposal = (
            row.status == PROPOSED_WORDS[0]
            and row.reported_at is not None
            and at >= earliest
            and not (row.was_disputed or row.rules_updated or row.extended_review)
        )
        before = found.get(row.market_id)
        if before is None or at < before.at:
            found[row.market_id] = _Told(max(at, earliest), is_proposal)
    return found


def list_watches(session: Session) -> list[Watch]:
    """The live watches."""
    query = (
        select(
            FillWatch.market_id,
            Market.condition_id,
            Market.token_ids,
            FillWatch.since,
            FillWatch.from_block,
            FillWatch.read_from_block,
            FillWatch.reported_from,
            FillWatch.reported_to,
            _chain_from(),
        )
        .join(Market, Market.id == FillWatch.market_id)
        .where(FillWatch.ended_at.is_(None))
        .order_by(FillWatch.market_id)
    )
    return [Watch(row[0], row[1], tuple(row[2]), *row[3:]) for row in session.execute(query)]


def _set(session: Session, market_ids: Collection[int], values: Mapping[str, object]) -> None:
    for part in chunks(sorted(market_ids), IN_CHUNK):
        session.execute(
            update(FillWatch).where(FillWatch.market_id.in_(part)).values(**values),
            execution_options={"synchronize_session": False},
        )

"""What UMA's notifier (baseline B2) would have read of live proposals, from what is stored."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.chain import Block
from models.enums import ContractKind
from models.fill import Fill
from models.liquidity import BookSnapshot
from models.market import TradingActivity
from service.protocol.finality import POLYGON
from service.protocol.listings import BookLevel
from service.risk.proposals.contrary import OUTCOMES
from service.risk.proposals.executable import TokenBook
from service.risk.proposals.notifier import (
    ChainHead,
    NotifierFacts,
    NotifierFill,
    NotifierRule,
    NotifierVerdict,
    first_block_of_trades,
    notifier_verdict,
)
from service.store.latest import latest_by_market
from service.store.oracle.blocks import get_head
from service.store.oracle.contracts import load_book
from service.store.proposals.watched_proposals import WatchedProposal
from service.store.upserts import IN_CHUNK, chunks

# The one exchange it reads: the first standard one.
READ_KIND, READ_VERSION = ContractKind.CTF_EXCHANGE, "1"


def notifier_verdicts(
    session: Session,
    live: Sequence[WatchedProposal],
    wanted: Sequence[WatchedProposal],
    as_of: datetime,
    rule: NotifierRule,
) -> dict[int, NotifierVerdict]:
    """Its verdict on each wanted proposal of the chain, by market, if it had told nothing yet.

    ``live`` are all proposals of its run: it fetches trades for all of them at once.
    """
    head = get_head(session, POLYGON, as_of)
    if head is None:
        return {}
    newest = ChainHead(head.number, int(head.mined_at.timestamp()))
    now = int(as_of.timestamp())
    first = _first_block(live, newest, now, rule)
    ids = [one.market_id for one in wanted]
    books = latest_by_market(session, BookSnapshot, ids, as_of, BookSnapshot.outcome_index)
    activity = latest_by_market(session, TradingActivity, ids, as_of)
    fills = _fills(session, ids, first, as_of)
    found: dict[int, NotifierVerdict] = {}
    for one in wanted:
        if one.block_number is None or one.challenge_ends_at is None:
            continue
        first_book, second_book = (_book(books.get((one.market_id, i))) for i in OUTCOMES)
        traded = activity.get(one.market_id)
        facts = NotifierFacts(
            answer=one.answer,
            proposal_block=one.block_number,
            expires_at=int(one.challenge_ends_at.timestamp()),
            is_disputed=False,
            was_told=False,
            is_look_up_failed=False,
            volume=None if traded is None else traded.volume,
            books=(first_book, second_book),
            fills=fills.get(one.market_id, ()),
            fetched_from_block=first,
        )
        found[one.market_id] = notifier_verdict(facts, newest, now, rule)
    return found


def _first_block(
    live: Sequence[WatchedProposal], newest: ChainHead, now: int, rule: NotifierRule
) -> int:
    """From which block on it fetches trades: the earliest that any proposal it looks at needs."""
    firsts = [
        first_block_of_trades(one.block_number, newest, rule)
        for one in live
        if one.block_number is not None and _is_in_window(one, now, rule)
    ]
    return min(firsts, default=newest.number)


def _is_in_window(one: WatchedProposal, now: int, rule: NotifierRule) -> bool:
    if one.challenge_ends_at is None:
        return False
    return 0 < one.challenge_ends_at.timestamp() - now < rule.before_expiry_seconds


def _fills(
    session: Session, market_ids: Collection[int], first: int, as_of: datetime
) -> Mapping[int, list[NotifierFill]]:
    book = load_book(session)
    exchanges = [
        entry.address
        for entry in book.entries
        if (entry.kind, entry.version) == (READ_KIND, READ_VERSION)
    ]
    found: dict[int, list[NotifierFill]] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        query = (
            select(
                Fill.market_id,
                Fill.outcome_index,
                Block.number,
                Fill.traded_at,
                Fill.usdc,
                Fill.shares,
            )
            .join(Block, Block.id == Fill.block_id)
            .where(
                Fill.market_id.in_(part),
                Fill.address.in_(exchanges),
                Fill.known_at <= as_of,
                Block.number >= first,
            )
            .order_by(Block.number, Fill.log_index)
        )
        for market_id, index, number, at, usdc, shares in session.execute(query):
            found.setdefault(market_id, []).append(
                NotifierFill(index, number, int(at.timestamp()), usdc, shares)
            )
    return found


def _book(row: BookSnapshot | None) -> TokenBook | None:
    return None if row is None else TokenBook(_levels(row.bids), _levels(row.asks))


def _levels(rows: Sequence[Sequence[str]]) -> tuple[BookLevel, ...]:
    return tuple(BookLevel(Decimal(price), Decimal(size)) for price, size in rows)

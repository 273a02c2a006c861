"""Trades of watched markets into rows, and back for many markets at once."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.chain import DataIssue
from models.data_enums import DataIssueKind
from models.fill import Fill as FillRow
from models.fill import ReportedFill
from models.fill_enums import FillSide, FillSource
from service.protocol.facts import UndecodableLog
from service.protocol.fills import Fill, MarketFill, TradeRow
from service.protocol.ids import to_checksum, to_hex, to_word
from service.protocol.log_position import LogPosition
from service.store.upserts import IN_CHUNK, chunks, insert_or_ignore

# A log's data, as far as it is kept as evidence.
_MOST_EVIDENCE = 1_024


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """The market an outcome token belongs to, and its place among the outcomes."""

    market_id: int
    outcome_index: int


def add_fills(
    session: Session,
    fills: Collection[Fill],
    owners: Mapping[int, TokenOwner],
    block_ids: Mapping[bytes, int],
    times: Callable[[LogPosition], tuple[datetime, datetime]],
) -> int:
    """Store fills that are new, each of a token in ``owners``; returns how many were.

    ``times`` gives a log's block time and when it counts as known. A summary is refused
    (``ValueError``): it repeats what the other logs say.
    """
    rows = []
    for fill in fills:
        if fill.is_summary:
            message = f"log {fill.at.log_index} is the sum of others and no fill of its own"
            raise ValueError(message)
        traded_at, known_at = times(fill.at)
        rows.append(
            {
                "block_id": block_ids[fill.at.block_hash],
                "log_index": fill.at.log_index,
                "transaction_hash": fill.at.transaction_hash,
                "address": fill.at.address,
                "known_at": known_at,
                "market_id": owners[fill.token_id].market_id,
                "token_id": to_word(fill.token_id),
                "outcome_index": owners[fill.token_id].outcome_index,
                "taker_side": fill.taker_side.value,
                "shares": fill.shares,
                "usdc": fill.usdc,
                "maker": fill.maker,
                "taker": fill.taker,
                "traded_at": traded_at,
            }
        )
    return insert_or_ignore(session, FillRow, rows)


def add_reported_fills(
    session: Session,
    trades: Sequence[TradeRow],
    owners: Mapping[int, TokenOwner],
    known_at: datetime,
) -> int:
    """Store rows of the Data API that are new; returns how many were.

    Rows that are alike in everything are numbered in the order given, so a list that holds all
    rows of a transaction must be given at once.
    """
    seen: Counter[TradeRow] = Counter()
    rows = []
    for trade in trades:
        owner = owners[trade.token_id]
        rows.append(
            {
                "market_id": owner.market_id,
                "token_id": to_word(trade.token_id),
                "outcome_index": owner.outcome_index,
                "taker_side": trade.taker_side.value,
                "shares": trade.shares,
                "usdc": trade.usdc,
                "taker": trade.taker,
                "transaction_hash": trade.transaction_hash,
                "ordinal": seen[trade],
                "traded_at": trade.traded_at,
                "known_at": known_at,
            }
        )
        seen[trade] += 1
    return insert_or_ignore(session, ReportedFill, rows)


def add_undecodable_fills(
    session: Session, logs: Collection[UndecodableLog], known_at: datetime
) -> int:
    """Keep one example of the logs of each exchange and event that are no trade by our layout.

    Exchanges log millions of events a day: a changed layout must show, not fill the database.
    """
    examples = {(log.at.address, log.topic0): log for log in reversed(list(logs))}
    return insert_or_ignore(
        session,
        DataIssue,
        [
            {
                "kind": DataIssueKind.REFUSED_FILL.value,
                "source": f"chain {log.at.chain_id}",
                "key": f"{log.at.chain_id}:{to_hex(address)}:{to_hex(topic0)}",
                "reason": log.reason[:500],
                "evidence": {
                    "address": to_checksum(address),
                    "block": log.at.block_number,
                    "transaction": to_hex(log.at.transaction_hash),
                    "topics": [to_hex(topic) for topic in log.topics],
                    "data": to_hex(log.data[:_MOST_EVIDENCE]),
                },
                "known_at": known_at,
                "block_id": None,
            }
            for (address, topic0), log in examples.items()
        ],
    )


def list_fills(
    session: Session,
    market_ids: Collection[int],
    since: datetime | Mapping[int, datetime],
    as_of: datetime,
) -> dict[int, list[MarketFill]]:
    """Trades of markets from ``since`` on (one instant, or one for each market), as known then.

    By market, oldest first; every market asked for has its list. An empty one says that none is
    stored: whether all were read, ``list_fill_coverage`` says. Where the chain and the Data API
    tell of the same transaction, the chain's word stands alone.
    """
    begins = since if isinstance(since, Mapping) else dict.fromkeys(market_ids, since)
    found: dict[int, list[MarketFill]] = {market_id: [] for market_id in market_ids}
    # Neighbours in time share a query, which then reads little beyond what is wanted.
    for part in chunks(sorted(found, key=lambda market_id: begins[market_id]), IN_CHUNK):
        begin = min(begins[market_id] for market_id in part)
        told: set[tuple[int, bytes]] = set()
        for fill in _from_chain(session, part, begin, as_of):
            told.add((fill.market_id, fill.transaction_hash))
            found[fill.market_id].append(fill)
        for fill in _from_data_api(session, part, begin, as_of):
            if (fill.market_id, fill.transaction_hash) not in told:
                found[fill.market_id].append(fill)
    return {
        market_id: sorted(
            (fill for fill in fills if fill.traded_at >= begins[market_id]),
            key=lambda fill: (fill.traded_at, fill.log_index or 0),
        )
        for market_id, fills in found.items()
    }


def _from_chain(
    session: Session, market_ids: Sequence[int], begin: datetime, as_of: datetime
) -> Iterator[MarketFill]:
    query = select(*_COLUMNS).where(
        FillRow.market_id.in_(market_ids), FillRow.traded_at >= begin, FillRow.known_at <= as_of
    )
    for row in session.execute(query):
        yield MarketFill(
            market_id=row.market_id,
            outcome_index=row.outcome_index,
            token_id=int.from_bytes(row.token_id, "big"),
            taker_side=FillSide(row.taker_side),
            shares=row.shares,
            usdc=row.usdc,
            maker=row.maker,
            taker=row.taker,
            exchange=row.address,
            transaction_hash=row.transaction_hash,
            log_index=row.log_index,
            traded_at=row.traded_at,
            known_at=row.known_at,
            source=FillSource.CHAIN,
        )


# Rows of these are several times as fast to read as mapped objects.
_COLUMNS = (
    FillRow.market_id,
    FillRow.outcome_index,
    FillRow.token_id,
    FillRow.taker_side,
    FillRow.shares,
    FillRow.usdc,
    FillRow.maker,
    FillRow.taker,
    FillRow.address,
    FillRow.transaction_hash,
    FillRow.log_index,
    FillRow.traded_at,
    FillRow.known_at,
)


def _from_data_api(
    session: Session, market_ids: Sequence[int], begin: datetime, as_of: datetime
) -> Iterator[MarketFill]:
    rows = session.scalars(
        select(ReportedFill)
        .where(
            ReportedFill.market_id.in_(market_ids),
            ReportedFill.traded_at >= begin,
            ReportedFill.known_at <= as_of,
        )
        .order_by(ReportedFill.id)
    )
    for row in rows:
        yield MarketFill(
            market_id=row.market_id,
            outcome_index=row.outcome_index,
            token_id=int.from_bytes(row.token_id, "big"),
            taker_side=FillSide(row.taker_side),
            shares=row.shares,
            usdc=row.usdc,
            maker=None,
            taker=row.taker,
            exchange=None,
            transaction_hash=row.transaction_hash,
            log_index=None,
            traded_at=row.traded_at,
            known_at=row.known_at,
            source=FillSource.DATA_API,
        )

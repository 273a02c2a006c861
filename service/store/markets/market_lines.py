"""What a score reads of a market's own row: of many, mapped objects cost more than the reading."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import Category
from models.market import Market
from service.store.id_lists import ID_CHUNK, among, plain_rows
from service.store.upserts import chunks


class MarketLine(NamedTuple):
    """Some columns of a market, by their names."""

    id: int
    condition_id: bytes
    uma_question_id: bytes | None
    group_id: int | None
    title: str
    category: Category
    adapter: bytes | None
    neg_risk: bool | None
    closed: bool
    uma_status: str | None
    stale_since: datetime | None


_COLUMNS = [getattr(Market, name) for name in MarketLine._fields]
# Either has all that is read here.
AnyMarket = Market | MarketLine


def list_lines(session: Session, market_ids: Sequence[int]) -> list[MarketLine]:
    """The markets in the order of their ids; one that is gone by now is nobody's any more."""
    found: list[MarketLine] = []
    for part in chunks(sorted(market_ids), ID_CHUNK):
        query = select(*_COLUMNS).where(among(session, Market.id, part)).order_by(Market.id)
        found += map(MarketLine._make, plain_rows(session, query))
    return found

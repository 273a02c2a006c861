"""The labels stored markets get their category from, and the category they got."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.enums import Category
from models.market import Market, MarketGroup
from service.store.markets.listings import mark_changed
from service.store.upserts import IN_CHUNK, chunks


@dataclass(frozen=True, slots=True)
class Labels:
    """What a market's category is read from."""

    market_id: int
    tags: tuple[str, ...]
    # Its own and its group's.
    titles: tuple[str, ...]
    category: str


def list_labels(session: Session, after_id: int, limit: int) -> Sequence[Labels]:
    """Markets by row id, a page at a time."""
    query = (
        select(Market.id, Market.tags, Market.title, MarketGroup.title, Market.category)
        .outerjoin(MarketGroup, MarketGroup.id == Market.group_id)
        .where(Market.id > after_id)
        .order_by(Market.id)
        .limit(limit)
    )
    return [
        Labels(market_id, tuple(tags), tuple(t for t in (title, group) if t), category)
        for market_id, tags, title, group, category in session.execute(query)
    ]


def set_categories(session: Session, categories: Mapping[int, Category], at: datetime) -> None:
    """Give markets these categories, and have them scored anew."""
    by_category: dict[Category, list[int]] = defaultdict(list)
    for market_id, category in categories.items():
        by_category[category].append(market_id)
    for category, market_ids in by_category.items():
        for part in chunks(market_ids, IN_CHUNK):
            session.connection().execute(
                # The digest is of a listing with the old category.
                update(Market)
                .where(Market.id.in_(part))
                .values(category=category, content_hash=None)
            )
    mark_changed(session, categories.keys(), at)

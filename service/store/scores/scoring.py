"""Which markets are due for an assessment, and what they were last assessed on."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from models.assessment import MarketAssessment, MarketStanding
from models.market import Market
from service.store.id_lists import ID_CHUNK, among, plain_rows
from service.store.upserts import chunks


def list_due_markets(session: Session, at: datetime) -> Sequence[int]:
    """Markets with news no assessment has read, and those whose challenge clock is running.

    Where a challenge is open the score moves with time alone; the rest moves only with facts. A
    mark of the future waits for its time: its news is not known yet.
    """
    return session.scalars(
        select(Market.id)
        .outerjoin(MarketStanding, MarketStanding.market_id == Market.id)
        .where(
            or_(
                Market.stale_since <= at,
                MarketStanding.challenge_open.is_(True),
                MarketStanding.market_id.is_(None),
            ),
            or_(Market.stale_since.is_(None), Market.stale_since <= at),
        )
        .order_by(Market.id)
    ).all()


def latest_digests(session: Session, market_ids: Collection[int]) -> dict[int, bytes]:
    """The inputs digest of each market's current assessment."""
    found: dict[int, bytes] = {}
    for part in chunks(sorted(market_ids), ID_CHUNK):
        query = (
            select(MarketStanding.market_id, MarketAssessment.inputs_digest)
            .join(MarketAssessment, MarketAssessment.id == MarketStanding.assessment_id)
            .where(among(session, MarketStanding.market_id, part))
        )
        rows = plain_rows(session, query)
        found.update((market_id, digest) for market_id, digest in rows)
    return found


def clear_stale(session: Session, seen: Mapping[int, datetime | None], at: datetime) -> None:
    """Note that the news each market was loaded with, as known at ``at``, has been read.

    ``seen`` holds the marks as they were before the facts were read: news that arrived in
    between has another mark, and stays. So does a mark later than ``at``: what it stands for was
    not known yet.
    """
    marked: dict[datetime, list[int]] = defaultdict(list)
    for market_id, mark in seen.items():
        if mark is not None and mark <= at:
            marked[mark].append(market_id)
    # Past the session, which would compare each market it holds with each of these.
    connection = session.connection()
    for mark, ids in marked.items():
        if len(ids) >= _TOGETHER:
            wanted = among(session, Market.id, ids)
            connection.execute(_UNMARKED.where(wanted, Market.stale_since == mark))
    alone = [
        {"id_": market_id, "mark": mark}
        for mark, ids in marked.items()
        if len(ids) < _TOGETHER
        for market_id in ids
    ]
    if alone:
        connection.execute(_UNMARKED_ONE, alone)


# One transaction marks many markets alike. From so many on one statement for all is the faster.
_TOGETHER = 20
_UNMARKED = update(Market).values(stale_since=None)
_UNMARKED_ONE = _UNMARKED.where(
    Market.id == bindparam("id_"), Market.stale_since == bindparam("mark")
)

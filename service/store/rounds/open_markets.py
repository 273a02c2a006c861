"""Markets an attacker could still bring into a vote: proposals that can be disputed at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from models.chain import Block
from models.liquidity import OpenInterest
from models.market import Market
from models.oracle import Dispute, Payout, PriceRequest, Proposal, Settlement
from service.protocol.contracts import ContractBook
from service.protocol.finality import FINALITY_LAG
from service.store.latest import latest_by_market
from service.store.proposals.proposals import is_open, oracle_version_of
from service.store.upserts import IN_CHUNK, chunks

# An unsettled proposal is looked for so long after it expired: the managed oracle's stay open.
LOOK_BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenMarkets:
    """The largest by open interest, largest first; how many more there are."""

    markets: tuple[Market, ...]
    left_out: int


def list_open_markets(
    session: Session, book: ContractBook, minimum: int, most: int, at: datetime
) -> OpenMarkets:
    """Markets whose proposal can be disputed at ``at``, of more open interest than ``minimum``.

    ``minimum`` in micro-USDC. Read from what was known then, in a fixed number of queries.
    """
    keys = {
        (proposal.ancillary_hash, proposal.requester)
        for proposal, block in _undisputed(session, at)
        if is_open(proposal, oracle_version_of(book, block, proposal), at)
    }
    markets: dict[int, Market] = {}
    for part in chunks(sorted({text for text, _ in keys}), IN_CHUNK):
        query = select(Market).where(Market.uma_question_id.in_(part), Market.known_at <= at)
        for market in session.scalars(query):
            if (market.uma_question_id, market.adapter) in keys:
                markets[market.id] = market
    interest = latest_by_market(session, OpenInterest, markets, at)
    large = sorted(
        (id_ for id_, row in interest.items() if row.value > minimum),
        key=lambda id_: (-interest[id_].value, id_),
    )
    return OpenMarkets(tuple(markets[id_] for id_ in large[:most]), max(0, len(large) - most))


def count_disputes(session: Session, begin: datetime, end: datetime, at: datetime) -> int:
    """Disputes in blocks of [begin, end) that were known at ``at``."""
    query = (
        select(func.count())
        .select_from(Dispute)
        .join(Block, Block.id == Dispute.block_id)
        .where(
            Block.mined_at >= begin,
            Block.mined_at < end,
            # None becomes known before it is mined, nor later than the slowest chain is final.
            Dispute.known_at >= begin,
            Dispute.known_at < end + max(FINALITY_LAG.values()),
            Dispute.known_at <= at,
        )
    )
    return session.scalar(query) or 0


def _undisputed(session: Session, at: datetime) -> list[tuple[Proposal, Block]]:
    later = aliased(PriceRequest)
    same = [
        exists().where(
            model.ancillary_hash == Proposal.ancillary_hash,
            model.requester == Proposal.requester,
            model.address == Proposal.address,
            model.identifier == Proposal.identifier,
            model.request_timestamp == Proposal.request_timestamp,
            model.known_at <= at,
        )
        for model in (Dispute, Settlement)
    ]
    superseded = exists().where(
        later.ancillary_hash == Proposal.ancillary_hash,
        later.requester == Proposal.requester,
        later.request_timestamp > Proposal.request_timestamp,
        later.known_at <= at,
    )
    paid = exists().where(
        Market.uma_question_id == Proposal.ancillary_hash,
        Payout.condition_id == Market.condition_id,
        Payout.known_at <= at,
    )
    query = (
        select(Proposal, Block)
        .join(Block, Block.id == Proposal.block_id)
        .where(
            Proposal.known_at <= at,
            or_(Proposal.expires_at.is_(None), Proposal.expires_at > at - LOOK_BACK),
            *(~one for one in same),
            ~superseded,
            ~paid,
        )
    )
    return [(proposal, block) for proposal, block in session.execute(query)]

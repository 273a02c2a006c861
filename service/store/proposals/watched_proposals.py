"""Proposals that can still be disputed, with what the watch needs to hold them to their market."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import ContractKind, OracleVersion, RequestState
from models.liquidity import OpenInterest
from models.market import Market, MarketGroup
from models.question_state import QuestionState
from service.protocol.finality import POLYGON
from service.protocol.game_status import SportsMarketStatus
from service.protocol.proposed_answers import ProposedAnswer, read_answer, read_game_answer
from service.protocol.standing import instant_of
from service.store.latest import latest_by_market
from service.store.markets.reports import standing_answer_report
from service.store.oracle.contracts import load_book
from service.store.oracle.games import get_sports_markets
from service.store.proposals.proposals import OpenProposal, list_open_proposals
from service.store.upserts import IN_CHUNK, chunks


@dataclass(frozen=True, slots=True)
class WatchedProposal:
    """One live proposal and its market. Money is micro-USDC."""

    market_id: int
    condition_id: bytes
    title: str
    slug: str | None
    group_slug: str | None
    outcomes: tuple[str, ...]
    token_ids: tuple[str, ...]
    # None where Polymarket's feed alone tells of it.
    request_timestamp: int | None
    proposed_price: int
    answer: ProposedAnswer
    proposed_at: datetime | None
    # Until then a dispute is surely possible; None where nobody told us.
    challenge_ends_at: datetime | None
    is_managed: bool | None
    open_interest: int | None
    chain_id: int | None
    transaction_hash: bytes | None
    block_number: int | None


@dataclass(frozen=True, slots=True)
class LiveProposals:
    """All live proposals at an instant."""

    watched: tuple[WatchedProposal, ...]
    # Conditions of questions whose market the catalogue has not shown.
    unlisted: tuple[bytes, ...]
    # Those of which neither a market nor its condition is known, or no price.
    unknown: int


def list_live_proposals(session: Session, now: datetime) -> LiveProposals:
    """Every proposal a dispute can still stop at ``now``, in no order."""
    queue = list_open_proposals(session, now)
    # A market whose question was asked again keeps the newest proposal alone.
    newest = {
        entry.market_id: entry
        for entry in sorted(queue, key=lambda entry: entry.request_timestamp or 0)
        if entry.market_id is not None
    }
    markets = _markets(session, newest)
    games = _games(session, [market for market, _ in markets.values()], now)
    told = {
        market_id: _by_game(entry, games.get(markets[market_id][0].condition_id))
        for market_id, entry in newest.items()
    }
    listed = {key: entry for key, entry in told.items() if entry.proposed_price is not None}
    interest = latest_by_market(session, OpenInterest, listed, now)
    told_by_feed = [key for key, entry in listed.items() if entry.source == "feed"]
    reports = standing_answer_report(session, told_by_feed, now)
    watched = [
        _to_watched(
            entry,
            *markets[market_id],
            money=interest[market_id].value if market_id in interest else None,
            reported_at=reports[market_id].reported_at if market_id in reports else None,
            game=games.get(markets[market_id][0].condition_id),
        )
        for market_id, entry in listed.items()
    ]
    strangers = [entry for entry in queue if entry.market_id is None]
    unlisted = _conditions(session, strangers)
    unknown = len(queue) - len(watched) - len(unlisted)
    return LiveProposals(tuple(watched), unlisted, unknown)


def _to_watched(
    entry: OpenProposal,
    market: Market,
    group_slug: str | None,
    *,
    money: int | None,
    reported_at: datetime | None,
    game: SportsMarketStatus | None,
) -> WatchedProposal:
    price = entry.proposed_price
    assert price is not None  # noqa: S101  # chosen by it
    version = entry.oracle_version
    return WatchedProposal(
        market_id=market.id,
        condition_id=market.condition_id,
        title=market.title,
        slug=market.slug,
        group_slug=group_slug,
        outcomes=tuple(market.outcomes),
        token_ids=tuple(market.token_ids),
        request_timestamp=entry.request_timestamp,
        proposed_price=price,
        answer=_answer(price, game),
        proposed_at=entry.proposed_at or reported_at,
        challenge_ends_at=entry.challenge_ends_at,
        is_managed=None if version is None else version is not OracleVersion.OOV2,
        open_interest=money,
        chain_id=entry.chain_id,
        transaction_hash=entry.transaction_hash,
        block_number=entry.block_number,
    )


def _answer(price: int, game: SportsMarketStatus | None) -> ProposedAnswer:
    return read_answer(price) if game is None else read_game_answer(price, game.payouts_at(price))


def _games(
    session: Session, markets: Sequence[Market], now: datetime
) -> Mapping[bytes, SportsMarketStatus]:
    """Markets that a game's scores decide, by condition."""
    book = load_book(session)
    oracles = book.addresses(POLYGON, [ContractKind.UMA_SPORTS_ORACLE])
    conditions = [market.condition_id for market in markets if market.adapter in oracles]
    return get_sports_markets(session, conditions, book, now) if conditions else {}


def _by_game(entry: OpenProposal, status: SportsMarketStatus | None) -> OpenProposal:
    """A game's market with the proposal of its game, which the queue does not join to it."""
    request = None if status is None or status.game is None else status.game.operative
    if request is None or request.state is not RequestState.PROPOSED:
        return entry
    return replace(
        entry,
        source="chain",
        proposed_price=request.proposed_price,
        proposed_at=request.proposed_at,
        request_timestamp=request.request_timestamp,
        challenge_ends_at=instant_of(request.expiration_timestamp),
    )


def _markets(
    session: Session, market_ids: Collection[int]
) -> Mapping[int, tuple[Market, str | None]]:
    found: dict[int, tuple[Market, str | None]] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        query = (
            select(Market, MarketGroup.slug)
            .outerjoin(MarketGroup, MarketGroup.id == Market.group_id)
            .where(Market.id.in_(part))
        )
        found.update({market.id: (market, slug) for market, slug in session.execute(query)})
    return found


def _conditions(session: Session, strangers: Sequence[OpenProposal]) -> tuple[bytes, ...]:
    """The conditions of official questions, by which their markets can be looked up."""
    hashes = {entry.ancillary_hash for entry in strangers if entry.ancillary_hash is not None}
    found: list[bytes] = []
    for part in chunks(sorted(hashes), IN_CHUNK):
        query = select(QuestionState.condition_id).where(
            QuestionState.question_id.in_(part), QuestionState.is_official
        )
        found += session.scalars(query)
    return tuple(dict.fromkeys(found))

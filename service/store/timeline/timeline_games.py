"""Timeline entries of a sports game and its market: pauses, scores, and what was set by hand."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.lifecycle_enums import GameChangeKind, SportsMarketChangeKind
from models.market import Market
from models.sports import GameChange, SportsMarket, SportsMarketChange
from service.store.timeline.timeline_entry import TimelineEntry
from service.store.timeline.timeline_rows import list_rows, to_entry
from service.store.timeline.timeline_words import payout_words

_GAME = {
    GameChangeKind.RESET: "The game was reset: the oracle was asked again.",
    GameChangeKind.PAUSED: "Administrators paused the game.",
    GameChangeKind.UNPAUSED: "Administrators resumed the game.",
    GameChangeKind.SETTLED: "The game was settled",
    GameChangeKind.CANCELED: "The game was cancelled: its markets pay half each.",
    GameChangeKind.EMERGENCY_SETTLED: "Administrators set the game's scores by hand",
}
_MARKET = {
    SportsMarketChangeKind.PAUSED: "Administrators paused the market.",
    SportsMarketChangeKind.UNPAUSED: "Administrators resumed the market.",
    SportsMarketChangeKind.RESOLVED: "The market was resolved by its game",
    SportsMarketChangeKind.EMERGENCY_RESOLVED: "Administrators set the outcome by hand",
}


def list_game_entries(session: Session, market: Market) -> Iterator[TimelineEntry]:
    """What the sports oracle says of a market and its game, in no order."""
    ours = session.scalars(
        select(SportsMarket).where(SportsMarket.condition_id == market.condition_id)
    )
    for found in ours:
        of_game = (GameChange.game_id == found.game_id, GameChange.address == found.address)
        for change, block in list_rows(session, GameChange, *of_game):
            kind = GameChangeKind(change.kind)
            scores = "" if change.home is None else f": home {change.home}, away {change.away}."
            by_hand = kind is GameChangeKind.EMERGENCY_SETTLED
            name = "override" if by_hand else f"game_{kind.value}"
            yield to_entry(change, block, name, _GAME[kind] + scores, {"layer": "game"})
        of_market = (
            SportsMarketChange.market_id == found.market_id,
            SportsMarketChange.address == found.address,
        )
        for paid, block in list_rows(session, SportsMarketChange, *of_market):
            word = SportsMarketChangeKind(paid.kind)
            payouts = (
                "" if paid.payouts is None else f": {payout_words(paid.payouts, market.outcomes)}."
            )
            by_hand = word is SportsMarketChangeKind.EMERGENCY_RESOLVED
            name = "override" if by_hand else f"market_{word.value}"
            yield to_entry(paid, block, name, _MARKET[word] + payouts, {"layer": "market"})

"""What UmaSportsOracle's logs say: a game is one price request, its markets follow from it."""

from dataclasses import dataclass

from models.lifecycle_enums import GameChangeKind, SportsMarketChangeKind
from service.protocol.log_position import LogPosition


@dataclass(frozen=True, slots=True)
class GameCreated:
    """A game enters the sports oracle, which asks for both scores at once."""

    at: LogPosition
    game_id: bytes
    # 0: the home side's score comes first; 1: the away side's.
    ordering: int
    ancillary_hash: bytes
    ancillary_data: bytes
    request_timestamp: int


@dataclass(frozen=True, slots=True)
class GameChanged:
    """A game's reset, pause or end; the scores only where it was settled."""

    at: LogPosition
    game_id: bytes
    kind: GameChangeKind
    home: int | None = None
    away: int | None = None


@dataclass(frozen=True, slots=True)
class SportsMarketCreated:
    """A market of a game: winner, spread or total."""

    at: LogPosition
    market_id: bytes
    game_id: bytes
    condition_id: bytes
    market_type: int
    underdog: int
    line: int


@dataclass(frozen=True, slots=True)
class SportsMarketChanged:
    """A sports market's pause or payout."""

    at: LogPosition
    market_id: bytes
    kind: SportsMarketChangeKind
    payouts: tuple[int, ...] | None = None


SportsFact = GameCreated | GameChanged | SportsMarketCreated | SportsMarketChanged

"""The sports oracle's own shapes: a game is one request for both scores."""

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Bytes32, Document, Uint256
from models.lifecycle_enums import GameChangeKind, SportsMarketChangeKind
from models.log_fact import LogFact


class Game(LogFact, Base):
    """``GameCreated``: the sports oracle asks for a game's scores."""

    __tablename__ = "games"
    __table_args__ = (Index(None, "game_id"), Index(None, "ancillary_hash"))

    game_id: Mapped[bytes] = mapped_column(Bytes32)
    # 0: the home side's score comes first; 1: the away side's.
    ordering: Mapped[int] = mapped_column(Integer)
    ancillary_hash: Mapped[bytes] = mapped_column(Bytes32)
    request_timestamp: Mapped[int] = mapped_column(BigInteger)


class GameChange(LogFact, Base):
    """A game's reset, pause or end."""

    __tablename__ = "game_changes"
    __table_args__ = (Index(None, "game_id"),)

    game_id: Mapped[bytes] = mapped_column(Bytes32)
    kind: Mapped[GameChangeKind] = mapped_column(String(20))
    home: Mapped[int | None] = mapped_column(Uint256)
    away: Mapped[int | None] = mapped_column(Uint256)


class SportsMarket(LogFact, Base):
    """``MarketCreated``: a market of a game."""

    __tablename__ = "sports_markets"
    __table_args__ = (Index(None, "market_id"), Index(None, "game_id"), Index(None, "condition_id"))

    market_id: Mapped[bytes] = mapped_column(Bytes32)
    game_id: Mapped[bytes] = mapped_column(Bytes32)
    condition_id: Mapped[bytes] = mapped_column(Bytes32)
    market_type: Mapped[int] = mapped_column(Integer)
    underdog: Mapped[int] = mapped_column(Integer)
    line: Mapped[int] = mapped_column(Uint256)


class SportsMarketChange(LogFact, Base):
    """A sports market's pause or payout."""

    __tablename__ = "sports_market_changes"
    __table_args__ = (Index(None, "market_id"),)

    market_id: Mapped[bytes] = mapped_column(Bytes32)
    kind: Mapped[SportsMarketChangeKind] = mapped_column(String(20))
    payouts: Mapped[list[str] | None] = mapped_column(Document)

"""A sports game and its markets, as UmaSportsOracle would tell them at a time."""

from dataclasses import dataclass
from datetime import datetime

from models.lifecycle_enums import GameState, ResolutionKind, SportsMarketState
from service.protocol.market_ids import GameMarket, Underdog
from service.protocol.prices import CANCELLED, TOO_EARLY, outcome_of_payouts
from service.protocol.question_status import QuestionStatus, ResetStatus
from service.protocol.request_status import DvmRequestStatus, RequestStatus, operative_of
from service.protocol.sports import HALF_EACH, Ordering, Scores, game_payouts, read_scores

_ENDED = (GameState.SETTLED, GameState.CANCELED, GameState.EMERGENCY_SETTLED)
_RESOLVED = (SportsMarketState.RESOLVED, SportsMarketState.EMERGENCY_RESOLVED)


@dataclass(frozen=True, slots=True)
class GameStatus:
    """One game: one request for both scores, asked again like a question's."""

    chain_id: int
    game_id: bytes
    sports_oracle: bytes
    title: str
    # 0: the home side's score comes first in a price; 1: the away side's.
    ordering: int
    created_at: datetime
    state: GameState
    # By the oracle or by hand; None before the end, and of a cancelled game.
    scores: Scores | None
    ended_at: datetime | None
    operative_timestamp: int | None
    resets: tuple[ResetStatus, ...]
    requests: tuple[RequestStatus, ...]
    dvm_requests: tuple[DvmRequestStatus, ...]

    @property
    def operative(self) -> RequestStatus | None:
        """The request whose answer ends the game."""
        return operative_of(self.requests, self.operative_timestamp)

    @property
    def is_overridden(self) -> bool:
        """Whether the scores were set by hand; there is no wait before that."""
        return self.state is GameState.EMERGENCY_SETTLED

    @property
    def is_over(self) -> bool:
        """Whether its markets can be resolved by it."""
        return self.state in _ENDED


@dataclass(frozen=True, slots=True)
class SportsMarketStatus:
    """One market of a game; its id is its condition's question id."""

    chain_id: int
    market_id: bytes
    game_id: bytes
    condition_id: bytes
    sports_oracle: bytes
    # ``GameMarket`` and ``Underdog`` as numbers: a later oracle may know more of them.
    market_type: int
    underdog: int
    # Scaled by 1e6.
    line: int
    created_at: datetime
    state: SportsMarketState
    payouts: tuple[int, ...] | None
    paid_at: datetime | None
    # None where the game itself is not stored.
    game: GameStatus | None
    resolution: ResolutionKind | None

    @property
    def is_overridden(self) -> bool:
        """Whether the game or this market was ended by hand."""
        is_by_hand = self.state is SportsMarketState.EMERGENCY_RESOLVED
        return is_by_hand or (self.game is not None and self.game.is_overridden)

    @property
    def expected_payouts(self) -> tuple[int, int] | None:
        """What the game's end makes this market pay; ``None`` before it, or for unknown types."""
        game = self.game
        if game is None or not game.is_over:
            return None
        if game.state is GameState.CANCELED:
            return HALF_EACH
        return None if game.scores is None else self._payouts_of(game.scores)

    def payouts_at(self, price: int) -> tuple[int, int] | None:
        """What a price of its game would make this market pay; ``None`` for "too early".

        ``None`` as well where the game is not stored, and for unknown types.
        """
        game = self.game
        if game is None or price == TOO_EARLY:
            return None
        if price == CANCELLED:
            return HALF_EACH
        try:
            scores = read_scores(price, Ordering(game.ordering))
        except ValueError:
            return None
        return None if scores is None else self._payouts_of(scores)

    def _payouts_of(self, scores: Scores) -> tuple[int, int] | None:
        try:
            kind, underdog = GameMarket(self.market_type), Underdog(self.underdog)
            ordering = Ordering(0 if self.game is None else self.game.ordering)
        except ValueError:
            return None
        return game_payouts(kind, scores, ordering=ordering, line=self.line, underdog=underdog)

    @property
    def pays_by_game(self) -> bool | None:
        """Whether the payout is what the game's end says; ``None`` if either is missing."""
        if self.payouts is None or self.expected_payouts is None:
            return None
        return self.payouts == self.expected_payouts

    def as_question(self) -> QuestionStatus:
        """The market in a question's words: its own ids and payout, its game's requests.

        Outcomes are the slots (the first one as Yes); a price is both scores, so it names none.
        """
        game = self.game
        return QuestionStatus(
            chain_id=self.chain_id,
            question_id=self.market_id,
            condition_id=self.condition_id,
            adapter=self.sports_oracle,
            oracle=game.requests[-1].oracle if game is not None and game.requests else None,
            title="" if game is None else game.title,
            # No log says who created a market or a game.
            creator=bytes(20),
            is_official=False,
            resolved=self.state in _RESOLVED or (game is not None and game.is_over),
            paused=self.state is SportsMarketState.PAUSED
            or (game is not None and game.state is GameState.PAUSED),
            reset=game is not None and bool(game.resets),
            overridden=self.is_overridden,
            payouts=self.payouts,
            outcome=None if self.payouts is None else outcome_of_payouts(self.payouts),
            initialized_at=self.created_at,
            paid_at=self.paid_at,
            requests=() if game is None else game.requests,
            dvm_requests=() if game is None else game.dvm_requests,
            is_partial=game is None,
            ancillary_hash=self.game_id,
            operative_timestamp=None if game is None else game.operative_timestamp,
            resets=() if game is None else game.resets,
            resolution=self.resolution,
        )

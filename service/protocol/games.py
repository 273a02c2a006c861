"""A sports game's state and its markets' payouts as a pure fold over ordered facts.

Source: UmaSportsOracle; docs/methodology.md, "Games".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from models.lifecycle_enums import (
    GameChangeKind,
    GameState,
    ResolutionKind,
    SportsMarketChangeKind,
    SportsMarketState,
)
from service.protocol import facts
from service.protocol.asking_fold import AskingFold
from service.protocol.contracts import ContractBook
from service.protocol.dated_fact import DatedFact
from service.protocol.game_status import GameStatus, SportsMarketStatus
from service.protocol.request_fold import RequestsFold
from service.protocol.request_terms import TermsFold
from service.protocol.sports import Scores
from service.protocol.sports_facts import (
    GameChanged,
    GameCreated,
    SportsMarketChanged,
    SportsMarketCreated,
)
from service.protocol.vote_facts import VoteRequestChanged, VoteRequested

_FINAL = (GameState.SETTLED, GameState.CANCELED, GameState.EMERGENCY_SETTLED)


@dataclass(frozen=True, slots=True)
class GameFacts:
    """Everything the chain said of one game, in chain order (the vote's chain last)."""

    created: GameCreated
    created_at: datetime
    facts: tuple[DatedFact, ...]


@dataclass(frozen=True, slots=True)
class SportsMarketFacts:
    """Everything the chain said of one market of a game, in chain order."""

    created: SportsMarketCreated
    created_at: datetime
    facts: tuple[DatedFact, ...]


@dataclass(slots=True)
class _GameFold:
    asking: AskingFold
    state: GameState = GameState.CREATED
    scores: Scores | None = None
    ended_at: datetime | None = None

    def tell(self, dated: DatedFact) -> None:
        if self.asking.tell(dated, is_over=self.state in _FINAL):
            return
        match dated.fact:
            case GameChanged() as fact:
                self._change(fact, dated.mined_at)
            case facts.RequestBridged() as fact:
                self.asking.requests.bridged[fact.child_request_id] = fact
            case facts.PricePushed() as fact:
                self.asking.requests.pushed[fact.request_hash] = fact.price
            case VoteRequestChanged() | VoteRequested() as fact:
                self.asking.requests.hear_of_vote(fact)
            case _:
                pass

    def _change(self, change: GameChanged, at: datetime) -> None:
        match change.kind:
            case GameChangeKind.RESET:
                self.asking.reset(change.at, at)
            case GameChangeKind.PAUSED:
                self.state = GameState.PAUSED
            case GameChangeKind.UNPAUSED:
                self.state = GameState.CREATED
            case GameChangeKind.SETTLED:
                self._end(GameState.SETTLED, change, at)
            case GameChangeKind.CANCELED:
                self._end(GameState.CANCELED, change, at)
            case GameChangeKind.EMERGENCY_SETTLED:
                self._end(GameState.EMERGENCY_SETTLED, change, at)
            case _:
                assert_never(change.kind)

    def _end(self, state: GameState, change: GameChanged, at: datetime) -> None:
        self.state, self.ended_at = state, at
        if change.home is not None and change.away is not None:
            self.scores = Scores(home=change.home, away=change.away)


def fold_game(game: GameFacts, book: ContractBook, title: str, now: int) -> GameStatus:
    """Fold a game's facts to its state at unix time ``now``."""
    created = game.created
    # No log says what bond a game asks for.
    requests = RequestsFold(book, TermsFold(None))
    fold = _GameFold(AskingFold(requests, operative=created.request_timestamp))
    for dated in game.facts:
        fold.tell(dated)
    return GameStatus(
        chain_id=created.at.chain_id,
        game_id=created.game_id,
        sports_oracle=created.at.address,
        title=title,
        ordering=created.ordering,
        created_at=game.created_at,
        state=fold.state,
        scores=fold.scores,
        ended_at=fold.ended_at,
        operative_timestamp=fold.asking.operative,
        resets=tuple(fold.asking.resets),
        requests=requests.finish(now),
        dvm_requests=tuple(requests.dvm_requests(created.at.chain_id)),
    )


def fold_sports_market(market: SportsMarketFacts, game: GameStatus | None) -> SportsMarketStatus:
    """Fold a market's facts beside its game; without the game its own outcome is all there is."""
    created = market.created
    state = SportsMarketState.CREATED
    payouts: tuple[int, ...] | None = None
    paid_at: datetime | None = None
    for dated in market.facts:
        match dated.fact:
            case SportsMarketChanged() as fact:
                state = _STATES[fact.kind]
            case facts.ConditionResolved() as fact:
                payouts, paid_at = fact.numerators, dated.mined_at
            case _:
                pass
    return SportsMarketStatus(
        chain_id=created.at.chain_id,
        market_id=created.market_id,
        game_id=created.game_id,
        condition_id=created.condition_id,
        sports_oracle=created.at.address,
        market_type=created.market_type,
        underdog=created.underdog,
        line=created.line,
        created_at=market.created_at,
        state=state,
        payouts=payouts if payouts is not None else _reported(market.facts),
        paid_at=paid_at,
        game=game,
        resolution=_resolution(state, game, is_paid=payouts is not None),
    )


_STATES = {
    SportsMarketChangeKind.PAUSED: SportsMarketState.PAUSED,
    SportsMarketChangeKind.UNPAUSED: SportsMarketState.CREATED,
    SportsMarketChangeKind.RESOLVED: SportsMarketState.RESOLVED,
    SportsMarketChangeKind.EMERGENCY_RESOLVED: SportsMarketState.EMERGENCY_RESOLVED,
}


def _reported(told: Sequence[DatedFact]) -> tuple[int, ...] | None:
    """The payout by the sports oracle's word; it pays in the same transaction."""
    payouts = [d.fact.payouts for d in told if isinstance(d.fact, SportsMarketChanged)]
    return next((numerators for numerators in reversed(payouts) if numerators is not None), None)


def _resolution(
    state: SportsMarketState, game: GameStatus | None, *, is_paid: bool
) -> ResolutionKind | None:
    if state is SportsMarketState.EMERGENCY_RESOLVED:
        return ResolutionKind.MARKET_OVERRIDE
    if game is None or not (is_paid or state is SportsMarketState.RESOLVED):
        return None
    if game.state is GameState.EMERGENCY_SETTLED:
        return ResolutionKind.GAME_OVERRIDE
    operative = game.operative
    is_voted = operative is not None and operative.is_disputed
    return ResolutionKind.DVM if is_voted else ResolutionKind.ORACLE

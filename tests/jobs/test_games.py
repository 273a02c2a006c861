"""Sports games from their logs to what their markets pay, on both databases."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.export import export_rows
from models.enums import MarketState
from models.lifecycle_enums import (
    DisputeOrder,
    GameState,
    ResetCause,
    ResolutionKind,
    SportsMarketState,
)
from models.market import Market
from service.protocol.game_status import SportsMarketStatus
from service.protocol.market_ids import GameMarket, Underdog
from service.protocol.prices import CANCELLED, TOO_EARLY
from service.protocol.sports import Scores
from service.store.oracle.games import get_sports_markets
from service.store.scores.inputs import load_inputs
from service.store.timeline.timeline import list_timeline
from tests.jobs.encoded_store import store
from tests.replays.adapter_logs import DISPUTER
from tests.replays.game_logs import BOOK, SPORTS, Game, GameMarketLogs, price_of
from tests.store.scenes import add_market

THREE_ONE = price_of(3, 1)
WINNER, SPREADS, TOTALS = GameMarket


def created(ordering: int = 0) -> Game:
    game = Game()
    game.create(ordering)
    return game


def status_of(sessions: sessionmaker[Session], market: GameMarketLogs) -> SportsMarketStatus:
    store(sessions, market.game.chain, BOOK)
    with sessions() as session:
        return get_sports_markets(session, [market.condition], BOOK)[market.condition]


@pytest.mark.parametrize(
    ("ordering", "kind", "line", "underdog", "payouts"),
    [
        (0, WINNER, 0, Underdog.HOME, (1, 0)),
        (1, WINNER, 0, Underdog.HOME, (1, 0)),
        (0, SPREADS, 2_500_000, Underdog.AWAY, (0, 1)),
        (0, SPREADS, 1_500_000, Underdog.AWAY, (1, 0)),
        (0, TOTALS, 4_500_000, Underdog.HOME, (0, 1)),
    ],
)
def test_a_market_pays_what_its_game_s_scores_say(  # a table of cases
    ordering: int,
    kind: GameMarket,
    line: int,
    underdog: Underdog,
    payouts: tuple[int, int],
    sessions: sessionmaker[Session],
) -> None:
    game = created(ordering)
    market = game.market(kind, line, underdog)
    game.propose(THREE_ONE)
    home, away = (3, 1) if ordering == 0 else (1, 3)
    game.end(THREE_ONE, home, away)
    market.resolve(*payouts)
    status = status_of(sessions, market)
    assert status.game is not None
    assert status.game.scores == Scores(home=home, away=away)
    assert (status.expected_payouts, status.pays_by_game) == (payouts, True)
    assert (status.state, status.resolution) == (
        SportsMarketState.RESOLVED,
        ResolutionKind.ORACLE,
    )


def test_a_game_s_disputes_go_the_way_a_question_s_go(sessions: sessionmaker[Session]) -> None:
    game = created()
    market = game.market(WINNER)
    game.propose(THREE_ONE)
    game.dispute_first(THREE_ONE)
    game.propose(THREE_ONE)
    game.dispute(THREE_ONE)
    game.chain.send(
        game.settled(TOO_EARLY, disputer=DISPUTER),
        game.request(),
        game.on_adapter("GameReset", game.question_id),
    )
    status = status_of(sessions, market).game
    assert status is not None
    assert [r.dispute_order for r in status.requests] == [
        DisputeOrder.FIRST,
        DisputeOrder.SECOND,
        None,
    ]
    assert [r.cause for r in status.resets] == [ResetCause.FIRST_DISPUTE, ResetCause.TOO_EARLY]
    assert status.operative == status.requests[-1]
    assert status.state is GameState.CREATED


def test_a_cancelled_game_pays_half_each(sessions: sessionmaker[Session]) -> None:
    game = created()
    market = game.market(WINNER)
    game.propose(CANCELLED)
    game.chain.send(game.settled(CANCELLED), game.on_adapter("GameCanceled", game.question_id))
    status = status_of(sessions, market)
    assert status.game is not None
    assert (status.game.state, status.game.scores) == (GameState.CANCELED, None)
    assert status.expected_payouts == (1, 1)
    assert status.pays_by_game is None


def test_scores_set_by_hand_override_every_market_of_the_game(
    sessions: sessionmaker[Session],
) -> None:
    game = created()
    market = game.market(WINNER)
    game.propose(THREE_ONE)
    game.change("GamePaused")
    game.change("GameEmergencySettled", 0, 9)
    market.resolve(0, 1)
    status = status_of(sessions, market)
    assert status.resolution is ResolutionKind.GAME_OVERRIDE
    assert status.is_overridden
    assert status.pays_by_game


def test_a_market_set_by_hand_may_pay_against_its_game(sessions: sessionmaker[Session]) -> None:
    game = created()
    market = game.market(WINNER)
    game.propose(THREE_ONE)
    game.end(THREE_ONE, 3, 1)
    game.chain.send(game.on_adapter("MarketPaused", market.market_id))
    market.resolve(0, 1, name="MarketEmergencyResolved")
    status = status_of(sessions, market)
    assert status.resolution is ResolutionKind.MARKET_OVERRIDE
    assert (status.expected_payouts, status.payouts) == ((1, 0), (0, 1))
    assert status.pays_by_game is False


def test_a_market_without_its_game_s_beginning_still_tells_its_payout(
    sessions: sessionmaker[Session],
) -> None:
    game = Game()
    market = game.market(WINNER)
    market.resolve(1, 0)
    status = status_of(sessions, market)
    assert (status.game, status.payouts, status.resolution) == (None, (1, 0), None)


def listed(session: Session, market: GameMarketLogs) -> Market:
    return add_market(
        session,
        1,
        condition_id=market.condition,
        question_id=market.market_id,
        uma_question_id=market.market_id,
        adapter=SPORTS,
    )


def test_a_listed_market_is_scored_and_told_by_its_game(sessions: sessionmaker[Session]) -> None:
    game = created()
    logs = game.market(WINNER)
    with sessions.begin() as session:
        listed(session, logs).stale_since = None
    game.propose(THREE_ONE)
    store(sessions, game.chain, BOOK)
    with sessions() as session:
        market = session.scalars(select(Market)).one()
        assert market.stale_since is not None
        [inputs] = load_inputs(session, [market], BOOK, game.chain.now.replace(year=2027))
        assert inputs.state is MarketState.PROPOSED
        kinds = [entry.kind for entry in list_timeline(session, market)]
        assert "proposal" in kinds
        # Its text, its requests and its votes are a game's: no row of its own among questions.
        assert list(export_rows(session, "questions")) == []


def test_a_game_s_story_is_told_in_scores_and_by_whose_hand(
    sessions: sessionmaker[Session],
) -> None:
    game = created()
    logs = game.market(WINNER)
    game.propose(THREE_ONE)
    game.change("GamePaused")
    game.change("GameEmergencySettled", 0, 9)
    game.chain.send(game.on_adapter("MarketPaused", logs.market_id))
    logs.resolve(0, 1, name="MarketEmergencyResolved")
    store(sessions, game.chain, BOOK)
    with sessions() as session:
        told = {e.sentence: e.kind for e in list_timeline(session, listed(session, logs))}
    [proposal] = [sentence for sentence, kind in told.items() if kind == "proposal"]
    assert " proposed the scores 3 and 1, open to dispute until" in proposal
    by_hand = [sentence for sentence, kind in told.items() if kind == "override"]
    assert by_hand == [
        "Administrators set the game's scores by hand: home 0, away 9.",
        "Administrators set the outcome by hand: \u201cNo\u201d was paid in full.",
    ]
    assert told["Administrators paused the game."] == "game_paused"

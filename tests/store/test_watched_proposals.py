"""Live proposals with their markets, those that a game's scores decide among them."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from models.enums import MarketState
from service.protocol.market_ids import GameMarket
from service.store.oracle.contracts import add_book
from service.store.proposals.watched_proposals import list_live_proposals
from tests.jobs.encoded_store import store
from tests.replays.game_logs import BOOK, SPORTS, Game, price_of
from tests.store.scenes import add_market, add_scored

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_games_market_is_held_to_what_the_proposed_scores_pay_it(
    sessions: sessionmaker[Session],
) -> None:
    game = Game()
    game.create(0)
    logs = game.market(GameMarket.TOTALS, line=4_500_000)
    game.propose(price_of(3, 1))
    store(sessions, game.chain, BOOK)
    with sessions.begin() as session:
        add_book(session, BOOK)
        market = add_market(
            session,
            1,
            condition_id=logs.condition,
            question_id=logs.market_id,
            uma_question_id=logs.market_id,
            adapter=SPORTS,
        )
        add_scored(session, 1, market, state=MarketState.PROPOSED, challenge_open=True)
        (one,) = list_live_proposals(session, game.chain.now + timedelta(minutes=1)).watched
    # Four points in all are under the line: the second outcome wins.
    assert (one.answer.winner, one.proposed_price) == (1, price_of(3, 1))
    assert one.proposed_at is not None
    assert one.challenge_ends_at is not None

"""What moved a score, on the market's page."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cell_cache import CellCache
from jobs.score_markets import score_markets
from models.enums import Category
from models.market import Market
from service.api.app import create_app
from service.clock import SetClock
from service.dashboard.movement_view import view_movement
from service.dashboard.pages import create_dashboard
from service.protocol.contracts import ContractBook
from service.risk.explain.movement import Movement
from service.store.markets.listings import mark_changed
from service.store.scores.explanations import Explainer
from tests.risk.scenes import NO_COUNTS, PARAMETERS
from tests.store.scenes import NOW, add_market


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_market_that_was_sorted_anew_shows_what_that_did(sessions: sessionmaker[Session]) -> None:
    cache, book = CellCache(PARAMETERS), ContractBook(())
    for days, category in ((2, Category.POLITICS), (0, Category.SPORTS)):
        at = NOW - timedelta(days=days)
        with sessions.begin() as session:
            if days:
                add_market(session, 1)
            market = session.scalars(select(Market)).one()
            market.category = category
            mark_changed(session, [market.id], at)
        score_markets(sessions, sessions, SetClock(at), cache, book, ())
    clock, explainer = SetClock(NOW), Explainer(PARAMETERS, lambda *_: NO_COUNTS)
    pages = create_dashboard(sessions, clock, version="1", explainer=explainer)
    client = TestClient(create_app(sessions, clock, version="1", pages=pages, explainer=explainer))
    page = client.get("/markets/market-1", headers={"Accept": "text/html"}).text
    caption = " ".join(page.split("What moved it ", 1)[1].split("<", 1)[0].split())
    assert re.match(r"from [\d.,]+ in [\d,]+ \([\d.,]+ to [\d.,]+ in [\d,]+\) on", caption)
    assert "Records corrected since" in page
    assert "politics / under_10k / managed_resolver → sports / under_10k" in page
    assert "They add up to the change" in page


def test_a_score_that_nothing_moved_has_no_table() -> None:
    still = Movement(NOW, NOW, 0.1, 0.1, 0.0, 0.0, (), ("time_passed",))
    assert view_movement(still) is None
    assert view_movement(None) is None

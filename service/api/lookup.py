"""From a path's reference to the market, or to a 404 that echoes it."""

from sqlalchemy.orm import Session

from models.market import Market
from service.api.problems import unknown_reference
from service.store.markets.markets import get_market


def require_market(session: Session, ref: str) -> Market:
    """The market a reference names."""
    market = get_market(session, ref)
    if market is None:
        raise unknown_reference(ref)
    return market

"""Markets stored under an older version of the category table get the present one's category."""

from sqlalchemy.orm import Session, sessionmaker

from service.clock import Clock
from service.polymarket.categories import VERSION, to_category
from service.store.markets.catalogue import get_position, set_position
from service.store.markets.categories import list_labels, set_categories

NAME = "categories"
# Markets of one transaction.
BATCH = 2_000


def recategorise(sessions: sessionmaker[Session], clock: Clock) -> int:
    """Go through all markets once for each version of the table; returns how many moved.

    Cut off, it goes on where it was. Moved markets are scored anew: the category decides the
    base rates.
    """
    moved = 0
    while True:
        with sessions.begin() as session:
            position = get_position(session, NAME) or {}
            is_current = position.get("version") == VERSION
            if is_current and position.get("done"):
                return moved
            after = int(str(position.get("after_id", 0))) if is_current else 0
            page = list_labels(session, after, BATCH)
            wanted = {
                row.market_id: category
                for row in page
                if (category := to_category(row.tags, row.titles)) != row.category
            }
            set_categories(session, wanted, clock.now())
            done = {"version": VERSION, "done": not page}
            last = {"after_id": page[-1].market_id} if page else {}
            set_position(session, NAME, done | last, clock.now())
        moved += len(wanted)

"""Everything known of one market, in one order, each entry with its evidence."""

from sqlalchemy.orm import Session

from models.market import Market
from service.store.timeline.timeline_entry import TimelineEntry
from service.store.timeline.timeline_games import list_game_entries
from service.store.timeline.timeline_oracle import list_oracle_entries
from service.store.timeline.timeline_provisional import list_provisional_entries
from service.store.timeline.timeline_records import list_record_entries
from service.store.timeline.timeline_votes import list_vote_entries


def list_timeline(session: Session, market: Market) -> list[TimelineEntry]:
    """All entries of a market, oldest first."""
    entries = [
        *list_oracle_entries(session, market),
        *list_game_entries(session, market),
        *list_vote_entries(session, market),
        *list_record_entries(session, market),
        *list_provisional_entries(session, market),
    ]
    return sorted(entries, key=lambda entry: entry.key)

"""Recorded chains with votes in rows, and their questions with what became of them."""

from sqlalchemy.orm import Session, sessionmaker

from jobs.import_logs import import_logs
from service.chain.book import read_book
from service.clock import SystemClock
from service.protocol.vote_links import LinkedVote
from service.store.oracle.contracts import load_book
from service.store.votes.voted_questions import iterate_voted
from tests.replays import CONTRACTS, path_of

BOOK = read_book(CONTRACTS)
# Every capture with a vote in it, from the first block of both chains on.
WHOLE_CHAIN = (
    "00-deployment",
    "a-clean",
    "b-first-dispute",
    "c-dvm-vote",
    "d-too-early",
    "e-fifty-fifty",
    "f-flag-manual",
    "g-whale-flip",
    "h-bloc",
)


def add_captures(sessions: sessionmaker[Session], *names: str) -> None:
    """Import captures as the product does."""
    files = [path_of(name) for name in names]
    assert import_logs(sessions, files, BOOK, SystemClock()).refused == ()


def linked_votes(session: Session) -> list[LinkedVote]:
    """Every disputed request with its vote."""
    book = load_book(session)
    return [vote for _, votes in iterate_voted(session, book) for vote in votes]

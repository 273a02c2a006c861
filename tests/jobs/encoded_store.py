"""Encoded chains in rows, and the questions folded from them."""

from sqlalchemy.orm import Session, sessionmaker

from jobs.ingest import ingest_capture
from service.protocol.contracts import ContractBook
from service.protocol.lifecycle import QuestionStatus
from service.store.oracle.contracts import add_book
from service.store.oracle.questions import iterate_statuses
from tests.replays.encoded import EncodedChain


def store(sessions: sessionmaker[Session], chain: EncodedChain, book: ContractBook) -> None:
    """Ingest all of a chain so far; fails where a log is not understood."""
    with sessions.begin() as session:
        add_book(session, book)
        counts = ingest_capture(session, chain.capture(), book, chain.now)
    assert (counts.undecodable, counts.unknown_topic, counts.outside_book) == (0, 0, 0)
    assert counts.facts_added + counts.already_known == counts.logs


def statuses(sessions: sessionmaker[Session], book: ContractBook) -> dict[bytes, QuestionStatus]:
    """Every stored question by its id."""
    with sessions() as session:
        return {status.question_id: status for status in iterate_statuses(session, book)}

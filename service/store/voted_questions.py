"""Questions beside what became of their disputes in the vote, a page at a time."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from sqlalchemy.orm import Session

from service.protocol.contracts import ContractBook
from service.protocol.question_status import QuestionStatus
from service.protocol.vote_links import LinkedVote
from service.store.questions import iterate_statuses
from service.store.upserts import IN_CHUNK
from service.store.votes import link_votes


def iterate_voted(
    session: Session, book: ContractBook, as_of: datetime | None = None
) -> Iterator[tuple[QuestionStatus, tuple[LinkedVote, ...]]]:
    """Every question in chain order, each with the votes on its disputes in their own order."""
    statuses = iterate_statuses(session, book, as_of)
    while page := list(islice(statuses, IN_CHUNK)):
        sent = [request for status in page for request in status.dvm_requests]
        linked = iter(link_votes(session, sent, book, as_of) if sent else ())
        for status in page:
            yield status, tuple(islice(linked, len(status.dvm_requests)))

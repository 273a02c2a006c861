"""Questions beside what became of their disputes in the vote, a page at a time."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.oracle import Dispute
from service.protocol.contracts import ContractBook
from service.protocol.question_status import QuestionStatus
from service.protocol.vote_links import LinkedVote
from service.store.oracle.legacy_questions import find_legacy_questions
from service.store.oracle.questions import get_statuses, iterate_statuses
from service.store.upserts import IN_CHUNK, chunks
from service.store.votes.votes import link_votes

Voted = tuple[QuestionStatus, tuple[LinkedVote, ...]]


def iterate_voted(
    session: Session, book: ContractBook, as_of: datetime | None = None
) -> Iterator[Voted]:
    """Every question in chain order, each with the votes on its disputes in their own order."""
    statuses = iterate_statuses(session, book, as_of)
    while page := list(islice(statuses, IN_CHUNK)):
        yield from join_votes(session, page, book, as_of)


def iterate_disputed(
    session: Session, book: ContractBook, as_of: datetime | None = None
) -> Iterator[Voted]:
    """The disputed questions alone, in the order of their ids; the others are not even loaded.

    A question that entered before indexing began is among them.
    """
    texts = set(session.scalars(select(Dispute.ancillary_hash).distinct()))
    ids = texts | find_legacy_questions(session, texts)
    for part in chunks(sorted(ids), IN_CHUNK):
        found = get_statuses(session, part, book, as_of)
        page = [status for id_ in sorted(found) for status in found[id_] if status.disputes]
        yield from join_votes(session, page, book, as_of)


def join_votes(
    session: Session,
    page: Sequence[QuestionStatus],
    book: ContractBook,
    as_of: datetime | None = None,
) -> Iterator[Voted]:
    """A page of questions with the votes on their disputes, in the order given."""
    sent = [request for status in page for request in status.dvm_requests]
    linked = iter(link_votes(session, sent, book, as_of) if sent else ())
    for status in page:
        yield status, tuple(islice(linked, len(status.dvm_requests)))

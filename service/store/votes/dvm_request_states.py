"""States of the vote's requests: folded from its logs and the bridge, joined to their questions."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import oracle, voting
from models.dvm_request_state import DvmRequestState
from models.enums import LinkMethod
from service.protocol.contracts import ContractBook
from service.protocol.dvm_text import read_dvm_text
from service.protocol.question_status import QuestionStatus
from service.protocol.tally import count_votes
from service.protocol.vote_history import RoundVotes, VoteHistory
from service.protocol.vote_links import LinkedVote
from service.store.oracle.legacy_questions import find_legacy_questions
from service.store.oracle.question_states import list_timeless
from service.store.upserts import IN_CHUNK, chunks, insert_or_ignore
from service.store.votes.votes import get_histories, get_pushed, link_votes


@dataclass(frozen=True, slots=True)
class _Link:
    """A dispute that became a request of the vote."""

    question: QuestionStatus
    vote: LinkedVote


def fold_requests(
    session: Session,
    request_ids: Collection[bytes],
    questions: Iterable[QuestionStatus],
    book: ContractBook,
) -> int:
    """Fold requests of the vote anew, and all that hang together with them; returns how many.

    ``questions`` are those just folded: their disputes' requests follow them. A text joins only
    where one request alone carries it at its time, so requests of one time are folded together.
    """
    ids = set(request_ids) | _of_questions(session, {q.question_id for q in questions})
    ids |= _of_same_time(session, ids)
    behind = list_timeless(session, _questions_of(session, ids), book)
    found = {(q.chain_id, q.adapter, q.question_id): q for q in (*questions, *behind)}
    links = _links(session, [found[key] for key in sorted(found)], book)
    ids |= links.keys() | _of_questions(session, {key[2] for key in found})
    _replace(session, ids, links)
    return len(ids)


def _links(
    session: Session, questions: Iterable[QuestionStatus], book: ContractBook
) -> dict[bytes, _Link]:
    sent = [(question, request) for question in questions for request in question.dvm_requests]
    votes = link_votes(session, [request for _, request in sent], book) if sent else []
    links: dict[bytes, _Link] = {}
    for (question, _), vote in zip(sent, votes, strict=True):
        if vote.request_id is not None:
            links.setdefault(vote.request_id, _Link(question, vote))
    return links


def _replace(session: Session, ids: Collection[bytes], links: Mapping[bytes, _Link]) -> None:
    ordered = sorted(ids)
    histories = get_histories(session, ordered)
    pushed = get_pushed(session, ordered)
    for part in chunks(ordered, IN_CHUNK):
        session.connection().execute(
            delete(DvmRequestState).where(DvmRequestState.request_id.in_(part))
        )
    rows = [
        _to_row(id_, histories.get(id_), links.get(id_), pushed.get(id_))
        for id_ in ordered
        if id_ in histories or id_ in links
    ]
    insert_or_ignore(session, DvmRequestState, rows)


def _to_row(
    request_id: bytes, history: VoteHistory | None, link: _Link | None, left_price: int | None
) -> dict[str, Any]:
    question = None if link is None else link.question
    return {
        "request_id": request_id,
        **_key(history, link),
        "link": (LinkMethod.NONE if link is None else link.vote.method).value,
        "question_chain_id": None if question is None else question.chain_id,
        "adapter": None if question is None else question.adapter,
        "question_id": None if question is None else question.question_id,
        **_course(history),
        **_count(history),
        "left_price": left_price,
        "landed_price": None if link is None else link.vote.landed_price,
    }


def _key(history: VoteHistory | None, link: _Link | None) -> dict[str, Any]:
    key = history.key if history is not None else None if link is None else link.vote.sent
    assert key is not None  # noqa: S101  # a row is made of one or the other
    return {"identifier": key.identifier, "dvm_time": key.dvm_time}


def _course(history: VoteHistory | None) -> dict[str, Any]:
    """How a request went through the vote."""
    resolution = None if history is None else history.resolution
    return {
        "requester": None if history is None else history.requester,
        "is_governance": None if history is None else history.is_governance,
        "added_at": None if history is None else history.added_at,
        "first_round": None if history is None else history.first_round,
        "last_round": None if history is None else history.last_round,
        "roll_count": 0 if history is None else history.roll_count,
        "is_deleted": history is not None and history.is_deleted,
        "resolved_round": None if resolution is None else resolution.round_id,
        "resolved_price": None if resolution is None else resolution.price,
        "resolved_at": None if history is None else history.resolved_at,
    }


def _count(history: VoteHistory | None) -> dict[str, Any]:
    """The opened votes of the round that decided, else of the newest round that has any."""
    votes = None if history is None else _counted(history)
    tally = count_votes(() if votes is None else votes.reveals)
    return {
        "counted_round": None if votes is None else votes.round_id,
        "committed": 0 if votes is None else len({c.voter for c in votes.commits}),
        "revealed": tally.voters,
        "turnout": tally.turnout,
        "leading_price": tally.leader if tally.turnout else None,
        "leading_weight": tally.leader_weight,
    }


def _counted(history: VoteHistory) -> RoundVotes | None:
    decided = None if history.resolution is None else history.resolution.round_id
    rounds = [votes for votes in history.rounds if votes.round_id == decided]
    voted = rounds or [votes for votes in history.rounds if votes.reveals]
    return voted[-1] if voted else None


def request_keys() -> Select[Any]:
    """Every id of a request the vote or a bridge speaks of, or that has a row."""
    keys = union(
        select(DvmRequestState.request_id.label("key")),
        select(oracle.BridgedRequest.parent_request_id),
        select(voting.DvmRequest.request_id),
        select(voting.DvmRequestChange.request_id),
        select(voting.Commit.request_id),
        select(voting.Reveal.request_id),
    ).subquery()
    return select(keys.c.key)


def _of_questions(session: Session, question_ids: Collection[bytes]) -> set[bytes]:
    """The requests that were joined to these questions so far."""
    return _select_in(
        session, DvmRequestState.request_id, DvmRequestState.question_id, question_ids
    )


def _of_same_time(session: Session, request_ids: Collection[bytes]) -> set[bytes]:
    """The requests that ask about the same times, as they were or are."""
    request = voting.DvmRequest
    times = _select_in(session, DvmRequestState.dvm_time, DvmRequestState.request_id, request_ids)
    times |= _select_in(session, request.dvm_time, request.request_id, request_ids)
    return _select_in(session, DvmRequestState.request_id, DvmRequestState.dvm_time, times)


def _questions_of(session: Session, request_ids: Collection[bytes]) -> set[bytes]:
    """The ids of the questions whose disputes may have become these requests."""
    bridge, dispute = oracle.BridgedRequest, oracle.Dispute
    texts = _select_in(session, bridge.ancillary_hash, bridge.parent_request_id, request_ids)
    stamped = _stamped_hashes(session, request_ids)
    texts |= _select_in(session, dispute.ancillary_hash, dispute.stamped_hash, stamped)
    legacy = find_legacy_questions(session, texts)
    joined = _select_in(
        session, DvmRequestState.question_id, DvmRequestState.request_id, request_ids
    )
    return texts | legacy | {question for question in joined if question is not None}


def _stamped_hashes(session: Session, request_ids: Collection[bytes]) -> set[bytes]:
    """The hashes that the requests' own texts carry."""
    request, text = voting.DvmRequest, oracle.AncillaryText
    data: set[bytes] = set()
    for part in chunks(sorted(request_ids), IN_CHUNK):
        query = select(text.data).join(request, request.ancillary_hash == text.hash)
        data.update(session.scalars(query.where(request.request_id.in_(part))))
    read = [read_dvm_text(one) for one in data]
    return {found.stamped_hash for found in read if found is not None}


def _select_in(
    session: Session,
    column: InstrumentedAttribute[Any],
    key: InstrumentedAttribute[Any],
    keys: Collection[Any],
) -> set[Any]:
    found: set[Any] = set()
    for part in chunks(sorted(keys), IN_CHUNK):
        found.update(session.scalars(select(column).where(key.in_(part))))
    return found

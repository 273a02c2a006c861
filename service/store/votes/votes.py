"""The vote joined to the questions: what Ethereum's logs say of each disputed request.

A page of questions costs a fixed number of queries, whatever their number. The rules of the join
are ``service.protocol.vote_links``, those of the history ``service.protocol.vote_history``.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import oracle, voting
from models.chain import Block
from models.enums import ContractKind, LinkMethod
from service.protocol.contracts import ContractBook
from service.protocol.dated_fact import DatedFact
from service.protocol.request_status import DvmRequestStatus
from service.protocol.vote_facts import DvmKey
from service.protocol.vote_history import VoteHistory, fold_votes
from service.protocol.vote_links import ArrivedRequest, LinkedVote, find_by_text, read_arrived
from service.store.oracle.fact_reader import dated, position_of
from service.store.oracle.fact_shapes import fact_of
from service.store.upserts import IN_CHUNK, chunks

# Everything the vote's chain says of one request.
_TABLES: tuple[type[voting.DvmFact], ...] = (
    voting.DvmRequest,
    voting.DvmRequestChange,
    voting.Commit,
    voting.Reveal,
)


Found = Mapping[DvmRequestStatus, tuple[LinkMethod, DvmKey | None]]


def link_votes(
    session: Session,
    sent: Sequence[DvmRequestStatus],
    book: ContractBook,
    as_of: datetime | None = None,
) -> list[LinkedVote]:
    """What became of each disputed request in the vote, in the order given."""
    histories = get_histories(session, _ids(request.parent_request_id for request in sent), as_of)
    lost = [request for request in sent if request.parent_request_id not in histories]
    by_text = _find_by_text(session, lost, book, as_of)
    found = _ids(None if key is None else key.request_id for _, key in by_text.values())
    histories |= get_histories(session, found, as_of)
    asked = _ids(id_ for r in sent for id_ in (r.parent_request_id, r.child_request_id))
    pushed = get_pushed(session, [*asked, *found], as_of)
    return [_link(request, by_text, histories, pushed) for request in sent]


def _ids(ids: Iterable[bytes | None]) -> list[bytes]:
    return sorted({id_ for id_ in ids if id_ is not None})


def _link(
    request: DvmRequestStatus,
    by_text: Found,
    histories: Mapping[bytes, VoteHistory],
    pushed: Mapping[bytes, int],
) -> LinkedVote:
    parent, child = request.parent_request_id, request.child_request_id
    method, key = by_text.get(request, (LinkMethod.PARENT_ID, None))
    request_id = parent if key is None else key.request_id
    return LinkedVote(
        sent=request,
        method=method,
        history=None if request_id is None else histories.get(request_id),
        left_price=None if request_id is None else pushed.get(request_id),
        landed_price=None if child is None else pushed.get(child),
    )


def get_histories(
    session: Session, request_ids: Sequence[bytes], as_of: datetime | None = None
) -> dict[bytes, VoteHistory]:
    """The histories of these requests of the vote; one the vote's chain is silent of is absent."""
    found: dict[bytes, list[DatedFact]] = defaultdict(list)
    keys: dict[bytes, DvmKey] = {}
    for part in chunks(request_ids, IN_CHUNK):
        for model in _TABLES:
            query = dated(model, as_of).where(model.request_id.in_(part))
            for row, chain_id, number, block_hash, mined_at in session.execute(query):
                fact = fact_of(row, position_of(row, chain_id, number, block_hash))
                found[row.request_id].append(DatedFact(fact, mined_at))
                if row.request_id not in keys:
                    keys[row.request_id] = _key_of(row)
    return {
        request_id: fold_votes(keys[request_id], sorted(facts, key=_place))
        for request_id, facts in found.items()
    }


def _place(dated_fact: DatedFact) -> tuple[int, int]:
    return dated_fact.fact.at.block_number, dated_fact.fact.at.log_index


def _key_of(row: voting.DvmFact) -> DvmKey:
    return DvmKey(row.identifier, row.dvm_time, row.ancillary_hash, row.request_id)


def _find_by_text(
    session: Session,
    lost: Sequence[DvmRequestStatus],
    book: ContractBook,
    as_of: datetime | None,
) -> Found:
    times = {request.dvm_time for request in lost if request.stamped_hash is not None}
    arrived: dict[int, list[ArrivedRequest]] = defaultdict(list)
    for request in _list_arrived(session, times, book, as_of):
        arrived[request.key.dvm_time].append(request)
    return {request: find_by_text(request, arrived.get(request.dvm_time, ())) for request in lost}


def _list_arrived(
    session: Session, times: Collection[int], book: ContractBook, as_of: datetime | None
) -> Iterator[ArrivedRequest]:
    """Requests that entered the vote about these times, with their texts."""
    for part in chunks(sorted(times), IN_CHUNK):
        query = (
            select(voting.DvmRequest, Block.chain_id, oracle.AncillaryText.data)
            .join(Block, Block.id == voting.DvmRequest.block_id)
            .join(
                oracle.AncillaryText, oracle.AncillaryText.hash == voting.DvmRequest.ancillary_hash
            )
            .where(voting.DvmRequest.dvm_time.in_(part))
        )
        if as_of is not None:
            query = query.where(voting.DvmRequest.known_at <= as_of)
        for row, chain_id, data in session.execute(query):
            tunnels = book.addresses(chain_id, [ContractKind.ORACLE_ROOT_TUNNEL])
            yield read_arrived(_key_of(row), data, is_bridged=row.requester in tunnels)


def get_pushed(
    session: Session, request_ids: Sequence[bytes], as_of: datetime | None = None
) -> dict[bytes, int]:
    """The prices that crossed the bridge, by the id of the side that logged them."""
    found: dict[bytes, int] = {}
    for part in chunks(request_ids, IN_CHUNK):
        query: Any = select(oracle.PushedPrice.request_hash, oracle.PushedPrice.price).where(
            oracle.PushedPrice.request_hash.in_(part)
        )
        if as_of is not None:
            query = query.where(oracle.PushedPrice.known_at <= as_of)
        found.update((row[0], row[1]) for row in session.execute(query))
    return found

"""Invariants of the vote: prices from opened votes, and the way of requests and prices."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from models import oracle, voting
from models.chain import Block
from models.enums import ContractKind, IndexMode, VoteRequestChangeKind
from service.protocol.contracts import ContractBook
from service.protocol.dvm_text import CompressedText, FullText, read_dvm_text
from service.protocol.ids import to_hex
from service.protocol.invariants import Break, Finding, add_up
from service.protocol.rounds import RoundTime
from service.protocol.tally import count_votes
from service.protocol.vote_checks import find_count_conflicts, is_known
from service.protocol.vote_history import VoteHistory
from service.protocol.vote_outcome import VoteOutcome
from service.store.oracle.indexed_ranges import Coverage, load_coverage
from service.store.upserts import chunks
from service.store.votes.vote_records import work_out_votes
from service.store.votes.votes import get_histories

ORACLES = (
    ContractKind.OPTIMISTIC_ORACLE,
    ContractKind.OPTIMISTIC_ORACLE_V2,
    ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2,
)
RESOLVED = VoteRequestChangeKind.RESOLVED.value
DELETED = VoteRequestChangeKind.DELETED.value
# Requests a page: each comes with all its votes.
PAGE = 100


def check_prices(session: Session) -> Finding:
    """What the contract said became of each request against our own count, a page at a time."""
    coverage = load_coverage(session, IndexMode.LAZY)
    change = voting.DvmRequestChange
    ended = session.execute(
        select(
            change.request_id,
            change.round_id,
            change.price,
            change.transaction_hash,
            Block.chain_id,
            Block.number,
            Block.mined_at,
            exists().where(voting.DvmRequest.request_id == change.request_id).label("is_added"),
        )
        .join(Block, Block.id == change.block_id)
        .where(change.kind.in_([RESOLVED, DELETED]))
        .order_by(Block.chain_id, Block.number, change.log_index)
    )
    # A request that was given up and asked again ends as it ended last.
    last = {row.request_id: row for row in ended}
    return add_up(_prices(session, part, coverage) for part in chunks([*last.values()], PAGE))


def _prices(session: Session, page: Sequence[Any], coverage: Coverage) -> Finding:
    histories = get_histories(session, [row.request_id for row in page])
    outcomes = work_out_votes(session, histories.values())
    not_checkable, breaks = 0, []
    for row in page:
        history, outcome = histories[row.request_id], outcomes[row.request_id]
        reason = _contradiction(history, outcome)
        starts = None if row.round_id is None else RoundTime(row.round_id).reveal_starts_at
        ended_at = int(row.mined_at.timestamp())
        is_read = starts is None or coverage.has_times(row.chain_id, starts, ended_at)
        if reason is None and is_known(outcome):
            continue
        if reason is None or not is_read or not row.is_added:
            not_checkable += 1
            continue
        key = to_hex(row.request_id)
        breaks.append(Break(key, reason, row.chain_id, row.number, row.transaction_hash))
    return Finding(len(page) - not_checkable, tuple(breaks), not_checkable)


def _contradiction(history: VoteHistory, outcome: VoteOutcome) -> str | None:
    """How the contract's last word and the opened votes differ; ``None`` if they do not."""
    reported = history.resolution
    said = (
        "deleted"
        if reported is None
        else f"reported {reported.price} for round {reported.round_id}"
    )
    if is_known(outcome):
        conflicts = ", ".join(find_count_conflicts(history, outcome))
        ours = "no answer" if outcome.answer is None else "{1} in round {0}".format(*outcome.answer)
        return f"{said}: our count gives {ours} ({conflicts})" if conflicts else None
    if reported is None:
        return None
    # Whatever the thresholds were, the price with the most votes alone can have passed them.
    tally = count_votes([v for v in history.reveals if v.round_id == reported.round_id])
    if tally.voters and tally.leader == reported.price:
        return None
    ours = (
        f"{tally.voters} opened votes lead to {tally.leader}" if tally.voters else "no vote opened"
    )
    return f"{said}: {ours}"


def check_voted_requests(session: Session) -> Finding:
    """Opened votes whose request never entered the vote."""
    coverage = load_coverage(session, IndexMode.LAZY)
    reveal = voting.Reveal
    lost = (
        select(
            reveal.request_id,
            reveal.dvm_time,
            Block.chain_id,
            func.min(Block.number),
            func.min(Block.mined_at),
            func.count(),
        )
        .join(Block, Block.id == reveal.block_id)
        .where(~exists().where(voting.DvmRequest.request_id == reveal.request_id))
        .group_by(reveal.request_id, reveal.dvm_time, Block.chain_id)
        .order_by(reveal.request_id)
    )
    not_checkable, breaks = 0, []
    for request_id, dvm_time, chain_id, number, opened_at, votes in session.execute(lost):
        # The request was added after the time it asks about and before its first vote.
        if not coverage.has_times(chain_id, dvm_time, int(opened_at.timestamp())):
            not_checkable += votes
            continue
        reason = f"{votes} opened votes on a request that no stored log adds"
        breaks.append(Break(to_hex(request_id), reason, chain_id, number))
    total = session.scalar(select(func.count()).select_from(reveal)) or 0
    return Finding(total - not_checkable, tuple(breaks), not_checkable)


def check_requests(session: Session, book: ContractBook) -> Finding:
    """Requests that tunnels brought to the vote, against the disputes they come from.

    Those of oracles that the book does not know are others' and not counted.
    """
    coverage = load_coverage(session, IndexMode.LAZY)
    checked = not_checkable = 0
    breaks = []
    for row, chain_id, number, added_at, data, is_bridged in _brought(session, book):
        text = read_dvm_text(data)
        if text is None or text.oracle not in book.addresses(text.chain_id, ORACLES):
            continue
        if is_bridged or _is_disputed(session, text.stamped_hash):
            checked += 1
        elif not _is_dispute_read(coverage, text, row.dvm_time, int(added_at.timestamp())):
            not_checkable += 1
        else:
            checked += 1
            reason = f"no stored dispute on chain {text.chain_id} carries the text it asks about"
            breaks.append(
                Break(to_hex(row.request_id), reason, chain_id, number, row.transaction_hash)
            )
    return Finding(checked, tuple(breaks), not_checkable)


def _is_dispute_read(
    coverage: Coverage, text: CompressedText | FullText, asked_at: int, added_at: int
) -> bool:
    """Whether the dispute lies where everything was read; a whole text does not name its block."""
    if isinstance(text, CompressedText):
        return coverage.has_blocks(text.chain_id, text.block_number, text.block_number)
    return coverage.has_times(text.chain_id, asked_at, added_at)


def _brought(session: Session, book: ContractBook) -> Iterator[Any]:
    request, bridge, text = voting.DvmRequest, oracle.BridgedRequest, oracle.AncillaryText
    tunnels = {e.address for e in book.entries if e.kind is ContractKind.ORACLE_ROOT_TUNNEL}
    # The bridge's log counts where it has its dispute beside it.
    is_bridged = exists().where(
        bridge.parent_request_id == request.request_id,
        bridge.block_id == oracle.Dispute.block_id,
        bridge.transaction_hash == oracle.Dispute.transaction_hash,
        bridge.ancillary_hash == oracle.Dispute.ancillary_hash,
    )
    query = (
        select(request, Block.chain_id, Block.number, Block.mined_at, text.data, is_bridged)
        .join(Block, Block.id == request.block_id)
        .join(text, text.hash == request.ancillary_hash)
        .where(request.requester.in_(tunnels))
        .order_by(Block.chain_id, Block.number, request.log_index)
    )
    return iter(session.execute(query).all())


def _is_disputed(session: Session, stamped_hash: bytes) -> bool:
    query = select(exists().where(oracle.Dispute.stamped_hash == stamped_hash))
    return bool(session.scalar(query))


def check_crossings(session: Session) -> Finding:
    """Prices that crossed the bridge against those the vote reported; equality is exact in SQL."""
    pushed, change, bridge = oracle.PushedPrice, voting.DvmRequestChange, oracle.BridgedRequest
    # Named by the child's id on the question's chain, by the vote's own on the other.
    request_id = func.coalesce(bridge.parent_request_id, pushed.request_hash)
    reported = (
        select(
            pushed.request_hash,
            pushed.price,
            change.price.label("reported"),
            pushed.transaction_hash,
            Block.chain_id,
            Block.number,
        )
        .join(Block, Block.id == pushed.block_id)
        .outerjoin(bridge, bridge.child_request_id == pushed.request_hash)
        .outerjoin(change, and_(change.request_id == request_id, change.kind == RESOLVED))
        .order_by(Block.chain_id, Block.number, pushed.log_index)
    )
    checked = not_checkable = 0
    breaks = []
    for row in session.execute(reported):
        if row.reported is None:
            not_checkable += 1
            continue
        checked += 1
        if row.price != row.reported:
            reason = f"{row.price} crossed the bridge, the vote reported {row.reported}"
            breaks.append(
                Break(
                    f"{row.chain_id}:{to_hex(row.request_hash)}",
                    reason,
                    row.chain_id,
                    row.number,
                    row.transaction_hash,
                )
            )
    return Finding(checked, tuple(breaks), not_checkable)

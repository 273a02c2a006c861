"""What resolved requests cost and earned voters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models.chain import Block
from models.voting import Slash
from service.protocol.vote_history import VoteHistory
from service.store.oracle.fact_reader import dated
from service.store.upserts import IN_CHUNK, chunks
from service.store.votes.vote_records import Contract


@dataclass(frozen=True, slots=True)
class SlashTotal:
    """A request's slashes as far as voters have had them worked out (each does so for himself)."""

    voters: int
    # UMA in wei, both positive.
    lost: int
    earned: int


def get_slash_totals(
    session: Session, histories: Iterable[VoteHistory], as_of: datetime | None = None
) -> dict[bytes, SlashTotal]:
    """The totals by the vote's request id; a request nobody was slashed for yet is absent."""
    resolved: dict[Contract, dict[int, bytes]] = defaultdict(dict)
    for history in histories:
        resolution = history.resolution
        if resolution is not None and resolution.resolved_index is not None:
            contract = (history.chain_id, history.contract)
            resolved[contract][resolution.resolved_index] = history.key.request_id
    amounts: dict[bytes, dict[bytes, int]] = defaultdict(lambda: defaultdict(int))
    for (chain_id, address), requests in resolved.items():
        for part in chunks(sorted(requests), IN_CHUNK):
            query = dated(Slash, as_of).where(
                Block.chain_id == chain_id, Slash.address == address, Slash.resolved_index.in_(part)
            )
            # 256-bit values are text on SQLite: they are added up here.
            for row in session.scalars(query.with_only_columns(Slash)):
                amounts[requests[row.resolved_index]][row.voter] += row.amount
    return {request_id: _total(by_voter) for request_id, by_voter in amounts.items()}


def _total(by_voter: Mapping[bytes, int]) -> SlashTotal:
    return SlashTotal(
        voters=len(by_voter),
        lost=-sum(amount for amount in by_voter.values() if amount < 0),
        earned=sum(amount for amount in by_voter.values() if amount > 0),
    )

"""The stake behind a round: what decides it, who has it, and what came while votes were sealed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.chain import Block
from models.enums import StakeChangeKind
from models.voting import StakeChange
from service.protocol.finality import known_at
from service.protocol.rounds import RoundTime
from service.protocol.tally import RoundTerms as FrozenTerms
from service.protocol.tally import UnknownReason, freeze_round
from service.protocol.vote_outcome import VoteRecords
from service.protocol.voting_parameters import SHARE
from service.risk.attack.attack_inputs import Reading, RoundTerms, known, missing
from service.store.oracle.blocks import first_block_at
from service.store.votes.newest_stakes import get_stakes
from service.store.votes.round_turnout import LEAST_ROUNDS, mean_turnout, rounds_before
from service.store.votes.round_votes import RoundVote
from service.store.votes.vote_records import Contract

WEI = 10**18
# Stake counts as new for so long.
NEW_STAKE = timedelta(days=30)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class RoundStake:
    """Who has which stake in a round, in UMA."""

    terms: RoundTerms
    by_voter: Mapping[bytes, float]
    new_in_commit: Reading
    # Staked in the 30 days before, by voter; None where logs do not go back so far.
    recent: Mapping[bytes, float] | None


def get_round_stake(session: Session, vote: RoundVote, at: datetime) -> RoundStake:
    """The stake of a round as known at ``at``; of one that is over as it was at its end."""
    stakes = stakes_in_round(session, vote.contract, vote.records, vote.round_id, at)
    by_voter = {voter: _uma(stake) for voter, stake in stakes.items() if stake > 0}
    return RoundStake(
        terms=_terms(session, vote, at),
        by_voter=by_voter,
        new_in_commit=_new_in_commit(session, vote, at),
        recent=_recent(session, vote, at),
    )


def stakes_in_round(
    session: Session, contract: Contract, records: VoteRecords, round_id: int, as_of: datetime
) -> dict[bytes, int]:
    """What each voter has in a round, in wei, as known at a time.

    Of a round that is over no log of a later block counts, but those of its last minutes do, which
    become known after it; of any round no stake that came while votes were opened. Voters who have
    none left are among them, with 0.
    """
    until = min(as_of, known_at(contract[0], _instant(RoundTime(round_id).ends_at)) - _SECOND)
    pending = _pending(records, round_id)
    return {
        voter: max(0, stake - pending.get(voter, 0))
        for voter, stake in get_stakes(session, contract, None, until).items()
    }


def frozen_terms(vote: RoundVote) -> FrozenTerms | UnknownReason | None:
    """What was frozen at the round's first opened vote; ``None`` before it."""
    first = vote.records.first_reveals.get(vote.round_id)
    if first is None:
        return None
    return freeze_round(vote.round_id, first, vote.records.ledger, vote.records.parameters)


def _terms(session: Session, vote: RoundVote, at: datetime) -> RoundTerms:
    frozen, records = frozen_terms(vote), vote.records
    in_force = records.parameters.latest
    absent = "the vote's logs do not go back to where it was set"
    turnout = _turnout(session, vote, at)
    slash = missing("the slashing library does not log the share it takes")
    max_rolls = _reading(in_force.max_rolls, absent)
    if isinstance(frozen, FrozenTerms):
        return RoundTerms(
            stake=known(_uma(frozen.stake)),
            spat=known(frozen.spat / SHARE),
            gat=known(_uma(frozen.gat)),
            slash=slash,
            max_rolls=max_rolls,
            turnout=turnout,
            is_frozen=True,
        )
    total = records.ledger.totals[-1] if records.ledger.totals else None
    stake = missing("the logs of stake begin later, or contradict each other")
    if total is not None and frozen is None:
        stake = known(_uma(total))
    return RoundTerms(
        stake=stake,
        spat=_reading(None if in_force.spat is None else in_force.spat / SHARE, absent),
        gat=_reading(None if in_force.gat is None else _uma(in_force.gat), absent),
        slash=slash,
        max_rolls=max_rolls,
        turnout=turnout,
        is_frozen=False,
    )


def _pending(records: VoteRecords, round_id: int) -> dict[bytes, int]:
    """What came while votes were being opened: it does not count in that round."""
    staked = records.ledger.in_reveal.get(round_id, ())
    found: dict[bytes, int] = {}
    for one in staked:
        found[one.voter] = found.get(one.voter, 0) + one.amount
    return found


def _turnout(session: Session, vote: RoundVote, at: datetime) -> Reading:
    """Mean share of the frozen stake that was opened in the rounds of the 30 days before."""
    rounds = rounds_before(session, vote.contract, vote.round_id, at)
    mean = mean_turnout(session, vote.contract, rounds, at)
    if mean is None:
        return missing(f"fewer than {LEAST_ROUNDS} counted rounds in the 30 days before")
    return known(mean)


def _new_in_commit(session: Session, vote: RoundVote, at: datetime) -> Reading:
    time = RoundTime(vote.round_id)
    if vote.head is None:
        return missing("no block of the vote's chain is stored")
    if int(vote.head.mined_at.timestamp()) < time.starts_at:
        return missing("the round has not begun, as far as blocks are stored")
    begin, end = _instant(time.starts_at), _instant(time.reveal_starts_at)
    if not _reaches_back(session, vote.contract[0], begin):
        return missing("the stored logs begin within the commit phase")
    return known(sum(staked_between(session, vote.contract, begin, end, at).values()))


def _recent(session: Session, vote: RoundVote, at: datetime) -> dict[bytes, float] | None:
    """What was new in the round: of one that is over in the 30 days before its end."""
    until = min(at, _instant(RoundTime(vote.round_id).ends_at))
    since = until - NEW_STAKE
    if not _reaches_back(session, vote.contract[0], since):
        return None
    return staked_between(session, vote.contract, since, until, at)


def _reaches_back(session: Session, chain_id: int, to: datetime) -> bool:
    first = first_block_at(session, chain_id)
    return first is not None and first <= to


def staked_between(
    session: Session, contract: Contract, begin: datetime, end: datetime, at: datetime
) -> dict[bytes, float]:
    """New stake by voter; rewards that the contract itself stakes again are none."""
    chain_id, address = contract
    query: Any = (
        select(StakeChange.voter, StakeChange.amount)
        .join(Block, Block.id == StakeChange.block_id)
        .where(
            Block.chain_id == chain_id,
            StakeChange.address == address,
            StakeChange.kind == StakeChangeKind.STAKED,
            StakeChange.source.is_distinct_from(address),
            Block.mined_at >= begin,
            Block.mined_at < end,
            # The same by the index.
            StakeChange.known_at >= known_at(chain_id, begin),
            StakeChange.known_at < known_at(chain_id, end),
            StakeChange.known_at <= at,
        )
    )
    found: dict[bytes, float] = {}
    for voter, amount in session.execute(query):
        found[voter] = found.get(voter, 0.0) + _uma(int(amount))
    return found


def _reading(value: float | None, reason: str) -> Reading:
    return missing(reason) if value is None else known(value)


def _uma(wei: int) -> float:
    """UMA to a millionth: what the documents print."""
    return wei * 10**6 // WEI / 10**6


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)

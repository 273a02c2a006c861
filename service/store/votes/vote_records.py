"""What decides beside the votes: stake, parameters and when each round was frozen."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func
from sqlalchemy.orm import Session

from models.chain import Block
from models.contract_change import ContractChange
from models.enums import StakeChangeKind
from models.voting import Reveal, StakeChange
from service.protocol.contract_facts import ContractChanged
from service.protocol.dated_fact import DatedFact
from service.protocol.finality import known_at
from service.protocol.log_position import Place
from service.protocol.parameter_readings import ParameterReading
from service.protocol.rounds import RoundTime
from service.protocol.stake import StakeLedger, fold_stake
from service.protocol.vote_history import VoteHistory
from service.protocol.vote_outcome import VoteOutcome, VoteRecords, work_out
from service.protocol.voting_parameters import PARAMETER_EVENTS, ParameterHistory, fold_parameters
from service.store.oracle.blocks import get_head
from service.store.oracle.fact_reader import dated, position_of
from service.store.oracle.fact_shapes import fact_of
from service.store.oracle.parameter_readings import list_readings
from service.store.upserts import IN_CHUNK, chunks

# (chain, vote contract)
Contract = tuple[int, bytes]
# A block holds fewer logs than this, so one number orders them all.
_LOGS_OF_A_BLOCK = 1 << 20


def work_out_votes(
    session: Session, histories: Iterable[VoteHistory], as_of: datetime | None = None
) -> dict[bytes, VoteOutcome]:
    """What the vote decided on each request, by its request id, as of the newest stored block."""
    by_contract: dict[Contract, list[VoteHistory]] = defaultdict(list)
    for history in histories:
        by_contract[history.chain_id, history.contract].append(history)
    outcomes: dict[bytes, VoteOutcome] = {}
    for contract, asked in by_contract.items():
        records = get_records(session, contract, {r for h in asked for r in rounds_of(h)}, as_of)
        head = get_head(session, contract[0], as_of)
        at = 0 if head is None else int(head.mined_at.timestamp())
        outcomes |= {h.key.request_id: work_out(h, records, at) for h in asked}
    return outcomes


def rounds_of(history: VoteHistory) -> Iterable[int]:
    """The rounds a request's logs name."""
    yield from (votes.round_id for votes in history.rounds)
    yield from (r for r in (history.first_round, history.last_round) if r is not None)


def get_records(
    session: Session, contract: Contract, rounds: set[int], as_of: datetime | None = None
) -> VoteRecords:
    """What a vote contract's logs say around some rounds; the stake of other times is left out."""
    return VoteRecords(
        ledger=_get_ledger(session, contract, rounds, as_of),
        parameters=get_parameters(session, contract, as_of),
        first_reveals=_get_first_reveals(session, contract, sorted(rounds), as_of),
    )


def get_parameters(
    session: Session, contract: Contract, as_of: datetime | None = None
) -> ParameterHistory:
    """Every parameter of a vote contract over its chain.

    A reading counts once every log up to its block is stored: until then a change may be missing.
    """
    query = _of(contract, ContractChange, as_of).where(ContractChange.name.in_(PARAMETER_EVENTS))
    facts = [dated_fact.fact for dated_fact in _read(session, query, ContractChange)]
    changes = [fact for fact in facts if isinstance(fact, ContractChanged)]
    return fold_parameters(changes, _list_readings(session, contract, None, as_of))


def _get_ledger(
    session: Session, contract: Contract, rounds: set[int], as_of: datetime | None
) -> StakeLedger:
    """The stake from the last ``Staked`` before the first round to the first after the last.

    Those two say the total, so that what lies between can be told and checked.
    """
    if not rounds:
        return StakeLedger()
    opened = _instant(RoundTime(min(rounds)).reveal_starts_at)
    over = _instant(RoundTime(max(rounds)).ends_at)
    staked = _of(contract, StakeChange, as_of).where(StakeChange.kind == StakeChangeKind.STAKED)
    # A chain's logs become known in the order of its blocks, and the index has them in that.
    known, number = StakeChange.known_at, Block.number
    ends = staked.with_only_columns(known, number).limit(1)
    before = known < known_at(contract[0], opened)
    after = known >= known_at(contract[0], over)
    first = session.execute(ends.where(before).order_by(known.desc(), number.desc())).first()
    last = session.execute(ends.where(after).order_by(known, number)).first()
    query = _of(contract, StakeChange, as_of)
    if first is not None:
        query = query.where(known >= first.known_at, number >= first.number)
    if last is not None:
        query = query.where(known <= last.known_at, number <= last.number)
    # A total read behind what is loaded would seem to contradict it.
    until = None if last is None else last.number
    readings = _list_readings(session, contract, until, as_of)
    return fold_stake(_read(session, query, StakeChange), readings)


def _list_readings(
    session: Session, contract: Contract, until: int | None, as_of: datetime | None
) -> list[ParameterReading]:
    """What a contract's getters said up to a block, the newest stored one at most."""
    chain_id, address = contract
    head = get_head(session, chain_id, as_of)
    last = 0 if head is None else head.number
    last = last if until is None else min(last, until)
    return [
        # Between the blocks it was read at, the value may have been another.
        reading if reading.last_block <= last else replace(reading, last_block=reading.first_block)
        for reading in list_readings(session, chain_id, as_of)
        if reading.address == address and reading.first_block <= last
    ]


def _get_first_reveals(
    session: Session, contract: Contract, rounds: Sequence[int], as_of: datetime | None
) -> dict[int, Place]:
    order = func.min(Block.number * _LOGS_OF_A_BLOCK + Reveal.log_index)
    found: dict[int, Place] = {}
    for part in chunks(rounds, IN_CHUNK):
        query = _of(contract, Reveal, as_of).where(Reveal.round_id.in_(part))
        grouped = query.with_only_columns(Reveal.round_id, order).group_by(Reveal.round_id)
        for round_id, place in session.execute(grouped):
            number, index = divmod(place, _LOGS_OF_A_BLOCK)
            found[round_id] = (number, index)
    return found


def _of(contract: Contract, model: type[Any], as_of: datetime | None) -> Select[Any]:
    chain_id, address = contract
    return dated(model, as_of).where(Block.chain_id == chain_id, model.address == address)


def _read(session: Session, query: Select[Any], model: type[Any]) -> Iterable[DatedFact]:
    ordered = query.order_by(Block.number, model.log_index)
    for row, chain_id, number, block_hash, mined_at in session.execute(ordered):
        yield DatedFact(fact_of(row, position_of(row, chain_id, number, block_hash)), mined_at)


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)

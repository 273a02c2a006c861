"""The voting round under way, and the one just over, as the structural signs read them.

Only what was known by the time is read, and a round counts as over when a block after its end is
known. docs/methodology.md, "Structural signs".
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from models import voting
from models.chain import Block
from models.enums import ContractKind, StakeChangeKind, VotePhase, VoteRequestChangeKind
from service.protocol.contracts import ContractBook
from service.protocol.finality import known_at
from service.protocol.ids import to_hex
from service.protocol.prices import TOO_EARLY, outcome_of
from service.protocol.rounds import RoundTime, phase_at, round_at
from service.protocol.tally import Pending, RoundTerms
from service.protocol.vote_control import callers_of
from service.protocol.vote_history import VoteHistory
from service.protocol.vote_outcome import RoundOutcome, VoteRecords, work_out
from service.protocol.voting_parameters import SHARE
from service.risk.signs.attack_signs import SignEvidence
from service.risk.signs.watched_round import (
    Ballot,
    Inflow,
    OpenedAnswer,
    WatchedRequest,
    WatchedRound,
)
from service.store.attacks.blocs import standing_blocs
from service.store.attacks.watched_stake import (
    RoundStakes,
    entity_stakes,
    group_stakes,
    links_around,
    standing_lines,
    to_round_stakes,
    to_uma,
)
from service.store.markets.request_markets import markets_of_requests
from service.store.oracle.blocks import get_head
from service.store.votes.round_stake import stakes_in_round
from service.store.votes.round_turnout import mean_turnout, rounds_before
from service.store.votes.vote_hands import largest_group_behind, largest_holdouts
from service.store.votes.vote_records import Contract, get_records, rounds_of
from service.store.votes.votes import get_histories

# A request that rolled more often is deleted everywhere so far (four rolls, five rounds).
_ROUNDS_BACK = 6
# A request with how it stands in one round.
_Asked = tuple[VoteHistory, RoundOutcome]
_ENDED = (VoteRequestChangeKind.RESOLVED, VoteRequestChangeKind.DELETED)


def load_watched_rounds(
    session: Session, book: ContractBook, as_of: datetime, seen: int | None = None
) -> tuple[WatchedRound, ...]:
    """Of each vote contract the round just over, then the one under way.

    ``seen``: the round that was under way when they were loaded before. Where it is the same, the
    requests that the last round answered were looked at then with all their votes, and are left
    out.
    """
    contracts = dict.fromkeys(
        (entry.chain_id, entry.address)
        for entry in book.entries
        if entry.kind is ContractKind.VOTING_V2
    )
    return tuple(
        watched
        for contract in contracts
        for watched in _of_contract(session, contract, as_of, seen)
    )


def _of_contract(
    session: Session, contract: Contract, as_of: datetime, seen: int | None
) -> Iterable[WatchedRound]:
    head = get_head(session, contract[0], as_of)
    if head is None:
        return
    now = int(head.mined_at.timestamp())
    current = round_at(now)
    wanted = _open_requests(session, contract, current, as_of, with_answered=seen != current)
    histories = get_histories(session, wanted, as_of)
    earlier = rounds_before(session, contract, current, as_of)
    rounds = {r for history in histories.values() for r in rounds_of(history)}
    both = (current - 1, current)
    records = get_records(session, contract, rounds | set(both), as_of)
    by_voter = {one: stakes_in_round(session, contract, records, one, as_of) for one in both}
    if not by_voter[current]:
        return
    told, groups = standing_lines(session, as_of), standing_blocs(session, as_of)
    links = links_around(session, by_voter.values(), told, as_of)
    found = {one: _in_round(histories.values(), records, one, now) for one in both}
    stakes = {
        one: to_round_stakes(by_voter[one], links, _callers(found[one]), groups, told, as_of)
        for one in both
    }
    markets = markets_of_requests(session, [h.key.request_id for h in histories.values()], as_of)
    asked = {one: _requests(found[one], stakes[one], markets) for one in both}
    spat = records.parameters.latest.spat
    line = None if spat is None else spat / SHARE
    turnout = mean_turnout(session, contract, earlier, as_of)
    yield WatchedRound(
        round_id=current - 1,
        is_over=True,
        reveal_seconds_left=0,
        stake=None,
        spat=line,
        turnout=turnout,
        requests=asked[current - 1],
    )
    total = _total(records, current, asked[current])
    is_reveal = phase_at(now) is VotePhase.REVEAL
    yield WatchedRound(
        round_id=current,
        is_over=False,
        reveal_seconds_left=RoundTime(current).ends_at - now if is_reveal else None,
        stake=total,
        spat=line,
        turnout=turnout,
        requests_in_vote=len(found[current]),
        inflows=_inflows(session, contract, current, as_of),
        entities=(
            *entity_stakes(session, contract, stakes[current], told, total, as_of),
            *group_stakes(session, contract, stakes[current], total, groups, as_of),
        ),
        requests=asked[current],
    )


def _open_requests(
    session: Session, contract: Contract, current: int, as_of: datetime, *, with_answered: bool
) -> list[bytes]:
    """Requests that may be voted on in this round or were in the last, still without an end.

    ``with_answered``: those that the last round answered, too.
    """
    chain_id, address = contract
    change = voting.DvmRequestChange
    has_ended = exists().where(
        change.request_id == voting.DvmRequest.request_id,
        change.kind.in_(_ENDED),
        change.known_at <= as_of,
    )
    if with_answered:
        is_earlier = change.round_id.is_distinct_from(current - 1)
        has_ended = has_ended.where(or_(change.kind == VoteRequestChangeKind.DELETED, is_earlier))
    query = (
        select(voting.DvmRequest.request_id)
        .join(Block, Block.id == voting.DvmRequest.block_id)
        .where(
            Block.chain_id == chain_id,
            voting.DvmRequest.address == address,
            voting.DvmRequest.round_id.between(current - _ROUNDS_BACK, current),
            voting.DvmRequest.known_at <= as_of,
            ~has_ended,
        )
    )
    return sorted(set(session.scalars(query)))


def _in_round(
    histories: Iterable[VoteHistory], records: VoteRecords, round_id: int, now: int
) -> list[_Asked]:
    """The requests that are put to a vote in a round."""
    found: list[_Asked] = []
    for history in histories:
        outcome = work_out(history, records, now)
        if not outcome.is_deleted:
            found += [(history, one) for one in outcome.rounds if one.time.round_id == round_id]
    return found


def _callers(asked: Iterable[_Asked]) -> dict[bytes, set[bytes]]:
    return callers_of(reveal for _, outcome in asked for reveal in outcome.votes.reveals)


def _requests(
    asked: Iterable[_Asked], stakes: RoundStakes, markets: Mapping[bytes, str]
) -> tuple[WatchedRequest, ...]:
    """Those whose terms are frozen, with whose votes they are."""
    requests = (_to_request(h, o, stakes, markets.get(h.key.request_id)) for h, o in asked)
    return tuple(request for request in requests if request is not None)


def _to_request(
    history: VoteHistory, outcome: RoundOutcome, stakes: RoundStakes, market: str | None
) -> WatchedRequest | None:
    if not isinstance(outcome.terms, RoundTerms):
        return None
    unopened = outcome.votes.unrevealed
    sealed = unopened if isinstance(outcome.result, Pending) else ()
    ballots: dict[int, list[Ballot]] = {}
    behind: dict[int, dict[bytes, int]] = {}
    for reveal in outcome.votes.reveals:
        at = reveal.at
        evidence = SignEvidence(
            "VoteRevealed", at.chain_id, to_hex(at.transaction_hash), at.log_index
        )
        ballot = Ballot(stakes.entity(reveal.voter), to_uma(reveal.tokens), evidence)
        ballots.setdefault(reveal.price, []).append(ballot)
        behind.setdefault(reveal.price, {})[reveal.voter] = reveal.tokens
    voted = {stakes.entity(commit.voter) for commit in outcome.votes.commits}
    voted |= {ballot.entity_id for cast in ballots.values() for ballot in cast}
    # As ``WatchedRequest.leader`` chooses.
    leading = max(ballots, key=lambda price: sum(b.stake for b in ballots[price]), default=None)
    for_it = {} if leading is None else behind[leading]
    return WatchedRequest(
        request_id=to_hex(history.key.request_id),
        stake=to_uma(outcome.terms.stake),
        spat=outcome.terms.spat / SHARE,
        answers=tuple(
            OpenedAnswer(_answer_words(price), tuple(cast)) for price, cast in ballots.items()
        ),
        sealed=sum(to_uma(stakes.by_voter.get(voter, 0)) for voter in sealed),
        sealed_entities=len({stakes.entity(voter) for voter in unopened}),
        voted_entities=len(voted),
        sealed_unknown=sum(voter not in stakes.by_voter for voter in sealed),
        market=market,
        holdouts=() if leading is None else largest_holdouts(stakes.hands, for_it),
        group_behind=largest_group_behind(stakes.hands, for_it),
    )


def _answer_words(price: int) -> str:
    outcome = outcome_of(price)
    if outcome is not None:
        return outcome.value
    return "TOO EARLY" if price == TOO_EARLY else f"the price {price}"


def _total(records: VoteRecords, round_id: int, requests: Sequence[WatchedRequest]) -> float | None:
    """All stake: as frozen for the round, until then as it stands, without what came too late."""
    if requests:
        return requests[0].stake
    total = records.ledger.totals[-1] if records.ledger.totals else None
    late = sum(one.amount for one in records.ledger.in_reveal.get(round_id, ()))
    return None if total is None else to_uma(total - late)


def _inflows(
    session: Session, contract: Contract, round_id: int, as_of: datetime
) -> tuple[Inflow, ...]:
    """What was staked in the round's commit phase; rewards that were staked again are no news."""
    chain_id, address = contract
    time, change = RoundTime(round_id), voting.StakeChange
    query = (
        select(change)
        .join(Block, Block.id == change.block_id)
        .where(
            Block.chain_id == chain_id,
            Block.mined_at >= _instant(time.starts_at),
            Block.mined_at < _instant(time.reveal_starts_at),
            change.address == address,
            change.kind == StakeChangeKind.STAKED,
            change.known_at >= known_at(chain_id, _instant(time.starts_at)),
            change.known_at < known_at(chain_id, _instant(time.reveal_starts_at)),
            change.known_at <= as_of,
        )
        .order_by(Block.number, change.log_index)
    )
    return tuple(
        Inflow(
            to_hex(row.voter),
            to_uma(row.amount),
            SignEvidence("Staked", chain_id, to_hex(row.transaction_hash), row.log_index),
        )
        for row in session.scalars(query)
        if row.source != address
    )


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)

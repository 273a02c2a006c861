"""Events on the way to the vote and of the vote itself: tunnels on both chains, VotingV2."""

from models.enums import ContractKind, DelegationKind, StakeChangeKind, VoteRequestChangeKind
from service.chain.event import line
from service.chain.words import dvm_key, text_hash, timestamp
from service.protocol import facts, vote_facts
from service.protocol.ancillary import without_oracle_stamp
from service.protocol.facts import Fact
from service.protocol.log_position import LogPosition

VOTING = ContractKind.VOTING_V2
CHILD = ContractKind.ORACLE_CHILD_TUNNEL
TUNNELS = (CHILD, ContractKind.ORACLE_ROOT_TUNNEL)


def _bridged(  # the event's own words
    at: LogPosition,
    requester: bytes,
    identifier: bytes,
    time: int,
    data: bytes,
    child: bytes,
    parent: bytes,
) -> Fact:
    text, stamped = text_hash(without_oracle_stamp(data)), text_hash(data)
    return facts.RequestBridged(
        at, requester, identifier, timestamp(time), text, stamped, child, parent
    )


def _pushed(
    at: LogPosition, identifier: bytes, time: int, _data: bytes, price: int, request_hash: bytes
) -> Fact:
    return facts.PricePushed(at, identifier, timestamp(time), price, request_hash)


def _tunnel_request(
    at: LogPosition, identifier: bytes, time: int, data: bytes, request_hash: bytes
) -> Fact:
    return vote_facts.TunnelRequestAdded(
        at, identifier, timestamp(time), text_hash(data), data, request_hash
    )


def _requested(  # the event's own words
    at: LogPosition,
    requester: bytes,
    round_id: int,
    identifier: bytes,
    time: int,
    data: bytes,
    is_governance: bool,  # noqa: FBT001  # as above
) -> Fact:
    key = dvm_key(identifier, time, data)
    return vote_facts.VoteRequested(at, key, data, requester, round_id, is_governance)


def _resolved(  # the event's own words
    at: LogPosition,
    round_id: int,
    index: int,
    identifier: bytes,
    time: int,
    data: bytes,
    price: int,
) -> Fact:
    return vote_facts.VoteRequestChanged(
        at, dvm_key(identifier, time, data), VoteRequestChangeKind.RESOLVED, round_id, index, price
    )


def _rolled(at: LogPosition, identifier: bytes, time: int, data: bytes, count: int) -> Fact:
    kind = VoteRequestChangeKind.ROLLED
    return vote_facts.VoteRequestChanged(
        at, dvm_key(identifier, time, data), kind, roll_count=count
    )


def _deleted(at: LogPosition, identifier: bytes, time: int, data: bytes, count: int) -> Fact:
    kind = VoteRequestChangeKind.DELETED
    return vote_facts.VoteRequestChanged(
        at, dvm_key(identifier, time, data), kind, roll_count=count
    )


def _committed(  # the event's own words
    at: LogPosition,
    voter: bytes,
    caller: bytes,
    round_id: int,
    identifier: bytes,
    time: int,
    data: bytes,
) -> Fact:
    return vote_facts.VoteCommitted(at, dvm_key(identifier, time, data), voter, caller, round_id)


def _encrypted(  # the event's own words
    at: LogPosition,
    caller: bytes,
    round_id: int,
    identifier: bytes,
    time: int,
    data: bytes,
    _vote: bytes,
) -> Fact:
    return vote_facts.VoteEncrypted(at, dvm_key(identifier, time, data), caller, round_id)


def _revealed(  # noqa: PLR0913, PLR0917  # the event's own words
    at: LogPosition,
    voter: bytes,
    caller: bytes,
    round_id: int,
    identifier: bytes,
    time: int,
    data: bytes,
    price: int,
    tokens: int,
) -> Fact:
    key = dvm_key(identifier, time, data)
    return vote_facts.VoteRevealed(at, key, voter, caller, round_id, price, tokens)


def _staked(  # the event's own words
    at: LogPosition,
    voter: bytes,
    source: bytes,
    amount: int,
    voter_stake: int,
    pending_unstake: int,
    cumulative_stake: int,
) -> Fact:
    return vote_facts.StakeChanged(
        at,
        StakeChangeKind.STAKED,
        voter,
        amount,
        voter_stake,
        source=source,
        pending_unstake=pending_unstake,
        cumulative_stake=cumulative_stake,
    )


def _unstake_requested(
    at: LogPosition, voter: bytes, amount: int, unstake_time: int, voter_stake: int
) -> Fact:
    return vote_facts.StakeChanged(
        at,
        StakeChangeKind.UNSTAKE_REQUESTED,
        voter,
        -amount,
        voter_stake,
        unstake_at=timestamp(unstake_time),
    )


def _unstaked(at: LogPosition, voter: bytes, _tokens_sent: int, voter_stake: int) -> Fact:
    # What is paid out had left the stake when it was asked for.
    return vote_facts.StakeChanged(at, StakeChangeKind.UNSTAKED, voter, 0, voter_stake)


def _slash_applied(at: LogPosition, voter: bytes, slashed: int, post_stake: int) -> Fact:
    return vote_facts.StakeChanged(at, StakeChangeKind.SLASH_APPLIED, voter, slashed, post_stake)


def _delegate_set(at: LogPosition, delegator: bytes, delegate: bytes) -> Fact:
    return vote_facts.DelegationChanged(at, DelegationKind.DELEGATE_SET, delegator, delegate)


def _delegator_set(at: LogPosition, delegate: bytes, delegator: bytes) -> Fact:
    return vote_facts.DelegationChanged(at, DelegationKind.DELEGATOR_SET, delegator, delegate)


def _moved(at: LogPosition, sender: bytes, recipient: bytes, amount: int) -> Fact:
    return vote_facts.TokensMoved(at, sender, recipient, amount)


LINES = (
    line(CHILD, "PriceRequestBridged(address*,bytes32,uint256,bytes,bytes32*,bytes32*)", _bridged),
    line(TUNNELS, "PushedPrice(bytes32*,uint256,bytes,int256,bytes32*)", _pushed),
    line(TUNNELS, "PriceRequestAdded(bytes32*,uint256,bytes,bytes32*)", _tunnel_request),
    line(VOTING, "RequestAdded(address*,uint32*,bytes32*,uint256,bytes,bool)", _requested),
    line(VOTING, "RequestResolved(uint32*,uint256*,bytes32*,uint256,bytes,int256)", _resolved),
    line(VOTING, "RequestRolled(bytes32*,uint256*,bytes,uint32)", _rolled),
    line(VOTING, "RequestDeleted(bytes32*,uint256*,bytes,uint32)", _deleted),
    line(VOTING, "VoteCommitted(address*,address*,uint32,bytes32*,uint256,bytes)", _committed),
    line(VOTING, "EncryptedVote(address*,uint32*,bytes32*,uint256,bytes,bytes)", _encrypted),
    line(
        VOTING,
        "VoteRevealed(address*,address*,uint32,bytes32*,uint256,bytes,int256,uint128)",
        _revealed,
    ),
    line(VOTING, "VoterSlashed(address*,uint256*,int128)", vote_facts.VoterSlashed),
    line(VOTING, "VoterSlashApplied(address*,int128,uint128)", _slash_applied),
    line(VOTING, "Staked(address*,address*,uint128,uint128,uint128,uint128)", _staked),
    line(VOTING, "RequestedUnstake(address*,uint128,uint64,uint128)", _unstake_requested),
    line(VOTING, "ExecutedUnstake(address*,uint128,uint128)", _unstaked),
    line(VOTING, "DelegateSet(address*,address*)", _delegate_set),
    line(VOTING, "DelegatorSet(address*,address*)", _delegator_set),
    line(ContractKind.VOTING_TOKEN, "Transfer(address*,address*,uint256)", _moved),
)

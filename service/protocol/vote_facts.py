"""What the logs of the vote say: VotingV2 on Ethereum and the tunnels that lead to it.

Amounts are UMA in wei (18 decimals), prices are scaled by 1e18, times are unix seconds.
"""

from dataclasses import dataclass

from models.enums import DelegationKind, StakeChangeKind, VoteRequestChangeKind
from service.protocol.log_position import LogPosition


@dataclass(frozen=True, slots=True)
class DvmKey:
    """The vote's key of a request; ``request_id`` is the keccak of the other three's encoding."""

    identifier: bytes
    # The time of the proposal, not of the request.
    dvm_time: int
    ancillary_hash: bytes
    # The parentRequestId of the bridge.
    request_id: bytes


@dataclass(frozen=True, slots=True)
class VoteRequested:
    """``RequestAdded``: a request enters the vote; ``round_id`` is its first voting round."""

    at: LogPosition
    key: DvmKey
    ancillary_data: bytes
    requester: bytes
    round_id: int
    is_governance: bool


@dataclass(frozen=True, slots=True)
class VoteRequestChanged:
    """``RequestResolved``, ``RequestRolled`` or ``RequestDeleted``; late, when somebody asks."""

    at: LogPosition
    key: DvmKey
    kind: VoteRequestChangeKind
    # Only with kind=resolved: the round that decided, the index slashing refers to, the price.
    round_id: int | None = None
    resolved_index: int | None = None
    price: int | None = None
    # With kind=rolled and kind=deleted: how often it has been rolled.
    roll_count: int | None = None


@dataclass(frozen=True, slots=True)
class VoteCommitted:
    """A sealed vote of ``voter``, sent by ``caller`` (its delegate or itself)."""

    at: LogPosition
    key: DvmKey
    voter: bytes
    caller: bytes
    round_id: int


@dataclass(frozen=True, slots=True)
class VoteEncrypted:
    """A copy of a sealed vote for its own sender; only that it was sent says anything."""

    at: LogPosition
    key: DvmKey
    caller: bytes
    round_id: int


@dataclass(frozen=True, slots=True)
class VoteRevealed:
    """An opened vote with its weight."""

    at: LogPosition
    key: DvmKey
    voter: bytes
    caller: bytes
    round_id: int
    price: int
    # The voter's stake less what was pending when the vote was opened.
    tokens: int


@dataclass(frozen=True, slots=True)
class VoterSlashed:
    """What one resolved request cost (negative) or earned (positive) a voter."""

    at: LogPosition
    voter: bytes
    # The ``resolvedIndex`` of the request's RequestResolved.
    resolved_index: int
    amount: int


@dataclass(frozen=True, slots=True)
class StakeChanged:
    """A change of a voter's stake; what the log does not tell is ``None``."""

    at: LogPosition
    kind: StakeChangeKind
    voter: bytes
    # What is added to the voter's stake: negative for what leaves it, 0 where it left before.
    amount: int
    # The voter's stake after the change.
    voter_stake: int | None
    # Who paid for it (``Staked.from``).
    source: bytes | None = None
    pending_unstake: int | None = None
    # All stake after the change (``Staked`` alone says it).
    cumulative_stake: int | None = None
    unstake_at: int | None = None


@dataclass(frozen=True, slots=True)
class DelegationChanged:
    """One half of a delegation: it holds where both halves name each other."""

    at: LogPosition
    kind: DelegationKind
    # The staker, who names a delegate (``DelegateSet``).
    delegator: bytes
    # Who may vote for it, and names the staker in turn (``DelegatorSet``).
    delegate: bytes


@dataclass(frozen=True, slots=True)
class TunnelRequestAdded:
    """``PriceRequestAdded`` of either tunnel: a request is on its way to, or at, the vote."""

    at: LogPosition
    identifier: bytes
    dvm_time: int
    ancillary_hash: bytes
    ancillary_data: bytes
    # The parentRequestId on both sides.
    request_hash: bytes


@dataclass(frozen=True, slots=True)
class TokensMoved:
    """``Transfer`` of the vote's token; amount in wei."""

    at: LogPosition
    sender: bytes
    recipient: bytes
    amount: int


VoteFact = (
    VoteRequested
    | VoteRequestChanged
    | VoteCommitted
    | VoteEncrypted
    | VoteRevealed
    | VoterSlashed
    | StakeChanged
    | DelegationChanged
    | TunnelRequestAdded
    | TokensMoved
)

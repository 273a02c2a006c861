"""The vote as its logs told it: requests, sealed and opened votes, stake, delegations."""

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, Bytes32, Int256, Uint256, UmaAmount
from models.enums import DelegationKind, StakeChangeKind, VoteRequestChangeKind
from models.log_fact import LogFact


class DvmFact(LogFact):
    """The vote's key of a request (``address`` is VotingV2)."""

    identifier: Mapped[bytes] = mapped_column(Bytes32)
    # The time of the proposal, not of the request.
    dvm_time: Mapped[int] = mapped_column(BigInteger)
    ancillary_hash: Mapped[bytes] = mapped_column(Bytes32)
    # keccak256 of the three above: the parentRequestId of the bridge.
    request_id: Mapped[bytes] = mapped_column(Bytes32)


class DvmRequest(DvmFact, Base):
    """``RequestAdded``: a request enters the vote."""

    __tablename__ = "dvm_requests"
    __table_args__ = (Index(None, "request_id"), Index(None, "round_id"), Index(None, "dvm_time"))

    requester: Mapped[bytes] = mapped_column(Address)
    # Its first voting round.
    round_id: Mapped[int] = mapped_column(BigInteger)
    is_governance: Mapped[bool] = mapped_column()


class DvmRequestChange(DvmFact, Base):
    """``RequestResolved``, ``RequestRolled`` or ``RequestDeleted``: late, when somebody asks."""

    __tablename__ = "dvm_request_changes"
    __table_args__ = (Index(None, "request_id"), Index(None, "resolved_index"))

    kind: Mapped[VoteRequestChangeKind] = mapped_column(String(20))
    round_id: Mapped[int | None] = mapped_column(BigInteger)
    # What VoterSlashed refers to.
    resolved_index: Mapped[int | None] = mapped_column(Uint256)
    price: Mapped[int | None] = mapped_column(Int256)
    roll_count: Mapped[int | None] = mapped_column(BigInteger)


class Commit(DvmFact, Base):
    """``VoteCommitted``: a sealed vote; a later one of the same voter replaces it."""

    __tablename__ = "commits"
    __table_args__ = (Index(None, "request_id"), Index(None, "round_id"), Index(None, "voter"))

    voter: Mapped[bytes] = mapped_column(Address)
    # The voter or its delegate.
    caller: Mapped[bytes] = mapped_column(Address)
    round_id: Mapped[int] = mapped_column(BigInteger)


class EncryptedVote(DvmFact, Base):
    """``EncryptedVote``: a copy of a sealed vote for its own sender, without its content."""

    __tablename__ = "encrypted_votes"
    __table_args__ = (Index(None, "request_id"),)

    caller: Mapped[bytes] = mapped_column(Address)
    round_id: Mapped[int] = mapped_column(BigInteger)


class Reveal(DvmFact, Base):
    """``VoteRevealed``: an opened vote with its weight."""

    __tablename__ = "reveals"
    __table_args__ = (Index(None, "request_id"), Index(None, "round_id"), Index(None, "voter"))

    voter: Mapped[bytes] = mapped_column(Address)
    caller: Mapped[bytes] = mapped_column(Address)
    round_id: Mapped[int] = mapped_column(BigInteger)
    price: Mapped[int] = mapped_column(Int256)
    # The voter's stake less what was pending when the vote was opened.
    tokens: Mapped[int] = mapped_column(UmaAmount)


class Slash(LogFact, Base):
    """``VoterSlashed``: what one resolved request cost or earned a voter."""

    __tablename__ = "slashes"
    __table_args__ = (Index(None, "voter"), Index(None, "resolved_index"))

    voter: Mapped[bytes] = mapped_column(Address)
    resolved_index: Mapped[int] = mapped_column(Uint256)
    # UMA in wei; negative is a loss.
    amount: Mapped[int] = mapped_column(Int256)


class StakeChange(LogFact, Base):
    """``Staked``, ``RequestedUnstake``, ``ExecutedUnstake`` or ``VoterSlashApplied``."""

    __tablename__ = "stake_changes"
    __table_args__ = (
        Index(None, "voter"),
        # Each voter's newest, and the changes of a time.
        Index(None, "address", "voter", "known_at"),
        Index(None, "address", "known_at"),
    )

    kind: Mapped[StakeChangeKind] = mapped_column(String(20))
    voter: Mapped[bytes] = mapped_column(Address)
    # UMA in wei added to the voter's stake; negative for what leaves it.
    amount: Mapped[int] = mapped_column(Int256)
    voter_stake: Mapped[int | None] = mapped_column(UmaAmount)
    # Who paid for it.
    source: Mapped[bytes | None] = mapped_column(Address)
    pending_unstake: Mapped[int | None] = mapped_column(UmaAmount)
    cumulative_stake: Mapped[int | None] = mapped_column(UmaAmount)
    unstake_at: Mapped[int | None] = mapped_column(BigInteger)


class Delegation(LogFact, Base):
    """``DelegateSet`` or ``DelegatorSet``: one half of a delegation."""

    __tablename__ = "delegations"
    __table_args__ = (Index(None, "delegator"), Index(None, "delegate"))

    kind: Mapped[DelegationKind] = mapped_column(String(20))
    delegator: Mapped[bytes] = mapped_column(Address)
    delegate: Mapped[bytes] = mapped_column(Address)


class TokenTransfer(LogFact, Base):
    """``Transfer`` of the vote's token: read for those who voted or staked alone."""

    __tablename__ = "token_transfers"

    sender: Mapped[bytes] = mapped_column(Address)
    recipient: Mapped[bytes] = mapped_column(Address)
    # UMA in wei.
    amount: Mapped[int] = mapped_column(Uint256)


class TunnelRequest(LogFact, Base):
    """``PriceRequestAdded`` of either tunnel: a request is on its way to, or at, the vote."""

    __tablename__ = "tunnel_requests"
    __table_args__ = (Index(None, "request_hash"),)

    identifier: Mapped[bytes] = mapped_column(Bytes32)
    dvm_time: Mapped[int] = mapped_column(BigInteger)
    ancillary_hash: Mapped[bytes] = mapped_column(Bytes32)
    request_hash: Mapped[bytes] = mapped_column(Bytes32)

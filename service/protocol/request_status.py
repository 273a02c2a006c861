"""One price request of a question, as the contracts would tell it at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.enums import ContractKind, Outcome, RequestState
from models.lifecycle_enums import DisputeOrder
from service.protocol.log_position import LogPosition
from service.protocol.prices import outcome_of

# A proposal that could only be waited out for longer than this ends by a dispute or not at all.
ENDLESS_SECONDS = 365 * 86_400


@dataclass(frozen=True, slots=True)
class RequestStatus:
    """One price request of a question."""

    oracle: bytes
    oracle_kind: ContractKind | None
    request_timestamp: int
    state: RequestState = RequestState.REQUESTED
    requested_at: datetime | None = None
    # In the request's currency; as last raised or lowered on the managed oracle.
    reward: int | None = None
    final_fee: int | None = None
    currency: bytes | None = None
    proposer: bytes | None = None
    proposed_price: int | None = None
    proposed_at: datetime | None = None
    proposal_log: LogPosition | None = None
    expiration_timestamp: int | None = None
    disputer: bytes | None = None
    disputed_at: datetime | None = None
    dispute_log: LogPosition | None = None
    # What the dispute did to the question.
    dispute_order: DisputeOrder | None = None
    resolved_price: int | None = None
    settled_at: datetime | None = None
    # The vote's key of this request: ``parentRequestId``; None where the bridge's log is missing.
    parent_request_id: bytes | None = None
    # The vote's answer as it left Ethereum or landed on Polygon; None while there is none.
    vote_price: int | None = None
    # The vote gave the request up: too many rounds without a quorum.
    is_vote_deleted: bool = False
    # In force for this request's proposal (docs/methodology.md, "Terms of a request"): the bond
    # in the request's currency without the final fee. None where no log says it.
    bond: int | None = None
    liveness_seconds: int | None = None
    # Whose list says who may propose; None where anybody may, or where no log says it.
    proposer_whitelist: bytes | None = None
    # The whitelist was set for this question alone.
    has_own_whitelist: bool = False

    @property
    def is_disputed(self) -> bool:
        """Whether anybody disputed the proposal."""
        return self.disputer is not None

    @property
    def is_self_disputed(self) -> bool:
        """Whether proposer and disputer are one address."""
        return self.disputer is not None and self.disputer == self.proposer

    @property
    def dvm_time(self) -> int | None:
        """The time a dispute asks the vote about: the proposal's, on oracle v1 the request's."""
        if self.oracle_kind is ContractKind.OPTIMISTIC_ORACLE:
            return self.request_timestamp
        return None if self.proposed_at is None else int(self.proposed_at.timestamp())

    @property
    def answer(self) -> int | None:
        """The price nothing can change any more, settled or not; ``None`` while open.

        Either settled, or the vote's answer has landed, or an undisputed proposal has expired.
        """
        match self.state:
            case RequestState.SETTLED:
                return self.resolved_price
            case RequestState.RESOLVED:
                return self.vote_price
            case RequestState.EXPIRED:
                return self.proposed_price
            case _:
                return None

    @property
    def voted_price(self) -> int | None:
        """What the vote answered on this request; ``None`` if it did not, or not yet."""
        if self.vote_price is not None:
            return self.vote_price
        return self.resolved_price if self.is_disputed else None

    @property
    def voted_outcome(self) -> Outcome | None:
        """The outcome the vote answered; ``None`` for "too early" as for no vote."""
        return None if self.voted_price is None else outcome_of(self.voted_price)

    @property
    def is_endless(self) -> bool:
        """Whether the proposal's liveness outlasts every market."""
        return (self.liveness_seconds or 0) > ENDLESS_SECONDS


def operative_of(requests: Sequence[RequestStatus], timestamp: int | None) -> RequestStatus | None:
    """The request whose timestamp is its contract's ``requestTimestamp``."""
    return next((r for r in reversed(requests) if r.request_timestamp == timestamp), None)


@dataclass(frozen=True, slots=True)
class DvmRequestStatus:
    """One request that went to the vote (``service.protocol.vote_links`` finds it there)."""

    chain_id: int
    oracle: bytes
    identifier: bytes
    # Empty where the bridge logged no ids: its contracts before April 2025.
    child_request_id: bytes | None
    parent_request_id: bytes | None
    dvm_time: int
    # keccak256 of the text as the oracle stamps it for the vote.
    stamped_hash: bytes | None
    # The price as it left Ethereum, else as it landed on Polygon.
    pushed_price: int | None
    is_landed: bool
    # Of the dispute that sent it.
    transaction_hash: bytes

    def is_of(self, request: RequestStatus) -> bool:
        """Whether this request's dispute sent it.

        Two requests of one question proposed in one block ask about one time, so that does not tell
        them apart; it does where one transaction disputes both of two others.
        """
        log = request.dispute_log
        return (
            log is not None
            and (log.transaction_hash, request.oracle) == (self.transaction_hash, self.oracle)
            and request.dvm_time in {None, self.dvm_time}
        )

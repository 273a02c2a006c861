"""The price requests of a question, while its facts are read in order."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from models.enums import ContractKind, RequestState, VoteRequestChangeKind
from models.lifecycle_enums import DisputeOrder
from service.protocol import facts
from service.protocol.contracts import ContractBook
from service.protocol.request_status import DvmRequestStatus, RequestStatus
from service.protocol.request_terms import TermsFold
from service.protocol.vote_facts import VoteRequestChanged, VoteRequested

# (oracle, the request's timestamp)
RequestId = tuple[bytes, int]


@dataclass(slots=True)
class RequestsFold:
    """Requests, their answers and what crossed the bridge."""

    book: ContractBook
    terms: TermsFold
    requests: dict[RequestId, RequestStatus] = field(default_factory=dict)
    disputes: list[facts.PriceDisputed] = field(default_factory=list)
    bridged: dict[bytes, facts.RequestBridged] = field(default_factory=dict)
    # The vote's price by request id: the child id on Polygon, the parent id on Ethereum.
    pushed: dict[bytes, int] = field(default_factory=dict)
    # Vote requests given up and not asked again.
    deleted: set[bytes] = field(default_factory=set)
    # The newest dispute: a request in the same transaction, behind it, is the one it caused.
    _disputed: RequestId | None = None

    def ask(self, fact: facts.PriceRequested, at: datetime) -> None:
        """The oracle is asked; behind a dispute in its transaction, that is the first one."""
        self.mark_first_dispute(fact.at.transaction_hash)
        self.requests[fact.at.address, fact.key.request_timestamp] = replace(
            self._known(fact),
            requested_at=at,
            reward=fact.reward,
            final_fee=fact.final_fee,
            currency=fact.currency,
        )

    def propose(self, fact: facts.PriceProposed, at: datetime) -> None:
        """An answer under bond, at the terms of this moment."""
        known = replace(
            self._known(fact),
            proposer=fact.proposer,
            proposed_price=fact.proposed_price,
            proposed_at=at,
            proposal_log=fact.at,
            expiration_timestamp=fact.expiration_timestamp,
            currency=fact.currency,
        )
        self.requests[fact.at.address, fact.key.request_timestamp] = self.terms.applied(known, at)

    def dispute(self, fact: facts.PriceDisputed, at: datetime, *, is_moot: bool) -> None:
        """The answer is contested; ``is_moot`` if this request no longer decides its question."""
        key = (fact.at.address, fact.key.request_timestamp)
        known = self._known(fact)
        self.requests[key] = replace(
            known,
            # The proposal may lie before the first indexed block.
            proposer=known.proposer or fact.proposer,
            proposed_price=(
                fact.proposed_price if known.proposed_price is None else known.proposed_price
            ),
            disputer=fact.disputer,
            disputed_at=at,
            dispute_log=fact.at,
            dispute_order=DisputeOrder.MOOT if is_moot else DisputeOrder.SECOND,
        )
        self._disputed = key
        self.disputes.append(fact)

    def settle(self, fact: facts.PriceSettled, at: datetime) -> None:
        """The oracle's price is final, though maybe not the question's."""
        known = self._known(fact)
        self.requests[fact.at.address, fact.key.request_timestamp] = replace(
            known,
            proposer=known.proposer or _account(fact.proposer),
            disputer=known.disputer or _account(fact.disputer),
            resolved_price=fact.price,
            settled_at=at,
        )

    def mark_first_dispute(self, transaction_hash: bytes) -> bytes | None:
        """A transaction asks again: the dispute in it resets its question; gives the disputer."""
        disputed = None if self._disputed is None else self.requests[self._disputed]
        log = None if disputed is None else disputed.dispute_log
        if disputed is None or log is None or log.transaction_hash != transaction_hash:
            return None
        assert self._disputed is not None  # noqa: S101  # it has a request
        self.requests[self._disputed] = replace(disputed, dispute_order=DisputeOrder.FIRST)
        return disputed.disputer

    def hear_of_vote(self, fact: VoteRequestChanged | VoteRequested) -> None:
        """The vote gave a request up, or was asked it (again)."""
        if isinstance(fact, VoteRequested):
            self.deleted.discard(fact.key.request_id)
        elif fact.kind is VoteRequestChangeKind.DELETED:
            self.deleted.add(fact.key.request_id)

    def finish(self, now: int) -> tuple[RequestStatus, ...]:
        """The requests in order of their timestamps, as of unix time ``now``."""
        return tuple(
            self._finished(request, now)
            for request in sorted(
                self.requests.values(), key=lambda r: (r.request_timestamp, r.oracle)
            )
        )

    def dvm_requests(self, chain_id: int) -> Iterator[DvmRequestStatus]:
        """Every request that went to the vote; those without the bridge's log last."""
        for bridged in self.bridged.values():
            yield DvmRequestStatus(
                chain_id=chain_id,
                oracle=bridged.requester,
                identifier=bridged.identifier,
                child_request_id=bridged.child_request_id,
                parent_request_id=bridged.parent_request_id,
                dvm_time=bridged.dvm_time,
                stamped_hash=bridged.stamped_hash,
                pushed_price=self._price(bridged),
                is_landed=bridged.child_request_id in self.pushed,
            )
        sent = {(b.at.transaction_hash, b.requester) for b in self.bridged.values()}
        for dispute in self.disputes:
            request = self.requests[dispute.at.address, dispute.key.request_timestamp]
            is_sent = (dispute.at.transaction_hash, dispute.at.address) in sent
            if request.dvm_time is not None and not is_sent:
                yield DvmRequestStatus(
                    chain_id=chain_id,
                    oracle=dispute.at.address,
                    identifier=dispute.key.identifier,
                    child_request_id=None,
                    parent_request_id=None,
                    dvm_time=request.dvm_time,
                    stamped_hash=dispute.stamped_hash,
                    pushed_price=None,
                    is_landed=False,
                )

    def _known(
        self,
        fact: facts.PriceRequested | facts.PriceProposed | facts.PriceDisputed | facts.PriceSettled,
    ) -> RequestStatus:
        oracle, timestamp = fact.at.address, fact.key.request_timestamp
        return self.requests.get((oracle, timestamp)) or RequestStatus(
            oracle=oracle,
            oracle_kind=self.book.kind_of(fact.at.chain_id, oracle),
            request_timestamp=timestamp,
        )

    def _price(self, bridged: facts.RequestBridged) -> int | None:
        left = self.pushed.get(bridged.parent_request_id)
        return self.pushed.get(bridged.child_request_id) if left is None else left

    def _bridged(self, request: RequestStatus) -> facts.RequestBridged | None:
        """What left for the vote with this request's dispute."""
        log = request.dispute_log
        if log is None:
            return None
        sent = [
            b
            for b in self.bridged.values()
            if b.at.transaction_hash == log.transaction_hash and b.requester == request.oracle
        ]
        if len(sent) > 1 and request.dvm_time is not None:
            # Several disputes in one transaction differ in the time they ask about.
            sent = [b for b in sent if b.dvm_time == request.dvm_time]
        return sent[0] if sent else None

    def _finished(self, request: RequestStatus, now: int) -> RequestStatus:
        bridged = self._bridged(request)
        state = self._state(request, bridged, now)
        if request.proposed_at is None:
            request = self.terms.applied(request, None)
        if bridged is None:
            return replace(request, state=state)
        return replace(
            request,
            state=state,
            parent_request_id=bridged.parent_request_id,
            vote_price=self._price(bridged),
            is_vote_deleted=bridged.parent_request_id in self.deleted,
        )

    def _state(
        self, request: RequestStatus, bridged: facts.RequestBridged | None, now: int
    ) -> RequestState:
        """``getState`` of each oracle, from facts."""
        if request.settled_at is not None:
            return RequestState.SETTLED
        if request.proposer is None:
            return RequestState.REQUESTED
        if request.disputer is not None:
            is_landed = bridged is not None and bridged.child_request_id in self.pushed
            return RequestState.RESOLVED if is_landed else RequestState.DISPUTED
        is_managed = request.oracle_kind is ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2
        expiration = request.expiration_timestamp
        if not is_managed and expiration is not None and expiration <= now:
            return RequestState.EXPIRED
        return RequestState.PROPOSED


def _account(address: bytes) -> bytes | None:
    """An address, or ``None`` for the contracts' way to say nobody."""
    return address if any(address) else None

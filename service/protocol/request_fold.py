"""The price requests of a question, while its facts are read in order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from models.enums import ContractKind, RequestState, VoteRequestChangeKind
from models.lifecycle_enums import DisputeOrder
from service.protocol import facts
from service.protocol.contracts import ContractBook
from service.protocol.request_status import DvmRequestStatus, RequestStatus
from service.protocol.request_terms import AskedTerms, Terms, TermsFold
from service.protocol.vote_facts import VoteRequestChanged, VoteRequested

# (oracle, the request's timestamp)
RequestId = tuple[bytes, int]


@dataclass(slots=True)
class ToldRequest:
    """What was logged of one request so far: each fact with the time of its block."""

    oracle: bytes
    oracle_kind: ContractKind | None
    request_timestamp: int
    asked: facts.PriceRequested | None = None
    asked_at: datetime | None = None
    proposed: facts.PriceProposed | None = None
    proposed_at: datetime | None = None
    # In force when the proposal was made.
    terms: Terms | None = None
    disputed: facts.PriceDisputed | None = None
    disputed_at: datetime | None = None
    order: DisputeOrder | None = None
    settled: facts.PriceSettled | None = None
    settled_at: datetime | None = None

    @property
    def dvm_time(self) -> int | None:
        """The time a dispute asks the vote about: the proposal's, on oracle v1 the request's."""
        if self.oracle_kind is ContractKind.OPTIMISTIC_ORACLE:
            return self.request_timestamp
        return None if self.proposed_at is None else int(self.proposed_at.timestamp())

    @property
    def is_managed(self) -> bool:
        """Whether the managed oracle was asked."""
        return self.oracle_kind is ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2

    @property
    def own_terms(self) -> AskedTerms:
        """What its own logs say of its terms."""
        said = self.proposed if self.asked is None else self.asked
        return AskedTerms(
            oracle=self.oracle,
            request_timestamp=self.request_timestamp,
            is_managed=self.is_managed,
            currency=None if said is None else said.currency,
            reward=None if self.asked is None else self.asked.reward,
            final_fee=None if self.asked is None else self.asked.final_fee,
        )


@dataclass(slots=True)
class RequestsFold:
    """Requests, their answers and what crossed the bridge."""

    book: ContractBook
    terms: TermsFold
    requests: dict[RequestId, ToldRequest] = field(default_factory=dict)
    bridged: dict[bytes, facts.RequestBridged] = field(default_factory=dict)
    # The vote's price by request id: the child id on Polygon, the parent id on Ethereum.
    pushed: dict[bytes, int] = field(default_factory=dict)
    # Vote requests given up and not asked again.
    deleted: set[bytes] = field(default_factory=set)
    # The newest dispute: a request in the same transaction, behind it, is the one it caused.
    _disputed: ToldRequest | None = None

    def ask(self, fact: facts.PriceRequested, at: datetime) -> None:
        """The oracle is asked; behind a dispute in its transaction, that is the first one."""
        self.mark_first_dispute(fact.at.transaction_hash)
        told = self._told(fact)
        told.asked, told.asked_at = fact, at

    def propose(self, fact: facts.PriceProposed, at: datetime) -> None:
        """An answer under bond, at the terms of this moment."""
        told = self._told(fact)
        told.proposed, told.proposed_at = fact, at
        told.terms = self.terms.in_force(told.own_terms)

    def dispute(self, fact: facts.PriceDisputed, at: datetime, *, is_moot: bool) -> None:
        """The answer is contested; ``is_moot`` if this request no longer decides its question."""
        told = self._told(fact)
        told.disputed, told.disputed_at = fact, at
        told.order = DisputeOrder.MOOT if is_moot else DisputeOrder.SECOND
        self._disputed = told

    def settle(self, fact: facts.PriceSettled, at: datetime) -> None:
        """The oracle's price is final, though maybe not the question's."""
        told = self._told(fact)
        told.settled, told.settled_at = fact, at

    def mark_first_dispute(self, transaction_hash: bytes) -> bytes | None:
        """A transaction asks again: the dispute in it resets its question; gives the disputer."""
        told = self._disputed
        fact = None if told is None else told.disputed
        if told is None or fact is None or fact.at.transaction_hash != transaction_hash:
            return None
        told.order = DisputeOrder.FIRST
        return fact.disputer

    def hear_of_vote(self, fact: VoteRequestChanged | VoteRequested) -> None:
        """The vote gave a request up, or was asked it (again)."""
        if isinstance(fact, VoteRequested):
            self.deleted.discard(fact.key.request_id)
        elif fact.kind is VoteRequestChangeKind.DELETED:
            self.deleted.add(fact.key.request_id)

    def finish(self, now: int) -> tuple[RequestStatus, ...]:
        """The requests in order of their timestamps, as of unix time ``now``."""
        return tuple(
            self._status(told, now)
            for told in sorted(
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
                transaction_hash=bridged.at.transaction_hash,
            )
        sent = {(b.at.transaction_hash, b.requester) for b in self.bridged.values()}
        for told in self.requests.values():
            dispute, dvm_time = told.disputed, told.dvm_time
            if dispute is None or dvm_time is None:
                continue
            if (dispute.at.transaction_hash, dispute.at.address) not in sent:
                yield DvmRequestStatus(
                    chain_id=chain_id,
                    oracle=dispute.at.address,
                    identifier=dispute.key.identifier,
                    child_request_id=None,
                    parent_request_id=None,
                    dvm_time=dvm_time,
                    stamped_hash=dispute.stamped_hash,
                    pushed_price=None,
                    is_landed=False,
                    transaction_hash=dispute.at.transaction_hash,
                )

    def _told(
        self,
        fact: facts.PriceRequested | facts.PriceProposed | facts.PriceDisputed | facts.PriceSettled,
    ) -> ToldRequest:
        oracle, timestamp = fact.at.address, fact.key.request_timestamp
        told = self.requests.get((oracle, timestamp))
        if told is None:
            kind = self.book.kind_of(fact.at.chain_id, oracle)
            told = self.requests[oracle, timestamp] = ToldRequest(oracle, kind, timestamp)
        return told

    def _price(self, bridged: facts.RequestBridged) -> int | None:
        left = self.pushed.get(bridged.parent_request_id)
        return self.pushed.get(bridged.child_request_id) if left is None else left

    def _bridged(self, told: ToldRequest) -> facts.RequestBridged | None:
        """What left for the vote with this request's dispute."""
        if told.disputed is None:
            return None
        transaction = told.disputed.at.transaction_hash
        sent = [
            b
            for b in self.bridged.values()
            if b.at.transaction_hash == transaction and b.requester == told.oracle
        ]
        if len(sent) > 1 and told.dvm_time is not None:
            # Several disputes in one transaction differ in the time they ask about.
            sent = [b for b in sent if b.dvm_time == told.dvm_time]
        return sent[0] if sent else None

    def _status(self, told: ToldRequest, now: int) -> RequestStatus:
        asked, proposed, disputed, settled = told.asked, told.proposed, told.disputed, told.settled
        bridged = self._bridged(told)
        own = told.own_terms
        terms = self.terms.in_force(own) if told.terms is None else told.terms
        answered = proposed or disputed
        proposer = _proposer(told)
        return RequestStatus(
            oracle=told.oracle,
            oracle_kind=told.oracle_kind,
            request_timestamp=told.request_timestamp,
            state=self._state(told, bridged, now),
            requested_at=told.asked_at,
            reward=terms.reward,
            final_fee=None if asked is None else asked.final_fee,
            currency=own.currency,
            proposer=proposer,
            proposed_price=None if answered is None else answered.proposed_price,
            proposed_at=told.proposed_at,
            proposal_log=None if proposed is None else proposed.at,
            expiration_timestamp=None if proposed is None else proposed.expiration_timestamp,
            disputer=_disputer(told),
            disputed_at=told.disputed_at,
            dispute_log=None if disputed is None else disputed.at,
            dispute_order=told.order,
            resolved_price=None if settled is None else settled.price,
            settled_at=told.settled_at,
            parent_request_id=None if bridged is None else bridged.parent_request_id,
            vote_price=None if bridged is None else self._price(bridged),
            is_vote_deleted=bridged is not None and bridged.parent_request_id in self.deleted,
            bond=terms.bond,
            liveness_seconds=_liveness(told, terms),
            proposer_whitelist=terms.whitelist,
            has_own_whitelist=terms.is_own_whitelist,
        )

    def _state(
        self, told: ToldRequest, bridged: facts.RequestBridged | None, now: int
    ) -> RequestState:
        """``getState`` of each oracle, from facts."""
        if told.settled is not None:
            return RequestState.SETTLED
        if told.disputed is not None:
            is_landed = bridged is not None and bridged.child_request_id in self.pushed
            return RequestState.RESOLVED if is_landed else RequestState.DISPUTED
        if told.proposed is None:
            return RequestState.REQUESTED
        if not told.is_managed and told.proposed.expiration_timestamp <= now:
            return RequestState.EXPIRED
        return RequestState.PROPOSED


def _proposer(told: ToldRequest) -> bytes | None:
    """Who proposed; where the proposal lies before the first indexed block, as repeated later."""
    fact = told.proposed or told.disputed
    if fact is not None:
        return fact.proposer
    return None if told.settled is None else _account(told.settled.proposer)


def _disputer(told: ToldRequest) -> bytes | None:
    if told.disputed is not None:
        return told.disputed.disputer
    return None if told.settled is None else _account(told.settled.disputer)


def _liveness(told: ToldRequest, terms: Terms) -> int | None:
    """A proposal's own liveness; before one, as set on the managed oracle."""
    if told.proposed is None or told.proposed_at is None:
        return terms.liveness_seconds
    return told.proposed.expiration_timestamp - int(told.proposed_at.timestamp())


def _account(address: bytes) -> bytes | None:
    """An address, or ``None`` for the contracts' way to say nobody."""
    return address if any(address) else None

"""A question's state as a pure fold over its ordered facts.

The contracts' own rules: UmaCtfAdapter, OptimisticOracleV2 ``getState`` and
ManagedOptimisticOracleV2, restated in docs/methodology.md, "Lifecycle".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from models.enums import ContractKind, Outcome, QuestionChangeKind, RequestState
from service.protocol import facts
from service.protocol.contracts import ContractBook
from service.protocol.facts import Fact, QuestionInitialized
from service.protocol.ids import condition_id
from service.protocol.log_position import LogPosition
from service.protocol.prices import outcome_of_payouts


@dataclass(frozen=True, slots=True)
class DatedFact:
    """A fact and the time of its block."""

    fact: Fact
    mined_at: datetime


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """Everything the chain said of one question, in chain order (the vote's chain last)."""

    initialized: QuestionInitialized
    initialized_at: datetime
    facts: tuple[DatedFact, ...]
    # The question entered before indexing began: earlier requests and disputes are unknown.
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class RequestStatus:
    """One price request of a question."""

    oracle: bytes
    oracle_kind: ContractKind | None
    request_timestamp: int
    state: RequestState = RequestState.REQUESTED
    requested_at: datetime | None = None
    reward: int | None = None
    final_fee: int | None = None
    proposer: bytes | None = None
    proposed_price: int | None = None
    proposed_at: datetime | None = None
    proposal_log: LogPosition | None = None
    expiration_timestamp: int | None = None
    disputer: bytes | None = None
    disputed_at: datetime | None = None
    dispute_log: LogPosition | None = None
    resolved_price: int | None = None
    settled_at: datetime | None = None


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


@dataclass(frozen=True, slots=True)
class QuestionStatus:
    """One question, as the contracts would tell it at a time."""

    chain_id: int
    question_id: bytes
    condition_id: bytes
    adapter: bytes
    oracle: bytes | None
    title: str
    creator: bytes
    is_official: bool
    resolved: bool
    paused: bool
    reset: bool
    overridden: bool
    payouts: tuple[int, ...] | None
    outcome: Outcome | None
    initialized_at: datetime
    paid_at: datetime | None
    requests: tuple[RequestStatus, ...]
    dvm_requests: tuple[DvmRequestStatus, ...]
    is_partial: bool = False

    @property
    def operative(self) -> RequestStatus | None:
        """The request whose answer pays out: the newest one."""
        return max(self.requests, key=lambda r: r.request_timestamp, default=None)

    @property
    def disputes(self) -> int:
        """How often the question has been disputed, over all its requests."""
        return sum(1 for request in self.requests if request.disputer is not None)


@dataclass(slots=True)
class _Fold:
    resolved: bool = False
    paused: bool = False
    reset: bool = False
    overridden: bool = False
    payouts: tuple[int, ...] | None = None
    paid_at: datetime | None = None
    condition_id: bytes | None = None
    neg_risk_question_id: bytes | None = None
    requests: dict[tuple[bytes, int], RequestStatus] = field(default_factory=dict)
    disputed: list[facts.PriceDisputed] = field(default_factory=list)
    bridged: dict[bytes, facts.RequestBridged] = field(default_factory=dict)
    landed: dict[bytes, int] = field(default_factory=dict)


def fold_question(
    question: QuestionFacts, book: ContractBook, title: str, now: int
) -> QuestionStatus:
    """Fold a question's facts to its state at unix time ``now``.

    ``now`` decides only what has no event of its own: whether a proposal has expired.
    """
    state = _Fold()
    for dated in question.facts:
        _apply(state, dated, book)
    first = question.initialized
    adapter = first.at.address
    requests = tuple(
        replace(r, state=_request_state(r, state, now))
        for r in sorted(state.requests.values(), key=lambda r: (r.request_timestamp, r.oracle))
    )
    chain_id = first.at.chain_id
    return QuestionStatus(
        chain_id=chain_id,
        question_id=first.question_id,
        condition_id=state.condition_id or _computed_condition(state, first, book),
        adapter=adapter,
        oracle=requests[-1].oracle if requests else None,
        title=title,
        creator=first.creator,
        is_official=book.is_trusted_creator(chain_id, first.creator),
        resolved=state.resolved,
        paused=state.paused,
        reset=state.reset,
        overridden=state.overridden,
        payouts=state.payouts,
        outcome=None if state.payouts is None else outcome_of_payouts(state.payouts),
        initialized_at=question.initialized_at,
        paid_at=state.paid_at,
        requests=requests,
        dvm_requests=tuple(_dvm_requests(state, chain_id)),
        is_partial=question.is_partial,
    )


def _apply(state: _Fold, dated: DatedFact, book: ContractBook) -> None:  # noqa: C901  # one arm a fact
    match dated.fact:
        case facts.QuestionChanged() as change:
            _apply_change(state, change)
        case facts.OutcomeOverridden() as override:
            state.overridden = True
            if override.layer == "adapter":
                # Both versions leave the question paused as it was.
                state.resolved = True
        case facts.PriceRequested() as request:
            key = (request.at.address, request.key.request_timestamp)
            state.requests[key] = RequestStatus(
                oracle=request.at.address,
                oracle_kind=book.kind_of(request.at.chain_id, request.at.address),
                request_timestamp=request.key.request_timestamp,
                requested_at=dated.mined_at,
                reward=request.reward,
                final_fee=request.final_fee,
            )
        case facts.PriceProposed() | facts.PriceDisputed() | facts.PriceSettled() as fact:
            _apply_answer(state, fact, dated.mined_at, book)
        case facts.RequestBridged() as bridged:
            state.bridged[bridged.child_request_id] = bridged
        case facts.PricePushed() as pushed:
            state.landed[pushed.request_hash] = pushed.price
        case facts.ConditionPrepared() as condition:
            state.condition_id = condition.condition_id
        case facts.ConditionResolved() as payout:
            state.condition_id = payout.condition_id
            state.payouts = payout.numerators
            state.paid_at = dated.mined_at
        case facts.NegRiskQuestionPrepared() as prepared:
            state.neg_risk_question_id = prepared.neg_risk_question_id
        case _:
            # Clarifications and neg-risk reports do not change what the contracts answer.
            pass


def _apply_change(state: _Fold, change: facts.QuestionChanged) -> None:
    match change.kind:
        case QuestionChangeKind.RESET:
            state.reset = True
        case QuestionChangeKind.FLAGGED | QuestionChangeKind.PAUSED:
            state.paused = True
        case QuestionChangeKind.UNFLAGGED | QuestionChangeKind.UNPAUSED:
            state.paused = False
        case QuestionChangeKind.RESOLVED:
            state.resolved = True


def _apply_answer(
    state: _Fold,
    fact: facts.PriceProposed | facts.PriceDisputed | facts.PriceSettled,
    mined_at: datetime,
    book: ContractBook,
) -> None:
    key = (fact.at.address, fact.key.request_timestamp)
    known = state.requests.get(key) or RequestStatus(
        oracle=fact.at.address,
        oracle_kind=book.kind_of(fact.at.chain_id, fact.at.address),
        request_timestamp=fact.key.request_timestamp,
    )
    match fact:
        case facts.PriceProposed():
            known = replace(
                known,
                proposer=fact.proposer,
                proposed_price=fact.proposed_price,
                proposed_at=mined_at,
                proposal_log=fact.at,
                expiration_timestamp=fact.expiration_timestamp,
            )
        case facts.PriceDisputed():
            state.disputed.append(fact)
            known = replace(
                known,
                # The proposal may lie before the first indexed block.
                proposer=known.proposer or fact.proposer,
                proposed_price=_either(known.proposed_price, fact.proposed_price),
                disputer=fact.disputer,
                disputed_at=mined_at,
                dispute_log=fact.at,
            )
        case facts.PriceSettled():
            known = replace(
                known,
                proposer=known.proposer or _account(fact.proposer),
                disputer=known.disputer or _account(fact.disputer),
                resolved_price=fact.price,
                settled_at=mined_at,
            )
    state.requests[key] = known


def _either(known: int | None, said: int) -> int:
    return said if known is None else known


def _account(address: bytes) -> bytes | None:
    """An address, or ``None`` for the contracts' way to say nobody."""
    return address if any(address) else None


def _request_state(request: RequestStatus, state: _Fold, now: int) -> RequestState:
    """``getState`` of either oracle, from facts."""
    if request.settled_at is not None:
        return RequestState.SETTLED
    if request.proposer is None:
        return RequestState.REQUESTED
    if request.disputer is not None:
        landed = (
            b.child_request_id in state.landed
            for b in state.bridged.values()
            if request.dispute_log is not None
            and b.at.transaction_hash == request.dispute_log.transaction_hash
            and b.requester == request.oracle
        )
        return RequestState.RESOLVED if any(landed) else RequestState.DISPUTED
    is_managed = request.oracle_kind is ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2
    expiration = request.expiration_timestamp
    if not is_managed and expiration is not None and expiration <= now:
        return RequestState.EXPIRED
    return RequestState.PROPOSED


def _computed_condition(state: _Fold, first: QuestionInitialized, book: ContractBook) -> bytes:
    """The condition id by formula, where the preparation itself is not among the facts."""
    if state.neg_risk_question_id is not None:
        neg_risk = book.addresses(first.at.chain_id, [ContractKind.NEG_RISK_ADAPTER])
        if neg_risk:
            return condition_id(neg_risk[0], state.neg_risk_question_id)
    return condition_id(first.at.address, first.question_id)


def _dvm_requests(state: _Fold, chain_id: int) -> Iterable[DvmRequestStatus]:
    for bridged in state.bridged.values():
        child, parent = bridged.child_request_id, bridged.parent_request_id
        yield DvmRequestStatus(
            chain_id=chain_id,
            oracle=bridged.requester,
            identifier=bridged.identifier,
            child_request_id=child,
            parent_request_id=parent,
            dvm_time=bridged.dvm_time,
            stamped_hash=bridged.stamped_hash,
            pushed_price=_first(state.landed, parent, child),
            is_landed=child in state.landed,
        )
    sent = {(b.at.transaction_hash, b.requester) for b in state.bridged.values()}
    for dispute in state.disputed:
        request = state.requests[dispute.at.address, dispute.key.request_timestamp]
        dvm_time = _dvm_time(request)
        if dvm_time is not None and (dispute.at.transaction_hash, dispute.at.address) not in sent:
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
            )


def _dvm_time(request: RequestStatus) -> int | None:
    """The time a dispute asks the vote about: the first oracle's is the request's own."""
    if request.oracle_kind is ContractKind.OPTIMISTIC_ORACLE:
        return request.request_timestamp
    return None if request.proposed_at is None else int(request.proposed_at.timestamp())


def _first(prices: Mapping[bytes, int], *keys: bytes) -> int | None:
    return next((prices[key] for key in keys if key in prices), None)

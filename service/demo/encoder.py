"""Steps into real event logs: right topics, right words, right order within a transaction.

Only the events Settlewatch reads are written; token transfers and the tunnel's messages, which
accompany them on chain, are left out (``cases/README.md``, "What is not encoded").
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar, assert_never

from models.enums import ContractKind
from service.chain.event import Event
from service.chain.events import EVENTS
from service.demo import steps as taken
from service.demo.logs import Draft, Subject, Transaction, encode_log
from service.demo.story import Ask, Story, advance
from service.protocol.dvm_text import compress, stamp
from service.protocol.finality import POLYGON
from service.protocol.ids import ADDRESS_BYTES, YES_OR_NO_QUERY, dvm_request_id

Value = TypeVar("Value")

NOBODY = bytes(ADDRESS_BYTES)

_BY_NAME: dict[tuple[ContractKind, str], Event] = {
    (kind, event.name): event for (kind, _), event in EVENTS.items() if not event.era
}


def encode_steps(subject: Subject, steps: tuple[taken.Step, ...]) -> tuple[Transaction, ...]:
    """Every step of a question as a transaction."""
    story = Story()
    transactions = []
    for step in steps:
        before, story = story, advance(story, step, subject.outcomes, subject.liveness)
        logs = tuple(_write(subject, step, before, story))
        transactions.append(Transaction(step.at, logs))
    return tuple(transactions)


def _write(subject: Subject, step: taken.Step, before: Story, after: Story) -> Iterator[Draft]:  # noqa: C901, PLR0912  # one arm a step
    match step:
        case taken.Open():
            yield from _open(subject, after)
        case taken.Propose():
            yield _propose(subject, after.current)
        case taken.Dispute():
            yield from _dispute(subject, before, after)
        case taken.Vote():
            yield _push(subject, after.asks[step.request - 1])
        case taken.Settle():
            yield _settle(subject, after.asks[step.request - 1])
        case taken.Resolve():
            yield from _resolve(subject, before, after)
        case taken.Override():
            yield from _override(subject, after)
        case taken.Clarify():
            owner = subject.creator if step.by == "creator" else subject.address_of(step.by)
            values = (subject.question, owner, step.text.encode())
            yield _adapter_log(subject, "AncillaryDataUpdated", values)
        case taken.Flag():
            yield _adapter_log(subject, "QuestionFlagged", (subject.question,))
        case taken.Unflag():
            yield _adapter_log(subject, "QuestionUnflagged", (subject.question,))
        case taken.Pause():
            yield _adapter_log(subject, "QuestionPaused", (subject.question,))
        case taken.Unpause():
            yield _adapter_log(subject, "QuestionUnpaused", (subject.question,))
        case _:
            assert_never(step)


def _open(subject: Subject, after: Story) -> Iterator[Draft]:
    places, ask = subject.places, after.current
    slots = 2
    prepared = (subject.condition, places.adapter, subject.question, slots)
    yield _tokens_log(subject, "ConditionPreparation", prepared)
    yield _request(subject, ask)
    initialized = (
        subject.question,
        _seconds(ask.asked_at),
        subject.creator,
        subject.ancillary,
        places.currency,
        subject.reward,
        subject.bond,
    )
    yield _adapter_log(subject, "QuestionInitialized", initialized)


def _request(subject: Subject, ask: Ask) -> Draft:
    terms = (subject.places.currency, subject.reward, subject.final_fee)
    return _oracle_log(subject, "RequestPrice", (), ask, terms)


def _propose(subject: Subject, ask: Ask) -> Draft:
    expiry = _seconds(_given(ask.expires_at))
    answer = (ask.proposed_price, expiry, subject.places.currency)
    who = (subject.address_of(_given(ask.proposer)),)
    return _oracle_log(subject, "ProposePrice", who, ask, answer)


def _dispute(subject: Subject, before: Story, after: Story) -> Iterator[Draft]:
    ask = after.asks[before.current.number - 1]
    child, parent = request_ids(subject, ask)
    bridged = (
        subject.places.oracle,
        YES_OR_NO_QUERY,
        _seconds(_given(ask.proposed_at)),
        _stamped(subject),
        child,
        parent,
    )
    yield _tunnel_log(subject, "PriceRequestBridged", bridged)
    proposed = _seconds(_given(ask.proposed_at))
    added = (YES_OR_NO_QUERY, proposed, _compressed(subject, ask), parent)
    yield _tunnel_log(subject, "PriceRequestAdded", added)
    who = (subject.address_of(_given(ask.proposer)), subject.address_of(_given(ask.disputer)))
    yield _oracle_log(subject, "DisputePrice", who, ask, (ask.proposed_price,))
    if not before.is_reset:
        yield _request(subject, after.current)
        yield _adapter_log(subject, "QuestionReset", (subject.question,))


def _push(subject: Subject, ask: Ask) -> Draft:
    child, _ = request_ids(subject, ask)
    proposed = _seconds(_given(ask.proposed_at))
    values = (YES_OR_NO_QUERY, proposed, _compressed(subject, ask), ask.voted_price, child)
    return _tunnel_log(subject, "PushedPrice", values)


def _settle(subject: Subject, ask: Ask) -> Draft:
    # OptimisticOracleV2._settle: the winner gets bond, fee and half the loser's bond; the reward
    # is paid only where nobody disputed, because the adapter takes it back on a dispute.
    stake = subject.bond + subject.final_fee
    is_disputed = ask.disputer is not None
    payout = stake + (subject.bond - subject.bond // 2 if is_disputed else subject.reward)
    disputer = subject.address_of(_given(ask.disputer)) if is_disputed else NOBODY
    who = (subject.address_of(_given(ask.proposer)), disputer)
    return _oracle_log(subject, "Settle", who, ask, (ask.settled_price, payout))


def _resolve(subject: Subject, before: Story, after: Story) -> Iterator[Draft]:
    ask = after.asks[before.current.number - 1]
    if before.current.settled_price is None:
        yield _settle(subject, ask)
    if after.payouts is None:
        yield _request(subject, after.current)
        yield _adapter_log(subject, "QuestionReset", (subject.question,))
        return
    yield _pay(subject, after.payouts)
    resolved = (subject.question, ask.settled_price, after.payouts)
    yield _adapter_log(subject, "QuestionResolved", resolved)


def _override(subject: Subject, after: Story) -> Iterator[Draft]:
    payouts = _given(after.payouts)
    yield _pay(subject, payouts)
    name = "QuestionManuallyResolved" if subject.places.is_v4 else "QuestionEmergencyResolved"
    yield _adapter_log(subject, name, (subject.question, payouts))


def _pay(subject: Subject, payouts: tuple[int, int]) -> Draft:
    values = (subject.condition, subject.places.adapter, subject.question, len(payouts), payouts)
    return _tokens_log(subject, "ConditionResolution", values)


def request_ids(subject: Subject, ask: Ask) -> tuple[bytes, bytes]:
    """The child and parent id of a disputed request (``OracleChildTunnel``)."""
    proposed = _seconds(_given(ask.proposed_at))
    texts = (_stamped(subject), _compressed(subject, ask))
    child, parent = (dvm_request_id(YES_OR_NO_QUERY, proposed, text) for text in texts)
    return child, parent


def _stamped(subject: Subject) -> bytes:
    return stamp(subject.ancillary, subject.places.adapter)


def _compressed(subject: Subject, ask: Ask) -> bytes:
    places = subject.places
    return compress(
        _stamped(subject),
        block_number=subject.block_of(_given(ask.disputed_at)),
        tunnel=places.tunnel,
        oracle=places.oracle,
        chain_id=POLYGON,
    )


def _oracle_log(
    subject: Subject, name: str, who: tuple[bytes, ...], ask: Ask, rest: tuple[object, ...]
) -> Draft:
    places = subject.places
    event = _BY_NAME[places.oracle_kind, name]
    key = (YES_OR_NO_QUERY, _seconds(ask.asked_at), subject.ancillary)
    return encode_log(places.oracle, event, (places.adapter, *who, *key, *rest))


def _adapter_log(subject: Subject, name: str, values: tuple[object, ...]) -> Draft:
    event = _BY_NAME[ContractKind.UMA_CTF_ADAPTER, name]
    return encode_log(subject.places.adapter, event, values)


def _tokens_log(subject: Subject, name: str, values: tuple[object, ...]) -> Draft:
    event = _BY_NAME[ContractKind.CONDITIONAL_TOKENS, name]
    return encode_log(subject.places.conditional_tokens, event, values)


def _tunnel_log(subject: Subject, name: str, values: tuple[object, ...]) -> Draft:
    event = _BY_NAME[ContractKind.ORACLE_CHILD_TUNNEL, name]
    return encode_log(subject.places.tunnel, event, values)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _given(value: Value | None) -> Value:
    # The story has refused every step that would leave this empty.
    assert value is not None  # noqa: S101  # an impossible state, see story.py
    return value

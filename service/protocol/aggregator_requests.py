"""Requests of Polymarket's second oracle stack, linked to what the managed oracle was asked.

Its reporter asks the managed oracle in its own name with the request's rules as the text, so the
hash of the rules is the request's ``ancillary_hash``; that is the only link there is, and one text
may be registered for several requests. Source: OracleAggregator, PolymarketOOReporter;
docs/methodology.md, "The second stack".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from eth_hash.auto import keccak

from models.lifecycle_enums import ClarificationChannel
from service.protocol.asking_fold import AskingFold
from service.protocol.clarifications import Clarification, PostedText, place_text
from service.protocol.contract_facts import ContractChanged, Word
from service.protocol.contracts import ContractBook
from service.protocol.dated_fact import DatedFact
from service.protocol.facts import RulesUpdated
from service.protocol.ids import parse_address
from service.protocol.request_fold import RequestsFold
from service.protocol.request_status import RequestStatus
from service.protocol.request_terms import TermsFold

REGISTERED = "RequestRegistered"
# Everything else the two contracts say of one request.
EVENTS = (
    "OutcomeProposed",
    "ResultReported",
    "ResultDisputed",
    "ArbitrationTriggered",
    "RequestResolved",
    "RequestRulesUpdated",
)


@dataclass(frozen=True, slots=True)
class AggregatorFacts:
    """Everything the chain said of one request, in chain order."""

    registered: ContractChanged
    registered_at: datetime
    facts: tuple[DatedFact, ...]


@dataclass(frozen=True, slots=True)
class AggregatorRequestStatus:
    """One request of the second stack."""

    chain_id: int
    request_id: bytes
    # Who asks the managed oracle, and who registered the request with it.
    reporter: bytes
    requester: bytes
    rules_hash: bytes
    registered_at: datetime
    # What the managed oracle was asked for it, by the hash of the rules.
    requests: tuple[RequestStatus, ...]
    disputes: int
    is_arbitrated: bool
    resolved_at: datetime | None
    resolver: bytes | None
    # Somebody other than the aggregator itself resolved it; None while it is not resolved.
    is_overridden: bool | None
    clarifications: tuple[Clarification, ...]


def rules_hash(registered: ContractChanged) -> bytes:
    """The hash of a registered request's rules: the ``ancillary_hash`` it is asked under."""
    return keccak(_bytes(registered.words, "requestRules"))


def fold_aggregator_request(
    request: AggregatorFacts, book: ContractBook, now: int
) -> AggregatorRequestStatus:
    """Fold a registered request's facts to its state at unix time ``now``."""
    registered = request.registered
    asking = AskingFold(RequestsFold(book, TermsFold(None)), operative=None)
    told = [d for d in request.facts if not asking.tell(d, is_over=False)]
    requests = asking.requests.finish(now)
    resolved = [d for d in _named(told, "RequestResolved") if "resolver" in _words(d)]
    resolver = _address(_words(resolved[-1]), "resolver") if resolved else None
    requester = _address(registered.words, "requester")
    return AggregatorRequestStatus(
        chain_id=registered.at.chain_id,
        request_id=registered.subject or b"",
        reporter=registered.at.address,
        requester=requester,
        rules_hash=rules_hash(registered),
        registered_at=request.registered_at,
        requests=requests,
        disputes=sum(1 for _ in _named(told, "ResultDisputed")),
        is_arbitrated=any(_named(told, "ArbitrationTriggered")),
        resolved_at=resolved[-1].mined_at if resolved else None,
        resolver=resolver,
        is_overridden=resolver != resolved[-1].fact.at.address if resolved else None,
        clarifications=tuple(_clarifications(told, requests, requester, book)),
    )


def _clarifications(
    told: list[DatedFact], requests: tuple[RequestStatus, ...], requester: bytes, book: ContractBook
) -> Iterator[Clarification]:
    for dated in told:
        match dated.fact:
            case RulesUpdated() as fact:
                rules = ClarificationChannel.REQUEST_RULES
                text = PostedText(rules, None, fact.rules, is_official=True)
            case ContractChanged(name="RequestRulesUpdated") as fact:
                updater = _address(fact.words, "updater")
                # The log names whoever posted, as the bulletin board's does: anybody may.
                is_trusted = book.is_trusted_creator(fact.at.chain_id, updater)
                text = PostedText(
                    ClarificationChannel.REPORTER_RULES,
                    updater,
                    _bytes(fact.words, "rules"),
                    is_official=is_trusted or updater == requester,
                )
            case _:
                continue
        yield place_text(dated, text, requests)


def _named(told: list[DatedFact], name: str) -> Iterator[DatedFact]:
    return (d for d in told if isinstance(d.fact, ContractChanged) and d.fact.name == name)


def _words(dated: DatedFact) -> Mapping[str, Word]:
    assert isinstance(dated.fact, ContractChanged)  # noqa: S101  # ``_named`` gives no others
    return dated.fact.words


def _bytes(words: Mapping[str, Word], name: str) -> bytes:
    return bytes.fromhex(str(words[name]).removeprefix("0x"))


def _address(words: Mapping[str, Word], name: str) -> bytes:
    return parse_address(str(words[name]))

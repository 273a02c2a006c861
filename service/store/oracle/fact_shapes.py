"""Which table each fact lies in, and the way from one to the other and back.

A fact's fields and its table's columns have the same names, so the way is the same for all: the
position becomes the row's identity, a key is spread over its columns, an ancillary text is left
out (it is stored once, by its hash). What a column needs beside that is listed here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from models import oracle, sports, voting, wallet
from models.base import Base
from models.contract_change import ContractChange
from models.log_fact import LogFact
from service.protocol import facts, sports_facts, vote_facts, wallet_facts
from service.protocol.ancillary import read_ancillary
from service.protocol.contract_facts import ContractChanged
from service.protocol.facts import Fact, RequestKey
from service.protocol.log_position import LogPosition
from service.protocol.standing import instant_of
from service.protocol.vote_facts import DvmKey

Row = dict[str, Any]
# The text is stored once elsewhere and no fold reads it.
NO_TEXT = b""

TABLES: Mapping[type, type[Base]] = {
    facts.QuestionInitialized: oracle.Question,
    facts.ResolutionAsked: oracle.ResolutionAsked,
    facts.QuestionChanged: oracle.QuestionChange,
    facts.OutcomeOverridden: oracle.Override,
    facts.ClarificationPosted: oracle.Clarification,
    facts.PriceRequested: oracle.PriceRequest,
    facts.PriceProposed: oracle.Proposal,
    facts.PriceDisputed: oracle.Dispute,
    facts.PriceSettled: oracle.Settlement,
    facts.RequestBridged: oracle.BridgedRequest,
    facts.PricePushed: oracle.PushedPrice,
    facts.ConditionPrepared: oracle.Condition,
    facts.ConditionResolved: oracle.Payout,
    facts.NegRiskQuestionPrepared: oracle.NegRiskQuestion,
    facts.NegRiskQuestionReported: oracle.NegRiskReport,
    facts.NegRiskChanged: oracle.NegRiskChange,
    facts.RequestTermsChanged: oracle.RequestTerm,
    facts.RulesUpdated: oracle.RulesUpdate,
    vote_facts.VoteRequested: voting.DvmRequest,
    vote_facts.VoteRequestChanged: voting.DvmRequestChange,
    vote_facts.VoteCommitted: voting.Commit,
    vote_facts.VoteEncrypted: voting.EncryptedVote,
    vote_facts.VoteRevealed: voting.Reveal,
    vote_facts.VoterSlashed: voting.Slash,
    vote_facts.StakeChanged: voting.StakeChange,
    vote_facts.DelegationChanged: voting.Delegation,
    vote_facts.TunnelRequestAdded: voting.TunnelRequest,
    vote_facts.TokensMoved: voting.TokenTransfer,
    sports_facts.GameCreated: sports.Game,
    sports_facts.GameChanged: sports.GameChange,
    sports_facts.SportsMarketCreated: sports.SportsMarket,
    sports_facts.SportsMarketChanged: sports.SportsMarketChange,
    ContractChanged: ContractChange,
    wallet_facts.WalletCreated: wallet.WalletCreation,
}

# Columns that are worked out of a fact when it is stored.
_EXTRAS: Mapping[type, Callable[[Any], Row]] = {
    facts.QuestionInitialized: lambda fact: {"title": read_ancillary(fact.ancillary_data).headline},
    facts.PriceProposed: lambda fact: {"expires_at": instant_of(fact.expiration_timestamp)},
}

_POSITION = ("log_index", "transaction_hash", "address")
_KEYS: tuple[type[RequestKey | DvmKey], ...] = (RequestKey, DvmKey)


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind of fact is written and read; made once for each kind."""

    # The columns and, in the same order, where their values are in the fact.
    columns: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]
    # Columns whose values JSON or the driver would not keep as they are.
    numbers: tuple[str, ...]
    words: tuple[str, ...]
    extras: Callable[[Any], Row] | None


@cache
def shape_of(kind: type) -> Shape:
    """The shape of one kind of fact."""
    hints = get_type_hints(kind)
    columns, paths, numbers, words = [], [], [], []
    for name, hint in _stored_fields(kind, hints):
        if hint in _KEYS:
            columns += [part.name for part in fields(hint)]
            paths += [f"{name}.{part.name}" for part in fields(hint)]
            continue
        columns.append(name)
        paths.append(name)
        bare = _bare(hint)
        if get_origin(bare) is tuple:
            numbers.append(name)
        elif isinstance(bare, type) and issubclass(bare, StrEnum):
            words.append(name)
    return Shape(
        columns=(*_POSITION, *columns),
        values=attrgetter(*(f"at.{name}" for name in _POSITION), *paths),
        numbers=tuple(numbers),
        words=tuple(words),
        extras=_EXTRAS.get(kind),
    )


def _stored_fields(kind: type, hints: Mapping[str, Any]) -> list[tuple[str, Any]]:
    names = [field.name for field in fields(kind)]
    return [(name, hints[name]) for name in names if name not in {"at", "ancillary_data"}]


def _bare(hint: Any) -> Any:
    """A type without its ``| None``."""
    if get_origin(hint) in {Union, UnionType}:
        [bare] = [part for part in get_args(hint) if part is not NoneType]
        return bare
    return hint


def row_of(fact: Fact) -> Row:
    """A fact as a row, still without its block and the time it was known."""
    kind: type = type(fact)
    shape = shape_of(kind)
    row: Row = dict(zip(shape.columns, shape.values(fact), strict=True))
    for name in shape.numbers:
        # JSON has no exact integers of this size.
        row[name] = None if row[name] is None else [str(value) for value in row[name]]
    for name in shape.words:
        row[name] = row[name].value
    if shape.extras is not None:
        row |= shape.extras(fact)
    return row


_KINDS: Mapping[type, type] = {model: kind for kind, model in TABLES.items()}


@cache
def _readers(kind: type) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    hints = get_type_hints(kind)
    return tuple((name, _reader(name, hint)) for name, hint in _stored_fields(kind, hints))


def _reader(name: str, hint: Any) -> Callable[[Any], Any]:
    if hint in _KEYS:
        get = attrgetter(*(part.name for part in fields(hint)))
        return lambda row: hint(*get(row))
    get_one = attrgetter(name)
    bare = _bare(hint)
    if get_origin(bare) is tuple:
        return lambda row: _numbers(get_one(row))
    if isinstance(bare, type) and issubclass(bare, StrEnum):
        return lambda row: bare(get_one(row))
    return get_one


def _numbers(values: list[str] | None) -> tuple[int, ...] | None:
    return None if values is None else tuple(int(value) for value in values)


@cache
def _has_text(kind: type) -> bool:
    return any(field.name == "ancillary_data" for field in fields(kind))


def fact_of(row: LogFact, at: LogPosition) -> Fact:
    """The fact a row was made from; its ancillary text, stored elsewhere, is left empty."""
    kind = _KINDS[type(row)]
    words = {name: read(row) for name, read in _readers(kind)}
    if _has_text(kind):
        words["ancillary_data"] = NO_TEXT
    fact: Fact = kind(at=at, **words)
    return fact

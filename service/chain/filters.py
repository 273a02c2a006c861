"""Which logs a reader asks for: everything, what is cheap, or what matters before it is final."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from models.enums import ContractKind, IndexMode
from service.chain.event import Event
from service.chain.events import EVENTS
from service.chain.fill_events import EXCHANGES, TOPICS
from service.protocol.contracts import ContractBook


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which logs are asked for."""

    addresses: tuple[bytes, ...]
    # Of the first place.
    topics: tuple[bytes, ...]
    # What the later places may hold, in order; an empty tuple is anything.
    words: tuple[tuple[bytes, ...], ...] = ()

    def halves(self) -> "tuple[LogFilter, LogFilter]":
        """Two filters that together ask for the same."""
        middle = len(self.topics) // 2
        return (
            replace(self, topics=self.topics[:middle]),
            replace(self, topics=self.topics[middle:]),
        )


# The managed oracle alone has tens of thousands of proposals a day, and each of these logs repeats
# the question's whole text. What they say of a question that nobody disputes, its payout says too;
# for a disputed one they are looked up (jobs/look_up.py).
BEGINNINGS = frozenset({"QuestionInitialized", "RequestPrice"})
DEAR = BEGINNINGS | {"Settle"}
# Every new user of Polymarket emits one of the first three, every holder of UMA the last: they are
# asked for by account only (jobs/read_wallets.py), and decoded where an archive holds them.
BUSY = frozenset({"ProxyCreation", "WalletDeployed", "TransactionRelayed", "Transfer"})
_TRANSFERRED = tuple({e.topic0 for e in EVENTS.values() if e.name == "Transfer"})
_DEPLOYED = tuple({e.topic0 for e in EVENTS.values() if e.name == "WalletDeployed"})
_SETTLE = tuple({event.topic0 for event in EVENTS.values() if event.name == "Settle"})

# What is worth knowing before it is final: a challenge, a clarification, a pause, stake and votes.
HASTY: dict[ContractKind, frozenset[str]] = {
    kind: frozenset({"AncillaryDataUpdated", "QuestionFlagged", "QuestionPaused", "QuestionReset"})
    for kind in (ContractKind.UMA_CTF_ADAPTER, ContractKind.NEG_RISK_UMA_CTF_ADAPTER)
} | {
    ContractKind.OPTIMISTIC_ORACLE_V2: frozenset({"DisputePrice"}),
    ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2: frozenset({"DisputePrice", "RequestRulesUpdated"}),
    ContractKind.ORACLE_CHILD_TUNNEL: frozenset({"PriceRequestBridged", "PushedPrice"}),
    ContractKind.ORACLE_ROOT_TUNNEL: frozenset({"PriceRequestAdded", "PushedPrice"}),
    ContractKind.VOTING_V2: frozenset(
        {
            "RequestAdded",
            "RequestResolved",
            "RequestRolled",
            "RequestDeleted",
            "VoteCommitted",
            "VoteRevealed",
            "Staked",
            "RequestedUnstake",
            "ExecutedUnstake",
            "VoterSlashApplied",
            "DelegateSet",
            "DelegatorSet",
        }
    ),
}


def filter_of(book: ContractBook, chain_id: int, mode: IndexMode = IndexMode.FULL) -> LogFilter:
    """What a chain is indexed by; no address where the book names none."""
    if mode is IndexMode.FULL:
        return _filter(book, chain_id, lambda _kind, event: event.name not in BUSY)
    return _filter(book, chain_id, lambda _kind, event: event.name not in DEAR | BUSY)


def provisional_filter(book: ContractBook, chain_id: int) -> LogFilter:
    """What is read above the final head."""
    return _filter(book, chain_id, lambda kind, event: event.name in HASTY.get(kind, ()))


def beginning_filter(book: ContractBook, chain_id: int) -> LogFilter:
    """The logs a question or a request of it begins with."""
    return _filter(book, chain_id, lambda _kind, event: event.name in BEGINNINGS)


def fill_filter(book: ContractBook, chain_id: int) -> LogFilter:
    """Every trade of every exchange. No topic names the token, so what is not wanted comes too."""
    return LogFilter(book.addresses(chain_id, EXCHANGES), TOPICS)


def settlement_filter(oracle: bytes, disputers: Collection[bytes]) -> LogFilter:
    """The Settle logs at an oracle of requests that one of these accounts disputed.

    The disputer is the event's third indexed word, zero where nobody disputed.
    """
    padded = tuple(sorted(account.rjust(32, b"\0") for account in disputers))
    return LogFilter((oracle,), _SETTLE, ((), (), padded))


def deployment_filter(book: ContractBook, chain_id: int, owners: Collection[bytes]) -> LogFilter:
    """The deposit wallets made for one of these accounts: the owner is the second indexed word."""
    factories = book.addresses(chain_id, [ContractKind.DEPOSIT_WALLET_FACTORY])
    padded = tuple(sorted(account.rjust(32, b"\0") for account in owners))
    return LogFilter(factories, _DEPLOYED, ((), padded))


def funding_filter(book: ContractBook, chain_id: int, recipients: Collection[bytes]) -> LogFilter:
    """Transfers of the vote's token to one of these: the recipient is the second indexed word."""
    tokens = book.addresses(chain_id, [ContractKind.VOTING_TOKEN])
    padded = tuple(sorted(account.rjust(32, b"\0") for account in recipients))
    return LogFilter(tokens, _TRANSFERRED, ((), padded))


def _filter(
    book: ContractBook, chain_id: int, is_wanted: Callable[[ContractKind, Event], bool]
) -> LogFilter:
    there = {entry.kind for entry in book.entries if entry.chain_id == chain_id}
    wanted = [
        (kind, topic)
        for (kind, topic), event in EVENTS.items()
        if kind in there and is_wanted(kind, event)
    ]
    addresses = book.addresses(chain_id, {kind for kind, _ in wanted})
    return LogFilter(addresses, tuple(dict.fromkeys(topic for _, topic in wanted)))

"""A chain with votes and wallets of our own making, for tests of links between them."""

from datetime import UTC, datetime

from models.enums import ContractKind
from service.chain.wallet_code import shipped_wallet_code
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.wallets import Recipe, derive, list_recipes
from tests.replays.encoded import EncodedChain, event_of

START = datetime(2026, 2, 1, tzinfo=UTC)
VOTING, DESIGNATED_FACTORY = b"\xe0" * 20, b"\xe1" * 20
SAFE_FACTORY, PROXY_FACTORY = b"\xe2" * 20, b"\xe3" * 20
DEPOSIT_FACTORY, RELAY = b"\xe4" * 20, b"\xe5" * 20
ADAPTER, ORACLE = b"\xe6" * 20, b"\xe7" * 20
EXCHANGE = b"\xe8" * 20
VOTER, DELEGATE, OWNER, INSTANCE = b"\x01" * 20, b"\x02" * 20, b"\x03" * 20, b"\x04" * 20
PROPOSER, DISPUTER, STRANGER = b"\x05" * 20, b"\x06" * 20, b"\x07" * 20
UMA = 10**18
# A block that every wallet's code of the shipped file is older than.
LATE = 90_000_000

BOOK = ContractBook(
    tuple(
        ContractEntry(chain, address, kind, first, version=version)
        for chain, address, kind, first, version in (
            (1, VOTING, ContractKind.VOTING_V2, 1, None),
            (1, DESIGNATED_FACTORY, ContractKind.DESIGNATED_VOTING_FACTORY, 1, None),
            (137, SAFE_FACTORY, ContractKind.SAFE_FACTORY, LATE, None),
            (137, PROXY_FACTORY, ContractKind.PROXY_FACTORY, LATE, None),
            (137, DEPOSIT_FACTORY, ContractKind.DEPOSIT_WALLET_FACTORY, LATE, None),
            (137, RELAY, ContractKind.RELAY_HUB, LATE, None),
            (137, EXCHANGE, ContractKind.CTF_EXCHANGE, LATE, "1"),
            (137, ADAPTER, ContractKind.UMA_CTF_ADAPTER, LATE, "3"),
            (137, ORACLE, ContractKind.OPTIMISTIC_ORACLE_V2, LATE, None),
        )
    )
)
RECIPES: tuple[Recipe, ...] = tuple(list_recipes(BOOK, shipped_wallet_code()))
SAFE, PROXY, UUPS, BEACON = RECIPES


def wallet_of(owner: bytes, recipe: Recipe = SAFE) -> bytes:
    """A wallet of one of these accounts."""
    return derive(owner, recipe)


def a_votes_chain() -> EncodedChain:
    """Ethereum: a delegation, a staking contract, and one opened vote."""
    chain = EncodedChain(START, chain_id=1)
    kind = ContractKind.VOTING_V2
    staked = event_of(kind, "Staked")
    made = event_of(ContractKind.DESIGNATED_VOTING_FACTORY, "NewDesignatedVoting")
    chain.send((VOTING, event_of(kind, "DelegateSet"), (VOTER, DELEGATE)))
    chain.send((VOTING, event_of(kind, "DelegatorSet"), (DELEGATE, VOTER)))
    chain.send((DESIGNATED_FACTORY, made, (DELEGATE, OWNER, INSTANCE)))
    chain.send((VOTING, staked, (INSTANCE, INSTANCE, 10 * UMA, 10 * UMA, 0, 10 * UMA)))
    chain.send((VOTING, staked, (VOTER, VOTER, 10 * UMA, 10 * UMA, 0, 20 * UMA)))
    revealed = event_of(kind, "VoteRevealed")
    for voter, caller in ((VOTER, DELEGATE), (INSTANCE, INSTANCE)):
        words = (voter, caller, 7, b"Y" * 32, 1, b"question", 0, 10 * UMA)
        chain.send((VOTING, revealed, words))
    return chain


def a_wallets_chain() -> EncodedChain:
    """Polygon: a proposal and a dispute, and wallets of the disputer made in three ways."""
    chain = EncodedChain(START, chain_id=137, first_block=LATE)
    proposed = event_of(ContractKind.OPTIMISTIC_ORACLE_V2, "ProposePrice")
    disputed = event_of(ContractKind.OPTIMISTIC_ORACLE_V2, "DisputePrice")
    key = (b"Y" * 32, 5, b"question")
    chain.send((ORACLE, proposed, (ADAPTER, PROPOSER, *key, 0, 2**40, EXCHANGE)))
    # Somebody else's question: its proposer is none of ours.
    chain.send((ORACLE, proposed, (STRANGER, STRANGER, *key, 0, 2**40, EXCHANGE)))
    chain.send((ORACLE, disputed, (ADAPTER, PROPOSER, DISPUTER, *key, 0)))
    created = event_of(ContractKind.SAFE_FACTORY, "ProxyCreation")
    chain.send((SAFE_FACTORY, created, (wallet_of(DISPUTER), DISPUTER)))
    relayed = event_of(ContractKind.RELAY_HUB, "TransactionRelayed")
    chain.send((RELAY, relayed, (STRANGER, DISPUTER, PROXY_FACTORY, b"\0\1\2\3", 0, 1)))
    chain.send((RELAY, relayed, (STRANGER, PROPOSER, PROXY_FACTORY, b"\0\1\2\3", 2, 1)))
    deployed = event_of(ContractKind.DEPOSIT_WALLET_FACTORY, "WalletDeployed")
    # Its id is not the owner's, so it follows from nothing.
    chain.send((DEPOSIT_FACTORY, deployed, (b"\xaa" * 20, DISPUTER, b"\x99" * 32, BEACON.code)))
    return chain

"""From a key's own account to the wallets Polymarket makes for it: CREATE2, offline.

Factories come from the contract book, the code they deploy from ``WalletCode`` entries: data with
block ranges, for the factories can be upgraded. docs/data-dictionary.md, "Wallets".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak

from models.enums import ContractKind
from models.wallet_enums import WalletKind
from service.protocol.contracts import ContractBook
from service.protocol.ids import ADDRESS_BYTES, address_word, to_word

FACTORIES = {
    WalletKind.SAFE: ContractKind.SAFE_FACTORY,
    WalletKind.PROXY: ContractKind.PROXY_FACTORY,
    WalletKind.DEPOSIT_UUPS: ContractKind.DEPOSIT_WALLET_FACTORY,
    WalletKind.DEPOSIT_BEACON: ContractKind.DEPOSIT_WALLET_FACTORY,
}
# The clone's creation code around the factory and the implementation, and its constructor's call
# with empty bytes (selector, offset, length).
_PROXY_HEAD = bytes.fromhex("3d3d606380380380913d393d73")
_PROXY_MIDDLE = bytes.fromhex("5af4602a57600080fd5b602d8060366000396000f3363d3d373d3d3d363d73")
_PROXY_TAIL = bytes.fromhex("5af43d82803e903d91602b57fd5bf352e831dd") + to_word(32) + to_word(0)
# An ERC-1967 proxy with immutable arguments behind its code: PUSH2 of the length, then the code.
_PUSH2 = b"\x61"
_COPY = bytes.fromhex("3d8160233d3973")
_UUPS_LENGTH = 0x3D
_UUPS_TAIL = bytes.fromhex(
    "60095155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076"
    "cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3"
)
_BEACON_LENGTH = 0x52
_BEACON_TAIL = bytes.fromhex(
    "60195155f3363d3d373d3d363d602036600436635c60da"
    "1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c"
    "b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3"
)


@dataclass(frozen=True, slots=True)
class WalletCode:
    """What the factories of a kind deploy from a block on."""

    chain_id: int
    kind: WalletKind
    from_block: int
    # The implementation or beacon; of a Safe its master copy, which the hash below contains.
    code: bytes
    to_block: int | None = None
    # Given for a Safe alone: the hash of its whole creation code.
    init_code_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way a wallet's address follows from an account."""

    kind: WalletKind
    chain_id: int
    factory: bytes
    code: bytes
    init_code_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class DerivedWallet:
    """A wallet that follows from an account; whether it exists is another question."""

    owner: bytes
    address: bytes
    recipe: Recipe


def list_recipes(book: ContractBook, codes: Iterable[WalletCode]) -> list[Recipe]:
    """Every factory of the book with every code it deployed at some time."""
    found: dict[Recipe, None] = {}
    for code in codes:
        for entry in book.entries:
            if entry.chain_id != code.chain_id or entry.kind is not FACTORIES[code.kind]:
                continue
            ends = min(entry.to_block or _FOR_EVER, code.to_block or _FOR_EVER)
            if max(entry.from_block, code.from_block) <= ends:
                recipe = Recipe(
                    code.kind, code.chain_id, entry.address, code.code, code.init_code_hash
                )
                found[recipe] = None
    return list(found)


_FOR_EVER = 2**63


def derive_all(owner: bytes, recipes: Sequence[Recipe]) -> list[DerivedWallet]:
    """All wallets that follow from an account; one may hold tokens before it has code."""
    return [DerivedWallet(owner, derive(owner, recipe), recipe) for recipe in recipes]


def derive(owner: bytes, recipe: Recipe) -> bytes:
    """The wallet of an account by one recipe."""
    match recipe.kind:
        case WalletKind.SAFE:
            return create2(recipe.factory, safe_salt(owner), _safe_hash(recipe))
        case WalletKind.PROXY:
            code = _PROXY_HEAD + recipe.factory + _PROXY_MIDDLE + recipe.code + _PROXY_TAIL
            return create2(recipe.factory, proxy_salt(owner), keccak(code))
        case WalletKind.DEPOSIT_UUPS | WalletKind.DEPOSIT_BEACON:
            return derive_deposit(address_word(owner), recipe)
        case _:
            message = f"a wallet of kind {recipe.kind} follows from no account"
            raise ValueError(message)


def derive_deposit(wallet_id: bytes, recipe: Recipe) -> bytes:
    """The deposit wallet of an id: the account's padded address by habit, any word by rule."""
    args = address_word(recipe.factory) + wallet_id
    return create2(recipe.factory, keccak(args), keccak(deposit_init_code(args, recipe)))


def deposit_init_code(args: bytes, recipe: Recipe) -> bytes:
    """A deposit wallet's creation code; its arguments are part of it, so it differs by owner."""
    if recipe.kind is WalletKind.DEPOSIT_UUPS:
        length, tail = _UUPS_LENGTH, _UUPS_TAIL
    else:
        length, tail = _BEACON_LENGTH, _BEACON_TAIL
    size = (length + len(args)).to_bytes(2, "big")
    return _PUSH2 + size + _COPY + recipe.code + tail + args


def safe_salt(owner: bytes) -> bytes:
    """The padded address's hash (a proxy's is the bare address's)."""
    return keccak(address_word(owner))


def proxy_salt(owner: bytes) -> bytes:
    """The bare address's hash."""
    return keccak(owner)


def create2(deployer: bytes, salt: bytes, init_code_hash: bytes) -> bytes:
    """The address a contract gets by CREATE2 (EIP-1014)."""
    return keccak(b"\xff" + deployer + salt + init_code_hash)[-ADDRESS_BYTES:]


def _safe_hash(recipe: Recipe) -> bytes:
    if recipe.init_code_hash is None:
        message = "a Safe's recipe needs the hash of its creation code"
        raise ValueError(message)
    return recipe.init_code_hash

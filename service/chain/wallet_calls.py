"""What a chain says of wallets at a block: code, owners, and whether we derive right."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from models.enums import ContractKind
from models.wallet_enums import WalletKind
from service.chain.faults import Fault, NodeFault
from service.chain.node import Node
from service.chain.raw import parse_quantity
from service.chain.rpc import Endpoint
from service.protocol.contracts import ContractBook
from service.protocol.finality import ETHEREUM
from service.protocol.ids import (
    ADDRESS_BYTES,
    address_word,
    parse_address,
    to_checksum,
    to_hex,
    to_word,
)
from service.protocol.log_position import BlockHeader
from service.protocol.wallet_ladder import Reading
from service.protocol.wallet_links import HUB_DEGREE
from service.protocol.wallets import Recipe, derive

# Codes asked for in one request.
BATCH = 50
# An account that delegates to code (EIP-7702) holds this and an address, and is a key's still.
_DELEGATED = bytes.fromhex("ef0100")
_DEPOSITS = (WalletKind.DEPOSIT_UUPS, WalletKind.DEPOSIT_BEACON)
# Whose wallets are derived to compare with the factories' own answer; nobody has its key.
_PROBE = bytes(ADDRESS_BYTES - 1) + b"\x01"


def read_wallets(
    node: Node, wallets: Sequence[tuple[bytes, WalletKind]], at: BlockHeader, known_at: datetime
) -> list[Reading]:
    """The code of these addresses at a block and, of those that have some, their owners."""
    return node.ask(
        lambda endpoint: [
            reading
            for start in range(0, len(wallets), BATCH)
            for reading in _read(endpoint, wallets[start : start + BATCH], at, known_at)
        ],
        reach=at.number,
        is_narrow=True,
    )


def _read(
    endpoint: Endpoint,
    wallets: Sequence[tuple[bytes, WalletKind]],
    at: BlockHeader,
    known_at: datetime,
) -> Iterator[Reading]:
    calls = [("eth_getCode", [to_checksum(address), hex(at.number)]) for address, _ in wallets]
    codes = [_bytes(endpoint, "eth_getCode", answer) for answer in endpoint.call_many(calls)]
    bare = [
        address
        for (address, kind), code in zip(wallets, codes, strict=True)
        if kind is WalletKind.ACCOUNT and not _is_contract(code)
    ]
    busy = _busy(endpoint, bare, at.number) if endpoint.chain_id == ETHEREUM else {}
    for (address, kind), code in zip(wallets, codes, strict=True):
        has_code = _is_contract(code)
        owners: tuple[bytes, ...] | None = None
        threshold: int | None = None
        if has_code:
            owners, threshold = _owners(endpoint, address, kind, at.number)
        yield Reading(
            endpoint.chain_id,
            address,
            has_code,
            owners,
            threshold,
            at.number,
            known_at,
            busy.get(address),
        )


def _is_contract(code: bytes) -> bool:
    return bool(code) and not code.startswith(_DELEGATED)


def _busy(endpoint: Endpoint, accounts: Sequence[bytes], block: int) -> dict[bytes, bool]:
    """Whether each had sent so many transactions that it may pay for as many accounts."""
    calls = [("eth_getTransactionCount", [to_checksum(one), hex(block)]) for one in accounts]
    found: dict[bytes, bool] = {}
    for account, answer in zip(accounts, endpoint.call_many(calls), strict=True):
        try:
            found[account] = parse_quantity(answer, "transaction count") > HUB_DEGREE
        except ValueError as error:
            raise endpoint.fault(Fault.WRONG_ANSWER, f"eth_getTransactionCount: {error}") from error
    return found


def _owners(
    endpoint: Endpoint, address: bytes, kind: WalletKind, block: int
) -> tuple[tuple[bytes, ...] | None, int | None]:
    """Who may act for a contract, and how many of them must; ``None`` where it does not say."""
    if kind is WalletKind.PROXY:
        # Its stored owner is its factory, whoever it was made for.
        return None, None
    if kind in _DEPOSITS:
        return _single(_call(endpoint, address, "owner()", b"", block)), None
    if kind is WalletKind.DESIGNATED_VOTING:
        # The role of the owner is number 0.
        return _single(_call(endpoint, address, "getMember(uint256)", to_word(0), block)), None
    listed = _call(endpoint, address, "getOwners()", b"", block)
    needed = _call(endpoint, address, "getThreshold()", b"", block)
    try:
        [texts] = decode(["address[]"], listed)
        [threshold] = decode(["uint256"], needed)
    except DecodingError:
        return None, None
    # A number of signers no wallet has is no threshold.
    known = threshold if threshold <= len(texts) else None
    return tuple(parse_address(text) for text in texts) or None, known


def _single(answer: bytes) -> tuple[bytes, ...] | None:
    word = answer if len(answer) == len(to_word(0)) else b""
    account = word[-ADDRESS_BYTES:]
    return (account,) if any(account) else None


def _call(endpoint: Endpoint, to: bytes, signature: str, words: bytes, block: int) -> bytes:
    """What a function says; nothing where there is none, or it reverts."""
    call = {"to": to_checksum(to), "data": to_hex(keccak(signature.encode())[:4] + words)}
    try:
        answer = endpoint.call("eth_call", [call, hex(block)])
    except NodeFault as error:
        if error.fault is Fault.ERROR_ANSWER and "revert" in error.reason.lower():
            return b""
        raise
    return _bytes(endpoint, "eth_call", answer)


def _bytes(endpoint: Endpoint, method: str, answer: object) -> bytes:
    if isinstance(answer, str) and answer.startswith("0x"):
        try:
            return bytes.fromhex(answer[2:])
        except ValueError:
            pass
    raise endpoint.fault(Fault.WRONG_ANSWER, f"{method} gave {answer!r:.80}")


def check_derivation(
    node: Node, book: ContractBook, recipes: Sequence[Recipe], at: BlockHeader
) -> list[str]:
    """Where the factories' own views and our derivation differ, in words; empty is as it should be.

    A factory that does not answer is not counted as a difference: it may be older than its view.
    """
    mine = [recipe for recipe in recipes if recipe.chain_id == node.chain_id]
    exchanges = book.addresses(node.chain_id, [ContractKind.CTF_EXCHANGE])

    def ask(endpoint: Endpoint) -> list[str]:
        found = []
        for recipe in mine:
            for contract, signature, words in _views(recipe, exchanges):
                said = _single(_call(endpoint, contract, signature, words, at.number))
                wallet = derive(_PROBE, recipe)
                if said is not None and said != (wallet,):
                    found.append(
                        f"{recipe.kind.value}: {signature} of {to_checksum(contract)} gives "
                        f"{to_checksum(said[0])}, not {to_checksum(wallet)}"
                    )
        return found

    return node.ask(ask, reach=at.number, is_narrow=True)


def _views(recipe: Recipe, exchanges: Sequence[bytes]) -> Iterator[tuple[bytes, str, bytes]]:
    """Who tells the probe's wallet by this recipe, by which function, with which argument."""
    owner = address_word(_PROBE)
    match recipe.kind:
        case WalletKind.SAFE:
            yield recipe.factory, "computeProxyAddress(address)", owner
        case WalletKind.PROXY:
            for exchange in exchanges:
                yield exchange, "getPolyProxyWalletAddress(address)", owner
        case WalletKind.DEPOSIT_UUPS:
            yield recipe.factory, "predictLegacyWalletAddress(bytes32)", owner
        case WalletKind.DEPOSIT_BEACON:
            yield recipe.factory, "predictWalletAddress(bytes32)", owner
        case _:
            return

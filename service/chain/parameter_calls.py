"""Getters of parameters, asked at a block: what was set before the first indexed one."""

from collections.abc import Iterator
from dataclasses import dataclass

from eth_hash.auto import keccak

from models.enums import ContractKind
from service.chain.faults import Fault, NodeFault
from service.chain.node import Node
from service.chain.rpc import Endpoint
from service.protocol.contracts import ContractBook
from service.protocol.ids import ADDRESS_BYTES, HASH_BYTES, to_checksum, to_hex
from service.protocol.log_position import BlockHeader


@dataclass(frozen=True, slots=True)
class Getter:
    """A function without arguments that gives one word."""

    name: str
    is_address: bool = False

    @property
    def selector(self) -> bytes:
        """The first four bytes of its signature's hash."""
        return keccak(f"{self.name}()".encode())[:4]


GETTERS: dict[ContractKind, tuple[Getter, ...]] = {
    ContractKind.VOTING_V2: (
        Getter("gat"),
        Getter("spat"),
        Getter("maxRolls"),
        Getter("maxRequestsPerRound"),
        Getter("unstakeCoolDown"),
        Getter("emissionRate"),
        Getter("cumulativeStake"),
        Getter("slashingLibrary", is_address=True),
    ),
    ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2: (
        Getter("defaultLiveness"),
        Getter("minimumDisputeWindow"),
        Getter("defaultProposerWhitelist", is_address=True),
        Getter("requesterWhitelist", is_address=True),
    ),
    ContractKind.OPTIMISTIC_ORACLE_V2: (Getter("defaultLiveness"),),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a getter said."""

    address: bytes
    name: str
    value: str


def ask_parameters(node: Node, book: ContractBook, at: BlockHeader) -> list[Answer]:
    """Every getter's answer at a block, as far as the contracts there have it.

    An older or newer implementation may lack a getter: its call reverts and is left out.
    """
    return node.ask(
        lambda endpoint: list(_ask(endpoint, book, at)), reach=at.number, is_narrow=True
    )


def _ask(endpoint: Endpoint, book: ContractBook, at: BlockHeader) -> Iterator[Answer]:
    for kind, getters in GETTERS.items():
        for address in book.addresses(endpoint.chain_id, [kind]):
            if kind not in book.kinds_at(endpoint.chain_id, address, at.number):
                continue
            for getter in getters:
                value = _call(endpoint, address, getter, at.number)
                if value is not None:
                    yield Answer(address, getter.name, value)


def _call(endpoint: Endpoint, address: bytes, getter: Getter, block: int) -> str | None:
    call = {"to": to_checksum(address), "data": to_hex(getter.selector)}
    try:
        answer = endpoint.call("eth_call", [call, hex(block)])
    except NodeFault as error:
        if error.fault is Fault.ERROR_ANSWER and "revert" in error.reason.lower():
            return None
        raise
    if answer == "0x":
        # No such function, or no contract yet.
        return None
    word = _word(answer)
    if word is None:
        reason = f"eth_call of {getter.name} gave {answer!r:.80}"
        raise endpoint.fault(Fault.WRONG_ANSWER, reason)
    if not getter.is_address:
        return str(int.from_bytes(word, "big"))
    return to_checksum(word[-ADDRESS_BYTES:])


def _word(answer: object) -> bytes | None:
    """The one word of an answer; ``None`` for anything else."""
    if not isinstance(answer, str) or len(answer) != 2 + 2 * HASH_BYTES:
        return None
    try:
        return bytes.fromhex(answer.removeprefix("0x"))
    except ValueError:
        return None

"""Identities of questions, conditions and requests, as pure functions of bytes.

Formulas: docs/data-dictionary.md, "Identities".
"""

from functools import lru_cache

from eth_hash.auto import keccak

ADDRESS_BYTES = 20
HASH_BYTES = 32


def to_hex(value: bytes) -> str:
    """0x-hex, lower case."""
    return "0x" + value.hex()


@lru_cache(maxsize=65_536)
def to_checksum(address: bytes) -> str:
    """An address as 0x-hex with the EIP-55 checksum case."""
    text = address.hex()
    digest = keccak(text.encode()).hex()
    return "0x" + "".join(
        c.upper() if int(d, 16) >= 8 else c  # noqa: PLR2004  # EIP-55's own rule
        for c, d in zip(text, digest, strict=False)
    )


def parse_hex(text: str, length: int) -> bytes:
    """Bytes of exactly ``length`` from 0x-hex of any case; ``ValueError`` otherwise."""
    if not text.startswith(("0x", "0X")) or len(text) != 2 + 2 * length:
        message = f"expected 0x and {2 * length} hex digits, got {text[:80]!r}"
        raise ValueError(message)
    value = bytes.fromhex(text[2:])
    if len(value) != length:
        # fromhex skips blanks.
        message = f"expected {2 * length} hex digits without blanks, got {text[:80]!r}"
        raise ValueError(message)
    return value


def parse_hex32(text: str) -> bytes:
    """A 32-byte id from 0x-hex."""
    return parse_hex(text, HASH_BYTES)


def parse_address(text: str) -> bytes:
    """A 20-byte address from 0x-hex; the checksum case is not enforced."""
    return parse_hex(text, ADDRESS_BYTES)


def question_id(ancillary_data: bytes) -> bytes:
    """The adapter's question id (v2 and later): keccak of the stored ancillary data."""
    return keccak(ancillary_data)


def condition_id(oracle: bytes, question: bytes, outcome_slots: int = 2) -> bytes:
    """ConditionalTokens ``getConditionId``."""
    return keccak(oracle + question + outcome_slots.to_bytes(32, "big"))


def dvm_request_id(identifier: bytes, dvm_time: int, ancillary_data: bytes) -> bytes:
    """The vote's key: keccak of ``abi.encode(bytes32, uint256, bytes)``.

    With the compressed text it is the ``parentRequestId``, with the stamped one the
    ``childRequestId``.
    """
    words = (
        identifier,
        dvm_time.to_bytes(HASH_BYTES, "big"),
        (3 * HASH_BYTES).to_bytes(HASH_BYTES, "big"),
        len(ancillary_data).to_bytes(HASH_BYTES, "big"),
        ancillary_data + bytes(-len(ancillary_data) % HASH_BYTES),
    )
    return keccak(b"".join(words))

"""Identities of questions, conditions and requests, as pure functions of bytes.

Formulas: docs/data-dictionary.md, "Identities".
"""

from functools import lru_cache

from eth_hash.auto import keccak

ADDRESS_BYTES = 20
HASH_BYTES = 32

# What a price request asks for: UMA's price identifiers, right-padded ASCII.
YES_OR_NO_QUERY = b"YES_OR_NO_QUERY".ljust(HASH_BYTES, b"\0")
MULTIPLE_VALUES = b"MULTIPLE_VALUES".ljust(HASH_BYTES, b"\0")
NUMERICAL = b"NUMERICAL".ljust(HASH_BYTES, b"\0")


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


def to_word(value: int) -> bytes:
    """A uint256 as the 32 bytes contracts hash; ``OverflowError`` if it is none."""
    return value.to_bytes(HASH_BYTES, "big")


def address_word(address: bytes) -> bytes:
    """An address as ``abi.encode`` pads it."""
    return address.rjust(HASH_BYTES, b"\0")


def question_id(ancillary_data: bytes) -> bytes:
    """The adapter's question id (v2 and later): keccak of the stored ancillary data."""
    return keccak(ancillary_data)


def condition_id(oracle: bytes, question: bytes, outcome_slots: int = 2) -> bytes:
    """ConditionalTokens ``getConditionId``."""
    return keccak(oracle + question + to_word(outcome_slots))


def request_id(
    requester: bytes, identifier: bytes, request_timestamp: int, ancillary_data: bytes
) -> bytes:
    """The key under which the oracle (v1, v2, managed) stores a price request."""
    return keccak(requester + identifier + to_word(request_timestamp) + ancillary_data)


def managed_request_id(requester: bytes, identifier: bytes, ancillary_data: bytes) -> bytes:
    """The managed oracle's key of a bond, liveness or whitelist of its own.

    It has no timestamp, so it outlives resets: all requests of one question share it.
    """
    return keccak(requester + identifier + ancillary_data)


def dvm_request_id(identifier: bytes, dvm_time: int, ancillary_data: bytes) -> bytes:
    """The vote's key: keccak of ``abi.encode(bytes32, uint256, bytes)``.

    With the text as it is voted on (``service.protocol.dvm_text``) it is the ``parentRequestId``,
    with the stamped one the ``childRequestId``.
    """
    return keccak(identifier + to_word(dvm_time) + abi_bytes_tail(ancillary_data, words_before=3))


def abi_bytes_tail(data: bytes, words_before: int) -> bytes:
    """The last, dynamic argument of an ``abi.encode`` of ``words_before`` words: offset first."""
    offset = to_word(words_before * HASH_BYTES)
    return offset + to_word(len(data)) + data + bytes(-len(data) % HASH_BYTES)

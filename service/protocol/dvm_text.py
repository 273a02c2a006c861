"""The texts a disputed request carries to UMA's vote, and the way back to its question.

On a dispute the oracle stamps the question's text with the requester, and the tunnel sends to
Ethereum only that text's hash with where to find it; until the switch of April 2025 it sent the
whole text. Sources: OptimisticOracleV2 ``_stampAncillaryData``, AncillaryDataCompression,
OracleChildTunnel; docs/data-dictionary.md, "Identities".

Anybody may write these keys into a question's text or, for a fee, ask the vote on Ethereum about
a text of his own. So stamps count at the right end only, where contracts put them, a text is
taken only in the exact form they write, and a text that can be read is no proof that a tunnel
sent it: join by hash to what the tunnel logged.
"""

import re
from dataclasses import dataclass

from eth_hash.auto import keccak

_ADDRESS = rb"([0-9a-f]{40})"
# As contracts print numbers; none of ours needs more than 63 bits, and no block has more.
_NUMBER = rb"(0|[1-9][0-9]{0,17})"

# The first key of a text has no comma, hence the choice: an empty question has no text before it.
_ORACLE_STAMP = re.compile(rb"(?:\A|,)ooRequester:" + _ADDRESS + rb"\Z")
_TUNNEL_STAMP = re.compile(rb",childRequester:" + _ADDRESS + rb",childChainId:" + _NUMBER + rb"\Z")
_COMPRESSED = re.compile(
    rb"ancillaryDataHash:([0-9a-f]{64}),childBlockNumber:"
    + _NUMBER
    + rb",childOracle:"
    + _ADDRESS
    + rb",childRequester:"
    + _ADDRESS
    + rb",childChainId:"
    + _NUMBER
)
# No stamp is longer, so a search needs no more of a huge text than its end.
_LONGEST_STAMP = 128


@dataclass(frozen=True, slots=True)
class CompressedText:
    """What stands in for a text on Ethereum since April 2025."""

    stamped_hash: bytes
    # The block of the dispute on the question's own chain.
    block_number: int
    tunnel: bytes
    oracle: bytes
    chain_id: int


@dataclass(frozen=True, slots=True)
class StampedText:
    """A question's own text and the adapter that asked it."""

    question: bytes
    requester: bytes


@dataclass(frozen=True, slots=True)
class FullText:
    """A whole text as it was voted on before April 2025."""

    stamped_hash: bytes
    stamped: StampedText
    oracle: bytes
    chain_id: int


def stamp(question: bytes, requester: bytes) -> bytes:
    """The question's text as the oracle hands it to the tunnel."""
    return question + _comma(question) + b"ooRequester:" + requester.hex().encode()


def compress(
    stamped: bytes, *, block_number: int, tunnel: bytes, oracle: bytes, chain_id: int
) -> bytes:
    """The text that crosses to Ethereum in place of ``stamped``."""
    return (
        f"ancillaryDataHash:{keccak(stamped).hex()},childBlockNumber:{block_number},"
        f"childOracle:{tunnel.hex()},childRequester:{oracle.hex()},childChainId:{chain_id}"
    ).encode()


def with_tunnel_stamp(stamped: bytes, *, oracle: bytes, chain_id: int) -> bytes:
    """The text that crossed to Ethereum before April 2025."""
    return stamped + f",childRequester:{oracle.hex()},childChainId:{chain_id}".encode()


def read_stamped(data: bytes) -> StampedText | None:
    """Part the question's text from the oracle's stamp; ``None`` without a stamp at the end."""
    match = _search_end(_ORACLE_STAMP, data)
    if match is None:
        return None
    return StampedText(data[: match.start()], _bytes(match[1]))


def read_dvm_text(data: bytes) -> CompressedText | FullText | None:
    """What a vote's text says of where it came from; ``None`` if no tunnel writes such a text.

    ``stamped_hash`` is the key of the join when a vote's ``parentRequestId`` was never seen on
    the question's chain: compare it with ``keccak256(stamp(question, adapter))``.
    """
    compressed = _COMPRESSED.fullmatch(data)
    if compressed is not None:
        text_hash, block_number, tunnel, oracle, chain_id = compressed.groups()
        return CompressedText(
            stamped_hash=_bytes(text_hash),
            block_number=int(block_number),
            tunnel=_bytes(tunnel),
            oracle=_bytes(oracle),
            chain_id=int(chain_id),
        )
    tunnel_stamp = _search_end(_TUNNEL_STAMP, data)
    if tunnel_stamp is None:
        return None
    inner = data[: tunnel_stamp.start()]
    stamped = read_stamped(inner)
    if stamped is None:
        return None
    return FullText(keccak(inner), stamped, _bytes(tunnel_stamp[1]), int(tunnel_stamp[2]))


def _search_end(pattern: re.Pattern[bytes], data: bytes) -> re.Match[bytes] | None:
    # ``\A`` in a pattern means the whole text's start, also when the search begins later.
    return pattern.search(data, max(0, len(data) - _LONGEST_STAMP))


def _bytes(hex_digits: bytes) -> bytes:
    return bytes.fromhex(hex_digits.decode())


def _comma(text: bytes) -> bytes:
    return b"," if text else b""

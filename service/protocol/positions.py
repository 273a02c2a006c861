"""Collection and position ids of ConditionalTokens: from a condition to its ERC-1155 tokens.

A collection is a point of the curve alt_bn128 (y^2 = x^3 + 3), found by counting x up from a
hash until the right side is a square. Source: CTHelpers ``getCollectionId`` and ``getPositionId``;
docs/data-dictionary.md, "Identities".
"""

from functools import lru_cache

from eth_hash.auto import keccak

from service.protocol.ids import to_word

# The field of alt_bn128 (EIP-196).
_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583
_CURVE_B = 3
_HASH_TOP_BIT = 255
# A collection id stores x and, in this bit, whether y is odd.
_ODD_Y_BIT = 254

# Index sets of a binary condition's outcome slots.
YES_SET = 1
NO_SET = 2


def collection_id(condition: bytes, index_set: int) -> bytes:
    """The collection of outcome slots ``index_set`` (a bit each) under no parent collection.

    Polymarket never nests collections, so no point is ever added to another.
    """
    digest = int.from_bytes(keccak(condition + to_word(index_set)), "big")
    x = digest % _FIELD
    while True:
        x = (x + 1) % _FIELD
        if _is_square((x * x * x + _CURVE_B) % _FIELD):
            break
    # The contract negates y until its parity is the hash's top bit; y itself is not kept.
    return to_word(x | (digest >> _HASH_TOP_BIT) << _ODD_Y_BIT)


def position_id(collateral: bytes, collection: bytes) -> int:
    """The ERC-1155 token, which the CLOB calls the token id.

    ``collateral`` is USDC.e for standard markets, the wrapped collateral for neg-risk ones.
    """
    return int.from_bytes(keccak(collateral + collection), "big")


@lru_cache(maxsize=65_536)
def binary_position_ids(collateral: bytes, condition: bytes) -> tuple[int, int]:
    """The tokens of a two-outcome condition: outcome slot 0 (Yes), then slot 1 (No)."""
    yes, no = (
        position_id(collateral, collection_id(condition, index_set))
        for index_set in (YES_SET, NO_SET)
    )
    return yes, no


def _is_square(value: int) -> bool:
    # Euler's criterion; zero cannot be met, for the curve has no point with y = 0.
    return pow(value, (_FIELD - 1) // 2, _FIELD) == 1

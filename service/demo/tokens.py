"""ERC-1155 ids of outcome tokens, as ConditionalTokens computes them.

``CTHelpers.getCollectionId`` maps a condition and an index set to a point of alt_bn128;
``getPositionId`` hashes it with the collateral.
"""

from functools import lru_cache

from eth_hash.auto import keccak

_PRIME = 21888242871839275222246405745257275088696311157297823662689037894645226208583
_CURVE_B = 3
# The bit in which the library keeps the parity of y.
_ODD = 1 << 254
_TOP_BIT = 1 << 255


@lru_cache(maxsize=1024)
def position_id(collateral: bytes, condition: bytes, outcome_index: int) -> int:
    """The token id of one outcome of a binary condition."""
    return int.from_bytes(keccak(collateral + _collection_id(condition, 1 << outcome_index)), "big")


def _collection_id(condition: bytes, index_set: int) -> bytes:
    seed = int.from_bytes(keccak(condition + index_set.to_bytes(32, "big")), "big")
    is_odd = bool(seed & _TOP_BIT)
    x = seed % _PRIME
    while True:
        x = (x + 1) % _PRIME
        square = (pow(x, 3, _PRIME) + _CURVE_B) % _PRIME
        # The prime is 3 mod 4, so this power is a root where one exists.
        y = pow(square, (_PRIME + 1) // 4, _PRIME)
        if y * y % _PRIME == square:
            break
    if is_odd != bool(y & 1):
        y = _PRIME - y
    return (x | _ODD if y & 1 else x).to_bytes(32, "big")

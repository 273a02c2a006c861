"""Ids of markets that stand on more than one question: neg-risk groups and sports games.

Formulas: docs/data-dictionary.md, "Identities".
"""

from enum import IntEnum

from eth_hash.auto import keccak

from service.protocol.ids import abi_bytes_tail, address_word, to_word

_INDEX_BYTES = 1
MAX_INDEX = 2 ** (8 * _INDEX_BYTES) - 1


class GameMarket(IntEnum):
    """UmaSportsOracle's ``MarketType``."""

    WINNER = 0
    SPREADS = 1
    TOTALS = 2


class Underdog(IntEnum):
    """UmaSportsOracle's ``Underdog``; markets other than spreads carry HOME."""

    HOME = 0
    AWAY = 1


def neg_risk_market_id(operator: bytes, fee_bips: int, metadata: bytes) -> bytes:
    """NegRiskAdapter's market: a keccak whose last byte is left free for the question's index."""
    digest = keccak(
        address_word(operator) + to_word(fee_bips) + abi_bytes_tail(metadata, words_before=3)
    )
    return digest[:-_INDEX_BYTES] + bytes(_INDEX_BYTES)


def neg_risk_question_id(market: bytes, index: int) -> bytes:
    """The neg-risk question: the market with the index as its last byte.

    It is neither the adapter's question id nor a hash of any text.
    ``ValueError`` for an index outside one byte.
    """
    if not 0 <= index <= MAX_INDEX:
        message = f"a neg-risk question's index is 0 to {MAX_INDEX}, not {index}"
        raise ValueError(message)
    return market[:-_INDEX_BYTES] + bytes([index])


def neg_risk_market_of(question: bytes) -> bytes:
    """The market a neg-risk question belongs to."""
    return question[:-_INDEX_BYTES] + bytes(_INDEX_BYTES)


def game_id(ancillary_data: bytes) -> bytes:
    """UmaSportsOracle's game: keccak of the stored text, its ``,initializer:`` included."""
    return keccak(ancillary_data)


def game_market_id(
    game: bytes, kind: GameMarket, creator: bytes, *, line: int = 0, underdog: Underdog
) -> bytes:
    """UmaSportsOracle's market, which is also its condition's question id.

    ``line`` is scaled by 1e6 (2.5 points are 2,500,000) and 0 for winner markets; ``creator``
    is who called the oracle.
    """
    return keccak(game + to_word(kind) + to_word(underdog) + to_word(line) + address_word(creator))

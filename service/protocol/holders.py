"""Who holds a market's tokens, as the sources say it, translated; sizes are micro-shares."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from models.data_enums import HolderSource

# A share pays at most 1 USDC and has its six decimals.
MICRO_SHARES = 10**6


@dataclass(frozen=True, slots=True)
class HeldShares:
    """What one wallet holds of a token."""

    wallet: bytes
    size: int
    # USDC a share, on average; None where the source does not say.
    avg_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TokenHolders:
    """The largest holders of one token, the largest first, each wallet once."""

    token_id: str
    holders: tuple[HeldShares, ...]
    # More hold it than are listed, none of them more than the last one listed.
    is_cut: bool
    source: HolderSource


@dataclass(frozen=True, slots=True)
class PositionRow:
    """One wallet's position in one token, with what it paid."""

    token_id: str
    held: HeldShares


def rank(holders: Sequence[HeldShares], most: int) -> tuple[tuple[HeldShares, ...], bool]:
    """The largest holders, each wallet once, and whether some had to be left out.

    A page read while the ranking moved repeats a wallet: the first mention is the newer one of a
    walk downwards.
    """
    first: dict[bytes, HeldShares] = {}
    for holder in holders:
        if holder.size > 0:
            first.setdefault(holder.wallet, holder)
    ranked = sorted(first.values(), key=lambda held: (-held.size, held.wallet))
    return tuple(ranked[:most]), len(ranked) > most


def net_positions(
    rows: Sequence[PositionRow], tokens: tuple[str, str], most: int, *, is_cut: bool
) -> tuple[TokenHolders, TokenHolders]:
    """Both tokens' holders from gross positions: a Yes and a No of one wallet cancel.

    A pair pays 1 USDC whatever happens, so only the difference hangs on the outcome.
    """
    held: dict[str, dict[bytes, HeldShares]] = {token: {} for token in tokens}
    for row in rows:
        if row.token_id in held:
            held[row.token_id].setdefault(row.held.wallet, row.held)
    netted = [
        _listed(token, _less(held[token], held[other]), most, is_cut=is_cut)
        for token, other in (tokens, tokens[::-1])
    ]
    return netted[0], netted[1]


def _less(
    own: dict[bytes, HeldShares], opposite: dict[bytes, HeldShares]
) -> tuple[HeldShares, ...]:
    return tuple(
        replace(held, size=held.size - opposite[wallet].size) if wallet in opposite else held
        for wallet, held in own.items()
    )


def _listed(token: str, holders: Sequence[HeldShares], most: int, *, is_cut: bool) -> TokenHolders:
    ranked, left_out = rank(holders, most)
    return TokenHolders(token, ranked, is_cut or left_out, HolderSource.POSITIONS)

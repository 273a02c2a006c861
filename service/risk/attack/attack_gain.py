"""What a wrong answer pays, request by request. docs/methodology.md, "What it pays".

Arrays have one value a request, in the order given. Money in USD.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.risk.attack.attack_inputs import AskLevel, BadRoundInput, DocketMarket, Terms, Uma
from service.risk.attack.attack_parameters import Assumption, AttackParameters, RemedyPriors
from service.risk.draws import Values

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Obtainable:
    """What can be bought before trading stops: shares, and what they cost with fees."""

    shares: float
    paid: float

    @property
    def won(self) -> float:
        """Profit if the shares pay 1."""
        return self.shares - self.paid


@dataclass(frozen=True, slots=True, eq=False)
class Docket:
    """The requests of a round as arrays; what no bloc changes."""

    request_ids: tuple[str, ...]
    operative: Flags
    in_round: Flags
    # 0 where not operative or unknown; ``counted`` tells which.
    open_interest: Values
    bid: Values
    shares: Values
    bought_gain: Values
    bought_cost: Values
    # On-chain prevention of a wrong payout, and a refund of the victims.
    prevented: Values
    refunded: Values
    # Whether gain and loss are known: a price and an open interest were there.
    counted: Flags
    # Whether the open interest is known, or follows from the volume; True where none hangs on it.
    interest_known: Flags
    # P(what is called right is right), NaN where nothing says so.
    belief: Values
    assumptions: tuple[Assumption, ...]
    warnings: tuple[str, ...]

    def __len__(self) -> int:
        """The number of requests."""
        return len(self.request_ids)


@dataclass(frozen=True, slots=True, eq=False)
class Stakes:
    """What one bloc wins or loses by each request, before the vote's chance."""

    held: Values
    gain: Values
    loss: Values
    bond_won: Values
    bond_lost: Values


def walk_asks(
    asks: Sequence[AskLevel], hours_left: float | None, parameters: AttackParameters
) -> Obtainable:
    """Buy the ask curve up to the highest price, and what of it comes back in the hours left."""
    priors = parameters.gain
    reached = [level for level in asks if level.price <= priors.highest_ask]
    books = 1 + priors.refill_per_day * (hours_left or 0.0) / 24
    shares = sum(level.shares for level in reached) * books
    paid = sum(level.shares * level.price for level in reached) * books
    return Obtainable(shares, paid * (1 + priors.taker_fee))


def ask_levels(
    market: DocketMarket, docket: Docket, row: int, parameters: AttackParameters
) -> list[tuple[float, float]]:
    """Price with fees, and shares to be had, cheapest first; one level where no book was read."""
    priors = parameters.gain
    fees = 1 + priors.taker_fee
    if market.asks is None:
        shares = float(docket.shares[row])
        return [(float(docket.bought_cost[row]) / shares, shares)] if shares > 0 else []
    books = 1 + priors.refill_per_day * (market.hours_left or 0.0) / 24
    ranked = sorted(market.asks, key=lambda level: level.price)
    reached = [level for level in ranked if level.price <= priors.highest_ask]
    return [(level.price * fees, level.shares * books) for level in reached]


def prepare_docket(markets: Sequence[DocketMarket], parameters: AttackParameters) -> Docket:
    """The requests as arrays; :class:`BadRoundInput` for one listed twice."""
    ids = tuple(market.request_id for market in markets)
    if len(set(ids)) != len(ids):
        raise BadRoundInput("a request is listed twice in the round")
    gaps: list[Assumption] = []
    warnings: list[str] = []
    rows = [_row(market, parameters, gaps, warnings) for market in markets]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 9).T
    return Docket(
        request_ids=ids,
        operative=np.array([market.operative for market in markets], dtype=bool),
        in_round=np.array([market.in_round for market in markets], dtype=bool),
        open_interest=table[0],
        bid=table[1],
        shares=table[2],
        bought_gain=table[3],
        bought_cost=table[4],
        prevented=table[5],
        refunded=table[6],
        counted=table[7].astype(bool),
        interest_known=table[8].astype(bool),
        belief=np.array([_or_nan(market.belief.value) for market in markets], dtype=np.float64),
        assumptions=(*gaps, *_unread_remedies(markets)),
        warnings=tuple(warnings),
    )


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def embarrassment_of(price_before: float | None, priors: RemedyPriors) -> float | None:
    """How embarrassing it would be to pay an answer, in 0..1, by its price before any proposal.

    The mean of three indicators; wording and media are read from no source and count as absent.
    None where no price is known.
    """
    return None if price_before is None else (price_before < priors.extreme_price) / 3


def _unread_remedies(markets: Sequence[DocketMarket]) -> list[Assumption]:
    """What would make administrators step in and was not read, counted over the requests."""
    paying = [market for market in markets if market.operative]
    found = []
    for name in ("embarrassment", "clarified_against"):
        unread = sum(getattr(market.override, name) is None for market in paying)
        if unread:
            reason = f"not read for {unread} of {len(paying)} operative requests"
            source = "taken for absent: prevention and refunds are rather too low"
            found.append(Assumption(f"remedy.{name}", 0.0, "A", source, reason))
    return found


def _row(
    market: DocketMarket, parameters: AttackParameters, gaps: list[Assumption], warnings: list[str]
) -> tuple[float, ...]:
    volume = market.volume.value
    if volume is None and market.operative:
        row = parameters.default["volume_for_override_usd"]
        gaps.append(_gap("volume_for_override_usd", row.value, market, market.volume.reason))
    prevented, refunded = remedy_chances(market, parameters)
    if not market.operative:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0)
    interest = market.open_interest.value
    if interest is None and volume is not None:
        interest = parameters.gain.open_interest_over_volume * volume
        gaps.append(_gap("open_interest_usd", interest, market, market.open_interest.reason))
    if interest is None:
        reason = market.open_interest.reason
        warnings.append(f"{market.request_id}: left out of the money: open interest: {reason}")
        return (0.0, 0.0, 0.0, 0.0, 0.0, prevented, refunded, 0.0, 0.0)
    quoted = _quote(market, interest, parameters, gaps)
    if quoted is None:
        warnings.append(
            f"{market.request_id}: exposed, yet in no set: price: {market.price.reason}"
        )
        return (interest, 0.0, 0.0, 0.0, 0.0, prevented, refunded, 0.0, 1.0)
    bid, bought = quoted
    return (interest, bid, bought.shares, bought.won, bought.paid, prevented, refunded, 1.0, 1.0)


def _quote(
    market: DocketMarket, interest: float, parameters: AttackParameters, gaps: list[Assumption]
) -> tuple[float, Obtainable] | None:
    """The exit price of the wrong answer, and what of it can be bought."""
    priors, price, bid = parameters.gain, market.price.value, market.best_bid.value
    if market.asks is not None and bid is None and price is None:
        # An empty side of a book that was read: nobody pays anything.
        bid = 0.0
    if bid is None:
        if price is None:
            return None
        bid = max(0.0, price - priors.spread / 2)
        gaps.append(_gap("best_bid", bid, market, market.best_bid.reason))
    if market.asks is not None:
        return min(bid, 1.0), walk_asks(market.asks, market.hours_left, parameters)
    if price is None:
        price = bid
    shares = priors.depth_over_open_interest * interest if price <= priors.highest_ask else 0.0
    mean = min(priors.highest_ask, priors.depth_price_factor * price)
    gaps.append(_gap("obtainable_shares", shares, market, "no book was read"))
    return min(bid, 1.0), Obtainable(shares, shares * mean * (1 + priors.taker_fee))


def _gap(name: str, value: float, market: DocketMarket, reason: str | None) -> Assumption:
    return Assumption(
        f"{market.request_id}.{name}", value, "A", "default for what was not read", reason
    )


def remedy_chances(market: DocketMarket, parameters: AttackParameters) -> tuple[float, float]:
    """P(administrators prevent a wrong payout on chain), P(they refund), both assumed."""
    priors = parameters.remedy
    volume = market.volume.value
    if volume is None:
        volume = parameters.default["volume_for_override_usd"].value
    slope = _log_odds_of(market, priors)
    slope += priors.volume_slope * (np.log10(max(volume, 1.0)) - 6)
    return (
        min(_chance(priors.base, slope), priors.cap),
        min(_chance(priors.refund_base, slope), priors.refund_cap),
    )


def _log_odds_of(market: DocketMarket, priors: RemedyPriors) -> float:
    told = market.override
    return (
        priors.embarrassment * min(max(told.embarrassment or 0.0, 0.0), 1.0)
        + priors.clarified_against * bool(told.clarified_against)
        + priors.resolver_gated * told.resolver_gated
    )


def _chance(base: float, slope: float) -> float:
    return float(1 / (1 + (1 - base) / base * np.exp(-slope)))


def stakes_of(
    docket: Docket,
    holdings: Mapping[str, float],
    bonds: Mapping[str, float],
) -> Stakes:
    """G and C of one bloc: its shares at the exit price, and what it can still buy.

    Shares beyond the open interest cannot be; G is at most the open interest and new sets. Of a
    bond that wins comes back half of the other side's; one that loses is gone.
    """
    held = np.array([holdings.get(i, 0.0) for i in docket.request_ids])
    held = np.where(docket.counted, np.minimum(held, docket.open_interest), 0.0)
    bond = np.array([bonds.get(i, 0.0) for i in docket.request_ids])
    # An attacker need not buy what does not pay; the curve ends below 1, so buying always gains.
    gain = held * (1 - docket.bid) + docket.bought_gain
    gain = np.minimum(gain, docket.open_interest + docket.shares)
    return Stakes(held, gain, held * docket.bid + docket.bought_cost, bond / 2, bond)


def slash_loss(terms: Terms, uma: Uma, stake: float) -> float:
    """USD a bloc loses by one lost request."""
    return terms.slash * uma.price_usd * stake


def slash_income(
    terms: Terms, uma: Uma, stake: float, slashed_per_winner: Values, others: float | None
) -> Values:
    """USD a bloc gets by one won request: its part of what losing and absent stake is slashed.

    ``slashed_per_winner`` is E[(losing + absent) / winning stake | won]. With ``others``, the share
    of the stake outside the bloc that is slashed, the winners are taken to hold SPAT of all stake.
    """
    if others is None:
        income: Values = terms.slash * uma.price_usd * stake * slashed_per_winner
        return income
    part = min(1.0, stake / (terms.spat * terms.stake))
    flat = terms.slash * uma.price_usd * (terms.stake - stake) * others * part
    return np.full_like(slashed_per_winner, flat)


def values_of(
    stakes: Stakes, prevented: Values, chance: Values, income: Values, slash: float
) -> Values:
    """v: what each request adds to an attack's expected profit, before joint responses."""
    won = (1 - prevented) * stakes.gain + income + stakes.bond_won
    lost = stakes.loss + slash + stakes.bond_lost
    value: Values = chance * won - (1 - chance) * lost
    return value

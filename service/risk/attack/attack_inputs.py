"""What the economics of an attack are worked out from: one round, its requests, its blocs.

A number that could not be read is a ``Reading`` without a value and with the reason; where the
priors have a default it is filled in and reported. Stake in UMA, money in USD, shares of 1 USD.
"the wrong answer" is the one an attack would push. docs/methodology.md, "Attack economics".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from types import MappingProxyType

from service.risk.attack.attack_parameters import Assumption, AttackParameters
from service.risk.vote_simulation import Lean

# More than there is of any money, stake or share: a mistyped unit.
_MOST = 1e15
_YEAR_HOURS = 8_784
_NONE: Mapping[str, float] = MappingProxyType({})


class BadRoundInput(ValueError):
    """An input that cannot be; the message names it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that was read, or why it was not; exactly one of the two."""

    value: float | None
    reason: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is neither, both, negative or no number."""
        if (self.value is None) == (self.reason is None):
            raise BadRoundInput("a reading has either a value or the reason why there is none")
        if self.value is not None and not _can_be(self.value):
            message = f"{self.value} cannot be: amounts, prices and counts are in 0..{_MOST:g}"
            raise BadRoundInput(message)


def _can_be(amount: float) -> bool:
    return isfinite(amount) and 0 <= amount <= _MOST


def known(value: float) -> Reading:
    """A number that was read."""
    return Reading(value)


def missing(reason: str) -> Reading:
    """A number that could not be read, and why."""
    return Reading(None, reason)


@dataclass(frozen=True, slots=True)
class RoundTerms:
    """What decides a round: frozen at its first opened vote, until then as it stands."""

    stake: Reading
    spat: Reading
    gat: Reading
    # Share of stake lost by one wrong or missed vote.
    slash: Reading
    max_rolls: Reading
    # Mean share of the stake outside a bloc that votes.
    turnout: Reading
    is_frozen: bool = False


@dataclass(frozen=True, slots=True)
class UmaMarket:
    """What UMA costs, and how much of it can be had."""

    price_usd: Reading
    # UMA a day, and the standard deviation of a day's return.
    daily_volume: Reading
    daily_sd: Reading
    # UMA; USD.
    lendable: Reading
    perp_open_interest_usd: Reading


@dataclass(frozen=True, slots=True)
class Voter:
    """An entity of linked addresses, as far as links are known, and its stake in UMA."""

    entity_id: str
    stake: float
    # UMA of it that is opened already, whichever way, by request id; and for the wrong answer.
    opened: Mapping[str, float] = field(default_factory=lambda: _NONE)
    opened_wrong: Mapping[str, float] = field(default_factory=lambda: _NONE)

    def __post_init__(self) -> None:
        """Refuse a stake that cannot be."""
        if not _can_be(self.stake):
            message = f"voter {self.entity_id}: a stake of {self.stake} UMA cannot be"
            raise BadRoundInput(message)


@dataclass(frozen=True, slots=True)
class Bloc:
    """Entities that may act as one. Links hide: stake and holdings are lower bounds."""

    bloc_id: str
    # UMA.
    stake: float
    entities: tuple[str, ...] = ()
    # Shares of the wrong answer, and bonds in USD lost only with the vote, by request id.
    holdings: Mapping[str, float] = field(default_factory=lambda: _NONE)
    bonds: Mapping[str, float] = field(default_factory=lambda: _NONE)
    # UMA of its stake that is opened already, whichever way, by request id.
    opened: Mapping[str, float] = field(default_factory=lambda: _NONE)
    # What of that is for the wrong answer.
    opened_wrong: Mapping[str, float] = field(default_factory=lambda: _NONE)
    # UMA staked less than 30 days ago.
    new_stake: Reading = field(default_factory=lambda: missing("age of stake not given"))
    # Share of the stake's value hedged, never more than futures allow. None: not known.
    hedged: float | None = None
    # UMA of the stake that is borrowed: its fall hits the lender.
    borrowed: float = 0.0
    evidence: tuple[str, ...] = ()
    is_hypothetical: bool = False

    def __post_init__(self) -> None:
        """Refuse stake, holdings and bonds that cannot be."""
        maps = (self.holdings, self.bonds, self.opened, self.opened_wrong)
        amounts = (self.stake, self.borrowed, *(a for by_id in maps for a in by_id.values()))
        if not all(_can_be(amount) for amount in amounts):
            message = f"bloc {self.bloc_id}: stake, holdings and bonds are in 0..{_MOST:g}"
            raise BadRoundInput(message)
        if self.borrowed > self.stake:
            message = f"bloc {self.bloc_id}: more stake is borrowed than it has"
            raise BadRoundInput(message)
        if any(amount > self.opened.get(key, 0.0) for key, amount in self.opened_wrong.items()):
            message = f"bloc {self.bloc_id}: opened_wrong is a part of opened, request by request"
            raise BadRoundInput(message)


@dataclass(frozen=True, slots=True)
class AskLevel:
    """Shares of the wrong answer on offer at a price."""

    price: float
    shares: float

    def __post_init__(self) -> None:
        """Refuse a price that is none, and shares that cannot be."""
        if not (0 <= self.price <= 1 and _can_be(self.shares)):
            message = f"an ask of {self.shares} shares at {self.price}: prices are in 0..1"
            raise BadRoundInput(message)


@dataclass(frozen=True, slots=True)
class OverrideFeatures:
    """What makes administrators step in; ``embarrassment`` in 0..1. None: not read."""

    embarrassment: float | None = None
    clarified_against: bool | None = None
    resolver_gated: bool = False


@dataclass(frozen=True, slots=True)
class OpenedVotes:
    """Votes of one request once they are being opened, in UMA: nothing more can be sealed."""

    wrong: float
    right: float
    other: float
    # Sealed and not opened yet.
    sealed: float
    # Effective numbers of voters behind either; 0: they say nothing of each other.
    opened_voters: float = 0.0
    sealed_voters: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        amounts = (self.wrong, self.right, self.other, self.sealed)
        numbers = (*amounts, self.opened_voters, self.sealed_voters)
        if not all(_can_be(number) for number in numbers):
            raise BadRoundInput("opened votes: stake and voters are not below 0")


@dataclass(frozen=True, slots=True)
class DocketMarket:
    """One request of the round, or one an attacker could still bring in (``in_round`` False)."""

    request_id: str
    # Pays out a market; the others settle bonds only, yet are slashed for.
    operative: bool
    open_interest: Reading
    volume: Reading
    # The wrong answer: last price or middle; best bid; asks, cheapest first.
    price: Reading
    best_bid: Reading
    # None: no book was read.
    asks: tuple[AskLevel, ...] | None
    # Share of honest stake that votes wrong.
    honest_error: Lean
    hours_left: float | None = None
    override: OverrideFeatures = OverrideFeatures()
    market_id: str | None = None
    in_round: bool = True
    # None: votes can still be sealed.
    opened: OpenedVotes | None = None
    # P(what is called right here is right); the rest of 1 is of the wrong answer.
    belief: Reading = field(default_factory=lambda: missing("no belief given"))

    def __post_init__(self) -> None:
        """Refuse prices, hours, honest errors and beliefs that cannot be."""
        prices = (self.price.value, self.best_bid.value)
        if any(price is not None and price > 1 for price in prices):
            raise BadRoundInput(f"{self.request_id}: price and best_bid are in 0..1")
        if self.belief.value is not None and self.belief.value > 1:
            raise BadRoundInput(f"{self.request_id}: belief is in 0..1")
        if not (0 < self.honest_error.mean < 1 and self.honest_error.k > 0):
            raise BadRoundInput(f"{self.request_id}: honest_error: mean in 0..1, k above 0")
        if self.hours_left is not None and not 0 <= self.hours_left <= _YEAR_HOURS:
            raise BadRoundInput(f"{self.request_id}: hours_left is in 0..{_YEAR_HOURS}")


@dataclass(frozen=True, slots=True)
class DisputeCount:
    """Disputes in a window, and how many the season leads one to expect."""

    hours: float
    seen: int
    expected: float | None


@dataclass(frozen=True, slots=True)
class RoundInputs:
    """Everything one assessment of a round reads, as it was known at ``as_of`` (aware UTC)."""

    round_id: int
    as_of: datetime
    phase: str
    phase_end: datetime
    terms: RoundTerms
    uma: UmaMarket
    requests: tuple[DocketMarket, ...]
    voters: tuple[Voter, ...]
    blocs: tuple[Bloc, ...] = ()
    block: int | None = None
    new_stake_in_commit: Reading = field(
        default_factory=lambda: missing("stake changes of the commit phase not given")
    )
    disputes: DisputeCount | None = None
    # Mean over past rounds of the uncalibrated chance of an attempt.
    past_attempts: Reading = field(default_factory=lambda: missing("no past round was assessed"))


@dataclass(frozen=True, slots=True)
class Terms:
    """The thresholds of a round with every gap filled."""

    stake: float
    spat: float
    gat: float
    slash: float
    max_rolls: int
    turnout: float

    @property
    def block_share(self) -> float:
        """Share of stake that blocks an answer by not voting for it."""
        return max(0.0, self.turnout - self.spat)


@dataclass(frozen=True, slots=True)
class Uma:
    """The market of UMA with every gap filled."""

    price_usd: float
    daily_volume: float
    daily_sd: float
    lendable: float
    perp_open_interest_usd: float


def fill_terms(
    terms: RoundTerms, parameters: AttackParameters
) -> tuple[Terms, tuple[Assumption, ...]]:
    """The terms with defaults for what is missing, and which those are."""
    gaps: list[Assumption] = []
    filled = Terms(
        stake=_filled(terms.stake, "stake", parameters, gaps),
        spat=_filled(terms.spat, "spat", parameters, gaps),
        gat=_filled(terms.gat, "gat", parameters, gaps),
        slash=_filled(terms.slash, "slash", parameters, gaps),
        max_rolls=int(_filled(terms.max_rolls, "max_rolls", parameters, gaps)),
        turnout=_filled(terms.turnout, "turnout", parameters, gaps),
    )
    if filled.stake <= 0 or not 0 < filled.spat < 1 or not 0 < filled.turnout <= 1:
        message = (
            f"round terms: stake {filled.stake:g} UMA, SPAT {filled.spat:g} and turnout "
            f"{filled.turnout:g} must be above 0, SPAT below 1, turnout at most 1"
        )
        raise BadRoundInput(message)
    return filled, tuple(gaps)


def fill_uma(market: UmaMarket, parameters: AttackParameters) -> tuple[Uma, tuple[Assumption, ...]]:
    """The market of UMA with defaults for what is missing, and which those are."""
    gaps: list[Assumption] = []
    filled = Uma(
        price_usd=_filled(market.price_usd, "uma_price_usd", parameters, gaps),
        daily_volume=_filled(market.daily_volume, "uma_daily_volume", parameters, gaps),
        daily_sd=_filled(market.daily_sd, "uma_daily_sd", parameters, gaps),
        lendable=_filled(market.lendable, "uma_lendable", parameters, gaps),
        perp_open_interest_usd=_filled(
            market.perp_open_interest_usd, "uma_perp_open_interest_usd", parameters, gaps
        ),
    )
    if filled.price_usd <= 0 or filled.daily_volume <= 0:
        raise BadRoundInput("UMA market: price and daily volume must be above 0")
    return filled, tuple(gaps)


def _filled(
    reading: Reading, name: str, parameters: AttackParameters, gaps: list[Assumption]
) -> float:
    if reading.value is not None:
        return reading.value
    row = parameters.default[name]
    gaps.append(Assumption(f"default.{name}", row.value, row.tag, row.source, reading.reason))
    return row.value

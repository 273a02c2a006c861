"""The scenarios of the simulator: what is different in each, and what is to be found in it.

docs/methodology.md, "The simulator". Rates are the measured ones times a hundred, so that few weeks
hold enough disputes; shares, errors and the attackers' habits are assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.errors import UsageError

# Odds of each class of clarity among markets: clear, moderate, contested.
USUAL_CLARITY = (0.97, 0.02, 0.01)
WAVE_CLARITY = (0.55, 0.25, 0.20)


class AttackKind(StrEnum):
    """How an attack is carried out."""

    # Votes of independent voters bought for one market.
    BRIBE = "bribe"
    # Stake that keeps answers from deciding, again and again.
    BLOCK = "block"
    # Stake that forces wrong answers in one round.
    FORCE = "force"
    # Disputes of good proposals by few wallets in few hours, and no vote to follow.
    BURST = "burst"
    # Wrong proposals by addresses that were let in shortly before.
    WHITELIST = "whitelist"
    # Wrong proposals that can hardly be disputed in time.
    SHORT_WINDOW = "short_window"


@dataclass(frozen=True, slots=True)
class BlocHabit:
    """Voters that act as one. ``share``: of all stake, theirs included."""

    size: int
    share: float
    # Chance that a request of theirs is pushed; 0: they vote as everybody until they attack.
    push_rate: float = 0.0
    # Chance that a member follows a push.
    discipline: float = 0.8
    # Whether their stake came from one address.
    is_linked: bool = False
    # Whether they seal their votes within 90 seconds of each other.
    seals_together: bool = True


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of weeks."""

    name: str
    summary: str
    attack: AttackKind | None = None
    bloc: BlocHabit | None = None
    # Markets the attack may choose from.
    candidates: int = 0
    # Share of all stake the attacker adds between the disputes and the vote.
    late_stake: float = 0.0
    # A week in which the wording of markets is worse than usual.
    has_wave: bool = False


_SCENARIOS = (
    Scenario("calm", "honest errors, honest disputes, nobody at it"),
    Scenario("ambiguous_wave", "a week of badly worded markets; nobody at it", has_wave=True),
    Scenario(
        "single_bribe",
        "one market, its vote bought from voters that have nothing else in common",
        AttackKind.BRIBE,
        candidates=12,
    ),
    Scenario(
        "blocking_bloc",
        "a third of the stake keeps chosen requests from deciding, round after round",
        AttackKind.BLOCK,
        BlocHabit(size=6, share=0.36, push_rate=0.15, is_linked=True),
    ),
    Scenario(
        "sleeper_bloc",
        "70 % of the stake, honest until one attack",
        AttackKind.FORCE,
        BlocHabit(size=9, share=0.70, discipline=1.0, seals_together=False),
        candidates=12,
    ),
    Scenario(
        "ring_burst",
        "three disputers who know two proposers dispute twenty good proposals in six hours",
        AttackKind.BURST,
        candidates=20,
    ),
    Scenario(
        "round_of_40",
        "forty markets disputed twice into one round, and stake bought to win them",
        AttackKind.FORCE,
        BlocHabit(size=3, share=0.30, discipline=1.0, is_linked=True),
        candidates=40,
        late_stake=0.38,
    ),
    Scenario(
        "whitelist_capture",
        "three new proposers are let in and propose wrong answers",
        AttackKind.WHITELIST,
        candidates=15,
    ),
    Scenario(
        "short_dispute_window",
        "the least challenge window is cut to five minutes, then wrong proposals come",
        AttackKind.SHORT_WINDOW,
        candidates=12,
    ),
)
SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in _SCENARIOS}


def find_scenario(name: str) -> Scenario:
    """A scenario by name; an unknown name is a :class:`UsageError` that lists them."""
    try:
        return SCENARIOS[name]
    except KeyError as error:
        message = f"unknown scenario {name!r}. Choose one of: {', '.join(SCENARIOS)}."
        raise UsageError(message) from error

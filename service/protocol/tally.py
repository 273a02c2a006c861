"""What the opened votes of one request in one round decide.

Source: ResultComputationV2 and VotingV2 ``_freezeRoundVariables``, restated in
docs/methodology.md, "The vote".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from models.enums import VotePhase
from service.protocol.log_position import Place
from service.protocol.prices import NO
from service.protocol.stake import StakeLedger
from service.protocol.vote_facts import VoteRevealed
from service.protocol.voting_parameters import SHARE, ParameterHistory


class RollReason(StrEnum):
    """Why a round decided nothing."""

    NO_QUORUM = "no_quorum"
    NO_AGREEMENT = "no_agreement"


class UnknownReason(StrEnum):
    """Why we cannot say what a round decided."""

    # The stake ledger begins later, or a change of stake is missing around the round.
    STAKE = "stake"
    # A vote weighs more or less than the ledger has for its voter, or all of them more than all.
    STAKE_CONTRADICTED = "stake_contradicted"
    # The thresholds were set before the first indexed block.
    PARAMETERS = "parameters"


@dataclass(frozen=True, slots=True)
class Answered:
    """The round decided on a price."""

    price: int


@dataclass(frozen=True, slots=True)
class Rolled:
    """The round decided nothing: the request goes to the next one, without these votes."""

    reason: RollReason


@dataclass(frozen=True, slots=True)
class Pending:
    """The round is not over: what is opened so far is a lower bound, what is sealed unknown."""

    # Empty before the round begins.
    phase: VotePhase | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """What is stored does not tell what the round decided."""

    reason: UnknownReason


RoundResult = Answered | Rolled | Pending | Unknown


class OpenedVote(Protocol):
    """What counting needs of an opened vote."""

    @property
    def voter(self) -> bytes: ...  # noqa: D102  # as VoteRevealed says it

    @property
    def price(self) -> int: ...  # noqa: D102

    @property
    def tokens(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Tally:
    """The opened votes of one request in one round, added up."""

    # Weight in wei by price, in the order the prices were first voted for.
    weights: tuple[tuple[int, int], ...]
    turnout: int
    voters: int
    # The price that leads; before any vote the contract's 0, which means No.
    leader: int
    leader_weight: int


def count_votes(reveals: Sequence[OpenedVote]) -> Tally:
    """Add up opened votes, in chain order: of two prices that draw, the first to lead stays."""
    weights: dict[int, int] = {}
    leader = NO
    for reveal in reveals:
        weights[reveal.price] = weights.get(reveal.price, 0) + reveal.tokens
        if weights[reveal.price] > weights.get(leader, 0):
            leader = reveal.price
    return Tally(
        weights=tuple(weights.items()),
        turnout=sum(weights.values()),
        voters=len({reveal.voter for reveal in reveals}),
        leader=leader,
        leader_weight=weights.get(leader, 0),
    )


@dataclass(frozen=True, slots=True)
class RoundTerms:
    """What was frozen for a round when its first vote was opened."""

    # All stake, less what was staked while votes were being opened.
    stake: int
    gat: int
    spat: int

    @property
    def min_agreement(self) -> int:
        """The weight the leading price must exceed, rounded down as the contract does."""
        return self.spat * self.stake // SHARE


def freeze_round(
    round_id: int, first_reveal: Place, ledger: StakeLedger, parameters: ParameterHistory
) -> RoundTerms | UnknownReason:
    """What the contract froze at the round's first opened vote, or at a stake that came before it.

    ``first_reveal`` is the round's first ``VoteRevealed``, of whatever request.
    """
    staked = ledger.in_reveal.get(round_id, ())
    if staked and staked[0].place < first_reveal:
        # Frozen before the stake was added, so that its own log tells the total.
        place, stake = staked[0].place, staked[0].total_before
    else:
        place, before = first_reveal, ledger.total_before(first_reveal)
        if before is None:
            return UnknownReason.STAKE
        stake = before
    in_force = parameters.before(place)
    if in_force.gat is None or in_force.spat is None:
        return UnknownReason.PARAMETERS
    return RoundTerms(stake, in_force.gat, in_force.spat)


def decide(tally: Tally, terms: RoundTerms | UnknownReason) -> RoundResult:
    """What a round that is over decided."""
    if tally.turnout == 0:
        # Nothing was opened: no threshold is so low.
        return Rolled(RollReason.NO_QUORUM)
    if isinstance(terms, UnknownReason):
        return Unknown(terms)
    if tally.turnout > terms.stake:
        return Unknown(UnknownReason.STAKE_CONTRADICTED)
    if tally.turnout <= terms.gat:
        return Rolled(RollReason.NO_QUORUM)
    if tally.leader_weight <= terms.min_agreement:
        return Rolled(RollReason.NO_AGREEMENT)
    return Answered(tally.leader)


def agrees_with_ledger(reveal: VoteRevealed, ledger: StakeLedger) -> bool:
    """Whether a vote weighs what the ledger has for its voter, as far as it has it."""
    weight = ledger.weight_before(reveal.voter, reveal.round_id, reveal.at.place)
    return weight is None or weight == reveal.tokens

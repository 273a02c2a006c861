"""Who has how much of the stake, by address and by entity, as known at a time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.protocol.contracts import ContractBook
from service.protocol.ids import to_hex
from service.protocol.rounds import round_at
from service.protocol.vote_control import VotingEntity
from service.risk.attack.attack_inputs import Terms, Voter, fill_terms
from service.risk.attack.attack_parameters import load_attack_parameters
from service.risk.attack.joined_voters import join_voters
from service.risk.attack.stake_concentration import StakeConcentration, concentration_of
from service.store.votes.round_stake import get_round_stake
from service.store.votes.round_voters import Unjoined, get_round_voters
from service.store.votes.round_votes import get_round_vote


@dataclass(frozen=True, slots=True)
class StakeBoard:
    """The stake in the round under way, largest first; ids are 0x-hex in lower case."""

    round_id: int
    terms: Terms
    by_address: tuple[Voter, ...]
    by_entity: tuple[Voter, ...]
    # By each voter's address.
    entity_of: Mapping[str, VotingEntity]
    unjoined: tuple[Unjoined, ...] = ()

    def by_group(self, groups: Iterable[Collection[str]]) -> tuple[Voter, ...]:
        """The entities, with those of a group (its addresses are given) taken as one voter."""
        entities = [
            {to_hex(self.entity_of[a].entity) for a in addresses if a in self.entity_of}
            for addresses in groups
        ]
        return join_voters(self.by_entity, entities)

    def concentration(self, voters: Sequence[Voter]) -> StakeConcentration:
        """Of one of the ways to count voters."""
        return concentration_of(voters, self.terms)

    def stake_of(self, addresses: set[str]) -> float:
        """UMA that these addresses have at stake."""
        return sum(voter.stake for voter in self.by_address if voter.entity_id in addresses)


def get_stake_board(session: Session, book: ContractBook, at: datetime) -> StakeBoard | str:
    """The board, or why there is none."""
    round_id = round_at(int(at.timestamp()))
    vote = get_round_vote(session, round_id, book, at)
    if vote is None:
        return "no vote contract is known"
    stake = get_round_stake(session, vote, at)
    if stake.terms.stake.value is None:
        return f"all stake: {stake.terms.stake.reason}"
    if stake.terms.stake.value <= 0:
        return "nothing was at stake"
    terms, _ = fill_terms(stake.terms, load_attack_parameters())
    voters = get_round_voters(session, vote, stake, at)
    by_address = [Voter(to_hex(voter), uma) for voter, uma in stake.by_voter.items()]
    return StakeBoard(
        round_id,
        terms,
        tuple(sorted(by_address, key=lambda voter: (-voter.stake, voter.entity_id))),
        voters.voters,
        {to_hex(voter): entity for entity in voters.entities for voter in entity.voters},
        voters.unjoined,
    )

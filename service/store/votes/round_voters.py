"""The entities that vote in a round, with their stake, and the blocs they may act in."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models.enums import Outcome
from models.wallet_enums import LinkKind
from service.protocol.entity_groups import MOST_MEMBERS
from service.protocol.ids import to_hex
from service.protocol.prices import outcome_of
from service.protocol.vote_control import VotingEntity, callers_of, find_unjoined, group_voters
from service.protocol.wallet_links import merge_entities
from service.risk.attack.attack_inputs import Bloc, Reading, Voter, known, missing
from service.store.votes.round_stake import RoundStake
from service.store.votes.round_votes import RoundVote
from service.store.wallets.wallet_links import sure_links_around

WEI = 10**18
# An entity counts as a bloc of its own from this share of all stake on.
ALONE_SHARE = 0.05
# How the name of such a bloc begins.
ALONE = "alone:"
_NO_AGE = "the stored logs do not go back 30 days"


@dataclass(frozen=True, slots=True)
class RoundVoters:
    """Who votes in a round; ids are least addresses, 0x-hex in lower case."""

    voters: tuple[Voter, ...]
    entities: tuple[VotingEntity, ...]
    # Every address that is surely the same owner's as one of the entity's, itself among them.
    wallets: Mapping[str, frozenset[bytes]]
    # UMA staked in the 30 days before, by entity; None where logs do not go back so far.
    recent: Mapping[str, float] | None
    # Who is tied to too many to be joined with them, most stake first.
    unjoined: tuple["Unjoined", ...] = ()


@dataclass(frozen=True, slots=True)
class Unjoined:
    """An address whose links would make more than an entity's addresses one: they join nobody."""

    # 0x-hex, as all.
    address: str
    # Addresses it is tied to, whether or not they vote.
    ties: int
    # Those that have a stake in the round, the address itself among them, and theirs in UMA.
    voters: tuple[str, ...]
    stake: float

    @property
    def words(self) -> str:
        """What is told of it."""
        return (
            f"{self.address} is tied to {self.ties} addresses by ownership or votes, more than "
            f"{MOST_MEMBERS}, so that it may be a service and joins none of them: "
            f"{len(self.voters)} with {self.stake:,.0f} UMA in all count one by one"
        )


def get_round_voters(
    session: Session,
    vote: RoundVote,
    stake: RoundStake,
    at: datetime,
    pushed: Mapping[bytes, Outcome] | None = None,
) -> RoundVoters:
    """The voters of a round as entities, largest first; ``pushed``: the wrong answer by request."""
    links = sure_links_around(session, stake.by_voter, at, (LinkKind.OWN, LinkKind.VOTE))
    entities = group_voters(stake.by_voter, links, _callers(vote), at)
    opened, wrong = _opened(vote), _opened(vote, pushed or {})
    owners = merge_entities(links)
    owned: dict[bytes, set[bytes]] = defaultdict(set)
    for address, owner in owners.items():
        owned[owner].add(address)
    voters, wallets, recent = [], {}, {}
    for entity in entities:
        name = to_hex(entity.entity)
        voters.append(
            Voter(
                name,
                round(sum(stake.by_voter[voter] for voter in entity.voters), 6),
                _summed(opened.get(voter, {}) for voter in entity.voters),
                _summed(wrong.get(voter, {}) for voter in entity.voters),
            )
        )
        wallets[name] = frozenset(entity.voters).union(
            *(owned.get(owners.get(voter, voter), ()) for voter in entity.voters)
        )
        if stake.recent is not None:
            recent[name] = sum(stake.recent.get(voter, 0.0) for voter in entity.voters)
    voters.sort(key=lambda voter: (-voter.stake, voter.entity_id))
    return RoundVoters(
        tuple(voters),
        tuple(entities),
        wallets,
        None if stake.recent is None else recent,
        _unjoined(find_unjoined(links, at), stake.by_voter),
    )


def _unjoined(
    services: Mapping[bytes, Collection[bytes]], by_voter: Mapping[bytes, float]
) -> tuple[Unjoined, ...]:
    """Only of more voters than one: else nothing is left apart."""
    found = []
    for address, tied in services.items():
        voters = sorted(by_voter.keys() & {address, *tied})
        if len(voters) > 1:
            held = sum(by_voter[voter] for voter in voters)
            names = tuple(to_hex(voter) for voter in voters)
            found.append(Unjoined(to_hex(address), len(tied), names, held))
    return tuple(sorted(found, key=lambda one: (-one.stake, one.address)))


def large_alone(found: RoundVoters, all_stake: float) -> list[Bloc]:
    """Entities that hold so much stake that each is a bloc of its own."""
    grounds = {to_hex(entity.entity): entity.grounds for entity in found.entities}
    return [
        to_bloc(f"{ALONE}{voter.entity_id}", (voter.entity_id,), found, grounds[voter.entity_id])
        for voter in found.voters
        if voter.stake >= ALONE_SHARE * all_stake
    ]


def to_bloc(
    bloc_id: str, entities: Collection[str], found: RoundVoters, evidence: Sequence[str]
) -> Bloc:
    """Entities of the round as one bloc, without what it holds; those that do not vote are none."""
    members = [voter for voter in found.voters if voter.entity_id in set(entities)]
    stake = sum(voter.stake for voter in members)
    return Bloc(
        bloc_id,
        stake,
        entities=tuple(voter.entity_id for voter in members),
        opened=_summed(voter.opened for voter in members),
        opened_wrong=_summed(voter.opened_wrong for voter in members),
        new_stake=_new_stake([voter.entity_id for voter in members], found, stake),
        evidence=tuple(evidence),
    )


def _new_stake(entities: Collection[str], found: RoundVoters, stake: float) -> Reading:
    if found.recent is None:
        return missing(_NO_AGE)
    return known(min(stake, sum(found.recent.get(entity, 0.0) for entity in entities)))


def _callers(vote: RoundVote) -> dict[bytes, set[bytes]]:
    return callers_of(r for one in vote.requests for r in one.outcome.votes.reveals)


def _opened(
    vote: RoundVote, only: Mapping[bytes, Outcome] | None = None
) -> dict[bytes, dict[str, float]]:
    """What each voter has opened, in UMA by request; with ``only``, for these answers."""
    found: dict[bytes, dict[str, float]] = defaultdict(dict)
    for request in vote.requests:
        name, wanted = to_hex(request.request_id), (only or {}).get(request.request_id)
        if only is not None and wanted is None:
            continue
        for reveal in request.outcome.votes.reveals:
            if only is not None and outcome_of(reveal.price) is not wanted:
                continue
            found[reveal.voter][name] = float(reveal.tokens // WEI)
    return found


def _summed(maps: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for amounts in maps:
        for key, amount in amounts.items():
            total[key] = total.get(key, 0.0) + amount
    return total

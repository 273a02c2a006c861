"""Who has which stake in a watched round: voters, the entities they vote as, and standing groups.

docs/methodology.md, "Structural signs".
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models.attack_enums import SignalSubject
from models.wallet_enums import LinkKind
from service.protocol.ids import parse_address, to_hex
from service.protocol.vote_control import group_voters
from service.protocol.wallet_links import Link
from service.risk.attack.standing_blocs import StandingBloc
from service.risk.signs.structural_signs import BLOCK_LINE, FORCE_LINE
from service.risk.signs.watched_round import EntityStake
from service.store.attacks.standing_signs import find_standing
from service.store.votes.entity_stakes import HeldStake, held_by_entity
from service.store.votes.vote_hands import Hand, hands_of
from service.store.votes.vote_records import Contract
from service.store.wallets.wallet_links import sure_links_around

_WEI = 10**18
# Whoever holds less of all stake crosses no line.
_SMALL = 100
# Whoever holds less than this part of all stake is looked at without its links.
_DUST = 10_000
# Who is back above a line so soon is not told again (``service.alerts.attack``), by its name.
NAMED_FOR = timedelta(days=7)
# Names of the line signs that stand, by the entity they are told of.
Standing = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class RoundStakes:
    """The stake that counts in one round, in wei by voter, and whose voters they are."""

    by_voter: Mapping[bytes, int]
    # The name of each voter's entity: its least staking voter, or what it was told by before.
    entities: Mapping[bytes, bytes]
    hands: tuple[Hand, ...]
    # The line signs that stand of each entity, by whatever address of it they were told.
    standing: Standing
    # Entities a line sign stands for that are part of another now, and of which.
    joined: Mapping[str, str]

    def entity(self, voter: bytes) -> str:
        """Whose votes a voter's are, 0x-hex."""
        return to_hex(self.entities.get(voter, voter))


def standing_lines(session: Session, as_of: datetime) -> Standing:
    """The line signs of entities that stand; none of one that was above a line lately."""
    lines, since = (FORCE_LINE, BLOCK_LINE), as_of - NAMED_FOR
    return find_standing(session, SignalSubject.ENTITY, lines, as_of, gone_since=since)


def links_around(
    session: Session,
    rounds: Iterable[Mapping[bytes, int]],
    standing: Standing,
    as_of: datetime,
) -> list[Link]:
    """Ownership and delegations around whoever holds more than dust, or was above a line."""
    wanted = {parse_address(name) for name in standing}
    for by_voter in rounds:
        least = sum(by_voter.values()) // _DUST
        wanted |= {voter for voter, stake in by_voter.items() if stake > least}
    return sure_links_around(session, sorted(wanted), as_of, (LinkKind.OWN, LinkKind.VOTE))


def to_round_stakes(  # a round's voters and what joins them
    by_voter: Mapping[bytes, int],
    links: Sequence[Link],
    callers: Mapping[bytes, Collection[bytes]],
    groups: Iterable[StandingBloc],
    standing: Standing,
    as_of: datetime,
) -> RoundStakes:
    """Voters as the entities that an assessed round has.

    An entity a line sign stands for, or did lately, keeps the name it was told by, as long as that
    address is one of its own: a link that becomes known makes nobody new.
    """
    staking = {voter for voter, stake in by_voter.items() if stake > 0}
    told = {parse_address(name): name for name in standing}
    entities: dict[bytes, bytes] = {}
    stood: dict[str, frozenset[str]] = {}
    joined: dict[str, str] = {}
    for entity in group_voters({*staking, *told}, links, callers, as_of):
        # One that decides goes before one that blocks, and that before one that did lately.
        names = sorted(
            told.keys() & set(entity.voters),
            key=lambda a: (FORCE_LINE not in standing[told[a]], not standing[told[a]], a),
        )
        name = names[0] if names else entity.entity
        entities.update(dict.fromkeys(entity.voters, name))
        if names:
            stood[to_hex(name)] = frozenset().union(*(standing[told[one]] for one in names))
            joined.update((told[one], to_hex(name)) for one in names[1:])
    return RoundStakes(by_voter, entities, hands_of(by_voter, entities, groups), stood, joined)


def entity_stakes(
    session: Session,
    contract: Contract,
    stakes: RoundStakes,
    told: Standing,
    total: float | None,
    as_of: datetime,
) -> tuple[EntityStake, ...]:
    """Entities with a percent of all stake or more, and those a line sign stands for."""
    if not total:
        return ()
    wanted = _large(stakes, int(total) * _WEI // _SMALL)
    held = held_by_entity(session, contract, wanted, stakes.entities, as_of)
    found = [_to_entity(one, stakes.standing) for one in held]
    gone = told.keys() - {one.entity_id for one in found}
    return (
        *found,
        *(
            EntityStake(one, 0.0, 0, told[one], joined_to=stakes.joined.get(one))
            for one in sorted(gone)
        ),
    )


def group_stakes(  # as entities, and the groups themselves
    session: Session,
    contract: Contract,
    stakes: RoundStakes,
    total: float | None,
    blocs: Sequence[StandingBloc],
    as_of: datetime,
) -> Iterable[EntityStake]:
    """Groups that vote as one, those that always did too, and those a line sign stands for."""
    if not total:
        return
    standing = find_standing(session, SignalSubject.GROUP, (FORCE_LINE, BLOCK_LINE), as_of)
    group, found = SignalSubject.GROUP, set()
    for bloc in blocs:
        members = {parse_address(address) for address in bloc.addresses}
        held = {voter: stakes.by_voter[voter] for voter in members & stakes.by_voter.keys()}
        found.add(bloc.bloc_id)
        were = standing.get(bloc.bloc_id, frozenset())
        parts = held_by_entity(session, contract, held, stakes.entities, as_of)
        evidence = tuple(log for part in parts for log in part.evidence)
        stake = to_uma(sum(held.values()))
        led_by = _to_entity(parts[0], stakes.standing) if parts else None
        yield EntityStake(bloc.bloc_id, stake, len(held), were, evidence, group, led_by=led_by)
    for gone in sorted(standing.keys() - found):
        yield EntityStake(gone, 0.0, 0, standing[gone], (), group)


def _large(stakes: RoundStakes, least: int) -> dict[bytes, int]:
    totals: dict[bytes, int] = {}
    for voter, stake in stakes.by_voter.items():
        entity = stakes.entities.get(voter, voter)
        totals[entity] = totals.get(entity, 0) + stake
    return {
        voter: stake
        for voter, stake in stakes.by_voter.items()
        if stake > 0
        and (
            totals[entity := stakes.entities.get(voter, voter)] >= least
            or to_hex(entity) in stakes.standing
        )
    }


def _to_entity(held: HeldStake, standing: Standing) -> EntityStake:
    entity = to_hex(held.entity_id)
    return EntityStake(
        entity,
        to_uma(held.stake),
        len(held.addresses),
        standing.get(entity, frozenset()),
        held.evidence,
    )


def to_uma(wei: int) -> float:
    """Whole UMA: a sign sees stake in no finer grain."""
    return float(wei // _WEI)

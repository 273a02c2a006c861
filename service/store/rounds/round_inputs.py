"""Everything one assessment of a round reads, as it was known at a time.

docs/methodology.md, "A round out of the store".
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from service.protocol.asset_prices import AssetPrice
from service.protocol.contracts import ContractBook
from service.protocol.finality import POLYGON
from service.protocol.ids import parse_address, to_hex
from service.protocol.rounds import RoundTime
from service.risk.attack.attack_inputs import (
    Bloc,
    DisputeCount,
    DocketMarket,
    RoundInputs,
    UmaMarket,
    known,
    missing,
)
from service.risk.attack.attack_parameters import AttackParameters
from service.risk.attack.pushed_answer import PushedAnswer
from service.risk.attack.round_assessment import MOST_BLOCS, MOST_REQUESTS
from service.risk.parameters import RiskParameters
from service.store.attacks.blocs import standing_blocs
from service.store.money.asset_prices import get_uma_price
from service.store.oracle.blocks import first_block_at
from service.store.rounds.open_markets import count_disputes, list_open_markets
from service.store.rounds.round_holdings import with_holdings
from service.store.rounds.round_markets import PricedMarket, price_markets, to_docket_market
from service.store.rounds.round_requests import DocketRequest, RequestRole, phase_of, read_requests
from service.store.scores.round_assessments import mean_past_attempt
from service.store.votes.round_stake import get_round_stake
from service.store.votes.round_voters import RoundVoters, get_round_voters, large_alone, to_bloc
from service.store.votes.round_votes import get_round_vote

# Largest first; whoever attacks needs no more.
MOST_OPEN = 300
# Of addresses tied to too many to be joined with them, those told of.
MOST_UNJOINED = 5
DISPUTE_WINDOW = timedelta(hours=24)
BASELINE = timedelta(days=28)
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class LoadedRound:
    """The inputs of a round, what else is told of its requests, and what was left out."""

    inputs: RoundInputs
    requests: tuple[DocketRequest, ...]
    open_markets: tuple[PricedMarket, ...]
    voters: RoundVoters
    notes: tuple[str, ...]


def load_round(
    session: Session,
    round_id: int,
    book: ContractBook,
    parameters: RiskParameters,
    attack: AttackParameters,
    at: datetime,
) -> LoadedRound | None:
    """The round as known at ``at``; ``None`` where no vote contract is known."""
    vote = get_round_vote(session, round_id, book, at)
    if vote is None:
        return None
    stake = get_round_stake(session, vote, at)
    requests = read_requests(session, vote, stake.by_voter, book, parameters, at)
    answers = {request.asked.request_id: request.pushed.wrong for request in requests}
    voters = get_round_voters(session, vote, stake, at, answers)
    phase = phase_of(round_id, at)
    notes = _request_notes(requests)
    notes += [f"entities: {one.words}" for one in voters.unjoined[:MOST_UNJOINED]]
    still_open: list[PricedMarket] = []
    if phase in ("waiting", "commit"):
        still_open, left_out = _open_markets(session, requests, book, parameters, attack, at)
        if left_out:
            notes.append(f"open markets: the {left_out} smallest are left out")
    pushed = _pushed(requests, still_open)
    all_stake = stake.terms.stake.value or sum(stake.by_voter.values())
    blocs = _blocs(session, voters, all_stake, at)
    if len(blocs) > MOST_BLOCS:
        notes.append(f"blocs: the {len(blocs) - MOST_BLOCS} smallest are left out")
    held = with_holdings(session, blocs[:MOST_BLOCS], voters.wallets, pushed, requests, at)
    docket = [request.docket for request in requests]
    if len(docket) + len(still_open) > MOST_REQUESTS:
        notes.append(f"requests: more than {MOST_REQUESTS}; the rest is left out")
    inputs = RoundInputs(
        round_id=round_id,
        as_of=at,
        phase=phase,
        phase_end=_phase_end(round_id, phase),
        terms=stake.terms,
        uma=_uma_market(session, at),
        requests=tuple([*docket, *(_open_docket(p) for p in still_open)][:MOST_REQUESTS]),
        voters=voters.voters,
        blocs=tuple(held),
        block=None if vote.head is None else vote.head.number,
        new_stake_in_commit=stake.new_in_commit,
        disputes=_disputes(session, at),
        past_attempts=mean_past_attempt(session, round_id, at),
    )
    return LoadedRound(inputs, tuple(requests), tuple(still_open), voters, tuple(notes))


def _request_notes(requests: list[DocketRequest]) -> list[str]:
    counts = {
        role: sum(request.role is role for request in requests)
        for role in (RequestRole.GOVERNANCE, RequestRole.UNLINKED)
    }
    said = {
        RequestRole.GOVERNANCE: "governance requests: named, no market hangs on them",
        RequestRole.UNLINKED: "requests of no question that is stored: what hangs on them is not "
        "known",
    }
    return [f"{count} {said[role]}" for role, count in counts.items() if count]


def _open_markets(
    session: Session,
    requests: list[DocketRequest],
    book: ContractBook,
    parameters: RiskParameters,
    attack: AttackParameters,
    at: datetime,
) -> tuple[list[PricedMarket], int]:
    minimum = int(attack.bloc.open_minimum_usd * _MICRO)
    found = list_open_markets(session, book, minimum, MOST_OPEN, at)
    inside = {request.docket.market_id for request in requests}
    markets = [m for m in found.markets if to_hex(m.condition_id) not in inside]
    priced = price_markets(session, markets, book, parameters, at)
    return [priced[market.id] for market in markets], found.left_out


def open_request_id(market_id: str) -> str:
    """What a request is called that is not made yet."""
    return f"open:{market_id}"


def _open_docket(priced: PricedMarket) -> DocketMarket:
    market_id = to_hex(priced.market.condition_id)
    return to_docket_market(
        open_request_id(market_id),
        market_id,
        priced,
        priced.pushed,
        operative=True,
        hours_left=None,
        in_round=False,
    )


def _pushed(
    requests: list[DocketRequest], still_open: list[PricedMarket]
) -> dict[int, tuple[str, PushedAnswer]]:
    """By market the request that pays it, and what is pushed on it."""
    found = {
        priced.market.id: (open_request_id(to_hex(priced.market.condition_id)), priced.pushed)
        for priced in still_open
    }
    for request in requests:
        if request.priced is not None and request.role is RequestRole.OPERATIVE:
            found[request.priced.market.id] = request.docket.request_id, request.pushed
    return found


def _blocs(session: Session, voters: RoundVoters, all_stake: float, at: datetime) -> list[Bloc]:
    """Standing groups as their entities stand now, and entities large enough alone."""
    entity_of = {
        address: to_hex(entity.entity) for entity in voters.entities for address in entity.voters
    }
    found = large_alone(voters, all_stake) if all_stake > 0 else []
    alone = {bloc.entities for bloc in found}
    for standing in standing_blocs(session, at):
        addresses = (parse_address(address) for address in standing.addresses)
        entities = {entity_of[address] for address in addresses if address in entity_of}
        bloc = to_bloc(standing.bloc_id, entities, voters, standing.evidence)
        if bloc.stake > 0 and bloc.entities not in alone:
            found.append(bloc)
    return sorted(found, key=lambda bloc: (-bloc.stake, bloc.bloc_id))


def _uma_market(session: Session, at: datetime) -> UmaMarket:
    quoted = get_uma_price(session, at)
    unread = "no source of it is read"
    price, volume = missing("not quoted"), missing("no source gives UMA's volume")
    if isinstance(quoted, AssetPrice):
        price = known(float(quoted.price_usd))
        if quoted.volume_usd is not None:
            volume = known(float(quoted.volume_usd / quoted.price_usd))
    else:
        price = missing(quoted.reason)
    return UmaMarket(
        price_usd=price,
        daily_volume=volume,
        daily_sd=missing("not worked out from quotes"),
        lendable=missing(unread),
        perp_open_interest_usd=missing(unread),
    )


def _disputes(session: Session, at: datetime) -> DisputeCount:
    """Disputes of the last day beside the mean of the four weeks before."""
    begin = at - DISPUTE_WINDOW
    seen = count_disputes(session, begin, at, at)
    first = first_block_at(session, POLYGON)
    expected = None
    if first is not None and first <= begin - BASELINE:
        before = count_disputes(session, begin - BASELINE, begin, at)
        expected = before * (DISPUTE_WINDOW / BASELINE)
    return DisputeCount(DISPUTE_WINDOW.total_seconds() / 3600, seen, expected)


def _phase_end(round_id: int, phase: str) -> datetime:
    time = RoundTime(round_id)
    ends = {"waiting": time.starts_at, "commit": time.reveal_starts_at}
    return datetime.fromtimestamp(ends.get(phase, time.ends_at), UTC)

"""Opened votes beside what their voters were known to hold of the market when votes were opened."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models.enums import Outcome
from service.protocol.contracts import ContractBook
from service.protocol.ids import to_hex
from service.protocol.prices import outcome_of
from service.protocol.vote_history import RoundVotes
from service.protocol.wallet_links import MERGE_AT
from service.risk.signs.conflicts import PositionedVote
from service.store.attacks.markets_at_issue import list_voted
from service.store.money.exposures import list_held
from service.store.votes.entity_stakes import entities_of
from service.store.wallets.linked_wallets import wallets_around

# Votes on so many markets at most; the newest.
MOST_MARKETS = 200
_MICRO = 10**6


def load_positioned_votes(
    session: Session, book: ContractBook, now: datetime, days: int
) -> list[PositionedVote]:
    """One vote for each entity of the last round of each market's vote; surely linked wallets."""
    votes = list_voted(session, book, now, now - timedelta(days=days), MOST_MARKETS)
    rounds = {
        (market_id, condition): vote.history.rounds[-1]
        for market_id, condition, vote in votes
        if vote.history is not None and vote.history.rounds and vote.history.rounds[-1].reveals
    }
    voters = {reveal.voter for last in rounds.values() for reveal in last.reveals}
    entities = entities_of(session, voters, now)
    around = wallets_around(session, voters, now)
    found: list[PositionedVote] = []
    for (market_id, condition), last in rounds.items():
        opened_at = last.opened_at
        if opened_at is not None:
            near = {
                reveal.voter: [
                    wallet
                    for wallet, sure in around[reveal.voter].items()
                    if sure >= float(MERGE_AT)
                ]
                for reveal in last.reveals
            }
            wallets = {wallet for some in near.values() for wallet in some}
            nets = {
                row.wallet: row.yes - row.no
                for row in list_held(session, wallets, opened_at)
                if row.market_id == market_id
            }
            found += _of_round(to_hex(condition), last, entities, near, nets)
    return found


def _of_round(
    request: str,
    last: RoundVotes,
    entities: Mapping[bytes, bytes],
    near: Mapping[bytes, list[bytes]],
    nets: Mapping[bytes, int],
) -> list[PositionedVote]:
    answers: dict[bytes, Outcome] = {}
    wallets: dict[bytes, set[bytes]] = {}
    for reveal in last.reveals:
        answer = outcome_of(reveal.price)
        if answer is not None:
            # An entity that votes both ways counts by its last one.
            answers[entities[reveal.voter]] = answer
            wallets.setdefault(entities[reveal.voter], set()).update(near[reveal.voter])
    return [
        PositionedVote(
            request=request,
            answer=answer,
            net_yes=sum(nets[w] for w in held) / _MICRO
            if (held := wallets[entity] & nets.keys())
            else None,
        )
        for entity, answer in answers.items()
    ]

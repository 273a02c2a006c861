"""Sports markets from rows: each folded beside the game it belongs to."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import sports
from models.oracle import AncillaryText, Payout
from service.protocol.ancillary import read_ancillary
from service.protocol.contracts import ContractBook
from service.protocol.dated_fact import DatedFact
from service.protocol.game_status import GameStatus, SportsMarketStatus
from service.protocol.games import GameFacts, SportsMarketFacts, fold_game, fold_sports_market
from service.protocol.sports_facts import GameCreated, SportsMarketCreated
from service.store.oracle.blocks import get_head
from service.store.oracle.fact_reader import FactReader, Found, QuestionKey, give
from service.store.oracle.request_facts import Texts, add_request_facts, add_vote_facts
from service.store.upserts import IN_CHUNK, chunks


def get_sports_markets(
    session: Session,
    condition_ids: Collection[bytes],
    book: ContractBook,
    as_of: datetime | None = None,
) -> dict[bytes, SportsMarketStatus]:
    """The markets with these conditions that a sports oracle made, by condition."""
    return {
        status.condition_id: status
        for part in chunks(sorted(condition_ids), IN_CHUNK)
        for status in _fold_page(FactReader(session, as_of), part, book)
    }


def _fold_page(
    reader: FactReader, condition_ids: Collection[bytes], book: ContractBook
) -> Iterator[SportsMarketStatus]:
    markets = _read_markets(reader, condition_ids)
    if not markets:
        return
    keys = {
        (m.created.at.chain_id, m.created.at.address, m.created.game_id) for m in markets.values()
    }
    games = _read_games(reader, keys, book)
    for market in markets.values():
        at = market.created.at
        yield fold_sports_market(
            market, games.get((at.chain_id, at.address, market.created.game_id))
        )


def _read_markets(
    reader: FactReader, condition_ids: Collection[bytes]
) -> dict[QuestionKey, SportsMarketFacts]:
    """Markets by (chain, sports oracle, market id)."""
    created: dict[QuestionKey, tuple[SportsMarketCreated, datetime]] = {}
    in_page = sports.SportsMarket.condition_id.in_(condition_ids)
    for row, dated in reader.rows(sports.SportsMarket, in_page):
        assert isinstance(dated.fact, SportsMarketCreated)  # noqa: S101  # its table's
        key = (dated.fact.at.chain_id, row.address, row.market_id)
        created[key] = dated.fact, dated.mined_at
    if not created:
        return {}
    found: Found = defaultdict(list)
    ids = {key[2] for key in created}
    changes = sports.SportsMarketChange
    for change, dated in reader.rows(changes, changes.market_id.in_(ids)):
        give(dated, [(dated.fact.at.chain_id, change.address, change.market_id)], found)
    for payout, dated in reader.rows(Payout, Payout.condition_id.in_(condition_ids)):
        give(dated, [(dated.fact.at.chain_id, payout.oracle, payout.question_id)], found)
    return {
        key: SportsMarketFacts(fact, at, _ordered(found.get(key, [])))
        for key, (fact, at) in created.items()
    }


def _read_games(
    reader: FactReader, keys: Collection[QuestionKey], book: ContractBook
) -> Mapping[QuestionKey, GameStatus]:
    """Games by (chain, sports oracle, game id)."""
    ids = {key[2] for key in keys}
    created: dict[QuestionKey, tuple[GameCreated, datetime]] = {}
    for row, dated in reader.rows(sports.Game, sports.Game.game_id.in_(ids)):
        assert isinstance(dated.fact, GameCreated)  # noqa: S101  # its table's
        key = (dated.fact.at.chain_id, row.address, row.game_id)
        created[key] = dated.fact, dated.mined_at
    found: Found = defaultdict(list)
    for change, dated in reader.rows(sports.GameChange, sports.GameChange.game_id.in_(ids)):
        give(dated, [(dated.fact.at.chain_id, change.address, change.game_id)], found)
    texts = Texts(defaultdict(list), {})
    for key, (fact, _) in created.items():
        texts.owners[key[0], key[1], fact.ancillary_hash].append(key)
    disputes = add_request_facts(reader, texts, found)
    add_vote_facts(reader, texts, disputes, found)
    titles = _read_titles(reader.session, {fact.ancillary_hash for fact, _ in created.values()})
    heads: dict[int, int] = {}
    games: dict[QuestionKey, GameStatus] = {}
    for key, (fact, at) in created.items():
        if key[0] not in heads:
            head = get_head(reader.session, key[0], reader.as_of)
            heads[key[0]] = 0 if head is None else int(head.mined_at.timestamp())
        told = GameFacts(fact, at, _ordered(found.get(key, [])))
        games[key] = fold_game(told, book, titles.get(fact.ancillary_hash, ""), heads[key[0]])
    return games


def _read_titles(session: Session, hashes: Collection[bytes]) -> dict[bytes, str]:
    rows = session.execute(
        select(AncillaryText.hash, AncillaryText.data).where(AncillaryText.hash.in_(hashes))
    )
    return {text: read_ancillary(data).headline for text, data in rows}


def _ordered(facts: Collection[DatedFact]) -> tuple[DatedFact, ...]:
    """In chain order, the vote's chain last."""
    return tuple(
        sorted(
            facts,
            key=lambda d: (-d.fact.at.chain_id, d.fact.at.block_number, d.fact.at.log_index),
        )
    )

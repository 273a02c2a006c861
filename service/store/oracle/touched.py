"""What facts speak of: the questions, conditions, votes and contracts they came to or went from."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import oracle, sports, voting
from models.chain import Block
from models.contract_change import ContractChange
from models.enums import NegRiskChangeKind, OverrideLayer
from service.protocol import facts, sports_facts, vote_facts
from service.protocol.contract_facts import ContractChanged
from service.protocol.facts import Fact
from service.protocol.ids import MULTIPLE_VALUES
from service.protocol.market_ids import neg_risk_market_of
from service.protocol.periods import FOLDED_EVENTS
from service.store.oracle.legacy_questions import find_legacy_questions
from service.store.upserts import IN_CHUNK, chunks

# Ranges in one OR: as many as a query planner still takes kindly.
RANGES_CHUNK = 100


@dataclass(slots=True)
class Touched:
    """Keys of what has to be looked at again."""

    # The adapter's question ids.
    questions: set[bytes] = field(default_factory=set)
    conditions: set[bytes] = field(default_factory=set)
    # The vote's ids of requests (parentRequestId).
    votes: set[bytes] = field(default_factory=set)
    # (chain, address) of contracts whose own terms changed.
    contracts: set[tuple[int, bytes]] = field(default_factory=set)


@dataclass(slots=True)
class _Found(Touched):
    # Still to be brought to the adapter's questions: neg-risk ids, those of which a Yes may block
    # the other outcomes of their market, and either id of the bridge.
    neg_risk: set[bytes] = field(default_factory=set)
    rivals: set[bytes] = field(default_factory=set)
    bridged: set[bytes] = field(default_factory=set)
    # Sports games and markets, whose conditions are to be found.
    games: set[bytes] = field(default_factory=set)
    game_markets: set[bytes] = field(default_factory=set)


def touched_by(session: Session, decoded: Collection[Fact]) -> Touched:
    """What stored facts speak of."""
    found = _Found()
    for fact in decoded:
        touch = _TOUCH.get(type(fact))
        if touch is not None:
            touch(found, fact)
    return _linked(session, found)


def _request(found: _Found, fact: facts.PriceRequested) -> None:
    found.questions.add(fact.key.ancillary_hash)
    if fact.key.identifier == MULTIPLE_VALUES:
        found.games.add(fact.key.ancillary_hash)


def _text(found: _Found, fact: facts.RequestTermsChanged) -> None:
    found.questions.add(fact.ancillary_hash)


def _question(found: _Found, fact: facts.QuestionChanged) -> None:
    found.questions.add(fact.question_id)


def _bridge(found: _Found, fact: facts.RequestBridged) -> None:
    found.questions.add(fact.ancillary_hash)
    found.votes.add(fact.parent_request_id)


def _condition(found: _Found, fact: facts.ConditionPrepared) -> None:
    found.conditions.add(fact.condition_id)
    found.questions.add(fact.question_id)
    found.neg_risk.add(fact.question_id)


def _prepared(found: _Found, fact: facts.NegRiskQuestionReported) -> None:
    found.questions.add(fact.request_id)


def _override(found: _Found, fact: facts.OutcomeOverridden) -> None:
    is_operator = fact.layer is OverrideLayer.OPERATOR
    (found.neg_risk if is_operator else found.questions).add(fact.question_id)


def _neg_risk(found: _Found, fact: facts.NegRiskChanged) -> None:
    found.neg_risk.add(fact.neg_risk_question_id)
    if fact.kind is NegRiskChangeKind.OUTCOME_REPORTED:
        found.rivals.add(fact.neg_risk_question_id)


def _sports_market(found: _Found, fact: sports_facts.SportsMarketCreated) -> None:
    found.conditions.add(fact.condition_id)


def _game(found: _Found, fact: sports_facts.GameChanged) -> None:
    found.games.add(fact.game_id)


def _game_market(found: _Found, fact: sports_facts.SportsMarketChanged) -> None:
    found.game_markets.add(fact.market_id)


def _crossing(found: _Found, fact: facts.PricePushed) -> None:
    found.bridged.add(fact.request_hash)


def _vote(found: _Found, fact: vote_facts.VoteRequested) -> None:
    found.votes.add(fact.key.request_id)
    found.bridged.add(fact.key.request_id)


def _contract(found: _Found, fact: ContractChanged) -> None:
    if fact.name in FOLDED_EVENTS:
        found.contracts.add((fact.at.chain_id, fact.at.address))


# Stake, delegations and slashes are no one question's. By type, as every fact stored passes
# here; each function is declared with one of the shapes it serves.
_TOUCH: Mapping[type, Callable[..., None]] = {
    facts.QuestionInitialized: _question,
    facts.ResolutionAsked: _question,
    facts.QuestionChanged: _question,
    facts.ClarificationPosted: _question,
    facts.OutcomeOverridden: _override,
    facts.PriceRequested: _request,
    facts.PriceProposed: _request,
    facts.PriceDisputed: _request,
    facts.PriceSettled: _request,
    facts.RequestTermsChanged: _text,
    facts.RulesUpdated: _text,
    facts.RequestBridged: _bridge,
    facts.PricePushed: _crossing,
    facts.ConditionPrepared: _condition,
    facts.ConditionResolved: _condition,
    facts.NegRiskQuestionPrepared: _prepared,
    facts.NegRiskQuestionReported: _prepared,
    facts.NegRiskChanged: _neg_risk,
    sports_facts.SportsMarketCreated: _sports_market,
    sports_facts.GameCreated: _game,
    sports_facts.GameChanged: _game,
    sports_facts.SportsMarketChanged: _game_market,
    vote_facts.TunnelRequestAdded: _crossing,
    vote_facts.VoteRequested: _vote,
    vote_facts.VoteRequestChanged: _vote,
    vote_facts.VoteCommitted: _vote,
    vote_facts.VoteRevealed: _vote,
    ContractChanged: _contract,
}


def _linked(session: Session, found: _Found) -> Touched:
    """Follow the bridge, the neg-risk contracts and adapter v1 to the adapter's questions."""
    for part in chunks(sorted(found.bridged), IN_CHUNK):
        bridge = oracle.BridgedRequest
        query = select(bridge.ancillary_hash, bridge.parent_request_id).where(
            or_(bridge.child_request_id.in_(part), bridge.parent_request_id.in_(part))
        )
        for question, parent in session.execute(query):
            found.questions.add(question)
            found.games.add(question)
            found.votes.add(parent)
    _link_games(session, found)
    # What crossed under the vote's own id is known without its bridge.
    found.votes |= found.bridged
    prepared = oracle.NegRiskQuestion
    for part in chunks(sorted(found.neg_risk), IN_CHUNK):
        ids = select(prepared.request_id).where(prepared.neg_risk_question_id.in_(part))
        found.questions.update(session.scalars(ids))
    markets = sorted({neg_risk_market_of(question) for question in found.rivals})
    for part in chunks(markets, RANGES_CHUNK):
        # All questions of a market share every byte of their ids but the last.
        same = (prepared.neg_risk_question_id.between(m, m[:-1] + b"\xff") for m in part)
        found.questions.update(session.scalars(select(prepared.request_id).where(or_(*same))))
    found.questions |= find_legacy_questions(session, found.questions)
    return Touched(found.questions, found.conditions, found.votes, found.contracts)


def _link_games(session: Session, found: _Found) -> None:
    """Follow games and their markets to the conditions they decide."""
    market = sports.SportsMarket
    for column, keys in ((market.game_id, found.games), (market.market_id, found.game_markets)):
        for part in chunks(sorted(keys), IN_CHUNK):
            found.conditions.update(
                session.scalars(select(market.condition_id).where(column.in_(part)))
            )


_Column = InstrumentedAttribute[bytes]
_QUESTION_COLUMNS: tuple[_Column, ...] = (
    oracle.Question.question_id,
    oracle.ResolutionAsked.question_id,
    oracle.QuestionChange.question_id,
    oracle.Override.question_id,
    oracle.Clarification.question_id,
    oracle.PriceRequest.ancillary_hash,
    oracle.Proposal.ancillary_hash,
    oracle.Dispute.ancillary_hash,
    oracle.Settlement.ancillary_hash,
    oracle.BridgedRequest.ancillary_hash,
    oracle.NegRiskQuestion.request_id,
    oracle.NegRiskReport.request_id,
    oracle.RequestTerm.ancillary_hash,
    oracle.RulesUpdate.ancillary_hash,
)
# Some are the adapter's own ids, some the operator's; an id of one sort is never one of the other.
_NEG_RISK_COLUMNS: tuple[_Column, ...] = (
    oracle.Condition.question_id,
    oracle.Payout.question_id,
    oracle.Override.question_id,
    oracle.NegRiskChange.neg_risk_question_id,
)
_CONDITION_COLUMNS: tuple[_Column, ...] = (
    oracle.Condition.condition_id,
    oracle.Payout.condition_id,
    sports.SportsMarket.condition_id,
)
_GAME_COLUMNS: tuple[_Column, ...] = (sports.Game.game_id, sports.GameChange.game_id)
# Under which the vote's logs and the bridge's name a request.
_VOTE_COLUMNS: tuple[_Column, ...] = (
    oracle.BridgedRequest.parent_request_id,
    oracle.PushedPrice.request_hash,
    voting.TunnelRequest.request_hash,
    voting.DvmRequest.request_id,
    voting.DvmRequestChange.request_id,
    voting.Commit.request_id,
    voting.Reveal.request_id,
)


def touched_from(session: Session, chain_id: int, number: int) -> Touched:
    """What the facts at or above a block that is to go speak of."""
    blocks = select(Block.id).where(Block.chain_id == chain_id, Block.number >= number)

    def values(columns: Collection[_Column]) -> set[bytes]:
        found: set[bytes] = set()
        for column in columns:
            query = select(column).where(column.class_.block_id.in_(blocks))
            found.update(session.scalars(query))
        return found

    addresses = select(ContractChange.address).where(
        ContractChange.block_id.in_(blocks), ContractChange.name.in_(FOLDED_EVENTS)
    )
    neg_risk = values(_NEG_RISK_COLUMNS)
    questions = values(_QUESTION_COLUMNS)
    found = _Found(
        questions=questions | neg_risk,
        conditions=values(_CONDITION_COLUMNS),
        contracts={(chain_id, address) for address in session.scalars(addresses)},
        neg_risk=neg_risk,
        rivals=values([oracle.NegRiskChange.neg_risk_question_id]),
        bridged=values(_VOTE_COLUMNS),
        # A game's requests are keyed by its text like a question's.
        games=values(_GAME_COLUMNS) | questions,
        game_markets=values([sports.SportsMarketChange.market_id]),
    )
    return _linked(session, found)

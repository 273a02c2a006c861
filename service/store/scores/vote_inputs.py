"""What a score reads of the vote that decides a market: its newest round as known at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from models.enums import Outcome, VotePhase
from service.protocol.contracts import ContractBook
from service.protocol.prices import TOO_EARLY, outcome_of
from service.protocol.question_status import QuestionStatus
from service.protocol.tally import Answered, Pending, RoundTerms
from service.protocol.vote_history import VoteHistory
from service.protocol.vote_outcome import RoundOutcome, VoteOutcome, VoteRecords, work_out
from service.protocol.voting_parameters import SHARE
from service.risk.vote_facts import OpenedVotes, VoteFacts, VotePhaseName
from service.store.oracle.blocks import get_head
from service.store.votes.newest_stakes import get_stakes
from service.store.votes.vote_records import Contract, get_records, rounds_of
from service.store.votes.votes import link_votes

_WEI = 10**18


def get_vote_facts(
    session: Session,
    voted: Mapping[int, QuestionStatus],
    book: ContractBook,
    at: datetime,
) -> dict[int, VoteFacts]:
    """The vote of each market's operative request; markets whose vote is not stored are left out.

    A fixed number of queries for each vote contract, whatever the number of markets.
    """
    histories = _histories(session, voted, book, at)
    by_contract: dict[Contract, dict[int, VoteHistory]] = defaultdict(dict)
    for market_id, history in histories.items():
        by_contract[history.chain_id, history.contract][market_id] = history
    found: dict[int, VoteFacts] = {}
    for contract, asked in by_contract.items():
        rounds = {r for history in asked.values() for r in rounds_of(history)}
        records = get_records(session, contract, rounds, at)
        head = get_head(session, contract[0], at)
        now = 0 if head is None else int(head.mined_at.timestamp())
        outcomes = {id_: work_out(history, records, now) for id_, history in asked.items()}
        sealed = {voter for o in outcomes.values() if o.rounds for voter in _sealed(o.rounds[-1])}
        stakes = get_stakes(session, contract, sealed, at)
        for market_id, outcome in outcomes.items():
            found[market_id] = _to_facts(asked[market_id], outcome, records, stakes)
    return found


def _histories(
    session: Session, voted: Mapping[int, QuestionStatus], book: ContractBook, at: datetime
) -> dict[int, VoteHistory]:
    """The vote's logs of the request each market waits for."""
    sent = {}
    for market_id, status in voted.items():
        operative = status.operative
        asked = [] if operative is None else [r for r in status.dvm_requests if r.is_of(operative)]
        if asked:
            sent[market_id] = asked[-1]
    linked = link_votes(session, list(sent.values()), book, at) if sent else []
    pairs = zip(sent, linked, strict=True)
    return {market_id: vote.history for market_id, vote in pairs if vote.history is not None}


def _to_facts(
    history: VoteHistory, outcome: VoteOutcome, records: VoteRecords, stakes: Mapping[bytes, int]
) -> VoteFacts:
    last = outcome.rounds[-1] if outcome.rounds else None
    stake, gat, spat = _terms(last, records)
    sealed = [] if last is None else _sealed(last)
    weights = [stakes[voter] for voter in sealed if voter in stakes]
    tally = {} if last is None else _by_voter(last)
    return VoteFacts(
        phase=_phase(history, outcome, last),
        round_id=None if last is None else last.time.round_id,
        roll_count=_rolls(history, outcome),
        max_rolls=records.parameters.latest.max_rolls,
        stake=stake,
        gat=gat,
        spat=spat,
        opened=opened_votes(last),
        sealed=_to_uma(sum(weights)),
        opened_voters=effective_number(tally.values()),
        sealed_voters=effective_number(weights),
        unknown_voters=len(sealed) - len(weights),
    )


def effective_number(stakes: Iterable[int]) -> float:
    """How many voters of equal stake these are worth: the square of the sum over that of squares.

    In hundredths, so that equal facts stay equal.
    """
    held = list(stakes)
    squares = sum(one * one for one in held)
    return round(float(sum(held)) ** 2 / float(squares), 2) if squares else 0.0


def _phase(history: VoteHistory, outcome: VoteOutcome, last: RoundOutcome | None) -> VotePhaseName:
    if outcome.is_deleted:
        return "deleted"
    if last is not None and isinstance(last.result, Answered):
        return "counted"
    phase = last.result.phase if last is not None and isinstance(last.result, Pending) else None
    if phase is VotePhase.REVEAL:
        return "dvm_reveal"
    if phase is VotePhase.COMMIT:
        return "rolled" if _rolls(history, outcome) else "dvm_commit"
    return "waiting"


def _rolls(history: VoteHistory, outcome: VoteOutcome) -> int:
    """Rounds that passed without an answer, logged as rolls or not yet."""
    return max(history.roll_count, len(outcome.rounds) - 1)


def _terms(
    last: RoundOutcome | None, records: VoteRecords
) -> tuple[float | None, float | None, float | None]:
    """All stake and both thresholds: frozen, else as they stand; unknown where logs contradict."""
    if last is not None and isinstance(last.terms, RoundTerms):
        terms = last.terms
        return _to_uma(terms.stake), _to_uma(terms.gat), terms.spat / SHARE
    if last is not None and last.terms is not None:
        return None, None, None
    total = records.ledger.totals[-1] if records.ledger.totals else None
    in_force = records.parameters.latest
    return (
        None if total is None else _to_uma(total),
        None if in_force.gat is None else _to_uma(in_force.gat),
        None if in_force.spat is None else in_force.spat / SHARE,
    )


def _to_uma(wei: int) -> float:
    """Whole UMA: the score sees stake in no finer grain."""
    return float(wei // _WEI)


def opened_votes(last: RoundOutcome | None) -> OpenedVotes:
    """Opened stake of one round by answer, in whole UMA."""
    by_answer: dict[str, int] = defaultdict(int)
    for price, weight in () if last is None else last.tally.weights:
        by_answer[_answer_of(price)] += weight
    return OpenedVotes(**{name: _to_uma(weight) for name, weight in by_answer.items()})


_NAMES = {Outcome.YES: "yes", Outcome.NO: "no", Outcome.HALF: "half"}


def _answer_of(price: int) -> str:
    outcome = outcome_of(price)
    if outcome is not None:
        return _NAMES[outcome]
    return "early" if price == TOO_EARLY else "other"


def _by_voter(last: RoundOutcome) -> dict[bytes, int]:
    return {reveal.voter: reveal.tokens for reveal in last.votes.reveals}


def _sealed(last: RoundOutcome) -> tuple[bytes, ...]:
    """Who sealed a vote that may still be opened."""
    return last.votes.unrevealed if isinstance(last.result, Pending) else ()

"""``score_rounds``: who could force or block what in the vote, round by round.

docs/methodology.md, "A round out of the store".
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.protocol.rounds import RoundTime, round_at
from service.risk.attack_parameters import AttackParameters
from service.risk.parameters import RiskParameters
from service.store.contracts import add_book, load_book
from service.store.listings import mark_changed
from service.store.resolution_rows import market_ids_of
from service.store.round_assessments import (
    RoundState,
    add_round_assessment,
    newest_by_round,
    newest_states,
)
from service.store.round_captures import captured_of
from service.store.round_inputs import load_round
from service.store.round_scores import OVER, loaded_digest, score_loaded
from service.store.round_votes import list_asked_rounds, list_voted_rounds

log = structlog.get_logger()
# Rounds back in which a log that came late makes a new assessment.
WATCHED_ROUNDS = 30
# Rounds that are over and assessed in one run, newest first.
MOST_PAST = 5
# What the rows of one round can make go wrong; a database error is no round's own.
ROUND_FAULTS = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Due:
    """One assessment to make: of which round, as of when."""

    round_id: int
    at: datetime
    # Logs that name the round.
    logs: int


def score_rounds(
    sessions: sessionmaker[Session],
    read_sessions: sessionmaker[Session],
    clock: Clock,
    book: ContractBook,
    parameters: RiskParameters,
    attack: AttackParameters,
) -> CycleReport:
    """Assess this round, the next one if it has requests, and past ones with news.

    One that reads the same as its last assessment is not stored again; one that fails is named.
    """
    at = clock.now()
    with sessions.begin() as session:
        add_book(session, book)
    with read_sessions() as session:
        stored = load_book(session)
        due = list(_due(session, at))
    counts: Counter[str] = Counter(due=len(due))
    failures = []
    for one in due:
        try:
            counts[_score(sessions, read_sessions, one, stored, parameters, attack)] += 1
        except ROUND_FAULTS as error:
            log.exception("round not scored", round=one.round_id)
            failures.append(f"round {one.round_id} was not scored: {type(error).__name__}: {error}")
    return CycleReport({name: count for name, count in counts.items() if count}, tuple(failures))


def _score(
    sessions: sessionmaker[Session],
    read_sessions: sessionmaker[Session],
    due: Due,
    book: ContractBook,
    parameters: RiskParameters,
    attack: AttackParameters,
) -> str:
    with read_sessions() as session:
        loaded = load_round(session, due.round_id, book, parameters, attack, due.at)
        last = newest_by_round(session, [due.round_id]).get(due.round_id)
    if loaded is None:
        return "no_vote_contract"
    if not loaded.requests and not loaded.inputs.voters:
        # Defaults alone would say nothing about anything.
        return "nothing_known"
    if last is not None and last.digest == loaded_digest(loaded, due.logs, attack):
        return "unchanged"
    new = score_loaded(loaded, due.logs, attack)
    before = {} if last is None else captured_of(last.document)
    after = captured_of(new.document)
    moved = {one for one in before | after if before.get(one) != after.get(one)}
    with sessions.begin() as session:
        add_round_assessment(session, new)
        # What their votes may be made to say is part of these markets' scores.
        mark_changed(session, market_ids_of(session, sorted(moved)).values(), due.at)
    return "assessed"


def _due(session: Session, at: datetime) -> Iterator[Due]:
    current = round_at(int(at.timestamp()))
    logs = list_voted_rounds(session, current - WATCHED_ROUNDS, at)
    asked = {r for r in list_asked_rounds(session, at) if r < current} | {
        r for r in logs if r < current
    }
    known = newest_states(session, asked)
    past = sorted((r for r in asked if _has_news(known.get(r), logs.get(r))), reverse=True)
    # Oldest first: an earlier round's assessment sets the level of a later one's.
    for round_id in sorted(past[:MOST_PAST]):
        count = logs.get(round_id, 0)
        if round_id not in known:
            # As it stood when the last vote could be sealed, from what was known by then.
            sealed = RoundTime(round_id).reveal_starts_at - 1
            yield Due(round_id, datetime.fromtimestamp(sealed, UTC), count)
        yield Due(round_id, at, count)
    yield Due(current, at, logs.get(current, 0))
    if logs.get(current + 1):
        yield Due(current + 1, at, logs[current + 1])


def _has_news(last: RoundState | None, logs: int | None) -> bool:
    if last is None or last.phase != OVER:
        return True
    return logs is not None and logs != last.logs

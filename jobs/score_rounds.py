"""``score_rounds``: who could force or block what in the vote, round by round.

docs/methodology.md, "A round out of the store".
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.protocol.rounds import RoundTime, round_at
from service.risk.attack.attack_parameters import AttackParameters
from service.risk.attack.round_packing import pack_round
from service.risk.parameters import RiskParameters
from service.store.markets.listings import mark_changed
from service.store.markets.resolution_rows import market_ids_of
from service.store.oracle.contracts import add_book, load_book
from service.store.rounds.round_failures import forget_failure, note_failure, waiting_rounds
from service.store.rounds.round_inputs import load_round
from service.store.rounds.round_scores import OVER, loaded_digest, score_loaded
from service.store.scores.round_assessments import (
    RoundState,
    add_round_assessment,
    list_outdated,
    newest_by_round,
    newest_states,
    repack_question,
)
from service.store.scores.round_captures import captured_of
from service.store.votes.round_votes import list_asked_rounds, list_voted_rounds

log = structlog.get_logger()
# Rounds back in which a log that came late makes a new assessment.
WATCHED_ROUNDS = 30
# Rounds that are over and assessed in one run, newest first.
MOST_PAST = 5
# What the rows of one round can make go wrong; a database error is no round's own.
ROUND_FAULTS = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError)
# Outcomes that leave a round without an assessment, and so due the next time too.
_EMPTY = {
    "no_vote_contract": "no vote contract is known",
    "nothing_known": "neither a request nor a voter is known of it",
}


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
        failed = waiting_rounds(session, at)
        waiting = {round_id for round_id, waits in failed.items() if waits}
        due = list(_due(session, at, waiting))
    counts: Counter[str] = Counter(due=len(due), waiting=len(waiting))
    current = round_at(int(at.timestamp()))
    told, failures = {}, []
    for one in due:
        try:
            outcome = _score(sessions, read_sessions, one, stored, parameters, attack)
        except ROUND_FAULTS as error:
            log.exception("round not scored", round=one.round_id)
            told[one.round_id] = f"{type(error).__name__}: {error}"
            failures.append(f"round {one.round_id} was not scored: {told[one.round_id]}")
        else:
            counts[outcome] += 1
            # Of a round it is the newest look that counts.
            told[one.round_id] = _EMPTY.get(outcome, "")
    # The one under way, and the next, are tried every time.
    past = {round_id: reason for round_id, reason in told.items() if round_id < current}
    _remember(sessions, past, failed.keys(), at)
    return CycleReport({name: count for name, count in counts.items() if count}, tuple(failures))


def _remember(
    sessions: sessionmaker[Session],
    told: Mapping[int, str],
    failed: Collection[int],
    at: datetime,
) -> None:
    """Who failed waits; who no longer does is forgotten. ``told``: why, empty where assessed."""
    news = {r: reason for r, reason in told.items() if reason or r in failed}
    if not news:
        return
    with sessions.begin() as session:
        for round_id, reason in news.items():
            if reason:
                note_failure(session, round_id, reason, at)
            else:
                forget_failure(session, round_id)


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
        is_outdated = due.round_id in list_outdated(session)
    if loaded is None:
        return "no_vote_contract"
    if not loaded.requests and not loaded.inputs.voters:
        # Defaults alone would say nothing about anything.
        return "nothing_known"
    if last is not None and last.digest == loaded_digest(loaded, due.logs, attack):
        if not is_outdated:
            return "unchanged"
        with sessions.begin() as session:
            repack_question(session, due.round_id, pack_round(loaded.inputs))
        return "packed_anew"
    new = score_loaded(loaded, due.logs, attack)
    before = {} if last is None else captured_of(last.document)
    after = captured_of(new.document)
    moved = {one for one in before | after if before.get(one) != after.get(one)}
    with sessions.begin() as session:
        add_round_assessment(session, new)
        # What their votes may be made to say is part of these markets' scores.
        mark_changed(session, market_ids_of(session, sorted(moved)).values(), due.at)
    return "assessed"


def _due(session: Session, at: datetime, waiting: Collection[int]) -> Iterator[Due]:
    """``waiting``: past rounds that failed, and are not tried yet."""
    current = round_at(int(at.timestamp()))
    logs = list_voted_rounds(session, current - WATCHED_ROUNDS, at)
    asked = {r for r in list_asked_rounds(session, at) if r < current} | {
        r for r in logs if r < current
    }
    outdated = {round_id for round_id in list_outdated(session) if round_id < current}
    known = newest_states(session, asked | outdated)
    news = {r for r in asked if _has_news(known.get(r), logs.get(r))} | outdated
    past = sorted(news.difference(waiting), reverse=True)
    # Oldest first: an earlier round's assessment sets the level of a later one's.
    for round_id in sorted(past[:MOST_PAST]):
        before = known.get(round_id)
        count = logs.get(round_id, 0 if before is None else before.logs)
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

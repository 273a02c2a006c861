"""The search for groups of voters out of stored votes, on both databases."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
from sqlalchemy.orm import Session, sessionmaker

from jobs.bloc_process import search_apart
from jobs.find_blocs import find_blocs
from jobs.job_table import JOBS
from jobs.schedule import PERIODS
from models.attack_enums import BlocKind, SignalSubject
from service.clock import SetClock
from service.detection.search import search_blocs
from service.detection.voting_worlds import World, draw_world
from service.risk.signs.bloc_findings import BlocFindings
from service.risk.signs.bloc_signs import BLOC_DEVIATION, STANDING_BLOC
from service.risk.signs.vote_matrix import VoteMatrix
from service.store.attacks.attack_signals import signals_of, signals_of_round
from service.store.attacks.blocs import get_search, standing_blocs
from tests.store.voting_rows import FIRST_ROUND, add_votes, end_of

WORLD = World(voters=60, requests=80, pushes=16, in_step_seconds=60.0)
MATRIX = draw_world(WORLD, np.random.default_rng(5))


def search(matrix: VoteMatrix, addresses: Mapping[str, Sequence[str]]) -> BlocFindings:
    return search_blocs(matrix, addresses, trials=2)


def test_a_bloc_is_kept_with_its_sign_its_logs_and_what_could_not_be_seen(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        add_votes(session, MATRIX)
    # The last round is being opened.
    at = end_of(MATRIX) - timedelta(hours=20)
    clock = SetClock(at)
    counts = find_blocs(sessions, sessions, clock, search).counts
    assert (counts["entities"], counts["votes"], counts["groups"]) == (60, 72, 1)
    with sessions() as session:
        [bloc] = standing_blocs(session, at)
        assert bloc.entities == MATRIX.entities[:6]
        sign, of_round = signals_of(session, [(SignalSubject.GROUP, bloc.bloc_id)], at)
        assert (sign.signal, sign.log_lr > 1) == (STANDING_BLOC, True)
        assert of_round.round_id == FIRST_ROUND + int(MATRIX.rounds[-1])
        evidence = sign.document["evidence"]
        assert isinstance(evidence, list)
        assert len(evidence) >= 2
        searched = get_search(session, at)
        assert searched is not None
        assert "joint pushes" in str(searched.document["power"])

    # Neither a day nor a round has passed.
    clock.set(at + timedelta(hours=1))
    assert find_blocs(sessions, sessions, clock, search).counts == {"due": 0}
    clock.set(end_of(MATRIX))
    assert find_blocs(sessions, sessions, clock, search).counts["votes"] == 80
    with sessions() as session:
        [later] = standing_blocs(session, clock.now())
        assert later.bloc_id == bloc.bloc_id
        # What was said of the round while it was on still stands.
        [kept] = signals_of_round(session, FIRST_ROUND + int(MATRIX.rounds[-1]), clock.now())
        assert kept.log_lr > 1
    # What a day later reads the same is not kept again.
    clock.set(end_of(MATRIX) + timedelta(days=1))
    assert find_blocs(sessions, sessions, clock, search).counts["signs_added"] == 0


def four_in_step() -> VoteMatrix:
    """The first four always answer alike and seal within a minute; in the last round two do not."""
    rng = np.random.default_rng(3)
    matrix = draw_world(World(voters=30, requests=96, error=0.06, round_size=6), rng)
    answers, sealed = matrix.answers.copy(), matrix.sealed_at.copy()
    answers[:4] = answers[0]
    sealed[:4] = np.clip(sealed[0] + rng.uniform(0, 60, size=(4, sealed.shape[1])), 0, 86_399)
    last = matrix.round_of == matrix.rounds[-1]
    answers[:2, last] = 1
    answers[2:4, last] = 0
    sealed[:4] = np.where(np.isnan(sealed[:4]), 0.0, sealed[:4])
    opened = np.where(np.isnan(matrix.opened_at), 0.0, matrix.opened_at)
    return replace(matrix, answers=answers, sealed_at=sealed, opened_at=opened)


def test_a_baseline_that_splits_is_told_in_the_round_it_does(
    sessions: sessionmaker[Session],
) -> None:
    matrix = four_in_step()
    with sessions.begin() as session:
        add_votes(session, matrix)
    before, after = end_of(matrix, int(matrix.rounds[-2])), end_of(matrix)
    clock = SetClock(before)
    assert find_blocs(sessions, sessions, clock, search).counts["deviations"] == 0
    clock.set(after)
    assert find_blocs(sessions, sessions, clock, search).counts["deviations"] == 1
    with sessions() as session:
        [baseline] = [b for b in standing_blocs(session, before) if b.kind is BlocKind.BASELINE]
        assert baseline.entities == matrix.entities[:4]
        [sign] = signals_of(session, [(SignalSubject.GROUP, baseline.bloc_id)], after)
        assert sign.signal == BLOC_DEVIATION
        assert sign.round_id == FIRST_ROUND + int(matrix.rounds[-1])
        assert "differed in 6 of 6 votes" in str(sign.document["words"])
        assert signals_of(session, [(SignalSubject.GROUP, baseline.bloc_id)], before) == []


def test_no_worker_and_no_page_pays_for_the_search() -> None:
    started = "import jobs.find_blocs, jobs.schedule, service.api.app, sys; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", started], capture_output=True, text=True, check=True
    )
    assert not {"networkx", "scipy", "service.detection"} & set(told.stdout.split())


def test_so_few_voters_that_no_minority_is_small_are_not_searched(
    sessions: sessionmaker[Session],
) -> None:
    few = draw_world(World(voters=12, requests=8), np.random.default_rng(1))
    with sessions.begin() as session:
        add_votes(session, few)

    def refuse(_: VoteMatrix, __: Mapping[str, Sequence[str]]) -> BlocFindings:
        raise AssertionError

    counts = find_blocs(sessions, sessions, SetClock(end_of(few)), refuse).counts
    assert (counts["entities"], counts["votes"], counts["informative"]) == (12, 8, 0)


def test_an_empty_store_has_no_groups(sessions: sessionmaker[Session]) -> None:
    at = end_of(MATRIX)
    assert find_blocs(sessions, sessions, SetClock(at), search).counts["groups"] == 0
    with sessions() as session:
        searched = get_search(session, at)
        assert searched is not None
        assert "no group could have been seen" in str(searched.document["power"])


def test_another_process_finds_the_same() -> None:
    small = draw_world(World(voters=20, requests=10), np.random.default_rng(1))
    addresses = {entity: [entity] for entity in small.entities}
    assert search_apart(small, addresses) == search_blocs(small, addresses)


def test_it_is_a_job_of_the_schedule() -> None:
    assert "find_blocs" in JOBS
    assert PERIODS["find_blocs"][0] <= 3_600

"""A written simulation: same bytes for a seed, and the real pipeline reads what is true."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.import_logs import import_logs
from models.question_state import QuestionState
from service.chain.book import mainnet_book
from service.clock import SetClock
from service.protocol.contract_facts import ContractChanged
from service.protocol.dated_fact import DatedFact
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.ids import to_hex
from service.protocol.log_position import Place
from service.protocol.stake import fold_stake
from service.protocol.tally import Answered
from service.protocol.vote_facts import VoteRequested, VoteRevealed
from service.protocol.vote_history import fold_votes
from service.protocol.vote_outcome import VoteRecords, work_out
from service.protocol.voting_parameters import fold_parameters
from service.simulation.archive import TRUTH, VENUE, write_simulation
from service.simulation.calendar import DAY, instant
from service.simulation.run import simulate
from service.simulation.scenario import SCENARIOS
from service.simulation.truth import truth_document
from tests.simulation.runs import (
    MARKETS,
    SEED,
    WEEKS,
    archive_files,
    captures,
    facts_of,
    played,
)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write_simulation(played("round_of_40"), first)
    write_simulation(simulate(SCENARIOS["round_of_40"], SEED, WEEKS, MARKETS), second)
    for path in [*archive_files(first), first / VENUE, first / TRUTH]:
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes(), path


def test_pieces_of_hours_hold_what_pieces_of_weeks_hold(tmp_path: Path) -> None:
    weeks, hours = tmp_path / "weeks", tmp_path / "hours"
    write_simulation(played("calm"), weeks)
    write_simulation(played("calm"), hours, DAY // 2)
    assert len(archive_files(hours)) > 10 * len(archive_files(weeks))
    for chain_id in (POLYGON, ETHEREUM):
        whole = facts_of(captures(weeks), chain_id)
        assert whole == facts_of(captures(hours), chain_id)
        assert len(whole) > 300


@pytest.mark.parametrize("name", ["whitelist_capture", "sleeper_bloc"])
def test_the_pipeline_folds_questions_to_what_is_true(
    name: str, tmp_path: Path, sessions: sessionmaker[Session]
) -> None:
    run = played(name)
    write_simulation(run, tmp_path)
    clock = SetClock(instant(run.ends_at + 40 * DAY))
    files = archive_files(tmp_path)
    result = import_logs(sessions, files, mainnet_book(), clock)
    assert result.refused == ()
    bad = ("undecodable", "unknown_topic", "outside_book", "already_known", "blocks_removed")
    assert [result.counts[key] for key in bad] == [0] * len(bad)
    with sessions() as read:
        states = {to_hex(row.question_id): row for row in read.scalars(select(QuestionState))}
    truth = {market["question_id"]: market for market in truth_document(run)["markets"]}
    assert states.keys() == truth.keys()
    for key, market in truth.items():
        paid = None if states[key].payouts is None else tuple(states[key].payouts or ())
        told = {"Yes": ("1", "0"), "No": ("0", "1"), None: None}[market["settled"]]
        assert paid == told, market
        assert states[key].disputes == market["disputes"], market
        assert states[key].overridden == market["was_overridden"], market


@pytest.mark.parametrize("name", ["ambiguous_wave", "blocking_bloc", "round_of_40"])
def test_votes_end_as_our_own_tally_of_the_logs_says(name: str, tmp_path: Path) -> None:
    run = played(name)
    write_simulation(run, tmp_path)
    facts = facts_of(captures(tmp_path), ETHEREUM)
    records = VoteRecords(
        fold_stake(facts),
        fold_parameters([d.fact for d in facts if isinstance(d.fact, ContractChanged)]),
        _first_reveals(facts),
    )
    keys = [d.fact.key for d in facts if isinstance(d.fact, VoteRequested)]
    truth = {vote["request_id"]: vote for vote in truth_document(run)["votes"]}
    assert len(keys) == len(truth) > 5
    now = run.ends_at + 60 * DAY
    rolls = 0
    for key in keys:
        own = [d for d in facts if getattr(d.fact, "key", None) == key]
        history = fold_votes(key, own)
        outcome, told = work_out(history, records, now), truth[to_hex(key.request_id)]
        price = None if outcome.answer is None else str(outcome.answer[1])
        assert (price, outcome.is_deleted) == (told["price"], told["is_deleted"])
        assert history.roll_count == told["roll_count"]
        rolls += history.roll_count
        *before, last = outcome.rounds
        assert not any(isinstance(one.result, Answered) for one in before)
        if isinstance(last.result, Answered):
            assert history.resolution is not None
            assert history.resolution.price == last.result.price
            assert last.terms is not None
    assert rolls > 0


def _first_reveals(facts: Sequence[DatedFact]) -> dict[int, Place]:
    found: dict[int, Place] = {}
    for dated in facts:
        if isinstance(dated.fact, VoteRevealed):
            found.setdefault(dated.fact.round_id, dated.fact.at.place)
    return found

"""The checks of all rows: nothing to say of the captures, and each corruption found by name."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, sessionmaker

from jobs.check_data import check_data
from jobs.import_logs import import_logs
from jobs.index_oracle import index_oracle
from jobs.look_up_disputed import look_up_disputed
from models import oracle, sports, voting
from models.chain import Block, DataIssue, IndexedRange
from models.contract_change import ContractChange
from models.data_check import DataCheck
from models.data_enums import DataIssueKind
from models.dvm_request_state import DvmRequestState
from models.enums import IndexMode
from models.question_state import QuestionState
from service.chain.book import read_book
from service.clock import SetClock, SystemClock
from service.database import open_engine, open_sessions
from service.protocol.invariants import Invariant
from service.protocol.market_ids import GameMarket
from service.protocol.prices import HALF, YES
from service.store.checks.check_games import check_sports_payouts
from service.store.checks.check_votes import check_prices
from tests.jobs.encoded_store import store
from tests.jobs.paid_market import list_first_paid
from tests.loopback.chain_node import NOON, node_of
from tests.loopback.node import ReplayNode
from tests.replays import CONTRACTS, SCENARIOS, path_of
from tests.replays.game_logs import BOOK as GAMES
from tests.replays.game_logs import Game, price_of

BOOK = read_book(CONTRACTS)
ALL = [path_of(name) for name in ("00-deployment", *SCENARIOS) if name[0] != "k"]

# One range of blocks without a gap on Ethereum.
RANGE = [path_of(name) for name in ("00-deployment", "b-first-dispute", "c-dvm-vote")]


class Clock(SystemClock):
    """The wall clock, moved on by hand."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime(2026, 11, 25, tzinfo=UTC) + self.ahead


def load(sessions: sessionmaker[Session], files: list[Path]) -> None:
    assert import_logs(sessions, files, BOOK, SystemClock()).refused == ()


def check(sessions: sessionmaker[Session], clock: Clock | None = None) -> dict[str, int]:
    """The names of the invariants that are broken, with how often."""
    check_data(sessions, sessions, clock or Clock())
    with sessions() as session:
        return {row.name: row.broken for row in session.scalars(select(DataCheck)) if row.broken}


def breaks(sessions: sessionmaker[Session]) -> list[DataIssue]:
    with sessions() as session:
        return list(
            session.scalars(
                select(DataIssue)
                .where(DataIssue.kind == DataIssueKind.BROKEN_INVARIANT)
                .order_by(DataIssue.id)
            )
        )


def test_all_captures_together_break_nothing(sessions: sessionmaker[Session]) -> None:
    load(sessions, ALL)
    list_first_paid(sessions, Clock().now())
    report = check_data(sessions, sessions, Clock())
    assert report.degraded == ()
    assert report.counts["broken"] == 0
    with sessions() as session:
        rows = {row.name: row for row in session.scalars(select(DataCheck))}
    assert set(rows) == set(Invariant)
    # Nothing was passed over: each rule had rows to be held against.
    assert all(row.checked > 0 for row in rows.values())
    gaps = rows.pop(Invariant.BLOCKS_CHAIN)
    assert gaps.not_checkable < gaps.checked
    assert {name: row.not_checkable for name, row in rows.items() if row.not_checkable} == {}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_capture_alone_breaks_nothing(name: str, tmp_path: Path, sqlite_template: Path) -> None:
    """Its beginning is the first indexed block: what lies before is not checkable."""
    shutil.copy(sqlite_template, tmp_path / "alone.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'alone.db'}")
    sessions = open_sessions(engine)
    load(sessions, [path_of(name)])
    assert check(sessions) == {}
    engine.dispose()


Corrupt = Callable[[Session], object]


def change_vote(session: Session) -> None:
    session.execute(update(voting.Reveal).values(price=HALF))


def change_reported_price(session: Session) -> None:
    session.execute(
        update(voting.DvmRequestChange)
        .where(voting.DvmRequestChange.kind == "resolved")
        .values(price=YES + 1)
    )


def lose_bridge(session: Session) -> None:
    session.execute(delete(oracle.BridgedRequest))


def lose_proposals(session: Session) -> None:
    session.execute(delete(oracle.Proposal))


def change_settlement(session: Session) -> None:
    session.execute(update(oracle.Settlement).values(price=HALF))


def lose_settlements(session: Session) -> None:
    session.execute(delete(oracle.Settlement))


def change_payout(session: Session) -> None:
    session.execute(update(oracle.Payout).values(numerators=["1", "1"]))


def change_condition(session: Session) -> None:
    session.execute(update(oracle.Condition).values(outcome_slots=3))


def change_block(session: Session) -> None:
    number = session.scalars(
        select(Block.number).where(Block.chain_id == 137).order_by(Block.number.desc()).limit(1)
    ).one()
    session.execute(
        update(Block)
        .where(Block.chain_id == 137, Block.number == number)
        .values(parent_hash=b"\x0e" * 32)
    )


def lose_requests(session: Session) -> None:
    session.execute(delete(voting.DvmRequest))


def lose_disputes(session: Session) -> None:
    session.execute(delete(oracle.Dispute))


def lose_question_states(session: Session) -> None:
    session.execute(delete(QuestionState))


def lose_questions(session: Session) -> None:
    session.execute(delete(oracle.Question))


def invent_vote_state(session: Session) -> None:
    row = session.scalars(select(DvmRequestState).limit(1)).one()
    session.expunge(row)
    words = {column.key: getattr(row, column.key) for column in DvmRequestState.__table__.columns}
    session.add(DvmRequestState(**words | {"request_id": b"\x0e" * 32}))


def change_landed_price(session: Session) -> None:
    session.execute(update(oracle.PushedPrice).values(price=HALF))


@pytest.mark.parametrize(
    ("corrupt", "invariant"),
    [
        (change_vote, Invariant.VOTES_MAKE_PRICES),
        (change_reported_price, Invariant.VOTES_MAKE_PRICES),
        (change_reported_price, Invariant.PRICES_CROSS_UNCHANGED),
        (lose_bridge, Invariant.DISPUTES_ARE_BRIDGED),
        (lose_proposals, Invariant.SETTLEMENTS_HAVE_PROPOSALS),
        (change_settlement, Invariant.PAYOUTS_FOLLOW_PRICES),
        (lose_settlements, Invariant.PAYOUTS_FOLLOW_PRICES),
        (change_payout, Invariant.PAYOUTS_FOLLOW_PRICES),
        (change_condition, Invariant.CONDITION_IDS_RECOMPUTE),
        (change_block, Invariant.BLOCKS_CHAIN),
        (lose_requests, Invariant.VOTES_HAVE_REQUESTS),
        (lose_disputes, Invariant.REQUESTS_HAVE_QUESTIONS),
        (lose_question_states, Invariant.DERIVED_ROWS_HAVE_FACTS),
        (lose_questions, Invariant.DERIVED_ROWS_HAVE_FACTS),
        (invent_vote_state, Invariant.DERIVED_ROWS_HAVE_FACTS),
        (change_landed_price, Invariant.PRICES_CROSS_UNCHANGED),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_corruption_is_found_and_named(
    sessions: sessionmaker[Session], corrupt: Corrupt, invariant: Invariant
) -> None:
    load(sessions, RANGE)
    assert check(sessions) == {}
    with sessions.begin() as session:
        corrupt(session)
    found = check(sessions)
    assert found[invariant] > 0
    assert len([b for b in breaks(sessions) if b.source == invariant]) == found[invariant]


def test_an_override_that_was_lost_leaves_its_payout_unexplained(
    sessions: sessionmaker[Session],
) -> None:
    load(sessions, [path_of("f-flag-manual")])
    assert check(sessions) == {}
    with sessions.begin() as session:
        session.execute(delete(oracle.Override))
    assert Invariant.PAYOUTS_FOLLOW_PRICES in check(sessions)


@pytest.fixture
def broken(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """A capture with one price changed."""
    load(sessions, [path_of("e-fifty-fifty")])
    with sessions.begin() as session:
        row = session.scalars(select(oracle.PushedPrice).limit(1)).one()
        row.price = 7
    assert check(sessions)
    return sessions


def test_a_break_says_where_to_look(broken: sessionmaker[Session]) -> None:
    (issue,) = breaks(broken)
    assert issue.source == Invariant.PRICES_CROSS_UNCHANGED
    assert "7 crossed the bridge, the vote reported 500000000000000000" in issue.reason
    assert issue.evidence is not None
    assert set(issue.evidence) == {"chain_id", "block", "transaction"}
    assert str(issue.evidence["transaction"]).startswith("0x")


def test_a_break_keeps_the_time_it_was_first_seen_and_goes_when_it_heals(
    broken: sessionmaker[Session],
) -> None:
    (before,) = breaks(broken)
    later = Clock()
    later.ahead = timedelta(hours=3)
    check(broken, later)
    (after,) = breaks(broken)
    assert (after.id, after.known_at) == (before.id, before.known_at)
    with broken.begin() as session:
        session.execute(
            update(oracle.PushedPrice).where(oracle.PushedPrice.price == 7).values(price=HALF)
        )
    assert check(broken) == {}
    assert breaks(broken) == []


@pytest.fixture
def replay() -> Iterator[ReplayNode]:
    names = ("00-deployment", *(name for name in SCENARIOS if name[0] not in "jk"))
    with ReplayNode.of(*names) as node:
        yield node


def test_the_lazy_mode_breaks_nothing_before_look_ups_or_after(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    node, clock = node_of(replay), SetClock(NOON)
    assert index_oracle(sessions, (node,), BOOK, clock, mode=IndexMode.LAZY).degraded == ()
    assert check(sessions) == {}
    for _ in range(3):
        assert look_up_disputed(sessions, (node,), BOOK, clock).degraded == ()
        assert check(sessions) == {}
    with sessions() as session:
        rows = {row.name: row for row in session.scalars(select(DataCheck))}
    assert rows[Invariant.PAYOUTS_FOLLOW_PRICES].checked > 0
    assert rows[Invariant.PAYOUTS_FOLLOW_PRICES].not_checkable > 0


@pytest.mark.parametrize(
    ("corrupt", "invariant"),
    [
        (change_reported_price, Invariant.VOTES_MAKE_PRICES),
        (lose_requests, Invariant.VOTES_HAVE_REQUESTS),
        (lose_disputes, Invariant.REQUESTS_HAVE_QUESTIONS),
        (lose_proposals, Invariant.SETTLEMENTS_HAVE_PROPOSALS),
        (lose_settlements, Invariant.PAYOUTS_FOLLOW_PRICES),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_what_was_not_read_is_not_checkable_whatever_lies_around_it(
    sessions: sessionmaker[Session], corrupt: Corrupt, invariant: Invariant
) -> None:
    """Blocks stored one by one (look-ups) are no range in which everything was read."""
    load(sessions, RANGE)
    with sessions.begin() as session:
        corrupt(session)
        session.execute(delete(IndexedRange))
    assert invariant not in check(sessions)
    with sessions() as session:
        row = session.scalars(select(DataCheck).where(DataCheck.name == invariant)).one()
        assert row.not_checkable > 0


def pay_sports_market(sessions: sessionmaker[Session], payouts: tuple[int, int], name: str) -> None:
    """A game that ends three to one, and a market on its winner that pays."""
    game = Game()
    game.create()
    market = game.market(GameMarket.WINNER)
    game.propose(price_of(3, 1))
    game.end(price_of(3, 1), 3, 1)
    market.resolve(*payouts, name=name)
    store(sessions, game.chain, GAMES)


@pytest.mark.parametrize(
    ("payouts", "name", "broken"),
    [
        ((1, 0), "MarketResolved", 0),
        ((0, 1), "MarketResolved", 1),
        ((0, 1), "MarketEmergencyResolved", 0),
    ],
)
def test_a_sports_market_pays_by_its_game_unless_set_by_hand(
    sessions: sessionmaker[Session], payouts: tuple[int, int], name: str, broken: int
) -> None:
    pay_sports_market(sessions, payouts, name)
    with sessions() as session:
        finding = check_sports_payouts(session, GAMES)
    assert (finding.checked, finding.not_checkable) == (1, 0)
    assert len(finding.breaks) == broken
    assert check(sessions).get(Invariant.PAYOUTS_FOLLOW_PRICES, 0) == broken


def test_a_sports_payout_whose_game_is_not_stored_is_not_checkable(
    sessions: sessionmaker[Session],
) -> None:
    pay_sports_market(sessions, (0, 1), "MarketResolved")
    with sessions.begin() as session:
        session.execute(delete(sports.Game))
        finding = check_sports_payouts(session, GAMES)
    assert (finding.checked, finding.not_checkable) == (0, 1)


def raise_quorum(session: Session) -> None:
    """As if no round had ever had enough votes: the same prices lead."""
    named = ContractChange.name == "GatAndSpatChanged"
    for row in session.scalars(select(ContractChange).where(named)).all():
        row.words = {**row.words, "gat": str(10**30)}


def say_deleted(session: Session) -> None:
    session.execute(
        update(voting.DvmRequestChange)
        .where(voting.DvmRequestChange.kind == "resolved")
        .values(kind="deleted", round_id=None, price=None, roll_count=5)
    )


def move_reported_round(session: Session) -> None:
    session.execute(
        update(voting.DvmRequestChange)
        .where(voting.DvmRequestChange.kind == "resolved")
        .values(round_id=voting.DvmRequestChange.round_id + 1)
    )


@pytest.mark.parametrize("corrupt", [raise_quorum, say_deleted, move_reported_round])
def test_a_leading_price_is_not_enough(sessions: sessionmaker[Session], corrupt: Corrupt) -> None:
    load(sessions, ALL)
    with sessions.begin() as session:
        assert check_prices(session).breaks == ()
        corrupt(session)
        session.flush()
        finding = check_prices(session)
    assert finding.not_checkable == 0
    assert len(finding.breaks) == finding.checked == 27


def test_a_result_that_cannot_be_told_is_not_checkable(sessions: sessionmaker[Session]) -> None:
    load(sessions, [path_of("c-dvm-vote")])
    with sessions() as session:
        finding = check_prices(session)
    assert (finding.checked, finding.breaks) == (0, ())
    assert finding.not_checkable == 6

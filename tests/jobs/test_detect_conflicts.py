"""``detect_conflicts`` on stored facts: who holds what it pushes, who bought before it proposed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.detect_conflicts import detect_conflicts
from models.attack_signal import AttackSignal
from models.enums import Outcome
from models.fill import Fill, FillWatch
from models.fill_enums import FillSide
from models.liquidity import OpenInterest
from models.market import Market
from models.question_state import QuestionState
from models.voting import Reveal
from models.wallet import WalletLink
from models.wallet_enums import LinkBasis, LinkKind
from service.clock import SetClock
from service.database import open_engine, open_sessions
from service.protocol.holders import HeldShares, PositionRow
from service.protocol.ids import to_hex, to_word
from service.protocol.prices import YES
from service.store.attacks.positioned_votes import load_positioned_votes
from service.store.oracle.question_states import fold_questions
from service.store.wallets.positions import add_positions, note_check
from tests.store import voted
from tests.store.chain_scenes import Chain
from tests.store.rate_scenes import BOOK
from tests.store.scenes import DISPUTER, MICRO, NOW, PROPOSER, add_market, question_id_of, ref_of

HOUR = timedelta(hours=1)
PROPOSED, DISPUTED = NOW - 5 * HOUR, NOW - 4 * HOUR
SAFE = bytes([0x5A] * 20)


def hold(
    session: Session,
    wallet: bytes,
    market_id: int,
    yes: int,
    no: int,
    at: datetime,
    *,
    is_whole: bool = True,
) -> None:
    rows = [PositionRow(t, HeldShares(wallet, n * MICRO)) for t, n in (("y", yes), ("n", no)) if n]
    places = {"y": (market_id, 0), "n": (market_id, 1)}
    add_positions(session, wallet, rows, places, at, is_whole=is_whole)
    note_check(session, wallet, at)


def link(session: Session, source: bytes, target: bytes, confidence: str) -> None:
    session.add(
        WalletLink(
            from_address=source,
            to_address=target,
            kind=LinkKind.OWN,
            basis=LinkBasis.DERIVED,
            confidence=Decimal(confidence),
            valid_from=None,
            valid_to=None,
            evidence=[],
            known_at=NOW - 99 * HOUR,
        )
    )


def add_question(session: Session, *, disputed: bool = True, interest: int = 100_000) -> Market:
    market = add_market(session, 1)
    session.add(OpenInterest(market_id=market.id, value=interest * MICRO, known_at=PROPOSED - HOUR))
    chain = Chain(session, 1)
    chain.initialize(PROPOSED - HOUR)
    chain.propose(PROPOSED - HOUR, PROPOSED, YES, timedelta(hours=24))
    if disputed:
        chain.dispute(PROPOSED - HOUR, DISPUTED, YES)
    fold_questions(session, [question_id_of(1)], BOOK)
    return market


def kept(sessions: sessionmaker[Session], ref: str = ref_of(1)) -> dict[str, AttackSignal]:
    with sessions() as session:
        query = select(AttackSignal).where(AttackSignal.subject == ref).order_by(AttackSignal.id)
        return {row.signal: row for row in session.scalars(query)}


def add_fill(session: Session, market: Market, at: datetime, **changes: Any) -> None:
    chain = Chain(session, 1)
    chain.height += int(at.timestamp()) % 100_000 + 500
    values: dict[str, Any] = {
        "market_id": market.id,
        "token_id": to_word(int(market.token_ids[0])),
        "outcome_index": 0,
        "taker_side": FillSide.BUY,
        "shares": 1_000 * MICRO,
        "usdc": 700 * MICRO,
        "maker": bytes([0x77] * 20),
        "taker": PROPOSER,
        "traded_at": at,
    }
    chain.add(chain.block(at), Fill, bytes([0xEE] * 20), **{**values, **changes})


def test_what_a_linked_wallet_added_after_the_dispute_is_told(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        market = add_question(session)
        link(session, DISPUTER, SAFE, "0.99")
        hold(session, DISPUTER, market.id, 0, 0, DISPUTED - HOUR)
        hold(session, SAFE, market.id, 0, 3_000, DISPUTED - HOUR)
        hold(session, DISPUTER, market.id, 0, 0, NOW - HOUR)
        hold(session, SAFE, market.id, 0, 20_000, NOW - HOUR)

    report = detect_conflicts(sessions, SetClock(NOW), BOOK)

    row = kept(sessions)["disputer_added_after_dispute"]
    assert (row.value, row.unit) == (17_000, "usd")
    assert row.log_lr == pytest.approx(1.602, abs=0.001)
    assert "stands to gain 20,000 USD, 20.0% of open interest" in str(row.document["words"])
    # The proposer's wallets were never asked for: nothing is said of it.
    assert "proposer_holds_answer" not in kept(sessions)
    assert report.counts["pushes"] == 2
    assert detect_conflicts(sessions, SetClock(NOW + HOUR / 12), BOOK).counts["added"] == 0


def test_mere_holding_counts_little_and_ends_when_it_is_sold(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        market = add_question(session)
        hold(session, PROPOSER, market.id, 50_000, 0, DISPUTED - HOUR)

    detect_conflicts(sessions, SetClock(NOW), BOOK)

    assert kept(sessions)["proposer_holds_answer"].log_lr == pytest.approx(0.405, abs=0.001)

    with sessions.begin() as session:
        hold(session, PROPOSER, market.id, 0, 0, NOW + HOUR)
    detect_conflicts(sessions, SetClock(NOW + 2 * HOUR), BOOK)

    assert kept(sessions)["proposer_holds_answer"].log_lr == 0


def test_who_disputes_what_it_holds_gains_nothing(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        market = add_question(session)
        hold(session, DISPUTER, market.id, 50_000, 0, DISPUTED - HOUR)

    detect_conflicts(sessions, SetClock(NOW), BOOK)

    assert "disputer_holds_answer" not in kept(sessions)


def test_trades_tell_what_was_added_where_positions_were_not_read_before(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        market = add_question(session)
        sold = {"taker_side": FillSide.SELL, "taker": DISPUTER, "shares": 30_000 * MICRO}
        add_fill(session, market, DISPUTED + HOUR, **sold)

    detect_conflicts(sessions, SetClock(NOW), BOOK)

    row = kept(sessions)["disputer_added_after_dispute"]
    assert row.value == 30_000
    evidence = row.document["evidence"]
    assert isinstance(evidence, list)
    assert [one["ground"] for one in evidence] == ["DisputePrice", "OrderFilled"]


def test_trades_after_the_last_reading_of_positions_are_added_to_it(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        market = add_question(session)
        hold(session, DISPUTER, market.id, 0, 3_000, DISPUTED - HOUR)
        sold = {"taker_side": FillSide.SELL, "taker": DISPUTER, "shares": 20_000 * MICRO}
        add_fill(session, market, DISPUTED + HOUR, **sold)

    detect_conflicts(sessions, SetClock(NOW), BOOK)

    row = kept(sessions)["disputer_added_after_dispute"]
    assert row.value == 20_000
    assert "stands to gain 23,000 USD" in str(row.document["words"])


def test_purchases_of_the_proposer_before_its_proposal_are_told_with_their_trades(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        market = add_question(session, disputed=False)
        link(session, PROPOSER, SAFE, "0.99")
        session.add(FillWatch(market_id=market.id, since=PROPOSED - 10 * HOUR))
        add_fill(session, market, PROPOSED - 2 * HOUR, taker=SAFE)

    detect_conflicts(sessions, SetClock(NOW), BOOK)

    row = kept(sessions)["proposer_linked_purchases"]
    assert row.value == 700
    assert row.log_lr == pytest.approx(2.294, abs=0.001)
    evidence = row.document["evidence"]
    assert isinstance(evidence, list)
    assert [one["ground"] for one in evidence] == ["OrderFilled"]


def test_small_undisputed_markets_are_not_looked_at(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        add_question(session, disputed=False, interest=9_000)

    assert detect_conflicts(sessions, SetClock(NOW), BOOK).counts["markets"] == 0


@pytest.fixture
def whole(whole_chain_url: str) -> Iterator[sessionmaker[Session]]:
    engine = open_engine(whole_chain_url)
    yield open_sessions(engine)
    engine.dispose()


def test_voters_that_hold_what_they_vote_for_are_told_when_votes_are_opened(
    whole: sessionmaker[Session],
) -> None:
    opened = datetime(2025, 3, 14, 1, 20, tzinfo=UTC)
    with whole.begin() as session:
        voter = session.scalars(
            select(Reveal).where(Reveal.round_id == 10080, Reveal.price == YES)
        ).first()
        assert voter is not None
        address = voter.voter
        for state in session.scalars(select(QuestionState)):
            market = add_market(
                session,
                900 + state.question_id[-1],
                condition_id=state.condition_id,
                question_id=state.question_id,
                uma_question_id=state.question_id,
                adapter=state.adapter,
                gamma_id=None,
            )
            hold(session, address, market.id, 40_000, 0, opened - 2 * HOUR, is_whole=False)

    detect_conflicts(whole, SetClock(opened - 2 * HOUR), voted.BOOK)
    with whole() as session:
        assert not session.scalars(
            select(AttackSignal).where(AttackSignal.signal == "voter_holds_answer")
        ).all()
    detect_conflicts(whole, SetClock(opened), voted.BOOK)

    with whole() as session:
        rows = session.scalars(
            select(AttackSignal).where(AttackSignal.signal == "voter_holds_answer")
        ).all()
        assert {row.round_id for row in rows} == {10080}
        assert f"the largest, {to_hex(address)}" in str(rows[0].document["words"])
        votes = load_positioned_votes(session, voted.BOOK, opened, 90)

    # Eight voters opened votes on the question of that round; one of them is known to hold Yes.
    (holder,) = [vote for vote in votes if vote.net_yes and vote.request == rows[0].subject]
    assert (holder.answer, holder.net_yes) == (Outcome.YES, 40_000)
    assert sum(vote.request == rows[0].subject for vote in votes) == 8

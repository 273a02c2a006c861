"""What baselines read of stored questions: volume, books and verdicts, each as of its instant."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from jobs.stored_study import read_stored_study
from models.liquidity import BookSnapshot
from models.market import TradingActivity
from models.proposal_signal import ProposalSignal
from models.signal_enums import AnswerKind
from service.calibration.rows import BaselineFacts
from service.protocol.prices import HALF, NO, YES
from tests.store.chain_scenes import Chain
from tests.store.scenes import MICRO, NOW, add_market
from tests.store.test_fit_questions import HOUR, SECOND, START, add_question
from tests.store.test_inputs import BOOK

ANSWERED = HOUR / 2 + 5 * SECOND


def add_volume(session: Session, number: int, usd: int, at: datetime) -> None:
    session.add(TradingActivity(market_id=number, volume=usd * MICRO, known_at=at))


def add_books(
    session: Session,
    number: int,
    at: datetime,
    first: tuple[str | None, str | None],
    second: tuple[str | None, str | None] | None,
) -> None:
    """Best bid and ask of each outcome."""
    for index, best in enumerate((first, second)):
        if best is not None:
            bid, ask = (None if price is None else Decimal(price) for price in best)
            values = {"bid_depth": 0, "ask_depth": 0, "bids": [], "asks": [], "known_at": at}
            session.add(
                BookSnapshot(
                    market_id=number,
                    token_id=str(index),
                    outcome_index=index,
                    best_bid=bid,
                    best_ask=ask,
                    **values,
                )
            )


def add_verdict(
    session: Session,
    number: int,
    at: datetime,
    baseline: Mapping[str, Any] | None,
    *,
    price: int = YES,
    requested_at: datetime | None = None,
) -> None:
    asked = START + number * HOUR if requested_at is None else requested_at
    session.add(
        ProposalSignal(
            market_id=number,
            request_timestamp=int(asked.timestamp()),
            proposed_price=price,
            answer=AnswerKind.DECIDED,
            document={"notifier_baseline": baseline},
            known_at=at,
        )
    )


PAGE = {"unchecked": None, "reasons": ["winner_offered"]}
QUIET: Mapping[str, Any] = {"unchecked": None, "reasons": []}
NOT_YET = {"unchecked": "not_yet", "reasons": []}


def test_volume_and_books_are_those_known_when_the_answer_came(session: Session) -> None:
    answered = START + HOUR + ANSWERED
    add_question(session, 1, YES)
    add_volume(session, 1, 300, answered - 2 * HOUR)
    add_volume(session, 1, 400, answered)
    add_volume(session, 1, 900_000, answered + SECOND)
    add_books(session, 1, answered, ("0.99", None), (None, "0.01"))
    add_books(session, 1, answered + SECOND, ("0.2", "0.3"), ("0.7", "0.8"))

    (row,) = read_stored_study(session, BOOK, NOW).rows

    assert row.for_baselines == BaselineFacts(400.0, notifier_pages=False, notifier_margin=0.0)
    assert row.labels.weight_usd == 900_000.0


@pytest.mark.parametrize(
    ("first", "second", "usd", "margin"),
    [
        (("0.99", None), (None, "0.01"), 400, 0.0),
        (("0.99", "0.999"), (None, "0.01"), 400, 0.001),
        (("0.99", None), ("0.001", "0.01"), 400, 0.001),
        (("0.5", "0.8"), ("0.1", "0.4"), 400, 0.2),
        (("0.99", None), (None, "0.01"), 500_000, 0.0),
        (("0.99", None), (None, "0.01"), 500_001, 1.0),
        ((None, None), (None, None), 400, 0.0),
    ],
)
def test_the_rule_of_the_notifier_is_asked_of_them(
    session: Session,
    first: tuple[str | None, str | None],
    second: tuple[str | None, str | None],
    usd: int,
    margin: float,
) -> None:
    answered = START + HOUR + ANSWERED
    add_question(session, 1, YES)
    add_volume(session, 1, usd, answered - HOUR)
    add_books(session, 1, answered - HOUR, first, second)

    (row,) = read_stored_study(session, BOOK, NOW).rows

    assert row.for_baselines.notifier_pages is (margin > 0)
    assert row.for_baselines.notifier_margin == margin


def test_a_missing_volume_or_book_or_one_a_day_old_is_no_verdict(session: Session) -> None:
    clean = (("0.99", None), (None, "0.01"))
    for number in (1, 2, 3):
        add_question(session, number, YES)
    at = [START + number * HOUR for number in range(4)]
    add_books(session, 1, at[1], *clean)
    add_volume(session, 2, 400, at[2])
    add_books(session, 2, at[2], clean[0], None)
    add_volume(session, 3, 400, at[3])
    add_books(session, 3, at[3] - timedelta(days=1), *clean)

    found = [row.for_baselines for row in read_stored_study(session, BOOK, NOW).rows]

    assert found == [BaselineFacts(), BaselineFacts(400.0), BaselineFacts(400.0)]


def test_the_notifier_s_stored_verdicts_are_told_of_the_first_answer_alone(
    session: Session,
) -> None:
    for number in range(1, 7):
        add_question(session, number, YES)
    at = [START + (number + 2) * HOUR for number in range(7)]
    for told in (NOT_YET, PAGE, QUIET):
        add_verdict(session, 1, at[1], told)
    add_verdict(session, 2, at[2], NOT_YET)
    add_verdict(session, 3, at[3], PAGE, price=NO)
    add_verdict(session, 4, at[4], PAGE, requested_at=at[4])
    add_verdict(session, 5, at[5], None)

    study = read_stored_study(session, BOOK, NOW)

    assert [row.labels.notifier_paged for row in study.rows] == [
        *(True, False, None, None, None, None),
    ]


def test_a_verdict_stored_by_the_answer_s_instant_goes_before_the_rule(session: Session) -> None:
    """As where the watch saw an answer before its block was final."""
    for number in (1, 2, 3):
        add_question(session, number, YES)
    answered = [START + number * HOUR + ANSWERED for number in range(4)]
    add_verdict(session, 1, answered[1], PAGE)
    add_verdict(session, 2, answered[2], QUIET)
    add_verdict(session, 2, answered[2] + SECOND, PAGE)
    add_verdict(session, 3, answered[3], NOT_YET)
    add_verdict(session, 3, answered[3] + SECOND, PAGE)

    rows = read_stored_study(session, BOOK, NOW).rows

    assert [row.for_baselines.notifier_pages for row in rows] == [True, False, None]
    assert [row.labels.notifier_paged for row in rows] == [True, True, True]


def test_what_is_known_later_changes_nothing_and_what_was_known_the_digest(
    session: Session,
) -> None:
    add_question(session, 1, YES)
    answered, now = START + HOUR + ANSWERED, NOW - timedelta(days=2)
    before = read_stored_study(session, BOOK, now)
    add_verdict(session, 1, now + HOUR, PAGE)
    add_volume(session, 1, 7, now + HOUR)
    assert read_stored_study(session, BOOK, now) == before
    add_volume(session, 1, 5, answered - HOUR)
    assert read_stored_study(session, BOOK, now).source.rows_sha256 != before.source.rows_sha256


def test_an_answer_without_a_winner_is_never_paged_of(session: Session) -> None:
    market, at = add_market(session, 1), START + HOUR
    chain = Chain(session, 1)
    chain.initialize(at)
    chain.propose(at, at + HOUR, HALF)
    chain.settle(at, at + 3 * HOUR, HALF)
    chain.pay(at + 4 * HOUR, ["1", "1"])
    add_volume(session, market.id, 900_000, at)
    add_books(session, market.id, at, ("0.4", "0.6"), ("0.4", "0.6"))

    (row,) = read_stored_study(session, BOOK, NOW).rows

    assert row.for_baselines.notifier_pages is False

"""What follows from the captured questions: who reset them, what decided, what was contradicted."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from jobs.import_logs import import_logs
from models.enums import Outcome, OverrideLayer, RequestState
from models.lifecycle_enums import DisputeOrder, ResetCause, ResolutionKind
from service.chain.book import read_book
from service.clock import SystemClock
from service.protocol.lifecycle import QuestionStatus
from service.protocol.prices import NO, TOO_EARLY, YES
from service.store.oracle.questions import iterate_statuses
from tests.replays import CONTRACTS, path_of, read_replay

BOOK = read_book(CONTRACTS)
FIRST, SECOND = DisputeOrder.FIRST, DisputeOrder.SECOND
ORACLE, DVM, OVERRIDE = ResolutionKind.ORACLE, ResolutionKind.DVM, ResolutionKind.OVERRIDE


def told(sessions: sessionmaker[Session], *captures: str) -> dict[str, QuestionStatus]:
    """The questions of these captures, by their names there."""
    import_logs(sessions, [path_of(name) for name in captures], BOOK, SystemClock())
    names = {
        question["questionID"]: key
        for name in captures
        for key, question in read_replay(name)["expected"].items()
    }
    with sessions() as session:
        return {names["0x" + s.question_id.hex()]: s for s in iterate_statuses(session, BOOK)}


@pytest.mark.parametrize(
    ("capture", "kinds"),
    [
        ("a-clean", {"a1": ORACLE, "a2": ORACLE, "a3": ORACLE, "a4": ORACLE}),
        ("b-first-dispute", {"b1": ORACLE}),
        ("c-dvm-vote", {"c1": DVM, "c2": DVM, "c3": DVM}),
        ("d-too-early", {"d1": ORACLE, "d2": None}),
        ("e-fifty-fifty", {"e1": ORACLE, "e2": DVM}),
        (
            "f-flag-manual",
            {
                "f1": OVERRIDE,
                "f2": ORACLE,
                "f3": ORACLE,
                "f4": OVERRIDE,
                "f5": ResolutionKind.OPERATOR_OVERRIDE,
                "f6": None,
                "f7": None,
            },
        ),
    ],
)
def test_each_question_says_what_made_its_outcome(
    capture: str, kinds: dict[str, ResolutionKind | None], sessions: sessionmaker[Session]
) -> None:
    statuses = told(sessions, capture)
    assert {name: status.resolution for name, status in statuses.items()} == kinds
    assert {status.stuck for status in statuses.values()} == {None}


def test_each_reset_says_why_and_a_first_dispute_by_whom(sessions: sessionmaker[Session]) -> None:
    statuses = told(sessions, "b-first-dispute", "d-too-early", "f-flag-manual")
    causes = {n: [reset.cause for reset in s.resets] for n, s in statuses.items() if s.reset}
    assert causes == {
        "b1": [ResetCause.FIRST_DISPUTE],
        "d1": [ResetCause.FIRST_DISPUTE, ResetCause.TOO_EARLY],
        "d2": [ResetCause.FIRST_DISPUTE, ResetCause.TOO_EARLY],
        "f6": [ResetCause.ADMIN_RESET],
    }
    assert statuses["b1"].resets[0].by == statuses["b1"].requests[0].disputer
    assert statuses["f6"].resets[0].by is None


def test_the_second_dispute_is_the_one_the_question_waits_for(
    sessions: sessionmaker[Session],
) -> None:
    statuses = told(sessions, "b-first-dispute", "c-dvm-vote", "d-too-early")
    orders = {name: [r.dispute_order for r in s.requests] for name, s in statuses.items()}
    assert orders["b1"] == [FIRST, None]
    assert orders["c1"] == orders["c2"] == orders["c3"] == [FIRST, SECOND]
    assert orders["d1"] == [FIRST, SECOND, None]
    for status in statuses.values():
        assert status.operative == status.requests[-1]


def test_a_vote_hangs_on_the_request_it_was_asked_for(sessions: sessionmaker[Session]) -> None:
    statuses = told(sessions, "c-dvm-vote", "d-too-early")
    c1 = statuses["c1"]
    assert [r.vote_price for r in c1.requests] == [NO, NO]
    asked = [r.parent_request_id for r in c1.requests]
    assert asked == [d.parent_request_id for d in c1.dvm_requests]
    assert statuses["d2"].requests[1].voted_price == TOO_EARLY


def test_a_payout_is_held_against_the_first_proposal_and_against_earlier_votes(
    sessions: sessionmaker[Session],
) -> None:
    statuses = told(sessions, "a-clean", "b-first-dispute", "d-too-early", "f-flag-manual")
    first = {name: status.pays_first_proposal for name, status in statuses.items()}
    assert (first["a1"], first["b1"], first["f1"], first["f6"]) == (True, False, False, None)
    votes = {name: status.earlier_vote_contradicts for name, status in statuses.items()}
    assert (votes["a1"], votes["b1"]) == (None, False)
    # "Too early" names no outcome.
    assert votes["d1"] is None


def test_an_outcome_set_by_hand_stands_against_the_oracle_s(
    sessions: sessionmaker[Session],
) -> None:
    statuses = told(sessions, "f-flag-manual")
    by_hand = statuses["f1"]
    assert by_hand.overridden_by is OverrideLayer.ADAPTER
    assert [r.resolved_price for r in by_hand.requests] == [YES]
    assert by_hand.outcome is Outcome.NO
    assert by_hand.flagged_at is not None
    assert by_hand.overridden_at is not None
    assert by_hand.overridden_at - by_hand.flagged_at > timedelta(hours=1)
    # The captures' book names no versions, so no wait is claimed.
    assert by_hand.override_possible_at is None
    flagged = {name for name, status in statuses.items() if status.flagged_at is not None}
    assert flagged == {"f1", "f4", "f7"}


def test_the_neg_risk_operator_has_a_word_of_its_own(sessions: sessionmaker[Session]) -> None:
    statuses = told(sessions, "f-flag-manual")
    reported, operated = statuses["f4"], statuses["f5"]
    assert reported.neg_risk is not None
    assert (reported.neg_risk.reported_result, reported.payouts) == (True, None)
    assert operated.neg_risk is not None
    assert operated.neg_risk.flagged_at is not None
    assert operated.neg_risk.reported_at is None or operated.payouts is not None
    assert operated.operative is not None
    assert operated.operative.state is RequestState.EXPIRED

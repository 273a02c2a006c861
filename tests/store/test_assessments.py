from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.assessment import MarketAssessment, MarketStanding
from models.enums import MarketState
from service.store.assessments import add_assessment, get_latest, list_history
from service.store.standings import get_standing
from tests.store.scenes import SCORED, add_market


def test_an_assessment_becomes_the_current_line_and_keeps_its_document(session: Session) -> None:
    market = add_market(session, 1)
    row = add_assessment(session, market.id, SCORED)
    session.expire_all()
    line = get_standing(session, market.id)
    latest = get_latest(session, market.id)
    assert line is not None
    assert latest is not None
    assert latest.id == row.id
    assert latest.document == SCORED.document
    assert (line.state, line.expected_loss) == (MarketState.PRE_PROPOSAL, SCORED.expected_loss)
    assert line.open_interest == SCORED.open_interest


def test_a_newer_assessment_replaces_the_line_and_changes_no_older_one(session: Session) -> None:
    market = add_market(session, 1)
    first = add_assessment(session, market.id, SCORED)
    newer = replace(SCORED, as_of=SCORED.as_of + timedelta(hours=1), p_mean=0.5, p_high=0.9)
    add_assessment(session, market.id, newer)
    session.expire_all()
    line = get_standing(session, market.id)
    assert line is not None
    assert line.p_mean == 0.5
    assert session.scalar(select(func.count()).select_from(MarketStanding)) == 1
    kept = session.get(MarketAssessment, first.id)
    assert kept is not None
    assert kept.p_mean == SCORED.p_mean


def test_a_backfilled_assessment_joins_the_history_and_moves_no_line(session: Session) -> None:
    market = add_market(session, 1)
    add_assessment(session, market.id, SCORED)
    older = replace(SCORED, as_of=SCORED.as_of - timedelta(days=1), p_mean=0.7, p_high=0.9)
    add_assessment(session, market.id, older)
    line = get_standing(session, market.id)
    assert line is not None
    assert line.p_mean == SCORED.p_mean
    assert len(list_history(session, market.id, 10)) == 2


def test_an_unknown_loss_is_read_back_as_unknown_and_not_as_a_number(session: Session) -> None:
    market = add_market(session, 1)
    add_assessment(session, market.id, replace(SCORED, expected_loss=None, open_interest=None))
    line = get_standing(session, market.id)
    assert line is not None
    assert line.expected_loss is None
    assert line.open_interest is None


def test_history_is_newest_first_and_continues_after_the_last_row_seen(session: Session) -> None:
    market = add_market(session, 1)
    # Two of the same instant: the later row comes first.
    for hours in (0, 1, 1, 2):
        add_assessment(
            session, market.id, replace(SCORED, as_of=SCORED.as_of + timedelta(hours=hours))
        )
    everything = [row.id for row in list_history(session, market.id, 10)]
    assert everything == sorted(everything, reverse=True)
    page = list_history(session, market.id, 2)
    rest = list_history(session, market.id, 10, (page[-1].as_of, page[-1].id))
    assert [row.id for row in (*page, *rest)] == everything

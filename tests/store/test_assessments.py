from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.assessment import MarketAssessment, MarketStanding
from models.enums import MarketState
from service.store.bulk_rows import BULK
from service.store.markets.standings import get_standing
from service.store.scores.assessments import (
    add_assessment,
    add_assessments,
    get_latest,
    list_history,
    prepare_assessments,
)
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


def test_many_are_stored_as_one_is(session: Session) -> None:
    markets = [add_market(session, number).id for number in range(BULK + 2)]
    newer, older = (SCORED.as_of + timedelta(hours=hours) for hours in (1, -1))
    add_assessment(session, markets[0], SCORED)
    single = session.get_one(MarketAssessment, add_assessment(session, markets[1], SCORED).id)
    scored = [
        (market_id, replace(SCORED, as_of=newer, p_mean=number / 1000))
        for number, market_id in enumerate(markets[1:])
    ]
    # A backfill among them joins the history and moves no line.
    scored.append((markets[0], replace(SCORED, as_of=older, p_mean=0.9, p_high=0.95)))
    ids = add_assessments(session, prepare_assessments(session.get_bind().dialect, scored))
    session.expire_all()
    rows = [session.get_one(MarketAssessment, row_id) for row_id in ids]
    assert [(row.market_id, row.p_mean) for row in rows] == [(m, new.p_mean) for m, new in scored]
    assert sorted(ids) == list(ids)
    lines = {line.market_id: line for line in session.scalars(select(MarketStanding))}
    assert lines[markets[0]].as_of == SCORED.as_of
    for market_id, row in zip(markets[1:], rows, strict=False):
        line = lines[market_id]
        assert (line.assessment_id, line.as_of, line.p_mean) == (row.id, newer, row.p_mean)
    same = ("inputs_digest", "state", "expected_loss", "support", "document", "p_low", "p_high")
    assert {name: getattr(rows[0], name) for name in same} == {
        name: getattr(single, name) for name in same
    }
    # The next one alone gets the next id.
    assert add_assessment(session, markets[2], replace(SCORED, as_of=newer)).id == max(ids) + 1

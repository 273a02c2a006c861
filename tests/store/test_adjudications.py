"""Verdicts and labels, as rows and as they were known at a time; on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.adjudication import AdjudicationVerdict, TruthFusion, TruthLabel
from models.adjudication_enums import LabelClass, RulesTrack, Verdict
from models.enums import Outcome
from models.market import Market
from service.store.truth.adjudications import (
    Evidence,
    NewVerdict,
    Stored,
    add_verdicts,
    list_current_verdicts,
    load_verdicts,
)
from service.store.truth.truth_labels import refresh_labels
from tests.store.scenes import NOW, add_market

LATER = NOW + timedelta(hours=1)
CLARIFIED = RulesTrack.CLARIFIED


def verdict_of(
    market: Market, adjudicator: str = "ada", verdict: Verdict = Verdict.NO
) -> NewVerdict:
    return NewVerdict(
        market_id=market.id,
        adjudicator=adjudicator,
        track=RulesTrack.ORIGINAL,
        verdict=verdict,
        confidence=0.9,
        is_blind=True,
        evidence=(Evidence("https://example.org/report", "It did not happen."),),
        packet_id=None,
        made_at=NOW - timedelta(days=1),
    )


def add(session: Session, *verdicts: NewVerdict, at: datetime = NOW) -> list[Stored]:
    stored = add_verdicts(session, verdicts, "round-1.csv", at)
    refresh_labels(session, at)
    return stored


def test_a_verdict_is_stored_once_whatever_its_file_is_called(session: Session) -> None:
    given = verdict_of(add_market(session, 1))
    assert add(session, given) == [Stored.ADDED]
    assert add_verdicts(session, [given], "copy.csv", LATER) == [Stored.KNOWN]
    row = session.scalars(select(AdjudicationVerdict)).one()
    assert (row.source, row.known_at, row.evidence) == (
        "round-1.csv",
        NOW,
        [{"url": "https://example.org/report", "quote": "It did not happen."}],
    )


def test_another_verdict_of_the_same_instant_is_a_conflict(session: Session) -> None:
    given = verdict_of(add_market(session, 1))
    add(session, given)
    assert add(session, replace(given, verdict=Verdict.YES)) == [Stored.CONFLICT]
    assert session.scalars(select(AdjudicationVerdict.verdict)).all() == [Verdict.NO]


def test_a_later_verdict_counts_from_when_it_came_in_and_the_first_stays(session: Session) -> None:
    given = verdict_of(add_market(session, 1))
    add(session, given)
    add(session, replace(given, verdict=Verdict.YES, made_at=NOW), at=LATER)
    before, after = (list_current_verdicts(session, at) for at in (NOW, LATER))
    assert [v.verdict for v in before] == [Verdict.NO]
    assert [(v.verdict, v.supersedes_id) for v in after] == [(Verdict.YES, before[0].id)]


def test_a_label_is_read_only_from_when_its_verdicts_came_in(session: Session) -> None:
    market = add_market(session, 1)
    add(session, *(verdict_of(market, name) for name in ("ada", "bo", "cy")))
    assert load_verdicts(session, [market.id], NOW - timedelta(seconds=1)) == {}
    label = load_verdicts(session, [market.id], NOW)[market.id]
    paid_yes, paid_no = label.q(Outcome.YES), label.q(Outcome.NO)
    assert paid_yes is not None
    assert paid_no is not None
    assert (paid_yes.mean > 0.9, paid_no.mean < 0.1) == (True, True)
    assert paid_no.p05 <= paid_no.mean <= paid_no.p95
    assert label.label_class(Outcome.YES) is LabelClass.SETTLED
    assert label.ln_ratio(Outcome.NO) > 3
    assert label.ln_ratio(Outcome.YES) < -3
    assert label.q(None) is None


def test_a_third_adjudicator_settles_a_provisional_label(session: Session) -> None:
    market = add_market(session, 1)
    add(session, verdict_of(market, "ada"), verdict_of(market, "bo"))
    add(session, verdict_of(market, "cy"), at=LATER)
    classes = [
        load_verdicts(session, [market.id], at)[market.id].label_class(Outcome.NO)
        for at in (NOW, LATER)
    ]
    assert classes == [LabelClass.PROVISIONAL, LabelClass.SETTLED]


def test_tracks_are_fused_apart(session: Session) -> None:
    market = add_market(session, 1)
    given = [verdict_of(market, name) for name in ("ada", "bo", "cy")]
    changed = [replace(v, track=CLARIFIED, verdict=Verdict.YES) for v in given]
    add(session, *given, *changed)
    original = load_verdicts(session, [market.id], NOW)[market.id]
    clarified = load_verdicts(session, [market.id], NOW, CLARIFIED)[market.id]
    assert original.estimate.truth[Verdict.NO] > 0.9
    assert clarified.estimate.truth[Verdict.YES] > 0.9


def test_verdicts_of_those_who_had_seen_the_vote_are_kept_and_not_fused(session: Session) -> None:
    market = add_market(session, 1)
    add(session, replace(verdict_of(market), is_blind=False))
    assert len(list_current_verdicts(session, NOW)) == 1
    assert load_verdicts(session, [market.id], NOW) == {}


def test_a_label_whose_last_blind_verdict_went_says_nothing(session: Session) -> None:
    given = verdict_of(add_market(session, 1))
    add(session, given)
    add(session, replace(given, is_blind=False, made_at=NOW), at=LATER)
    label = load_verdicts(session, [given.market_id], LATER)[given.market_id]
    assert (label.estimate.adjudicators, label.q(Outcome.NO)) == (0, None)
    assert label.ln_ratio(Outcome.NO) == 0


def test_the_same_verdicts_are_fused_once(session: Session) -> None:
    market = add_market(session, 1)
    add(session, verdict_of(market))
    done = refresh_labels(session, LATER)
    assert [(d.questions, d.changed) for d in done] == [(1, 0), (0, 0)]
    assert session.scalar(select(func.count()).select_from(TruthFusion)) == 1
    assert session.scalar(select(func.count()).select_from(TruthLabel)) == 1


def test_a_new_label_marks_its_market_for_a_new_score(session: Session) -> None:
    market, other = add_market(session, 1), add_market(session, 2)
    session.execute(update(Market).values(stale_since=None))
    add(session, verdict_of(market))
    session.expire_all()
    assert (market.stale_since, other.stale_since) == (NOW, None)


@pytest.mark.parametrize("count", [0, 1200])
def test_labels_are_read_in_batches(session: Session, count: int) -> None:
    market = add_market(session, 1)
    add(session, verdict_of(market))
    ids = [market.id, *range(10_000, 10_000 + count)]
    assert set(load_verdicts(session, ids, NOW)) == {market.id}

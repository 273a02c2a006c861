"""Base rates from stored facts: which questions count, as what, and the query that shows it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.base_rate import BaseRate, BaseRateRun
from models.contract_change import ContractChange
from models.enums import QuestionChangeKind
from models.rate_enums import RateMeasure, RateStatus, RateStratum, RateTarget, RateWeight
from service.protocol.contracts import ContractBook
from service.protocol.prices import NO, TOO_EARLY, YES
from service.risk.rates.rate_parameters import load_rate_parameters
from service.risk.rates.rate_rows import RateRow, make_rows
from service.risk.rates.rate_sample import RateSample
from service.store.oracle.finished_questions import finished_questions
from service.store.rates.base_rate_rows import NewRun, append_rates, list_rates
from service.store.rates.rate_queries import questions_text, selection_text, whole_text
from service.store.rates.rate_samples import list_breaks, load_sample, recent_since
from tests.store.chain_scenes import Chain
from tests.store.rate_scenes import (
    BOOK,
    DAY,
    GATED,
    HOUR,
    START,
    add_finished,
    add_money,
    add_to_whitelist,
    add_variety,
)
from tests.store.scenes import MICRO, NOW, OOV2, PROPOSER, STRANGER, add_market

PARAMETERS = replace(load_rate_parameters(), bootstrap=50)
LABELS = ("disputed", "flipped_early", "flipped_outcome", "overridden")


def rows(session: Session, at: datetime = NOW) -> list[dict[str, object]]:
    query = finished_questions(BOOK, at, recent_since(at, PARAMETERS))
    return [dict(row) for row in session.execute(query).mappings()]


def labels(session: Session, at: datetime = NOW) -> tuple[object, ...]:
    (row,) = rows(session, at)
    return tuple(row[name] for name in LABELS)


def sample(session: Session, at: datetime = NOW) -> RateSample:
    return load_sample(session, BOOK, at, PARAMETERS)


def rates(session: Session, at: datetime = NOW) -> list[RateRow]:
    return list(make_rows(sample(session, at), PARAMETERS))


def test_what_happened_to_a_question_by_its_answers(session: Session) -> None:
    expected = {
        (YES,): (0, 0, 0, 0),
        # The first vote is the bonds' alone: the second request decides.
        (NO, YES): (1, 0, 0, 0),
        (YES, NO): (1, 0, 1, 0),
        (TOO_EARLY, YES): (1, 1, 0, 0),
        (TOO_EARLY, TOO_EARLY, NO): (1, 1, 1, 0),
    }
    for number, answers in enumerate(expected):
        add_finished(session, number, answers)
    found = sorted(rows(session), key=lambda row: str(row["market_id"]))
    assert [tuple(row[name] for name in LABELS) for row in found] == list(expected.values())


def test_an_answer_set_by_hand_is_an_override_and_no_flip(session: Session) -> None:
    add_market(session, 1)
    chain = Chain(session, 1)
    chain.propose(START, START + HOUR, YES)
    chain.override(START + 2 * HOUR, ["0", "1"])
    # What the oracle would have answered is not known: no flip can be told.
    assert labels(session) == (0, 0, None, 1)


def test_a_question_counts_only_once_it_is_finished(session: Session) -> None:
    add_finished(session, 1, (TOO_EARLY, TOO_EARLY))
    add_finished(session, 2).propose(START + 9 * HOUR, START + 10 * HOUR, YES)
    asked_again = add_finished(session, 3)
    add_finished(session, 4, oracle=STRANGER)
    assert len(rows(session)) == 1
    assert rows(session, START) == []
    asked_again.change(START + 5 * HOUR, QuestionChangeKind.RESOLVED)
    assert len(rows(session)) == 1


def test_without_a_settlement_the_adapter_s_word_ends_it(session: Session) -> None:
    add_market(session, 1)
    chain = Chain(session, 1)
    chain.propose(START, START + HOUR, YES)
    assert rows(session) == []
    chain.change(START + 4 * HOUR, QuestionChangeKind.RESOLVED)
    assert labels(session) == (0, 0, None, 0)


def test_nothing_from_after_the_instant_is_counted(session: Session) -> None:
    chain = add_finished(session, 1)
    market = add_market(session, 2)
    # Money that came after the first proposal, and a dispute of tomorrow.
    add_money(session, market, NOW, 9, 9)
    add_money(session, session.get_one(type(market), 1), START + HOUR, 10**6, 10**6)
    chain.dispute(START, NOW + HOUR, YES)
    (before,) = rows(session)
    assert (before["volume"], before["open_interest"]) == (50_000 * MICRO, 4_000 * MICRO)
    assert before["disputed"] == 0
    (after,) = rows(session, NOW + DAY)
    assert after["disputed"] == 1


def test_strata_are_those_of_the_first_proposal(session: Session) -> None:
    add_finished(session, 1, at=GATED - DAY, volume=9_999)
    add_finished(session, 2, at=GATED + DAY, volume=10_000_000)
    add_finished(session, 3, oracle=OOV2, volume=None)
    by_market = {row["market_id"]: row for row in rows(session)}
    versions = [row["oracle_version"] for row in by_market.values()]
    assert sorted(map(str, versions)) == ["managed", "managed_resolver", "oov2"]
    strata = {(row["volume_stratum"], row["volume_decile"]) for row in by_market.values()}
    assert strata == {("under_10k", 1), ("over_10m", 2), (None, None)}
    assert {row["adapter"] for row in by_market.values()} == {"uma_ctf_adapter 4'"}
    assert {row["month"] for row in by_market.values()} == {f"{START:%Y-%m}", f"{GATED:%Y-%m}"}


def test_who_proposed_first_is_told_by_the_book_and_the_list_as_it_was(session: Session) -> None:
    # Where anybody may propose a stranger is other; the managed oracle keeps a list.
    add_finished(session, 2, oracle=OOV2)
    chain = add_finished(session, 1)
    assert classes(session) == ["other", "unknown"]
    add_to_whitelist(session, chain, PROPOSER, START + HOUR)
    assert classes(session) == ["other", "unknown"]
    add_to_whitelist(session, chain, PROPOSER, START - DAY)
    assert classes(session) == ["whitelisted", "whitelisted"]
    own = replace(BOOK.entries[-1], address=PROPOSER)
    book = replace(BOOK, entries=(*BOOK.entries[:-1], own))
    assert classes(session, book) == ["polymarket", "polymarket"]


def classes(session: Session, book: ContractBook = BOOK) -> list[str]:
    found = session.execute(finished_questions(book, NOW, NOW)).mappings()
    return sorted(row["proposer_class"] for row in found)


def test_the_sample_holds_what_the_query_says(session: Session) -> None:
    add_variety(session)
    found = sample(session)
    assert found.size == len(rows(session)) == 12
    assert found.labels[RateTarget.DISPUTED].sum() == 4
    assert found.labels[RateTarget.FLIPPED_EARLY].sum() == 2
    assert found.labels[RateTarget.FLIPPED_OUTCOME].tolist().count(1) == 2
    assert found.labels[RateTarget.OVERRIDDEN].sum() == 1
    assert (found.rounds >= 0).sum() == 4
    # Three of a group, the others alone.
    assert len(set(found.groups.tolist())) == 10
    assert list_breaks(session, BOOK, NOW, PARAMETERS)["resolver_settlement"] == GATED


def test_breaks_follow_the_chain_s_own_parameters_where_they_are_stored(session: Session) -> None:
    dated = load_rate_parameters().breaks
    assert list_breaks(session, BOOK, NOW, PARAMETERS)["spat_change"] == dated["spat_change"]
    chain = Chain(session, 1)
    # The same value again is no change, nor is what comes after the instant.
    for days, spat in ((400, "5"), (300, "65"), (200, "65"), (-1, "70")):
        at, words = NOW - days * DAY, {"gat": "1", "spat": spat}
        chain.add(chain.block(at), ContractChange, STRANGER, name="GatAndSpatChanged", words=words)
    found = list_breaks(session, BOOK, NOW, PARAMETERS)
    assert found["spat_change"] == NOW - 300 * DAY + timedelta(seconds=5)
    assert list(found.values()) == sorted(found.values())
    assert found["proposer_whitelist"] == datetime(2025, 9, 5, tzinfo=UTC)


def test_the_query_of_each_row_counts_what_the_row_says(session: Session) -> None:
    add_variety(session)
    since = recent_since(NOW, PARAMETERS)
    questions = questions_text(session, BOOK, NOW, since)
    made = rates(session)
    assert len({(r.target, r.weight, r.stratum, r.name, r.measure) for r in made}) == len(made)
    assert {row.stratum for row in made} == set(RateStratum) - {RateStratum.AUDIT}
    told = {RateTarget.DISPUTED, RateTarget.FLIPPED_OUTCOME, RateTarget.MISRESOLVED}
    few = [row for row in made if row.target in told]
    asked = {selection_text(row) for row in few}
    answers = {s: session.execute(text(whole_text(questions, s))).mappings().all() for s in asked}
    for row in few:
        answer, found = answers[selection_text(row)], row.estimate
        counted = {k: sum(int(line[k] or 0) for line in answer) for k in answer[0] if k != "month"}
        assert counted["questions"] == found.n, row
        assert counted.get("missing", 0) == found.missing, row
        if "positives" in counted and row.measure is RateMeasure.RATE:
            assert counted["positives"] == found.positives, row


def new_run(session: Session, at: datetime = NOW) -> NewRun:
    return NewRun(at, "settlewatch test", 1, questions_text(session, BOOK, at, at))


def test_only_what_moved_is_appended(session: Session) -> None:
    add_variety(session)
    first = append_rates(session, new_run(session), rates(session))
    assert first == session.scalar(select(func.count()).select_from(BaseRate))
    assert append_rates(session, new_run(session, NOW + DAY), rates(session)) == 0
    assert session.scalar(select(func.count()).select_from(BaseRateRun)) == 1
    add_finished(session, 40, (YES, NO))
    again = append_rates(session, new_run(session, NOW + DAY), rates(session))
    assert 0 < again < first
    kept = list_rates(session)
    assert len(kept) >= first
    both = {stored.run.as_of for stored in kept}
    assert both == {NOW, NOW + DAY}
    (everything,) = [
        s.row
        for s in list_rates(session, target=RateTarget.DISPUTED, weights=[RateWeight.COUNT])
        if s.row.stratum == RateStratum.ALL
    ]
    assert (everything.questions, everything.positives) == (13, 5)
    # Yesterday is still told as it was.
    before = list_rates(session, as_of=NOW, stratum=RateStratum.ALL)
    assert {stored.run.as_of for stored in before} == {NOW}
    assert list_rates(session, as_of=NOW - DAY) == []


def test_a_set_of_questions_that_went_says_so(session: Session) -> None:
    add_finished(session, 1)
    append_rates(session, new_run(session), rates(session))
    append_rates(session, new_run(session, NOW + DAY), [])
    gone = list_rates(session)
    assert gone
    assert all(stored.row.questions == 0 for stored in gone)
    assert all(stored.row.status == RateStatus.BOUND_ONLY for stored in gone)
    assert append_rates(session, new_run(session, NOW + 2 * DAY), []) == 0


def test_an_empty_database_has_no_rate(session: Session) -> None:
    made = rates(session)
    assert all(row.estimate.value is None for row in made)
    assert all(row.estimate.n == 0 for row in made)

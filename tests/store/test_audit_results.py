"""What audits say once labels came in; on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.liquidity import BookSnapshot
from models.market import Market
from models.rate_enums import RateTarget
from service.risk.parameters import load_parameters
from service.risk.rates.rate_parameters import load_rate_parameters
from service.risk.truth.audit_plan import Allocation, allocate, draw, load_audit_priors, stratify
from service.store.rates.rate_audits import list_audited_rates
from service.store.rates.rate_queries import selection_text
from service.store.truth.audit_estimates import list_estimates, measured_parameters, refresh_audits
from service.store.truth.audit_plans import NewPlan, add_plan, list_candidates, list_planned
from service.store.truth.audit_results import list_results
from service.store.truth.corrections import NewCorrection, add_correction
from tests.store.judged import THREE, add_settled, judge_all
from tests.store.scenes import NOW, add_contracts

PARAMETERS, PRIORS = load_parameters(), load_audit_priors()
RATES = load_rate_parameters()
BEGIN = NOW - timedelta(days=30)


def add_audit(session: Session, budget: int) -> int:
    candidates = list_candidates(session, BEGIN, NOW)
    strata = allocate(stratify(candidates, PRIORS), budget, Allocation.DEFAULT, PRIORS)
    plan = NewPlan(3, budget, BEGIN, NOW, strata, draw(strata, 3))
    return add_plan(session, plan, candidates, PRIORS, NOW)


def add_book(session: Session, market: Market, bid: str, hours_after: float) -> None:
    session.add(
        BookSnapshot(
            market_id=market.id,
            token_id="1",
            outcome_index=0,
            best_bid=bid,
            best_ask=bid,
            bid_depth=0,
            ask_depth=0,
            bids=[],
            asks=[],
            known_at=NOW - timedelta(days=1) + timedelta(hours=hours_after),
        )
    )
    session.flush()


def test_screens_read_prices_complaints_and_only_what_is_undisputed(session: Session) -> None:
    add_contracts(session)
    calm, cheap, fallen, blamed, unseen = (add_settled(session, n) for n in range(1, 6))
    add_settled(session, 6, disputes=1)
    add_settled(session, 7, is_partial=True)
    add_settled(session, 8, settled_at=NOW)
    # Proposed two hours before settlement: an hour before that, and half an hour after it.
    for market, before, after in (
        (calm, "0.95", "0.99"),
        (cheap, "0.60", "0.99"),
        (fallen, "0.95", "0.50"),
        (blamed, "0.95", "0.99"),
    ):
        add_book(session, market, before, -3.5)
        add_book(session, market, after, 0.5)
    # Between: too late for the one, too early for the other.
    add_book(session, calm, "0.10", -1)
    add_correction(
        session, NewCorrection(blamed.id, THREE[0][1], "See it.", (), "ann", "command"), NOW
    )
    found = {c.market_id: c for c in list_candidates(session, BEGIN, NOW)}
    kinds = {
        market_id: stratify([candidate], PRIORS)[0].kind for market_id, candidate in found.items()
    }
    assert kinds == {
        calm.id: "safe",
        cheap.id: "disagreed",
        fallen.id: "disagreed",
        blamed.id: "complained",
        unseen.id: "unseen",
    }
    assert (found[calm.id].price_before, found[calm.id].price_after) == (0.95, 0.99)


def test_audited_errors_replace_the_assumed_d1w_from_30_on(session: Session) -> None:
    add_contracts(session)
    markets = [add_settled(session, number) for number in range(1, 33)]
    disputed = [add_settled(session, number, disputes=1) for number in range(40, 44)]
    number = add_audit(session, 32)
    assert {one.market.id for one in list_planned(session, number)} == {m.id for m in markets}
    (waiting,) = list_results(session, NOW, PARAMETERS.transitions["d1w"])
    assert (waiting.audit_n, sum(s.waiting for s in waiting.strata)) == (0, 32)
    assert refresh_audits(session, NOW, PARAMETERS.transitions["d1w"]) == 1
    assert measured_parameters(session, NOW, PARAMETERS) is PARAMETERS
    assert list_audited_rates(session, NOW, RATES) == []
    # All were paid Yes; three readers of each say No.
    judge_all(session, [*markets, *disputed])
    assert list_results(session, NOW - timedelta(seconds=1), PARAMETERS.transitions["d1w"]) == []
    (result,) = list_results(session, NOW, PARAMETERS.transitions["d1w"])
    assert result.audit_n == 32
    assert result.rate.weighted == pytest.approx(1, abs=0.1)
    assert result.d1w.measured.mean == pytest.approx(4 / 36, abs=0.02)
    rates = {row.target: row for row in list_audited_rates(session, NOW, RATES)}
    wrong = rates[RateTarget.MISRESOLVED].estimate
    # All disputed ones were judged, too: what was paid is wrong everywhere.
    assert (wrong.n, wrong.missing) == (36, 0)
    assert wrong.high == pytest.approx(1, abs=0.1)
    assert rates[RateTarget.MISRESOLVED].name.startswith(f"plan_{number} settled ")
    counted = session.execute(text(selection_text(rates[RateTarget.CONTESTED]))).scalar_one()
    assert counted == 32
    later = NOW + timedelta(minutes=1)
    assert refresh_audits(session, later, PARAMETERS.transitions["d1w"]) == 1
    assert refresh_audits(session, later, PARAMETERS.transitions["d1w"]) == 0
    assert measured_parameters(session, NOW, PARAMETERS) is PARAMETERS
    assert [row.audit_n for row in list_estimates(session, later)] == [32]
    measured = measured_parameters(session, later, PARAMETERS).transitions["d1w"]
    assert 4 / 36 < measured.mean < 0.6
    assert measured.assumed is False

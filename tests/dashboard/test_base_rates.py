"""The page of base rates, on what a daily counting stored."""

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from jobs.score_base_rates import score_base_rates
from models.base_rate import BaseRate
from models.enums import Support
from models.rate_enums import RateMeasure, RateStatus, RateWeight
from service.clock import SetClock
from service.dashboard.base_rates_view import to_cell
from tests.store.rate_scenes import BOOK, add_variety
from tests.store.scenes import NOW


def row(**changes: object) -> BaseRate:
    values: dict[str, object] = {
        "weight": RateWeight.OPEN_INTEREST,
        "measure": RateMeasure.RATE,
        "status": RateStatus.ESTIMATED,
        "estimate": 0.0123,
        "p05": 0.005,
        "p95": 0.031,
        "questions": 12_000,
        "positives": 150.0,
        "n_eff": 812.4,
        "largest_share": 0.21,
        "reason": None,
        "support": Support.MEASURED,
    }
    return BaseRate(**{**values, **changes})


def test_an_estimate_stands_with_its_interval_and_what_it_rests_on() -> None:
    cell = to_cell(row())
    assert (cell.value, cell.interval) == ("1.2 %", "0.5 % to 3.1 %")
    assert cell.basis == "150 of 12,000, effective size 812, largest 21 %"
    ratio = to_cell(row(measure=RateMeasure.ODDS_RATIO, estimate=1.41, p05=1.3, p95=1.5))
    assert (ratio.value, ratio.interval) == ("1.4 times", "1.3 times to 1.5 times")


def test_an_estimate_of_chosen_cases_says_so_beside_it() -> None:
    reason = "fewer than 1000 stored questions: perhaps chosen cases, and no rate of all"
    cell = to_cell(row(reason=reason, support=Support.ASSUMED))
    assert cell.value == "1.2 %"
    assert cell.basis.endswith(f"largest 21 %; {reason}; rests on assumptions")
    assert to_cell(row(support=Support.MIXED)).basis.endswith("; partly measured")


def test_what_is_refused_shows_its_bound_and_the_reason() -> None:
    reason = "data cannot support a weighted rate: 2 positives, 3 needed"
    refused = to_cell(row(status=RateStatus.REFUSED, estimate=None, p05=None, reason=reason))
    assert refused.value == "below 3.1 %"
    assert reason in refused.basis
    unknown = to_cell(row(status=RateStatus.UNCALIBRATED, estimate=None, p05=None, reason="why"))
    assert (unknown.value, unknown.interval) == ("uncalibrated", "below 3.1 %")
    assert to_cell(None).basis == "not counted"


def test_the_page_says_nothing_was_counted_and_then_what_was(
    client: TestClient, sessions: sessionmaker[Session]
) -> None:
    assert "Nothing has been counted yet" in client.get("/base-rates").text
    with sessions.begin() as session:
        add_variety(session)
    score_base_rates(sessions, sessions, SetClock(NOW), BOOK, "1.2.3")
    page = " ".join(client.get("/base-rates").text.split())
    for words in ("All finished questions", "Paid out wrong", "uncalibrated", "By category"):
        assert words in page
    assert "data cannot support a weighted rate" in page
    assert "4 of 12" in page
    assert "Comparisons, not causes" in page
    assert "counted by <code>" in page
    assert "1.2.3" in page.split("counted by <code>")[1].split("</code>")[0]

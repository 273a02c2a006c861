"""``settlewatch backtest --from-store``: B2 and B4 on stored books, volumes and verdicts."""

import json
from datetime import datetime
from math import log
from pathlib import Path

import pytest
from scipy.optimize import brentq
from scipy.special import logit
from sqlalchemy.orm import Session

from jobs.backtest_cli import backtest
from models.enums import ContractKind
from service.chain.book import mainnet_book
from service.database import open_engine, open_sessions
from service.protocol.finality import POLYGON
from service.protocol.prices import NO, YES
from tests.store.chain_scenes import Chain
from tests.store.scenes import NOW
from tests.store.test_baseline_facts import NOT_YET, PAGE, add_books, add_verdict, add_volume
from tests.store.test_fit_questions import HOUR, START, add_question

ORACLE = mainnet_book().addresses(POLYGON, (ContractKind.OPTIMISTIC_ORACLE_V2,))[0]
QUESTIONS = 100


def is_disputed(number: int) -> bool:
    """Two of five."""
    return number % 5 < 2


def fill(session: Session, questions: int, *, with_markets: bool) -> None:
    for number in range(1, questions + 1):
        disputed = is_disputed(number)
        add_question(session, number, NO if disputed else YES, disputed=disputed, oracle=ORACLE)
        if with_markets:
            add_market_facts(session, number, START + number * HOUR)
    Chain(session, 999, ORACLE).initialize(NOW)


def add_market_facts(session: Session, number: int, at: datetime) -> None:
    """Of three of four questions the volume is stored, of every second one the books.

    The rule pages of what will be disputed; among rows with a volume alone a tenth are mistold.
    """
    pages = is_disputed(number) != (number % 10 == 0)
    if number % 4:
        add_volume(session, number, 200_000 if pages else 2_000, at)
    if number % 2:
        add_books(session, number, at, ("0.97", "0.98" if pages else None), (None, "0.03"))
        add_verdict(session, number, at + HOUR, PAGE if pages else NOT_YET)


@pytest.fixture
def empty(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "stored.db"
    path.write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("SETTLEWATCH_DATABASE_URL", f"sqlite:///{path}")
    return path


def store(path: Path, questions: int, *, with_markets: bool) -> None:
    engine = open_engine(f"sqlite:///{path}")
    with open_sessions(engine)() as session, session.begin():
        fill(session, questions, with_markets=with_markets)
    engine.dispose()


def loss_of_eight_pages_in_twenty() -> float:
    """Of a logistic regression on 20 rows, 8 of them paged and disputed, no other: by hand.

    The free intercept keeps the mean at 0.4; the ridge of 1 holds the coefficient at the sum of
    the paged rows' residuals.
    """

    def quiet(paged: float) -> float:
        return (0.4 - 0.4 * paged) / 0.6

    def excess(paged: float) -> float:
        return float(logit(paged) - logit(quiet(paged))) - 8 * (1 - paged)

    paged = float(brentq(excess, 0.4, 0.999, xtol=1e-12))
    return -(0.4 * log(paged) + 0.6 * log(1 - quiet(paged)))


def test_the_notifier_s_rule_and_the_rank_by_volume_are_computed_where_stored(
    empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(empty, QUESTIONS, with_markets=True)

    backtest(from_store=True, as_json=True, out=tmp_path)

    document = json.loads(capsys.readouterr().out)
    rule, rank = document["baselines"]["B2"], document["baselines"]["B4"]
    assert document["rows"] == QUESTIONS
    # The first two fifths of the rows that have a value calibrate: the model's file keeps none.
    assert (rule["compared_on"]["rows"], rank["compared_on"]["rows"]) == (30, 45)
    assert rule["compared_on"]["left_out_without_value"] == QUESTIONS / 2
    assert rank["compared_on"]["left_out_without_value"] == 25
    assert document["paired"].keys() == {"B0", "B1", "B2", "B3", "B4", "B5"}
    assert document["paired"]["B2"]["verdict"] == "inconclusive"
    # Where books are stored, an answer is disputed where and only where the rule pages.
    assert (rule["auroc"], rule["compared_on"]["positives"]) == (1.0, 12)
    assert rule["mean_probability"] == pytest.approx(0.4)
    assert rule["log_loss"] == pytest.approx(loss_of_eight_pages_in_twenty())
    # One in ten was traded against what came of it.
    assert 0.5 < rank["auroc"] < 1
    assert rule["compared_on"]["model"]["auroc"] < 1
    assert document["notifier_after_the_answer"] | {"caught_by_model": None} == {
        "rows": 50,
        "positives": 20,
        "pages": 20,
        "caught": 20,
        "caught_by_model": None,
    }
    page = (tmp_path / "report.html").read_text()
    assert "B4 rank by volume\non 45 rows" in page


def test_a_store_without_books_and_volumes_says_so_of_itself_and_not_of_recordings(
    empty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(empty, 20, with_markets=False)

    backtest(from_store=True, as_json=True)

    document = json.loads(capsys.readouterr().out)
    for name in ("B2", "B4"):
        assert "stored questions" in document["baselines"][name]["unavailable"]
        assert "recordings" not in document["baselines"][name]["unavailable"]
    assert document["paired"].keys() == {"B0", "B1", "B3", "B5"}

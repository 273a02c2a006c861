"""``settlewatch fit --from-store``: the database, alone or with recordings, to a model file."""

import json
from pathlib import Path

import pytest

from jobs.backtest_cli import backtest
from jobs.fit_cli import fit
from jobs.fit_rows import gather_rows
from jobs.stored_study import read_stored_study
from models.enums import ContractKind
from service.calibration.model_card import to_card
from service.chain.book import mainnet_book
from service.database import open_engine, open_sessions
from service.errors import UsageError
from service.protocol.finality import POLYGON
from service.protocol.prices import YES
from tests.calibration.recorded import proposal, write_csv
from tests.store.chain_scenes import Chain
from tests.store.scenes import NOW
from tests.store.test_fit_questions import add_question

BOOK = mainnet_book()
ORACLE = BOOK.addresses(POLYGON, (ContractKind.OPTIMISTIC_ORACLE_V2,))[0]


@pytest.fixture
def stored(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database of twelve finished questions, one of them disputed."""
    path = tmp_path / "secret-place.db"
    path.write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("SETTLEWATCH_DATABASE_URL", f"sqlite:///{path}")
    engine = open_engine(f"sqlite:///{path}")
    with open_sessions(engine)() as session, session.begin():
        for number in range(1, 13):
            add_question(session, number, YES, disputed=number == 5, oracle=ORACLE)
        # Its newest block, a month after the others' answers.
        Chain(session, 99, ORACLE).initialize(NOW)
    engine.dispose()
    return path


def test_a_fit_of_the_database_is_the_same_to_the_byte_and_tells_what_it_read(
    stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    fit(one, from_store=True)
    fit(two, from_store=True)
    assert one.read_bytes() == two.read_bytes()
    text = one.read_text("utf-8")
    document = json.loads(text)
    assert document["data"]["files"] == []
    told = document["data"]["store"]
    assert (told["questions"], told["disputed"], told["flipped"]) == (12, 1, 0)
    assert told["block"] > 0
    assert stored.stem not in text
    # Too few positives to replace any assumption, and it is said.
    assert {term["coef_source"] for term in document["coefficients"]["terms"]} == {"default"}
    shown = capsys.readouterr().out
    assert "1 of 12 proposals positive" in shown
    assert "Kept as default: " in shown
    assert "12 finished questions" in to_card(document)


def test_a_time_before_everything_is_one_clear_line(stored: Path, tmp_path: Path) -> None:
    assert stored.exists()
    with pytest.raises(UsageError, match="no finished question is stored as of 2020-01-01"):
        fit(tmp_path / "none.json", from_store=True, as_of="2020-01-01")
    with pytest.raises(UsageError, match="--from-store"):
        backtest()
    with pytest.raises(UsageError, match="--as-of"):
        backtest([tmp_path], as_of="2020-01-01")


def test_a_backtest_reads_the_same_questions(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stored.exists()
    backtest(from_store=True, target="misresolved")
    assert "no row carries an adjudicated outcome" in capsys.readouterr().out


def test_a_question_in_both_counts_once_and_joins_its_groups(stored: Path, tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{stored}")
    with open_sessions(engine)() as session:
        study = read_stored_study(session, BOOK, NOW)
    engine.dispose()
    shared = study.rows[0].market_key
    recorded = [
        proposal(1, market_key=shared, event_id="7", title="An event's market"),
        proposal(2, event_id="7", title="Its sibling"),
        proposal(3, event_id="8", title="A stranger"),
    ]
    found = gather_rows([write_csv(tmp_path / "some.csv", recorded)], study)
    assert len(found.rows) == len(study.rows) + 2
    group = {row.title: row.group for row in found.rows}
    assert group["Its sibling"] == group[study.rows[0].title] != group["A stranger"]
    assert any("1 of them recorded as well" in line for line in found.notices)
    assert found.store == study.source

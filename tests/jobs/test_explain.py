"""`settlewatch explain` on a replayed case: a page that adds up, and one line for bad input."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from math import fsum
from typing import Any

import pytest
from sqlalchemy import select

from jobs.demo import Reconstruction, run_demo
from jobs.explain_command import explain_command
from jobs.explain_page import COMPONENTS, WIDTH
from models.assessment import MarketAssessment
from models.market import Market
from service.dashboard.words import COMPONENTS as PAGE_COMPONENTS
from service.demo.case_files import bundled_cases
from service.errors import UsageError
from service.risk.path import PATHS

Explain = Callable[..., str]
SLUG = "trump-declassifies-ufo-files-in-2025"


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reconstruction]:
    """One case, disputed once and proposed again, replayed through the real jobs."""
    folder = tmp_path_factory.mktemp("cases")
    shutil.copy(bundled_cases() / "ufo-files-2025.toml", folder)
    with run_demo(folder) as result:
        yield result


@pytest.fixture
def explain(replayed: Reconstruction, capsys: pytest.CaptureFixture[str]) -> Explain:
    def run(ref: str = SLUG, **options: object) -> str:
        chosen = {"at": None, "since": None, "what_if": (), "as_json": False, **options}
        explain_command(replayed.house, ref, **chosen)  # type: ignore[arg-type]
        return capsys.readouterr().out

    return run


def document(explain: Explain, **options: object) -> dict[str, Any]:
    found = json.loads(explain(as_json=True, **options))
    assert isinstance(found, dict)
    return found


def test_the_page_says_everything_that_explains_the_score(explain: Explain) -> None:
    page = explain()
    assert max(map(len, page.splitlines())) <= WIDTH
    for words in (
        "Trump declassifies UFO files in 2025?",
        "90 % interval",
        "an answer is proposed for the second time",
        "assumed: it rests on stated assumptions",
        "Before the first proposal a share of the proposed answer cost",
        "If nobody disputes for 60 more minutes:",
        "If the proposal is disputed now:",
        "stake: not available",
        "missing: open_interest: never seen",
    ):
        assert words in page
    assert "no words exist" not in page
    assert re.search(r"From [\d.]+ % \([\d.]+ % to [\d.]+ %\) at \d{4}-", page)
    # An address beside a score would read as an accusation.
    assert re.search("0x[0-9a-fA-F]{40}", page) is None


def test_the_drivers_and_the_components_add_up_to_the_score(explain: Explain) -> None:
    found = document(explain)
    mean = found["p_misresolved"]["mean"]
    base, *drivers = found["drivers"]
    assert base["feature"] == "base_rate"
    total = base["value"] + fsum(driver["contribution_p"] for driver in drivers)
    assert total == pytest.approx(mean, abs=1e-9)
    assert fsum(found["components"].values()) == pytest.approx(mean, abs=1e-9)
    assert found["p_today"]["mean"] == pytest.approx(mean, rel=1e-9)
    assert found["notes"] == []


def test_what_moved_it_leads_from_one_stored_score_to_the_next(
    explain: Explain, replayed: Reconstruction
) -> None:
    with replayed.house.read_sessions() as session:
        rows = session.scalars(select(MarketAssessment).order_by(MarketAssessment.as_of)).all()
    first, last = rows[0], rows[-1]
    movement = document(explain, since=f"{first.as_of:%Y-%m-%dT%H:%M:%SZ}")["movement"]
    assert (movement["p_before"], movement["p_after"]) == (first.p_mean, last.p_mean)
    parts = [item["contribution_p"] for item in movement["items"]]
    assert fsum(parts) == pytest.approx(last.p_mean - first.p_mean, abs=1e-12)
    # The same model and the same records: inputs explain all of it.
    features = {item["feature"] for item in movement["items"]}
    assert {"state", "price_before_proposal"} <= features
    assert not features & {"model_changed", "cell_rates", "record_corrected"}


def test_a_score_of_the_past_is_explained_as_it_was(
    explain: Explain, replayed: Reconstruction
) -> None:
    with replayed.house.read_sessions() as session:
        first = session.scalars(select(MarketAssessment).order_by(MarketAssessment.as_of)).first()
    assert first is not None
    found = document(explain, at=f"{first.as_of:%Y-%m-%dT%H:%M:%SZ}")
    assert found["p_misresolved"]["mean"] == first.p_mean
    assert found["movement"] is None
    assert "first assessment" in found["movement_note"]


def test_asked_questions_are_answered_one_by_one(explain: Explain) -> None:
    asked = ("open_interest=50000", "undisputed_minutes=60", "proposed=yes")
    answers = document(explain, what_if=asked)["what_if"]
    assert [answer["input"] for answer in answers] == [text.split("=")[0] for text in asked]
    interest, silence, proposed = answers
    assert interest["change_p"] == 0
    assert float(interest["expected_loss_usdc"]) > 0
    assert silence["p_misresolved"]["p05"] < silence["p_misresolved"]["p95"]
    assert proposed["p_misresolved"] is None
    assert "does not wait" in proposed["refused"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"ref": "no-such-market"}, "no market is known"),
        ({"what_if": ("moon=full",)}, "--what-if: 'moon' cannot be replaced"),
        ({"what_if": ("undisputed_minutes=soon",)}, "takes whole minutes"),
        ({"what_if": ("disputed=now",) * 13}, "--what-if: 13 questions"),
        ({"at": "tomorrow"}, "--at: 'tomorrow' is no time"),
        ({"at": "9999-01-01"}, "--at: 9999-01-01 lies after"),
        ({"at": "2020-01-01"}, "was first scored at"),
        ({"since": "2100-01-01T00:00:00Z"}, "--since: 2100-01-01T00:00:00Z lies after"),
    ],
)
def test_bad_input_is_one_line(explain: Explain, options: dict[str, object], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain(**options)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_slug_of_two_markets_is_refused_with_both_ids(
    explain: Explain, replayed: Reconstruction
) -> None:
    with replayed.house.sessions.begin() as session:
        market = session.scalars(select(Market)).one()
        columns = {c.name: getattr(market, c.name) for c in Market.__table__.columns}
        columns |= {"id": None, "condition_id": bytes(32), "gamma_id": "999"}
        session.add(Market(**columns))
    with pytest.raises(UsageError, match="more than one market has this slug") as caught:
        explain()
    assert "0x" + "00" * 32 in str(caught.value)


def test_every_way_to_a_wrong_payout_has_words_on_the_terminal_and_on_the_page() -> None:
    ways = {*PATHS, "override", "wrong_override"}
    assert COMPONENTS.keys() == ways
    assert PAGE_COMPONENTS.keys() == ways

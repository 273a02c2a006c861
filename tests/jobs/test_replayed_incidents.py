"""The incidents and the look-alikes: what was raised, when, and how long before the end.

One run a case, on a copy of one migrated database. The figures are pinned because they are what
docs/replays.md claims.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from jobs.replay import Replay, find_case, list_cases, run_replay
from jobs.replay_page import document_of, page_of
from models.chain import DataIssue
from models.oracle import Clarification, Dispute, Override, Payout, Proposal, PushedPrice
from service.database import open_engine, upgrade

COUNTED = {
    "propose": Proposal,
    "dispute": Dispute,
    "clarify": Clarification,
    "vote": PushedPrice,
    "override": Override,
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a replay has to say; hours of warning, None where nothing was raised."""

    verdict: str
    first: float | None
    beyond_state: float | None
    last_answer: float | None
    # What each of the case's words on what was not visible begins with.
    unseen: tuple[str, ...]


# What the first alert beyond a change of state rests on that nobody published.
ASSUMED = {
    "astronomer-ceo-2025": ("assumed order book", "assumed hour of the price"),
    "astros-dodgers-2025": ("assumed price", "assumed time"),
    "ufo-files-2025": ("assumed hour of the price",),
    "ukraine-mineral-deal-2025": ("assumed hour of the price",),
    "zelenskyy-suit-2025": ("assumed hour of the price",),
}
DISPUTE_ONLY = "caught in time, by its dispute only"
EXPECTED = {
    "astronomer-ceo-2025": Expected(
        "caught in time", 97.4, 97.4, 1.98, ("That the answer would be right", "The four days")
    ),
    "astros-dodgers-2025": Expected("caught in time", 1.98, 1.98, 1.98, ("The score of the game",)),
    "barron-djt-2024": Expected(
        DISPUTE_ONLY, 30.65, None, 30.1, ("That the venue would call", "A price that spoke")
    ),
    "ethereum-etf-2024": Expected(
        DISPUTE_ONLY, 2.38, None, 1.98, ("Which of two readings", "That the dispute was given up")
    ),
    "microstrategy-sale-2026": Expected(
        DISPUTE_ONLY, 41.82, None, 28.98, ("The sale itself", "Which date", "What the largest")
    ),
    "monad-fdv-2025": Expected(DISPUTE_ONLY, 32.55, None, 32.5, ("Which exchange",)),
    "nascar-brickyard-2025": Expected(
        DISPUTE_ONLY, 2.53, None, 1.98, ("That a right answer", "The 43 disputes")
    ),
    "ufo-files-2025": Expected(
        "caught in time", 39.33, 39.33, 37.73, ("Who knew", "Whether files had been")
    ),
    "ukraine-mineral-deal-2025": Expected(
        "caught in time",
        26.02,
        26.02,
        24.92,
        ("That one holder would vote", "The note", "That the proposer held"),
    ),
    "zelenskyy-suit-2025": Expected(
        "caught in time",
        940.4,
        859.8,
        71.5,
        ("How the largest voters", "That one holder sealed", "Whether the outfit"),
    ),
    "astros-cardinals-2025": Expected("quiet, rightly", None, None, None, ()),
    "jesus-return-2025": Expected("quiet, rightly", None, None, None, ()),
    "mineral-deal-signed-2025": Expected(
        "raised in vain, by its dispute only", 2.65, None, 1.98, ()
    ),
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with nothing but its schema: migrating takes longer than many a case."""
    path = tmp_path_factory.mktemp("replays") / "empty.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


def _near(hours: float | None) -> object:
    return None if hours is None else pytest.approx(hours, abs=0.02)


def _check(replay: Replay, expected: Expected) -> None:
    assert replay.outcome == expected.verdict
    told = (replay.first_alarm, replay.first_judgement, replay.first_of_answer)
    assert tuple(replay.warning_hours(alarm) for alarm in told) == (
        _near(expected.first),
        _near(expected.beyond_state),
        _near(expected.last_answer),
    )
    judged = replay.first_judgement
    marks = () if judged is None else replay.assumptions(judged)
    assert marks == ASSUMED.get(replay.case.id, ())
    words = [one.what for one in replay.case.unseen]
    for said, beginning in zip(words, expected.unseen, strict=True):
        assert said.startswith(beginning)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_case_is_replayed_whole_and_warns_as_long_before_as_it_is_said_to(
    name: str, empty: Path, tmp_path: Path
) -> None:
    database = shutil.copy(empty, tmp_path / "case.db")
    case = find_case(name)
    with run_replay(case, database_url=f"sqlite:///{database}") as (replay, house):
        with house.read_sessions() as session:
            issues = session.scalars(select(DataIssue)).all()
            counted = {
                kind: session.scalar(select(func.count()).select_from(model))
                for kind, model in COUNTED.items()
            }
            payouts = session.scalar(select(func.count()).select_from(Payout))
        page, document = page_of(replay), document_of(replay)

    assert [issue.reason for issue in issues] == []
    steps: list[str] = [step.kind for one in case.with_twins() for step in one.steps]
    assert counted == {kind: steps.count(kind) for kind in COUNTED}
    paid = any(step.kind in {"resolve", "override"} for step in case.steps)
    assert payouts == (case.twins + 1 if paid else 0)
    assert all(look.score is not None for look in replay.looks)
    _check(replay, EXPECTED[name])
    # The page says what the document says, and what was not visible.
    first = document["first_alert"]
    assert ("first alert" in page) == (first is not None)
    for one in case.unseen:
        assert one.what.rstrip(".").split("\n")[0][:60] in " ".join(page.split())


def test_every_case_is_checked_here_and_every_incident_says_what_was_not_visible() -> None:
    cases = {case.id: case for case in list_cases()}

    assert set(cases) == set(EXPECTED)
    incidents = [case for case in cases.values() if case.incident != "control"]
    assert len(incidents) == 10
    assert all(case.unseen and case.kind == "reconstruction" for case in incidents)
    assert len(cases) - len(incidents) >= 2


def test_the_documentation_tells_these_hours() -> None:
    text = (Path(__file__).parents[2] / "docs" / "replays.md").read_text("utf-8")
    for name, expected in EXPECTED.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        cells = [cell.strip() for cell in row.split("|")]
        assert cells[3] == expected.verdict
        hours = (expected.first, expected.beyond_state, expected.last_answer)
        for cell, told in zip(cells[4:7], hours, strict=True):
            if told is None:
                assert cell == "none"
            else:
                assert float(cell.split(" ")[0]) == pytest.approx(told, abs=0.06)

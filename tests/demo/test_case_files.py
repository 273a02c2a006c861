"""Case files: what ships is honest, and a fault is one line that names file and key."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models.enums import Outcome
from service.demo.case import Case
from service.demo.case_files import bundled_cases, load_cases, load_world
from service.demo.steps import Dispute
from service.errors import UsageError

WORLD = load_world(bundled_cases())
CASES = {case.id: case for case in load_cases(bundled_cases())}
VICTIM = "ukraine-mineral-deal-2025.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled cases to spoil."""
    return Path(shutil.copytree(bundled_cases(), tmp_path / "cases"))


def _spoil(folder: Path, old: str, new: str, name: str = VICTIM) -> None:
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_statement_of_a_case_has_a_source_or_is_called_invented(case: Case) -> None:
    statements = dict(case.stated())

    assert len(statements) >= 8
    for key, stated in statements.items():
        assert bool(stated.source) != bool(stated.invented), key
        assert stated.source is None or case.sources[stated.source], key
    assert case.invented


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_step_whose_minute_is_called_known_names_a_source(case: Case) -> None:
    assert all(step.source for step in case.steps if step.minute == "known")


def test_the_bundle_shows_every_path_the_table_promises() -> None:
    stories = {name: case.story_at(WORLD.ends_at) for name, case in CASES.items()}

    assert stories["jesus-return-2025"].status == "posed"
    assert stories["ufo-files-2025"].status == "reproposed"
    assert stories["ufo-files-2025"].disputes == 1
    assert stories["ukraine-mineral-deal-2025"].payouts == (1, 0)
    assert stories["ukraine-mineral-deal-2025"].disputes == 2
    assert stories["astros-dodgers-2025"].payouts == (0, 1)
    assert stories["astros-dodgers-2025"].disputes == 0
    assert stories["barron-djt-2024"].payouts == (0, 1)
    assert not stories["barron-djt-2024"].is_overridden
    assert stories["biden-senile-2024"].payouts == (1, 1), Outcome.HALF
    assert stories["harbour-bridge-2025"].is_overridden
    assert CASES["harbour-bridge-2025"].kind == "invented"
    assert {c.id for c in CASES.values() if c.announcement} == {
        "astros-dodgers-2025",
        "barron-djt-2024",
    }


def test_the_second_ufo_proposal_can_still_be_disputed_at_the_end() -> None:
    expires_at = CASES["ufo-files-2025"].story_at(WORLD.ends_at).current.expires_at

    assert expires_at is not None
    assert expires_at > WORLD.ends_at


def test_the_mineral_deals_clarification_came_two_minutes_before_commits_closed() -> None:
    case = CASES["ukraine-mineral-deal-2025"]
    first = next(step for step in case.steps if step.kind == "clarify")
    last_dispute = max(step.at for step in case.steps if isinstance(step, Dispute))

    assert (first.at.isoformat(), first.minute) == ("2025-03-23T23:58:00+00:00", "known")
    assert last_dispute < first.at


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_step_of_a_case_lies_beyond_the_end(case: Case) -> None:
    assert case.steps[-1].at < WORLD.ends_at


def _drop_origin(folder: Path) -> None:
    _spoil(folder, 'by = "proposer-1"\nsource = "panel"', 'by = "proposer-1"')


def _name_no_source(folder: Path) -> None:
    _spoil(folder, 'source = "mrozi"', 'source = "nobody"')


def _forget_why(folder: Path) -> None:
    _spoil(
        folder, '[unknown]\nopen_interest = "no published figure"\n', "", "jesus-return-2025.toml"
    )


def _dispute_nothing(folder: Path) -> None:
    _spoil(
        folder,
        'kind = "propose"\nat = 2025-03-22T23:04:00Z\nminute = "known"\noutcome = "Yes"',
        'kind = "dispute"\nat = 2025-03-22T23:04:00Z',
    )


def _go_back_in_time(folder: Path) -> None:
    _spoil(folder, "at = 2025-03-22T22:40:00Z", "at = 2025-03-22T21:16:00Z")


def _propose_too_early(folder: Path) -> None:
    _spoil(folder, 'outcome = "Yes"\nby = "proposer-1"', 'outcome = "too early"\nby = "proposer-1"')


def _between_blocks(folder: Path) -> None:
    _spoil(folder, "at = 2025-03-22T22:40:00Z", "at = 2025-03-22T22:40:01Z")


def _misspell(folder: Path) -> None:
    _spoil(folder, "rules_paraphrase", "rules")


def _negative_sum(folder: Path) -> None:
    _spoil(folder, "usdc = 500000", "usdc = -1")


def _no_toml(folder: Path) -> None:
    (folder / VICTIM).write_bytes(b"\xff\xfe")


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (_drop_origin, "steps.1"),
        (_name_no_source, "open_interest[0].source"),
        (_dispute_nothing, "steps[3]"),
        (_go_back_in_time, "steps[2].at"),
        (_propose_too_early, "steps[1].outcome"),
        (_between_blocks, "steps.2.dispute.at"),
        (_misspell, "rules"),
        (_negative_sum, "open_interest.0.usdc"),
        (_no_toml, "TOML"),
    ],
)
def test_a_fault_is_one_line_naming_the_file_and_the_key(
    folder: Path, spoil: Callable[[Path], None], key: str
) -> None:
    spoil(folder)

    with pytest.raises(UsageError, match=re.escape(key)) as caught:
        load_cases(folder)

    assert VICTIM in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_gap_without_a_reason_is_refused(folder: Path) -> None:
    _forget_why(folder)

    with pytest.raises(UsageError, match=r"jesus-return-2025\.toml: open_interest: "):
        load_cases(folder)


def test_two_cases_of_one_name_are_refused(folder: Path) -> None:
    shutil.copy(folder / VICTIM, folder / "copy.toml")

    with pytest.raises(UsageError, match="id ukraine-mineral-deal-2025"):
        load_cases(folder)


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no case"):
        load_cases(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        load_cases(tmp_path / "absent")


def test_a_folder_without_a_world_uses_the_bundled_one(tmp_path: Path) -> None:
    assert load_world(tmp_path) == WORLD

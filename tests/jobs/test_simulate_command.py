"""``settlewatch simulate what-if`` on the round that the documentation shows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from jobs.round_file import read_round
from jobs.simulate_command import what_if_command
from service.errors import UsageError
from service.risk.attack.attack_inputs import OpenedVotes, known, missing
from service.risk.attack.round_what_if import RoundWhatIf

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def documented() -> dict[str, Any]:
    section = OPERATIONS.read_text("utf-8").split("## A round in a file", 1)[1]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block is not None
    found: dict[str, Any] = json.loads(block[1])
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "round.json"
    file.write_text(json.dumps(documented()))
    return file


def test_the_documented_round_is_read_and_gaps_stay_gaps(path: Path) -> None:
    found = read_round(path)
    assert found.terms.stake == known(24e6)
    assert found.uma.lendable == missing("not read")
    assert found.uma.perp_open_interest_usd == missing("not in the file")
    minerals, cut, old = found.requests
    assert minerals.asks is not None
    assert (minerals.asks[1].price, minerals.honest_error.mean) == (0.30, 0.45)
    assert (cut.asks, cut.best_bid.value) == (None, None)
    assert not old.operative


def test_opened_votes_are_read_with_whose_they_are(path: Path) -> None:
    told = documented()
    told["phase"] = "reveal"
    told["requests"][0]["opened"] = {"wrong": 9.5e6, "right": 2.5e6, "sealed": 8e6}
    told["blocs"][0]["opened"] = {"minerals": 4e6}
    path.write_text(json.dumps(told))
    found = read_round(path)
    assert found.requests[0].opened == OpenedVotes(9.5e6, 2.5e6, 0.0, 8e6)
    assert found.blocs[0].opened == {"minerals": 4e6}
    told["requests"][0]["opened"]["sealed"] = -1
    path.write_text(json.dumps(told))
    with pytest.raises(UsageError, match="not below 0"):
        read_round(path)


def test_the_page_says_what_flips_what_it_costs_and_that_nothing_is_safe(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    what_if_command(path, RoundWhatIf(50e6, coalition=("bloc-1",)), as_json=False)
    page = capsys.readouterr().out
    assert page.startswith("Round 10330 as of 2026-07-23 06:00 UTC, model attack-")
    assert "support: assumed" in page
    assert "can force and block alone" in page
    assert "minerals, rate-cut, superseded" in page
    assert "is not safe" in page
    assert "assumed numbers stand behind this" in page


def test_json_carries_the_whole_answer(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    what_if_command(path, RoundWhatIf(coalition=("bloc-1",)), as_json=True)
    read = json.loads(capsys.readouterr().out)
    assert read["can_force"] is False
    assert (read["round_id"], read["as_of"]) == (10330, "2026-07-23T06:00:00Z")
    assert read["open_interest_known"] == {"known": 2, "of": 2}
    names = {row["name"] for row in read["assumptions"]}
    assert {"default.uma_lendable", "rate-cut.best_bid"} <= names


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"phase": "later"}, "phase: "),
        ({"terms": {"stakes": 1}}, "terms.stakes: "),
        ({"as_of": "2026-07-23T06:00:00"}, "as_of: "),
        ({"requests": [{"id": "x", "asks": [[1.5, 10]]}]}, "ask"),
        ({"requests": [{"id": "x", "price": -1}]}, "-1"),
        ({"requests": [{"id": "x"}, {"id": "x"}], "blocs": []}, "twice"),
        ({"terms": {"spat": 1.0}}, "SPAT"),
        ({"terms": {"stake": "much"}}, "terms.stake: "),
        ({"terms": {"slash": 5}}, "terms.slash: "),
        ({"as_of": "9999-12-31T23:59:59-12:00"}, "no instant of the calendar"),
        ({"round_id": -1}, "round_id: "),
        ({"requests": [{"id": "\ud800"}], "blocs": []}, "requests.0.id: "),
        ({"requests": [{"id": "x", "embarrassment": 9}]}, "requests.0.embarrassment: "),
        ({"blocs": [{"id": "b", "stake": 1, "hedged": -5}]}, "blocs.0.hedged: "),
        ({"blocs": [{"id": "b", "stake": 1}] * 2}, "blocs: 'b' is there twice"),
        ({"voters": [{"id": "v", "stake": 1}] * 2}, "voters: 'v' is there twice"),
        ({"blocs": [{"id": "b", "stake": 1, "holdings": {"typo": 5}}]}, "'typo' is no request"),
        ({"voters": [{"id": "v", "stake": 1, "opened": {"typo": 1}}]}, "'typo' is no request"),
        ({"blocs": [{"id": "b", "stake": 50e6}]}, "b: 50,000,000 UMA are more than all stake"),
    ],
)
def test_a_bad_file_is_one_line_naming_the_key(
    path: Path, change: dict[str, Any], says: str
) -> None:
    path.write_text(json.dumps({**documented(), **change}))
    with pytest.raises(UsageError) as error:
        what_if_command(path, RoundWhatIf(), as_json=False)
    assert says in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[]", "\x00"])
def test_what_is_no_round_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(UsageError, match=r"round\.json"):
        read_round(path)


def test_money_that_is_not_known_is_unknown_and_never_0(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = documented()
    for request in told["requests"]:
        request.pop("open_interest_usd", None)
        request.pop("volume_usd", None)
    path.write_text(json.dumps(told))
    question = RoundWhatIf(50e6, coalition=("bloc-1",))
    what_if_command(path, question, as_json=True)
    read = json.loads(capsys.readouterr().out)
    assert len(read["flips"]) == 3
    assert read["open_interest_known"] == {"known": 0, "of": 2}
    money = ("flipped_usd", "gain", "cost", "profit", "pays", "attack")
    assert [read[name] for name in money] == [None] * 6
    what_if_command(path, question, as_json=False)
    page = capsys.readouterr().out
    assert "Open interest that flips: unknown" in page
    assert "does not pay under" not in page
    told["requests"][0]["open_interest_usd"] = 490_000
    path.write_text(json.dumps(told))
    what_if_command(path, question, as_json=False)
    assert "of 1 of 2 not known: a lower bound" in capsys.readouterr().out


def test_a_coalition_of_nobody_is_refused(path: Path) -> None:
    with pytest.raises(UsageError, match="'nobody'"):
        what_if_command(path, RoundWhatIf(coalition=("nobody",)), as_json=False)
    with pytest.raises(UsageError, match="cannot be read"):
        read_round(path.with_name("absent.json"))

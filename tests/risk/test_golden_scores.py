"""Scores of three invented markets, held to 1e-9: docs/methodology.md, "Intervals".

``python -m tests.risk.test_golden_scores`` writes the file again.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.enums import Outcome
from service.risk.assess import assess
from service.risk.inputs import MarketInputs
from service.risk.parameters import MODEL_VERSION
from tests.risk.scenes import NO_COUNTS, PARAMETERS, proposed, voting
from tests.risk.test_feature_bearing import STRANGER
from tests.risk.test_vote_outlook import opened

GOLDEN = Path(__file__).with_name("golden_scores.json")
TOLERANCE = 1e-9
MARKETS: dict[str, MarketInputs] = {
    "proposed in time": proposed(Outcome.NO, minutes_ago=50, price=0.03),
    "proposed by a stranger against the price": replace(
        proposed(minutes_ago=20, price=0.16), features=STRANGER
    ),
    "votes being opened": replace(voting(price=0.3), vote=opened(yes=6, no=5)),
}
WRITE = (
    "write the file again with `PYTHONPATH=. python -m tests.risk.test_golden_scores`, review what"
    " moved, and tell CHANGELOG.md."
)
MOVED = (
    "scores moved by more than 1e-9 under the same version. Where a formula or a number was meant"
    " to change, raise MODEL_VERSION or priors_version; where none was, look for a library whose"
    f" draws or functions changed. Then {WRITE}"
)


def versions() -> dict[str, Any]:
    """What the numbers belong to."""
    return {
        "model_version": MODEL_VERSION,
        "priors_version": PARAMETERS.priors_version,
        "seed": PARAMETERS.seed,
        "draws": PARAMETERS.draws,
    }


def numbers(inputs: MarketInputs) -> dict[str, float]:
    """All that is promised of a score, by name."""
    result = assess(inputs, NO_COUNTS, PARAMETERS)
    found = {name: getattr(result.p_misresolved, name) for name in ("mean", "p05", "p95")}
    found |= {f"component {name}": value for name, value in result.summary.components.items()}
    for driver in result.drivers:
        found[f"contribution_p {driver.feature}"] = driver.contribution_p
        found[f"contribution_logit {driver.feature}"] = driver.contribution_logit
    return found


def measured() -> dict[str, Any]:
    """The content of the file."""
    return {**versions(), "scores": {name: numbers(found) for name, found in MARKETS.items()}}


def test_the_golden_scores_are_of_these_versions() -> None:
    golden = json.loads(GOLDEN.read_text("utf-8"))
    kept = {name: golden[name] for name in versions()}
    assert kept == versions(), f"a version was raised: {WRITE}"


@pytest.mark.parametrize("market", MARKETS)
def test_equal_inputs_seed_and_version_give_the_same_score_on_any_machine(market: str) -> None:
    golden = json.loads(GOLDEN.read_text("utf-8"))["scores"][market]
    # Components and contributions are differences: of these a part of the mean counts.
    least = TOLERANCE * golden["mean"]
    assert numbers(MARKETS[market]) == pytest.approx(golden, rel=TOLERANCE, abs=least), MOVED


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"Wrote {GOLDEN}.\n")

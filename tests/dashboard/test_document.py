import json

import pytest

from service.dashboard.document import (
    read_baseline,
    read_beliefs,
    read_components,
    read_drivers,
    read_freshness,
    read_money_source,
)
from service.risk.assess import assess
from service.risk.document import to_document
from service.risk.inputs import MarketInputs
from tests.risk import scenes


def stored(inputs: MarketInputs) -> dict[str, object]:
    result = assess(inputs, scenes.NO_COUNTS, scenes.PARAMETERS)
    loaded = json.loads(json.dumps(to_document(result)))
    assert isinstance(loaded, dict)
    return loaded


def test_the_models_own_document_is_told_in_full() -> None:
    document = stored(scenes.proposed(minutes_ago=50, price=0.62))
    told = {driver.name: driver for driver in read_drivers(document)}
    assert {"The market's price before the first proposal", "Time without a dispute"} <= set(told)
    assert told["Time without a dispute"].value == "50 min"
    assert not told["Time without a dispute"].raises
    assert told["The market's price before the first proposal"].value.startswith("$0.62")
    assert read_baseline(document) is not None
    assert len(read_components(document)) >= 5
    assert len(read_beliefs(document, ["Yes", "No"])) == 4
    assert read_money_source(document) == "Open interest as Polymarket reports it."
    assert dict(read_freshness(document).ages)["Order book"] == "30 s"


def test_parts_are_told_on_the_scale_of_their_sum() -> None:
    parts = read_components({"components": {"undisputed": 0.03, "override": -0.0005}})
    assert [part.share for part in parts] == ["3 in 100", "\u22120.05 in 100"]
    assert parts[1].bar.start < 500


def test_a_driver_is_told_as_a_multiple_of_the_odds() -> None:
    rows = [
        {"feature": "state", "contribution_logit": 0.6931471805599453},
        {"feature": "flagged", "contribution_logit": -2.995732273553991},
        {"feature": "answer", "contribution_logit": 0.0},
    ]
    told = read_drivers({"drivers": rows})
    assert [driver.push for driver in told] == ["odds \u00d7 2", "odds \u00f7 20"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"drivers": None, "components": [], "money": "x", "freshness": 3, "warnings": {}},
        {"drivers": ["x", {"feature": None}], "components": {"a": "b"}},
    ],
)
def test_a_document_of_another_shape_leaves_gaps_and_breaks_nothing(
    document: dict[str, object],
) -> None:
    assert read_drivers(document) == []
    assert read_components(document) == []
    assert read_baseline(document) is None
    assert read_beliefs(document, []) == []
    assert read_money_source(document) is None
    assert read_freshness(document).missing == ()


def test_no_address_stands_beside_a_number_that_rises() -> None:
    evidence = ["2 disputes", "proposer 0x" + "12" * 20]
    rows = [{"feature": "state", "contribution_logit": 1.0, "evidence": evidence}]
    [driver] = read_drivers({"drivers": rows})
    assert driver.evidence == ("2 disputes",)

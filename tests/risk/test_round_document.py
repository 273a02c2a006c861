"""A round as the document that will be stored and served."""

import json
from decimal import Decimal

from service.risk.attack.attack_inputs import Bloc, Voter
from service.risk.attack.round_assessment import assess_round
from service.risk.attack.round_document import to_round_document, to_what_if_document
from service.risk.attack.round_what_if import RoundWhatIf, answer_round_what_if
from tests.risk.round_scenes import MILLION, QUICK, market, round_of

BLOC = Bloc("bloc", 16 * MILLION, entities=("v1",), holdings={"big": 400_000})
INPUTS = round_of(
    [market("big", 2e6), market("small", 3e4), market("next", 4e5, in_round=False)],
    [BLOC],
    [Voter("v1", 16 * MILLION), Voter("v2", 8 * MILLION)],
)


def test_every_field_of_the_contract_is_there_and_is_json() -> None:
    document = to_round_document(assess_round(INPUTS, QUICK))
    read = json.loads(json.dumps(document, allow_nan=False))
    assert {
        *("round_id", "phase", "phase_end", "as_of", "params", "requests", "concentration"),
        *("new_stake_in_commit_uma", "blocs", "dollars_exposed", "dollars_forceable"),
        *("dollars_forceable_open", "disputes_in_window_vs_baseline", "loss", "optimal_set"),
        *("critical_set", "attack_margin", "break_even_delta", "break_even_stake_uma"),
        *("bribe_floor", "p_round_attack", "p_any_wrong", "p_two_or_more_wrong"),
        *("assumptions", "model_version", "warnings"),
    } <= set(read)
    assert {"hhi", "gini", "top1", "top3", "top9", "nakamoto_force", "nakamoto_block"} <= set(
        read["concentration"]
    )
    bloc = read["blocs"][0]
    assert (bloc["id"], bloc["can_force"], bloc["force_shortfall_uma"]) == (
        "bloc",
        True,
        "0.000000",
    )
    assert Decimal(read["dollars_exposed"]) == 2_030_000
    assert read["as_of"] == "2026-07-23T06:00:00Z"
    for line in read["markets"]:
        for name in ("p_wrong", "p_roll", "p_wrong_honest"):
            rate = line[f"{name}_interval"]
            assert rate["p05"] <= rate["mean"] == line[name] <= rate["p95"]
    margin = {key: Decimal(value) for key, value in read["attack_margin"].items()}
    assert margin["p05"] <= margin["mean"] <= margin["p95"]


def test_what_is_unknown_is_null_and_explained() -> None:
    inputs = round_of([market("big", 2e6)])
    read = json.loads(json.dumps(to_round_document(assess_round(inputs, QUICK))))
    assert read["dollars_forceable"] is None
    assert read["new_stake_in_commit_uma"] is None
    assert any("no bloc is known" in text for text in read["warnings"])
    assert any("new stake in commit" in text for text in read["warnings"])


def test_an_answer_is_json_with_its_assumptions() -> None:
    answer = answer_round_what_if(INPUTS, RoundWhatIf(coalition=("bloc",)), QUICK)
    read = json.loads(json.dumps(to_what_if_document(answer), allow_nan=False))
    assert read["flips"] == ["big", "small"]
    assert read["question"]["coalition"] == ["bloc"]
    assert {"cost", "gain", "flipped", "requests", "acquisition"} <= set(read)
    assert all(row["tag"] for row in read["assumptions"])

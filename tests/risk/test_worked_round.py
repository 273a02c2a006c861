"""Forty disputed markets in one round: the worked example of "Checks" in docs/methodology.md.

Its votes were drawn once, 4,000 times. Money may differ by 5 % from what prints as the example's
digits; counts must agree where a chance is not within 0.02 of a half."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from service.risk.attack.attack_cost import saturate, unhedged_value
from service.risk.attack.attack_inputs import Bloc, DocketMarket, UmaMarket, known
from service.risk.attack.attack_parameters import AttackParameters
from service.risk.attack.bloc_docket import BlocDocket, Scene, assess_bloc
from service.risk.attack.round_assessment import build_scene
from service.risk.vote_simulation import Lean
from tests.risk.round_scenes import MILLION, PARAMETERS, TERMS, UMA, round_of

CAPTURE = Path(__file__).with_name("worked_round.csv")
STAKE = 24 * MILLION
# The example's own two simplifications: its lowest turnout, and who is slashed when the bloc wins.
AS_WORKED = replace(PARAMETERS, turnout=replace(PARAMETERS.turnout, low=0.7), others_slashed=0.8)


@dataclass(frozen=True)
class Row:
    """One row of the example's table; money in USD, each with half a unit of its last digit."""

    name: str
    share: float
    spat: float
    won: int
    roll: float
    reassigned: tuple[float, float]
    gaining: tuple[float, float]
    damage: tuple[float, float] | None
    best: tuple[float, float]
    size: int
    fall: tuple[float, float] | None
    held: float = 0.05
    hedged: float = 0.0


ROWS = (
    Row("45M", 0.25, 0.65, 0, 0.30, (0.05e6, 5e3), (0, 500), None, (0, 500), 0, None),
    Row("45M", 0.36, 0.65, 0, 0.95, (0.08e6, 5e3), (0, 500), None, (0, 500), 0, None),
    Row("45M", 0.50, 0.65, 4, 0.90, (0.18e6, 5e3), (9e3, 500), (13e3, 500), (3e3, 500), 4,
        (8e-4, 5e-5)),
    Row("45M", 0.50, 0.50, 40, 0.01, (3.12e6, 5e3), (557e3, 500), (221e3, 500), (343e3, 500),
        39, (0.046, 5e-4)),
    Row("45M", 0.66, 0.65, 40, 0.00, (3.15e6, 5e3), (447e3, 500), (295e3, 500), (220e3, 500),
        37, (0.028, 5e-4)),
    Row("500M", 0.50, 0.65, 4, 0.90, (1.99e6, 5e3), (57e3, 500), (142e3, 500), (3e3, 500), 3,
        (0.005, 5e-4)),
    Row("500M", 0.66, 0.65, 40, 0.00, (35.0e6, 5e4), (2.17e6, 5e3), (2.81e6, 5e3), (116e3, 500),
        26, (0.137, 5e-4)),
    Row("500M", 0.66, 0.65, 40, 0.00, (35.0e6, 5e4), (7.79e6, 5e3), (1.40e6, 5e3), (3.17e6, 5e3),
        40, (0.98, 5e-3), held=0.30, hedged=0.5),
)  # fmt: skip


FIELDS = (
    "round", "market", "volume_usd", "open_interest_usd", "price_wrong_side", "honest_error_mean",
)  # fmt: skip


def markets(name: str) -> list[DocketMarket]:
    """Its wrong side sells at the price named; no book, so that depth is the assumed one."""
    with CAPTURE.open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines, FIELDS) if row["round"] == name]
    return [
        DocketMarket(
            request_id=row["market"],
            operative=True,
            open_interest=known(float(row["open_interest_usd"])),
            volume=known(float(row["volume_usd"])),
            price=known(float(row["price_wrong_side"])),
            best_bid=known(float(row["price_wrong_side"])),
            asks=None,
            honest_error=Lean(float(row["honest_error_mean"]), 4),
        )
        for row in rows
    ]


def assessed(row: Row, parameters: AttackParameters = AS_WORKED) -> tuple[Scene, BlocDocket]:
    stake = row.share * STAKE
    uma: UmaMarket = replace(UMA, perp_open_interest_usd=known(row.hedged * stake))
    terms = replace(TERMS, spat=known(row.spat))
    inputs = replace(round_of(markets(row.name), terms=terms), uma=uma)
    scene, _ = build_scene(inputs, parameters)
    docket = scene.docket
    held = dict(zip(docket.request_ids, row.held * docket.open_interest, strict=True))
    bloc = Bloc("bloc", stake, holdings=held, hedged=row.hedged)
    return scene, assess_bloc(scene, bloc, docket.in_round)


def close(found: float, printed: Sequence[float]) -> bool:
    """Within 5 % of a number that prints as this one."""
    value, half_a_digit = printed
    return (value - half_a_digit) * 0.95 <= found <= (value + half_a_digit) * 1.05


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name} {row.share} {row.spat}")
def test_every_row_of_the_example_is_found(row: Row) -> None:
    scene, found = assessed(row)
    chance, interest = found.votes.chance, scene.docket.open_interest
    assert np.all(np.abs(chance - 0.5) > 0.02), "a count that could go either way"
    assert int((chance > 0.5).sum()) == row.won
    assert found.votes.stall.mean() == pytest.approx(row.roll, abs=0.01)
    assert close(float(chance @ interest), row.reassigned)
    assert close(found.gaining_usd, row.gaining)
    exposed = unhedged_value(found.bloc.stake, found.bloc.hedged, scene.uma, AS_WORKED)
    damage = exposed * float(saturate(AS_WORKED.fall, float(chance @ interest)))
    assert row.damage is None or close(damage, row.damage)
    assert close(found.best.worth_usd, row.best)
    assert len(found.best.requests) == row.size
    assert row.fall is None or close(found.break_even_fall or 0.0, row.fall)


def test_counting_who_is_slashed_instead_of_assuming_it_moves_the_table() -> None:
    """The example has 80 % of other stake slashed; counted in the votes it is another number.

    At 66 % fewer others follow, so a win pays more; at 50 % a win needs many followers, who are not
    slashed, and the attack that paid 3,000 USD pays nothing.
    """
    counted, worked = [], []
    for row in (ROWS[2], ROWS[4]):
        worked.append(assessed(row)[1])
        counted.append(assessed(row, PARAMETERS)[1])
    assert counted[0].best.requests == ()
    assert worked[0].best.worth_usd > 2_500
    assert counted[1].gaining_usd == pytest.approx(476e3, rel=0.02)
    assert worked[1].gaining_usd == pytest.approx(447e3, rel=0.02)

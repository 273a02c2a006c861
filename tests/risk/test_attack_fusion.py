"""Families are capped, names count once, and no score is called a probability too early."""

import random
from itertools import permutations
from math import log

import pytest

from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Support
from service.risk.log_odds import expit
from service.risk.signs.attack_calibration import (
    CalibrationStatus,
    LabelledScores,
    calibrate,
    fit_platt,
)
from service.risk.signs.attack_fusion import FAMILY_CAP, fuse, logit, score_document
from service.risk.signs.attack_signs import AttackSign


def sign(name: str, log_lr: float, family: SignalFamily = SignalFamily.STAKE) -> AttackSign:
    return AttackSign(family, name, SignalSubject.ROUND, "7", log_lr, Support.ASSUMED, "Seen.")


def test_a_score_is_the_base_rate_and_every_sign() -> None:
    score = fuse(SignalSubject.ROUND, "7", [sign("a", log(5)), sign("b", -0.5, SignalFamily.TEXT)])
    assert score.base == logit(1.5 / 601)
    assert score.score == pytest.approx(score.base + log(5) - 0.5)


@pytest.mark.parametrize("way", [1, -1])
def test_no_family_counts_more_than_its_cap_either_way(way: int) -> None:
    signs = [sign("a", way * 2.0), sign("b", way * 4.0), sign("c", 1.0, SignalFamily.RINGS)]
    score = fuse(SignalSubject.ROUND, "7", signs)
    assert score.score == pytest.approx(score.base + way * FAMILY_CAP + 1.0)
    by_name = {part.sign.signal: part for part in score.contributions}
    # Both are shown as found, and as they count: one to two still.
    assert (by_name["a"].raw, by_name["b"].raw) == (way * 2.0, way * 4.0)
    assert by_name["b"].capped == pytest.approx(2 * by_name["a"].capped)


def test_a_sign_told_of_a_round_and_of_its_market_counts_once() -> None:
    once = fuse(SignalSubject.MARKET, "0x1", [sign("a", 1.0)])
    twice = fuse(SignalSubject.MARKET, "0x1", [sign("a", 1.0), sign("a", 0.7)])
    assert twice.score == once.score


def test_signs_in_any_order_give_the_same_document() -> None:
    signs = [sign(name, 0.1 * i) for i, name in enumerate("abcdefgh", 1)]
    shuffled = random.Random(1).sample(signs, len(signs))  # noqa: S311  # a test's order
    ways = [fuse(SignalSubject.ROUND, "7", way) for way in (signs, shuffled)]
    assert score_document(ways[0]) == score_document(ways[1])


def test_the_last_bit_of_a_sum_makes_no_higher_score() -> None:
    """A sum of floats depends on the order; who has what set the threshold must not exceed it."""
    parts = [1.1, 2.2, 0.3]
    families = [SignalFamily.FLOW, SignalFamily.RINGS, SignalFamily.TEXT]
    scores = {
        fuse(SignalSubject.ROUND, "7", map(sign, "abc", way, families)).score
        for way in permutations(parts)
    }
    assert len(scores) == 1


def past(positives: int, quiet: int, *, slope: float = 1.0) -> LabelledScores:
    """Scores drawn so that an attack's chance is expit(slope * score)."""
    draw = random.Random(3)  # noqa: S311  # a test's draws
    found: list[tuple[float, bool]] = []
    left = {True: positives, False: quiet}
    while any(left.values()):
        score = draw.gauss(0, 2)
        attacked = draw.random() < expit(slope * score)
        if left[attacked]:
            left[attacked] -= 1
            found.append((score, attacked))
    scores, attacks = zip(*found, strict=True)
    return LabelledScores(scores, attacks)


@pytest.mark.parametrize(
    ("positives", "status"),
    [
        (0, CalibrationStatus.UNCALIBRATED_RANKED),
        (19, CalibrationStatus.UNCALIBRATED_RANKED),
        (20, CalibrationStatus.PLATT),
        (99, CalibrationStatus.PLATT),
        (100, CalibrationStatus.VENN_ABERS),
    ],
)
def test_known_attacks_decide_what_a_score_may_be_called(
    positives: int, status: CalibrationStatus
) -> None:
    calibrated = calibrate(0.4, past(positives, 120))
    assert calibrated.status is status
    assert (calibrated.mean is None) == (status is CalibrationStatus.UNCALIBRATED_RANKED)


def test_platt_finds_the_slope_of_many_and_trusts_few_less() -> None:
    _, slope = fit_platt(past(2_000, 2_000, slope=0.4))
    assert slope == pytest.approx(0.4, abs=0.06)
    _, few = fit_platt(past(20, 20, slope=0.4))
    assert slope < few < 1.0


def test_venn_abers_brackets_and_rises_with_the_score() -> None:
    history = past(400, 400)
    told = [calibrate(score, history) for score in (-3.0, -1.0, 0.0, 1.0, 3.0)]
    for one in told:
        assert one.low is not None
        assert one.high is not None
        assert one.mean is not None
        assert one.low <= one.mean <= one.high
    means = [one.mean for one in told if one.mean is not None]
    assert means == sorted(means)
    assert means[2] == pytest.approx(0.5, abs=0.12)

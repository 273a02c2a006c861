"""An announced refund speaks against the payout, and leaves it as it is."""

from dataclasses import replace

import pytest

from models.enums import Category, MarketState, OracleVersion, Outcome, Remedy
from service.risk.assess import assess
from service.risk.inputs import MICRO, MarketInputs
from service.risk.result import MarketAssessmentResult
from tests.risk.scenes import NO_COUNTS, PARAMETERS, proposal, settled, voting


def score(inputs: MarketInputs) -> MarketAssessmentResult:
    return assess(inputs, NO_COUNTS, PARAMETERS)


def paid_no(disputes: int, price: float | None, category: Category) -> MarketInputs:
    """No was proposed and paid, under the older oracle."""
    made = proposal(Outcome.NO, 600)
    return replace(
        settled(MarketState.RESOLVED, Outcome.NO, disputes, price),
        first_proposal=made,
        current_proposal=made,
        category=category,
        oracle_version=OracleVersion.OOV2,
    )


# Undisputed at 2 cents; voted with no price known; calm.
AGAINST_THE_PRICE = paid_no(0, 0.98, Category.SPORTS)
VOTED = paid_no(2, None, Category.POLITICS)
CALM_PAID = paid_no(0, 0.01, Category.SPORTS)


@pytest.mark.parametrize(
    ("paid", "before", "after"),
    [(AGAINST_THE_PRICE, 0.039, 0.41), (VOTED, 0.133, 0.68), (CALM_PAID, 1.145e-4, 2.29e-3)],
)
def test_a_refund_is_evidence_of_a_wrong_payout(
    paid: MarketInputs, before: float, after: float
) -> None:
    result = score(replace(paid, remedy=Remedy.REFUND))
    assert score(paid).p_misresolved.mean == pytest.approx(before, rel=0.03)
    assert result.p_misresolved.mean == pytest.approx(after, rel=0.03)
    (driver,) = [d for d in result.drivers if d.feature == "announced_refund"]
    assert driver.contribution_p == pytest.approx(after - before, rel=0.05)
    assert 2 < driver.contribution_logit < 3.01
    assert any("assumed" in text for text in driver.evidence)
    assert result.truth is not None
    assert "announced_refund" in result.truth.sources
    assert any("by assumption" in warning for warning in result.warnings)
    assert any("payout itself stays" in warning for warning in result.warnings)


def test_a_refund_undoes_nothing_on_chain_and_the_misplaced_money_still_counts() -> None:
    refunded = score(replace(VOTED, remedy=Remedy.REFUND, open_interest=1_000 * MICRO))
    assert refunded.summary.p_refund == 1
    assert refunded.summary.p_overridden_onchain == 0
    assert refunded.summary.components["override"] == 0
    assert refunded.expected_loss is not None
    assert refunded.expected_loss > 600 * MICRO


@pytest.mark.parametrize("remedy", [Remedy.NONE, Remedy.OVERRIDE])
def test_only_a_refund_is_such_evidence(remedy: Remedy) -> None:
    assert score(replace(VOTED, remedy=remedy)).p_misresolved == score(VOTED).p_misresolved


def test_a_payout_set_by_hand_is_judged_by_the_hand_with_a_refund_or_without() -> None:
    by_hand = replace(VOTED, overridden=True, remedy=Remedy.OVERRIDE)
    refunded = score(replace(by_hand, remedy=Remedy.REFUND))
    assert refunded.p_misresolved == score(by_hand).p_misresolved
    assert refunded.summary.p_oracle_wrong == score(by_hand).summary.p_oracle_wrong
    assert "announced_refund" not in {d.feature for d in refunded.drivers}


@pytest.mark.parametrize("unpaid", [voting(0.4), settled(MarketState.ANSWERED, Outcome.NO, 2, 0.4)])
def test_before_payment_a_refund_says_nothing(unpaid: MarketInputs) -> None:
    refunded = score(replace(unpaid, remedy=Remedy.REFUND))
    assert refunded.p_misresolved == score(unpaid).p_misresolved
    assert "announced_refund" not in {d.feature for d in refunded.drivers}

"""What speaks for or against a proposal beside its course, one kind at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.enums import MarketState, OracleVersion, Outcome
from service.risk.assess import assess
from service.risk.document import to_document
from service.risk.hazard import dispute_share, is_late, window_share
from service.risk.inputs import Adjudicated, MarketInputs, SiblingStanding
from service.risk.result import MarketAssessmentResult
from service.risk.siblings import bind
from service.risk.text.features import Feature, Span
from tests.risk.scenes import (
    AT,
    CALM,
    NO_COUNTS,
    PARAMETERS,
    proposal,
    proposed,
    settled,
    voting,
)

HAZARD = PARAMETERS.hazard
VAGUE = Feature(
    "vague_verb", 3.0, "kinds of vague words", 1.2, "default", (Span("rules", 0, 5, "agree"),)
)
NAMED = Feature("no_named_source", 0.0, "0 or 1", -0.4, "default")
MAP = Feature(
    "fragile_source_map", 1.0, "0 or 1", 0.0, "default", (Span("rules", 9, 16, "ISW map"),)
)


def score(inputs: MarketInputs) -> MarketAssessmentResult:
    return assess(inputs, NO_COUNTS, PARAMETERS)


def mean(inputs: MarketInputs) -> float:
    return score(inputs).p_misresolved.mean


def with_liveness(seconds: int, inputs: MarketInputs | None = None) -> MarketInputs:
    inputs = inputs or proposed()
    made = replace(proposal(), liveness_seconds=seconds)
    return replace(inputs, current_proposal=made, first_proposal=made)


def sibling(
    value: Outcome | None, price: float | None = None, disputes: int = 0, name: str = "0x02"
) -> SiblingStanding:
    state = MarketState.PRE_PROPOSAL if value is None else MarketState.PROPOSED
    return SiblingStanding(name, state, value, disputes, price)


def test_features_move_a_calm_market_by_their_log_odds_and_are_told_apart() -> None:
    result = score(replace(CALM, features=(VAGUE, NAMED)))
    ratio = result.p_misresolved.mean / mean(CALM)
    # Of the score only the wrong overrides, a twentieth of it, do not follow.
    assert 2.718**0.8 * 0.93 < ratio < 2.718**0.8
    by_name = {driver.feature: driver for driver in result.drivers}
    assert by_name["vague_verb"].contribution_logit > 0 > by_name["no_named_source"].contribution_p
    assert by_name["vague_verb"].evidence == ('rules: "agree"',)
    total = sum(driver.contribution_p for driver in result.drivers)
    assert total == pytest.approx(result.p_misresolved.mean - result.cell_mean, abs=1e-15)


def test_features_that_cancel_are_still_told() -> None:
    against = replace(NAMED, logit=-1.17)
    result = score(replace(CALM, features=(VAGUE, against)))
    assert {"vague_verb", "no_named_source"} <= {driver.feature for driver in result.drivers}
    exact = replace(against, logit=-1.2)
    assert mean(replace(CALM, features=(VAGUE, exact))) == mean(CALM)


def test_features_within_a_step_share_a_score() -> None:
    close = replace(VAGUE, logit=1.21)
    assert mean(replace(CALM, features=(close,))) == mean(replace(CALM, features=(VAGUE,)))


def test_a_fragile_source_is_a_path_of_its_own() -> None:
    result = score(replace(CALM, features=(MAP,)))
    assert result.summary.components["source_corrupted"] == pytest.approx(2e-3, rel=0.02)
    assert any("map decides it" in warning for warning in result.warnings)
    assert next(d for d in result.drivers if d.feature == "fragile_source").evidence == (
        'rules: "ISW map"',
    )


def test_short_windows_see_fewer_disputes() -> None:
    shares = [window_share(s, HAZARD) for s in (600, 900, 1800, 7200, 172_800)]
    assert shares == sorted(shares)
    assert 0.5 < shares[0] < shares[1] < 0.75
    assert shares[3] == shares[4] == 1
    assert [round(dispute_share(m, HAZARD), 2) for m in (2.9, 12.3, 54, 300)] == [
        0.25, 0.5, 0.75, 0.9,
    ]  # fmt: skip


def test_a_shorter_liveness_never_lowers_the_score() -> None:
    means = [mean(with_liveness(s)) for s in (300, 600, 900, 1800, 7200)]
    assert means == sorted(means, reverse=True)
    assert means[2] > 2 * means[4]
    answered = [
        mean(with_liveness(s, settled(MarketState.RESOLVED, Outcome.YES))) for s in (900, 7200)
    ]
    assert answered[0] > 2 * answered[1]


def test_a_settlement_later_than_nearly_all_is_said_and_counted_on_the_managed_oracle() -> None:
    in_time, late = (replace(proposed(), at=AT + timedelta(minutes=m)) for m in (209, 240))
    assert is_late(proposal(), late.at, HAZARD)
    assert mean(late) > mean(in_time)
    assert any("settled later" in warning for warning in score(late).warnings)
    assert "settlement_late" in {driver.feature for driver in score(late).drivers}
    older = replace(late, oracle_version=OracleVersion.OOV2)
    assert not any("settled later" in warning for warning in score(older).warnings)


def test_the_document_says_who_settles_and_whether_an_expired_proposal_can_be_disputed() -> None:
    told = {}
    for version in OracleVersion:
        chain = to_document(score(replace(proposed(), oracle_version=version)))["chain_state"]
        assert isinstance(chain, dict)
        told[version] = chain["settled_by"], chain["disputable_after_expiry"]
    assert told == {
        OracleVersion.OOV2: ("anyone", False),
        OracleVersion.MANAGED: ("anyone", True),
        OracleVersion.MANAGED_RESOLVER: ("resolver", True),
    }


@pytest.mark.parametrize(
    "scene", [proposed(price=0.6), settled(MarketState.RESOLVED, Outcome.YES, 2, 0.6)]
)
def test_adjudicators_move_the_truth_by_what_their_verdicts_are_worth(scene: MarketInputs) -> None:
    agree = replace(scene, adjudicated=Adjudicated(3, 5.0, -5.0, -3.0))
    differ = replace(scene, adjudicated=Adjudicated(3, -5.0, 5.0, -3.0))
    assert mean(agree) < mean(scene) < mean(differ)
    truth = score(differ).truth
    assert truth is not None
    assert "adjudicators" in truth.sources


def test_three_adjudicators_narrow_a_disputed_belief_only_where_all_say_the_same() -> None:
    """A sum of log-odds does not tell three who agree from three who do not."""
    scene = voting(price=0.6)
    told = Adjudicated(3, 1.0, -1.0, -3.0)
    alone, split, agreed, two = (
        score(replace(scene, adjudicated=adjudicated)).summary.p_oracle_wrong
        for adjudicated in (
            replace(told, adjudicators=1, is_unanimous=True),
            told,
            replace(told, is_unanimous=True),
            replace(told, adjudicators=2, is_unanimous=True),
        )
    )
    assert split == alone == two
    assert agreed.mean == pytest.approx(split.mean, rel=0.06)
    assert agreed.p95 - agreed.p05 < 0.9 * (split.p95 - split.p05)


def test_an_earlier_vote_speaks_for_its_answer() -> None:
    again = replace(proposed(price=0.5), state=MarketState.REPROPOSED, disputes=1)
    along, against = (replace(again, earlier_vote=o) for o in (Outcome.YES, Outcome.NO))
    assert mean(along) <= mean(again) <= mean(against)
    # Unknown price: a moderate question, whose vote counts three times.
    silent = replace(again, price_before_proposal=0.9)
    assert mean(replace(silent, earlier_vote=Outcome.NO)) > 1.5 * mean(silent)


def test_a_feed_that_contradicts_raises_the_score_and_one_that_supports_lowers_it() -> None:
    scene = proposed(price=0.9)
    assert mean(replace(scene, feed="supports")) < mean(scene)
    assert mean(replace(scene, feed="contradicts")) > 3 * mean(scene)
    assert mean(replace(scene, feed="silent")) == mean(scene)


def test_another_venues_price_is_worth_nothing_until_it_is_measured() -> None:
    assert PARAMETERS.belief.venue_exponent == 0
    assert mean(replace(proposed(), venue_price=0.05)) == mean(proposed())


def test_two_outcomes_of_an_event_cannot_both_be_yes() -> None:
    alone = proposed(price=0.97)
    both = replace(alone, siblings=(sibling(Outcome.YES, 0.97),))
    truth = score(both).truth
    assert truth is not None
    assert truth.yes == pytest.approx(0.5, abs=0.02)
    assert mean(both) > 100 * mean(alone)
    assert "siblings" in {driver.feature for driver in score(both).drivers}


def test_a_doubtful_yes_makes_the_no_of_its_siblings_doubtful() -> None:
    no = proposed(Outcome.NO, price=0.1)
    sure, disputed = sibling(Outcome.YES, 0.9), sibling(Outcome.YES, 0.5, disputes=2)
    assert mean(replace(no, siblings=(disputed,))) > 2 * mean(replace(no, siblings=(sure,)))
    # An outcome nobody proposed yet, and dear before, takes most of what lacks.
    open_ = (disputed, sibling(None, 0.85, name="0x03"))
    assert mean(replace(no, siblings=open_)) < mean(replace(no, siblings=(disputed,)))


def test_of_an_event_whose_outcomes_are_all_no_one_is_wrong() -> None:
    third = proposed(Outcome.NO, price=0.3)
    others = tuple(sibling(Outcome.NO, 0.3, name=f"0x0{n}") for n in (2, 3))
    truth = score(replace(third, siblings=others)).truth
    assert truth is not None
    assert truth.yes == pytest.approx(1 / 3, abs=0.03)


def test_siblings_say_nothing_of_a_market_without_a_proposal() -> None:
    assert bind(replace(CALM, siblings=(sibling(Outcome.YES),)), PARAMETERS) == (0.0, 0.0)

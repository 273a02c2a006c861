"""Verdicts fused: known truth is found again, and little evidence stays little."""

from dataclasses import replace

import numpy as np
import pytest

from models.adjudication_enums import LabelClass, Verdict
from models.enums import Outcome
from service.risk.truth.adjudication_priors import load_fusion_priors
from service.risk.truth.dawid_skene import CLASSES, Array, Ballot, fuse
from service.risk.truth.truth_label import class_of, estimates, ln_ratio

PRIORS = load_fusion_priors()
YES, NO, HALF, OPEN = CLASSES


def simulate(
    accuracies: list[float], questions: int, seed: int, prevalence: tuple[float, ...]
) -> tuple[Array, list[Ballot]]:
    """Truths, and one ballot an adjudicator and question; errors are spread evenly."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(len(CLASSES), questions, p=prevalence)
    ballots = []
    for person, accuracy in enumerate(accuracies):
        slip = rng.integers(1, len(CLASSES), questions)
        said = np.where(rng.random(questions) < accuracy, truth, (truth + slip) % len(CLASSES))
        ballots += [Ballot(q, f"a{person}", CLASSES[v]) for q, v in enumerate(said)]
    return truth.astype(np.float64), ballots


def test_error_rates_of_simulated_adjudicators_are_recovered() -> None:
    accuracies = [0.95, 0.9, 0.8, 0.6]
    _, ballots = simulate(accuracies, 1500, 1, (0.4, 0.4, 0.1, 0.1))
    found = fuse(ballots, PRIORS)
    assert found.is_converged
    for person, accuracy in enumerate(accuracies):
        right = np.diag(found.confusion[person]) @ found.prevalence
        assert right == pytest.approx(accuracy, abs=0.03)
    assert found.prevalence == pytest.approx([0.4, 0.4, 0.1, 0.1], abs=0.03)


def test_q_is_calibrated() -> None:
    """Of answers said to be wrong with probability q, a share q is wrong, in every band."""
    q, wrong = [], []
    for seed in range(4):
        truth, ballots = simulate([0.9, 0.85, 0.8], 500, seed, (0.45, 0.45, 0.05, 0.05))
        for question, label in estimates(
            ballots, fuse(ballots, replace(PRIORS, draws=100))
        ).items():
            q.append(label.outcomes[Outcome.YES].wrong.mean)
            wrong.append({0: 0.0, 3: 0.5}.get(int(truth[question]), 1.0))
    said, was = np.array(q), np.array(wrong)
    for low, high in ((0, 0.1), (0.1, 0.7), (0.7, 0.95), (0.95, 1.001)):
        band = (said >= low) & (said < high)
        assert band.sum() > 40
        assert was[band].mean() == pytest.approx(said[band].mean(), abs=0.07), (low, high)


def test_one_bad_adjudicator_does_less_harm_than_to_the_majority() -> None:
    truth, ballots = simulate([0.9, 0.85, 0.15], 600, 3, (0.5, 0.5, 0.0, 0.0))
    found = fuse(ballots, PRIORS)
    votes = np.zeros((600, len(CLASSES)))
    for ballot in ballots:
        votes[ballot.question, CLASSES.index(ballot.verdict)] += 1
    # A tie of all different is broken for the first: as good as any rule that knows nobody.
    by_majority = (votes.argmax(axis=1) == truth).mean()
    fused = (found.posterior.argmax(axis=1) == truth).mean()
    assert fused > by_majority + 0.02


def test_renaming_the_classes_renames_the_result() -> None:
    _, ballots = simulate([0.9, 0.8, 0.7], 120, 4, (0.5, 0.3, 0.1, 0.1))
    turned = {YES: NO, NO: HALF, HALF: OPEN, OPEN: YES}
    order = [CLASSES.index(turned[verdict]) for verdict in CLASSES]
    plain = fuse(ballots, PRIORS)
    renamed = fuse([replace(b, verdict=turned[b.verdict]) for b in ballots], PRIORS)
    assert renamed.posterior[:, order] == pytest.approx(plain.posterior, abs=1e-7)


def test_the_order_of_the_ballots_does_not_matter() -> None:
    _, ballots = simulate([0.9, 0.8], 50, 5, (0.5, 0.5, 0.0, 0.0))
    assert (fuse(ballots, PRIORS).drawn == fuse(ballots[::-1], PRIORS).drawn).all()


def test_one_adjudicator_alone_is_worth_what_was_assumed_of_anybody() -> None:
    ballots = [Ballot(q, "only", YES if q % 2 else NO) for q in range(200)]
    label = estimates(ballots, fuse(ballots, PRIORS))[1]
    q = label.outcomes[Outcome.YES].wrong
    # Of the 15 % of wrong verdicts most would have named what is never true here.
    assert (1 - PRIORS.accuracy) / 3 < q.mean < 1 - PRIORS.accuracy
    assert q.p95 > 0.1
    assert class_of(q.mean, label.adjudicators) is LabelClass.PROVISIONAL


def test_agreement_of_three_makes_q_small_and_their_disagreement_contested() -> None:
    agreed = [Ballot(1, name, YES) for name in "abc"]
    split = [Ballot(2, "a", YES), Ballot(2, "b", NO), Ballot(2, "c", OPEN)]
    labels = estimates([*agreed, *split], fuse([*agreed, *split], PRIORS))
    first, second = labels[1].outcomes[Outcome.YES], labels[2].outcomes[Outcome.YES]
    assert first.wrong.mean < 0.05
    assert class_of(first.wrong.mean, 3) is LabelClass.SETTLED
    assert class_of(second.wrong.mean, 3) is LabelClass.CONTESTED
    assert first.ln_ratio > 3 > abs(second.ln_ratio)


@pytest.mark.parametrize(
    ("verdicts", "of_one_mind"),
    [
        ((YES, YES, YES), True),
        ((NO, NO, NO, NO), True),
        ((YES, YES, NO), False),
        ((YES, YES, YES, OPEN), False),
        ((OPEN, OPEN, OPEN), False),
        ((YES,), True),
    ],
)
def test_adjudicators_are_of_one_mind_where_every_verdict_speaks_for_one_outcome(
    verdicts: tuple[Verdict, ...],
    of_one_mind: bool,  # noqa: FBT001  # expected
) -> None:
    ballots = [Ballot(1, name, verdict) for name, verdict in zip("abcd", verdicts, strict=False)]
    others = [Ballot(n, name, YES if n % 2 else NO) for n in range(2, 30) for name in "abcd"]
    label = estimates([*ballots, *others], fuse([*ballots, *others], PRIORS))[1]
    assert label.is_unanimous is of_one_mind


def test_what_nobody_can_determine_is_contested_whatever_was_paid() -> None:
    ballots = [Ballot(1, name, OPEN) for name in "abcd"]
    label = estimates(ballots, fuse(ballots, PRIORS))[1]
    assert {class_of(o.wrong.mean, 4) for o in label.outcomes.values()} == {LabelClass.CONTESTED}


def test_adjudicators_who_never_met_are_fused_without_overlap() -> None:
    ballots = [Ballot(1, "a", YES), Ballot(2, "b", NO)]
    found = fuse(ballots, PRIORS)
    assert found.is_converged
    assert found.posterior[0, 0] == pytest.approx(found.posterior[1, 1])
    assert 0.5 < found.posterior[0, 0] < 0.95


def test_no_verdicts_are_no_questions() -> None:
    assert fuse([], PRIORS).questions == ()
    assert estimates([], fuse([], PRIORS)) == {}


def test_two_verdicts_of_one_adjudicator_on_a_question_are_refused() -> None:
    with pytest.raises(ValueError, match="two verdicts on one question"):
        fuse([Ballot(1, "a", YES), Ballot(1, "a", NO)], PRIORS)


def test_a_contribution_is_the_ln_of_true_over_false_positives() -> None:
    confusion = np.array([[0.9, 0.1, 0, 0], [0.2, 0.8, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    prevalence = np.array([0.5, 0.5, 0.0, 0.0])
    assert ln_ratio(confusion, prevalence, YES, YES) == pytest.approx(np.log(0.9 / 0.2))
    assert ln_ratio(confusion, prevalence, NO, YES) == pytest.approx(np.log(0.1 / 0.8))


@pytest.mark.parametrize(
    ("q", "people", "expected"),
    [
        (0.01, 3, LabelClass.SETTLED),
        (0.99, 3, LabelClass.SETTLED),
        (0.01, 2, LabelClass.PROVISIONAL),
        (0.2, 5, LabelClass.SETTLED),
        (0.21, 5, LabelClass.CONTESTED),
        (0.5, 1, LabelClass.CONTESTED),
        (None, 3, LabelClass.SETTLED),
    ],
)
def test_classes_by_q_and_number(q: float | None, people: int, expected: LabelClass) -> None:
    assert class_of(q, people) is expected


def test_verdicts_are_the_classes_in_order() -> None:
    assert CLASSES == (Verdict.YES, Verdict.NO, Verdict.HALF, Verdict.NOT_DETERMINABLE)

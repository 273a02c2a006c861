"""Splits: time goes one way, an embargo lies between, and groups are never split."""

from datetime import timedelta

import pytest

from service.calibration.rows import Labels, Target
from service.calibration.split import EMBARGO, frozen_split, rolling_folds
from service.errors import UsageError
from tests.calibration.study_rows import DAY, START, row, world


def test_a_fold_trains_before_the_embargo_and_never_on_a_tested_group() -> None:
    folds = list(rolling_folds(world(1500, days=240), Target.DISPUTED))

    assert len(folds) >= 4
    for fold in folds:
        month = fold.test[0].score_time.replace(day=1, hour=0, minute=0)
        assert all(r.score_time < month - EMBARGO for r in fold.train)
        assert {r.score_time.month for r in fold.test} == {month.month}
        assert not {r.group for r in fold.train} & {r.group for r in fold.test}


def test_a_group_on_both_sides_of_a_month_leaves_the_training_side() -> None:
    rows = world(1500, days=240)
    rows += [row(9000, group=rows[-1].group, score_time=START), row(9001, score_time=START)]

    last = list(rolling_folds(rows, Target.DISPUTED))[-1]

    keys = {r.market_key for r in last.train}
    assert row(9000).market_key not in keys
    assert row(9001).market_key in keys
    assert last.split_groups == 1


def test_a_fit_sees_the_histories_that_scoring_sees_and_no_label_of_theirs() -> None:
    rows = world(1500, days=240)
    sibling = row(9000, group=rows[-1].group, score_time=START, labels=Labels(disputed=True))
    unlabelled = row(9001, score_time=START, labels=Labels())

    fold = list(rolling_folds([*rows, sibling, unlabelled], Target.DISPUTED))[-1]

    others = {r.market_key for r in fold.history}
    assert {sibling.market_key, unlabelled.market_key} <= others
    assert all(r.labels == Labels() for r in fold.history)
    assert not others & {r.market_key for r in fold.train}
    assert all(r.score_time < fold.test[0].score_time - 29 * DAY for r in fold.history)
    assert fold.shown == (*fold.train, *fold.history)


def test_an_outcome_not_known_before_the_month_does_not_train() -> None:
    late = Labels(disputed=True, settled_at=START + 500 * DAY)
    rows = [*world(1500, days=240), row(9000, score_time=START, labels=late)]

    for fold in rolling_folds(rows, Target.DISPUTED):
        assert row(9000).market_key not in {r.market_key for r in fold.train}


def test_less_than_90_days_are_refused() -> None:
    with pytest.raises(UsageError, match="span 89 days"):
        list(rolling_folds(world(500, days=90)[:-1], Target.DISPUTED))


def test_a_frozen_model_is_tested_on_later_rows_only() -> None:
    rows = [row(number) for number in range(10)]
    sibling = row(20, group=rows[4].group)

    split = frozen_split(
        [*rows, sibling, row(30, labels=Labels())],
        Target.DISPUTED,
        START + 2 * DAY,
        START + 5 * DAY,
    )

    assert [r.score_time for r in split.train] == [START + n * DAY for n in (2, 3, 4, 5)]
    assert [r.score_time for r in split.test] == [START + n * DAY for n in (6, 7, 8, 9)]
    assert (split.earlier, split.split_groups, split.is_in_sample) == (2, 1, False)


def test_rows_no_later_than_the_training_are_never_called_out_of_time() -> None:
    split = frozen_split(
        [row(number) for number in range(5)], Target.DISPUTED, None, START + timedelta(days=9)
    )

    assert split.is_in_sample
    assert len(split.test) == 5


def test_a_frozen_model_keeps_an_embargo_where_enough_positives_lie_beyond_it() -> None:
    disputed = Labels(disputed=True)
    rows = [row(number, labels=disputed) for number in range(90)]

    many = frozen_split(rows, Target.DISPUTED, None, START + 5 * DAY)
    few = frozen_split(rows[:80], Target.DISPUTED, None, START + 5 * DAY)

    assert (many.embargo_days, many.embargoed, len(many.test)) == (30, 30, 54)
    assert (few.embargo_days, few.embargoed, len(few.test)) == (0, 0, 74)

"""Which rows train and which test: time goes one way, and groups are never split.

docs/methodology.md, "Backtest".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from service.calibration.rows import StudyRow, Target
from service.errors import UsageError

EMBARGO = timedelta(days=30)
SHORTEST = timedelta(days=90)
# A month is tested once this many positives came before it.
LEAST_POSITIVES = 20
# A frozen model's test leaves the embargo out where so many positives lie beyond it.
EMBARGO_POSITIVES = 50


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to train on and, later, rows to test on."""

    train: tuple[StudyRow, ...]
    test: tuple[StudyRow, ...]
    # Labelled rows that neither side may have, since their group is on the other one.
    split_groups: int
    # Earlier proposals that do not train, without their labels: proposers' histories count them
    # when rows are scored, so a fit must see them as well.
    history: tuple[StudyRow, ...] = ()

    @property
    def shown(self) -> tuple[StudyRow, ...]:
        """What a model is fitted on: the training rows, and the others that make histories."""
        return (*self.train, *self.history)


@dataclass(frozen=True, slots=True)
class FrozenSplit:
    """The rows of a model that is not fitted again, by what its training range makes of them."""

    train: tuple[StudyRow, ...]
    test: tuple[StudyRow, ...]
    # Rows before the training range: no forecast of later from earlier, so not tested.
    earlier: int
    split_groups: int
    # No row is later than the training range: the test rows are those the model may have seen.
    is_in_sample: bool
    # 0 where too few positives lie beyond an embargo to do without the rows inside it.
    embargo_days: int = 0
    # Later rows left out because they lie inside the embargo.
    embargoed: int = 0


def labelled(rows: Sequence[StudyRow], target: Target) -> list[StudyRow]:
    """The rows whose label is known, in order of time."""
    known = (row for row in rows if row.labels.of(target) is not None)
    return sorted(known, key=lambda row: (row.score_time, row.market_key))


def is_over(row: StudyRow, at: datetime) -> bool:
    """Whether a row's outcome was known before then; one without a settlement's time counts so."""
    return row.labels.settled_at is None or row.labels.settled_at < at


def demand_labels(rows: Sequence[StudyRow], target: Target) -> None:
    """Raise UsageError where no row says anything of the target."""
    if not any(row.labels.of(target) is not None for row in rows):
        raise UsageError(
            f"--target {target}: none of the {len(rows)} rows carries a label of it. Give "
            f"recordings whose column {target} is filled."
        )


def rolling_folds(rows: Sequence[StudyRow], target: Target) -> Iterator[Fold]:
    """One fold a calendar month; training ends an embargo before it.

    A training row's outcome must be known before the month as well. Of a group on both sides the
    training rows are left out. Raises UsageError for less than 90 days of rows.
    """
    known = labelled(rows, target)
    days = (known[-1].score_time - known[0].score_time).days if known else 0
    if days < SHORTEST.days:
        raise UsageError(
            f"--refit: the labelled rows span {days} days, a rolling refit needs "
            f"{SHORTEST.days}. Give more data, or score the frozen model without --refit."
        )
    first = known[0].score_time
    months = sorted({_month(row.score_time) for row in known})
    for start in months:
        cutoff = start - EMBARGO
        if cutoff - first < SHORTEST - EMBARGO:
            continue
        fold = _fold(rows, known, start, cutoff)
        if sum(bool(row.labels.of(target)) for row in fold.train) >= LEAST_POSITIVES:
            yield fold


def _fold(
    rows: Sequence[StudyRow], known: Sequence[StudyRow], start: datetime, cutoff: datetime
) -> Fold:
    test = tuple(row for row in known if _month(row.score_time) == start)
    before = [row for row in known if row.score_time < cutoff and is_over(row, start)]
    tested = {row.group for row in test}
    train = tuple(row for row in before if row.group not in tested)
    trained = {row.market_key for row in train}
    history = tuple(
        row.blinded()
        for row in rows
        if row.proposed_at is not None and row.score_time < cutoff and row.market_key not in trained
    )
    return Fold(train, test, len(before) - len(train), history)


def frozen_split(
    rows: Sequence[StudyRow],
    target: Target,
    trained_from: datetime | None,
    trained_to: datetime | None,
) -> FrozenSplit:
    """The test is the labelled rows more than an embargo later than the training range.

    With fewer than 50 positives there it is every later row, without an embargo; where none is
    later, the rows of the range itself, marked in-sample. A later row whose group reaches into the
    range is left out.
    """
    known = labelled(rows, target)
    if trained_to is None:
        return FrozenSplit((), tuple(known), 0, 0, is_in_sample=False)
    later = [row for row in known if row.score_time > trained_to]
    within = tuple(
        row
        for row in known
        if row.score_time <= trained_to and (trained_from is None or row.score_time >= trained_from)
    )
    earlier = len(known) - len(later) - len(within)
    if not later:
        return FrozenSplit(within, within, earlier, 0, is_in_sample=True)
    trained = {row.group for row in within}
    test = tuple(row for row in later if row.group not in trained)
    beyond = tuple(row for row in test if row.score_time > trained_to + EMBARGO)
    left = len(later) - len(test)
    if sum(bool(row.labels.of(target)) for row in beyond) < EMBARGO_POSITIVES:
        return FrozenSplit(within, test, earlier, left, is_in_sample=False)
    return FrozenSplit(
        within,
        beyond,
        earlier,
        left,
        is_in_sample=False,
        embargo_days=EMBARGO.days,
        embargoed=len(test) - len(beyond),
    )


def _month(at: datetime) -> datetime:
    return datetime(at.year, at.month, 1, tzinfo=UTC)

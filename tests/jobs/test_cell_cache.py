"""The cells are counted every so often, and never from a handful of chosen cases."""

from datetime import UTC, datetime, timedelta

from jobs.cell_cache import COUNT_EVERY, MINIMUM_QUESTIONS, CellCache
from models.enums import Category, OracleVersion, VolumeStratum
from service.risk.inputs import CellCount
from service.risk.parameters import load_parameters

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CELL = (Category.POLITICS, VolumeStratum.FROM_1M, OracleVersion.MANAGED)


class Counter:
    """Counts how often it is asked to count."""

    def __init__(self, questions: int, disputed: int) -> None:
        self.asked = 0
        self.counts = [CellCount(*CELL, questions, disputed, 0)]

    def __call__(self) -> list[CellCount]:
        self.asked += 1
        return self.counts


def test_a_handful_of_chosen_cases_does_not_move_the_priors() -> None:
    few = CellCache(load_parameters()).get(NOW, Counter(MINIMUM_QUESTIONS - 1, 500))
    none = CellCache(load_parameters()).get(NOW, Counter(0, 0))
    assert few.at(*CELL).signature == none.at(*CELL).signature


def test_many_finished_questions_do() -> None:
    many = CellCache(load_parameters()).get(NOW, Counter(MINIMUM_QUESTIONS, 500))
    none = CellCache(load_parameters()).get(NOW, Counter(0, 0))
    assert many.at(*CELL).signature != none.at(*CELL).signature


def test_counting_waits_its_time_and_a_clock_set_back_counts_anew() -> None:
    cache, counter = CellCache(load_parameters()), Counter(0, 0)
    cache.get(NOW, counter)
    cache.get(NOW + COUNT_EVERY - timedelta(seconds=1), counter)
    assert counter.asked == 1
    cache.get(NOW + COUNT_EVERY, counter)
    assert counter.asked == 2
    cache.get(NOW - timedelta(seconds=1), counter)
    assert counter.asked == 3

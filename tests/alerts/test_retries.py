from datetime import UTC, datetime, timedelta

import pytest

from service.alerts.deliver import TIMEOUT_SECONDS
from service.alerts.retries import LEASE, next_attempt_at

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(0, 15), (1, 15), (2, 30), (3, 60), (8, 1920), (9, 3600), (10, 3600), (10**9, 3600)],
)
def test_pauses_double_up_to_an_hour(attempts: int, seconds: int) -> None:
    assert next_attempt_at(attempts, NOW) == NOW + timedelta(seconds=seconds)


def test_a_taken_delivery_is_kept_longer_than_a_delivery_can_last() -> None:
    assert timedelta(seconds=5 * TIMEOUT_SECONDS) < LEASE

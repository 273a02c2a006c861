"""Requests by the minute, on both databases."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.refresh import RequestMinute
from service.protocol.rate_limits import RequestCount
from service.store.operations.request_minutes import Measured, add_requests, measure_requests
from tests.store.test_listings import T0

MINUTE = timedelta(minutes=1)


def test_minutes_add_up_and_the_pace_is_that_of_the_last_whole_ones(session: Session) -> None:
    for requests in (30, 20):
        add_requests(session, [RequestCount("data_v2", T0, requests, refused=1)])
    add_requests(session, [RequestCount("data_v2", T0 + MINUTE, 10)])
    # The minute that runs is not whole yet.
    add_requests(session, [RequestCount("data_v2", T0 + 2 * MINUTE, 1_000)])
    measured = measure_requests(session, T0 + 2 * MINUTE + timedelta(seconds=9))
    assert measured == {"data_v2": Measured(6.0, 50, 2)}
    assert measure_requests(session, T0 + timedelta(hours=1)) == {}
    add_requests(session, [RequestCount("gamma", T0 + timedelta(days=1, minutes=2), 1)])
    assert session.scalar(select(func.count()).select_from(RequestMinute)) == 2

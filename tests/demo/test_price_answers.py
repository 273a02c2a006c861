"""The history of prices follows the case's points, and our own client accepts it."""

from datetime import UTC, datetime, timedelta

import pytest

from service.chain.book import mainnet_book
from service.demo.answers import ONE, Listed, latest
from service.demo.case_files import bundled_cases, load_cases, load_world
from service.demo.price_answers import LONGEST_SECONDS, STEP_SECONDS, to_prices
from service.demo.subjects import to_subject
from service.polymarket.money_feeds import to_price_reading
from service.protocol.price_history import PriceReading

WORLD = load_world(bundled_cases())
CASES = {case.id: case for case in load_cases(bundled_cases())}
UKRAINE = CASES["ukraine-mineral-deal-2025"]
LISTED = Listed(UKRAINE, to_subject(UKRAINE, WORLD, mainnet_book()))
FAR = datetime(2030, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=STEP_SECONDS)


def history(
    token: str, begin: datetime, end: datetime, at: datetime = FAR
) -> dict[datetime, PriceReading]:
    query = {
        "token_id": [token],
        "start": [str(int(begin.timestamp()))],
        "end": [str(int(end.timestamp()))],
    }
    made = [to_price_reading(row) for row in to_prices(LISTED, query, at)["data"]]
    found = [row for row in made if isinstance(row, PriceReading)]
    assert len(found) == len(made)
    return {row.at: row for row in found}


def test_a_price_stands_until_the_next_point_and_the_other_token_has_what_is_missing() -> None:
    first, second = UKRAINE.price[:2]
    begin, end = second.at - 2 * STEP, second.at + 2 * STEP
    yes, no = (history(token, begin, end) for token in LISTED.tokens)
    assert set(yes) == set(no)
    for at, row in yes.items():
        point = latest(UKRAINE.price, at)
        assert point is not None
        assert row.price == point.yes
        assert no[at].price == ONE - point.yes
        assert row.resolution_seconds == STEP_SECONDS
    assert {row.price for row in yes.values()} == {first.yes, second.yes}


def test_nothing_is_said_of_the_future_nor_of_a_paid_market() -> None:
    second = UKRAINE.price[1].at
    assert max(history(LISTED.tokens[0], second, second + 9 * STEP, second + STEP)) <= second + STEP
    story = UKRAINE.story_at(WORLD.ends_at)
    assert story.resolved_at is not None
    around = history(LISTED.tokens[0], story.resolved_at - STEP, story.resolved_at + 9 * STEP)
    assert all(at < story.resolved_at for at in around)
    assert history(LISTED.tokens[0], FAR - STEP, FAR) == {}


def test_a_window_longer_than_the_real_one_is_refused() -> None:
    begin = UKRAINE.price[0].at
    with pytest.raises(ValueError, match="15 days"):
        history(LISTED.tokens[0], begin, begin + timedelta(seconds=LONGEST_SECONDS + 1))

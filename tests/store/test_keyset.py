import pytest
from sqlalchemy.orm import Session

from service.store.keyset import BadCursor, Key, decode_cursor, encode_cursor
from service.store.markets.standings import Sort, StandingQuery, list_standings

QUERY = ("markets", "a")


@pytest.mark.parametrize("position", [(1, "x"), (None, 2**40), (0.1 + 0.2, -5)])
def test_a_position_comes_back_exactly(position: tuple[Key, ...]) -> None:
    assert decode_cursor(encode_cursor(QUERY, position), QUERY, 2) == position


def test_a_cursor_is_safe_in_a_url() -> None:
    token = encode_cursor(QUERY, ("\u00ff\u00fe>>>???", 1))
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("token", ["", "x", "!!!!", "bnVsbA", "e30", "W10", "\u00e9", "A" * 900])
def test_noise_is_no_cursor(token: str) -> None:
    with pytest.raises(BadCursor):
        decode_cursor(token, QUERY, 2)


def test_a_cursor_of_another_length_or_query_is_refused() -> None:
    token = encode_cursor(QUERY, (1, 2))
    with pytest.raises(BadCursor, match="not a cursor"):
        decode_cursor(token, QUERY, 3)
    with pytest.raises(BadCursor, match="other filters"):
        decode_cursor(token, ("markets", "b"), 2)


@pytest.mark.parametrize(
    "position",
    [
        ("x", 1),
        (None, 1),
        (1, "x"),
        (1, -1),
        (1, 2**70),
        (2**70, 1),
        (float("nan"), 1),
        (float("inf"), 1),
    ],
)
def test_a_forged_position_is_refused_before_it_reaches_a_database(
    position: tuple[Key, ...],
) -> None:
    query = StandingQuery()
    cursor = encode_cursor(query.identity(), position)
    with pytest.raises(BadCursor):
        # The session is bound to no database: any question to it would fail otherwise.
        list_standings(Session(), query, limit=2, cursor=cursor)


def test_a_forged_time_outside_the_calendar_is_refused() -> None:
    query = StandingQuery(sort=Sort.CHALLENGE_END)
    cursor = encode_cursor(query.identity(), (2**62, 1))
    with pytest.raises(BadCursor):
        list_standings(Session(), query, limit=2, cursor=cursor)

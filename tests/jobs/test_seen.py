"""A set of row ids, a bit each."""

from hypothesis import given
from hypothesis import strategies as st

from jobs.seen import Seen

ROWS = st.sets(st.integers(0, 5_000))


@given(ROWS, ROWS)
def test_it_holds_what_was_added_and_nothing_else(added: set[int], asked: set[int]) -> None:
    seen = Seen()
    seen.add(added)
    assert {row for row in added | asked if row in seen} == added

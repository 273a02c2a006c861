"""Which blocks were read: ranges that touch are one, a reorg cuts them."""

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models.enums import IndexMode
from service.store.oracle.indexed_ranges import add_range, cut_ranges, load_coverage
from tests.store.scenes import POLYGON

BLOCKS = st.tuples(st.integers(0, 30), st.integers(0, 8))


def ranges(session: Session, mode: IndexMode = IndexMode.LAZY) -> list[tuple[int, int]]:
    return load_coverage(session, mode).blocks.get(POLYGON, [])


@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(read=st.lists(BLOCKS, max_size=8), cut=st.integers(0, 40))
def test_the_ranges_are_the_blocks_that_were_read(
    session: Session, read: list[tuple[int, int]], cut: int
) -> None:
    cut_ranges(session, POLYGON, 0)
    expected: set[int] = set()
    for first, more in read:
        add_range(session, POLYGON, first, first + more, IndexMode.FULL)
        expected |= set(range(first, first + more + 1))
    cut_ranges(session, POLYGON, cut)
    kept = {number for number in expected if number < cut}
    for mode in IndexMode:
        found = ranges(session, mode)
        assert {n for first, last in found for n in range(first, last + 1)} == kept
        assert all(one[1] + 1 < two[0] for one, two in pairwise(found))


def test_what_was_read_lazily_is_not_read_whole(session: Session) -> None:
    add_range(session, POLYGON, 5, 9, IndexMode.LAZY)
    assert ranges(session) == [(5, 9)]
    assert ranges(session, IndexMode.FULL) == []

"""The window learns what a node allows and how dense a chain is."""

from hypothesis import given
from hypothesis import strategies as st

from service.chain.window import Window


def answered(window: Window, density: float, limit: int) -> list[int]:
    """The ranges asked for until 200 were answered, by a node that allows ``limit`` blocks."""
    asked = []
    for _ in range(200):
        while window.size > limit:
            asked.append(window.size)
            window.halve()
        asked.append(window.size)
        window.grow(window.size, int(window.size * density))
    return asked


def test_a_refused_width_is_not_asked_for_again_at_once() -> None:
    window = Window()
    asked = answered(window, 0, 100)
    # 500, 250 and 125 are refused, then steps lead up to the limit; once in a while more is tried.
    assert sum(size > 100 for size in asked) < 20
    assert sum(asked[-50:]) > 50 * 50


def test_a_node_that_allows_more_later_is_found_out() -> None:
    window = Window()
    answered(window, 0, 10)
    answered(window, 0, 10_000)
    assert window.size > 1_000


def test_a_dense_stretch_narrows_the_window_at_once_and_a_sparse_one_widens_it() -> None:
    window = Window()
    for _ in range(10):
        window.grow(window.size, 0)
    assert window.size == window.largest
    window.grow(10_000, 100_000)
    assert window.size == 200
    window.grow(200, 0)
    assert window.size == 400


def test_a_short_last_range_does_not_widen_the_window() -> None:
    window = Window(size=500)
    window.grow(3, 0)
    assert window.size == 500


@given(
    st.lists(
        st.one_of(st.none(), st.tuples(st.integers(1, 20_000), st.integers(0, 10**6))), max_size=60
    )
)
def test_the_window_always_holds_a_block_and_never_more_than_the_largest(
    steps: list[tuple[int, int] | None],
) -> None:
    window = Window()
    for step in steps:
        if step is None:
            before = window.size
            window.halve()
            assert window.size < before or before == 1
        else:
            window.grow(*step)
        assert 1 <= window.size <= window.largest

"""Threads share two heaps and give back what is free, where the C library lets them."""

import ctypes
import sys
from pathlib import Path

import pytest

from service.heaps import give_back_free, share_heaps

_LIBC = ctypes.CDLL(None)
MEGABYTE = 2**20


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4_096


@pytest.mark.skipif(not hasattr(_LIBC, "mallopt"), reason="no mallopt here")
def test_glibc_takes_the_limit() -> None:
    assert share_heaps()


@pytest.mark.skipif(not hasattr(_LIBC, "malloc_trim"), reason="no malloc_trim here")
def test_what_is_freed_below_something_held_is_given_back() -> None:
    # Small enough for the heap; the last keeps the heap's end from falling.
    parts = [b"x" * 60_000 for _ in range(2_000)]
    held = parts.pop()
    parts.clear()
    before = resident()
    assert give_back_free()
    assert before - resident() > 80 * MEGABYTE
    assert len(held) == 60_000


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not share_heaps()
    assert not give_back_free()

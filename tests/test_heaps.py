"""Threads share two heaps where the C library lets them."""

import ctypes
import sys

import pytest

from service.heaps import share_heaps


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="no mallopt here")
def test_glibc_takes_the_limit() -> None:
    assert share_heaps()


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not share_heaps()

"""How many heaps this process's threads share, and what is given back of them.

glibc gives threads heaps of their own, eight a core, and what one frees no other may use: forty
threads that each once held a large batch would keep all of it for good. And what is freed below
something still held stays with the process: a third of it after half an hour. docs/performance.md.
"""

import ctypes
import sys
from collections.abc import Callable

# Of glibc's malloc.h.
_M_ARENA_MAX = -8
# One would make threads wait for each other, and each more is memory that lies idle.
HEAPS = 2


def share_heaps(heaps: int = HEAPS) -> bool:
    """Limit the heaps made from now on; ``False`` where the C library has no such limit."""
    mallopt = _of_glibc("mallopt")
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, heaps))


def give_back_free() -> bool:
    """Give the machine the pages of the heaps that nothing uses; whether there were any.

    Milliseconds, without the interpreter's lock; ``False`` where the C library cannot.
    """
    trim = _of_glibc("malloc_trim")
    return trim is not None and bool(trim(0))


def _of_glibc(name: str) -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[..., int] | None = getattr(ctypes.CDLL(None), name, None)
    return found

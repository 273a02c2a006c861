"""How many heaps this process's threads share.

glibc gives threads heaps of their own, eight a core, and what one frees no other may use: forty
threads that each once held a large batch would keep all of it for good. docs/performance.md.
"""

import ctypes
import sys

# Of glibc's malloc.h.
_M_ARENA_MAX = -8
# One would make threads wait for each other, and each more is memory that lies idle.
HEAPS = 2


def share_heaps(heaps: int = HEAPS) -> bool:
    """Limit the heaps made from now on; ``False`` where the C library has no such limit."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, heaps))

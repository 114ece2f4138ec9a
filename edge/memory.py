"""A small agent on a small machine: one malloc arena for all threads.

glibc gives each thread an arena of its own; those of the spool's two threads would cost 3 MB for nothing, since Python
lets only one thread run at a time.
"""

import ctypes

_M_ARENA_MAX = -8  # malloc.h
_M_TRIM_THRESHOLD = -1
_TRIM_BYTES = 128 * 1024


def use_one_arena() -> None:
    """To be called before any thread is started; does nothing where the C library is not glibc."""
    c_library = ctypes.CDLL(None)
    if hasattr(c_library, "mallopt"):
        c_library.mallopt(_M_ARENA_MAX, 1)
        c_library.mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)

"""What unit tests share: their files lie in memory where there is room, since none of them tests a disk."""

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM_ENOUGH = 2**30
"""A container may have 64 MB there: then files stay where pytest would put them."""

if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_ENOUGH:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

"""A `tmp_path` in memory: what these unit tests prove needs no disk that each commit waits for.

from tests.memory_folder import tmp_path  # noqa: F401 - in the conftest.py of a folder
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

MEMORY = Path("/dev/shm")
LEAST_FREE = 512 * 2**20
"""Bytes that must be free in memory; containers often have less, and the disk does it too."""


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder: in memory where there is room, else on disk as everywhere."""
    if not (os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= LEAST_FREE):
        yield tmp_path_factory.mktemp("test")
        return
    with TemporaryDirectory(prefix="siaga-test-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)

"""Files in memory: a commit of the registry need not wait for a disk."""

from tests.memory_folder import tmp_path  # noqa: F401 - pytest finds the fixture here

"""A spool is opened, or salvaged where it is damaged:  spool.db ─► what it holds      spool.db, damaged ─► salvage.py

How to salvage is loaded when a spool is damaged, which few ever are.
"""

from pathlib import Path

from edge.spool.disk import make_reserve
from edge.spool.file import SpoolFile
from edge.spool.sync_checkpoint import read_names, sync_checkpoint_path
from edge.spool.write_batch import FileDamaged, OpenedSpool


def open_or_salvage(file: SpoolFile) -> OpenedSpool:
    """Open the spool, salvaging it where it is damaged; DiskProblem where the disk does not let us."""
    try:
        if salvage_path(file.path).exists():
            opened = salvaged(file, f"{file.path.name} is damaged")
        else:
            opened = file.open()
            forgotten = read_names(sync_checkpoint_path(file.path)).series.keys() - file.names().series.keys()
            if forgotten and file.unnamed_series() & forgotten:  # only then each row is looked at
                opened = salvaged(file, f"{file.path} is damaged: its table of series has lost some")
    except FileDamaged as damage:
        opened = salvaged(file, str(damage))
    make_reserve(file.path)
    return opened


def salvaged(file: SpoolFile, damage: str) -> OpenedSpool:
    """See `salvage`."""
    from edge.spool.salvage import salvage

    return salvage(file, damage)


def salvage_path(path: Path) -> Path:
    """The file that a salvage builds; where it is there, one has begun."""
    return path.with_name(path.name + ".salvage")

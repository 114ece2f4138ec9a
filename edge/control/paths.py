"""Where the control socket is: control.sock in the spool's folder.

/var/lib/siaga/spool.db ─► /var/lib/siaga/control.sock
"""

from pathlib import Path

NAME = "control.sock"


def control_path(spool: Path) -> Path:
    """The socket of the agent whose spool is `spool`."""
    return spool.with_name(NAME)

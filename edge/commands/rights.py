"""Who may type a command that concerns the service of this machine: root, or the service's own user.

sudo siaga-edge status          /etc/siaga is root's and the service's; its spool and its socket are the service's alone

A group that may only look is not made: whoever reads /etc/siaga reads the gateway's password, and can speak for it. Who
should look without that has the page ([page] of edge.toml).
"""

import os
from pathlib import Path

from edge.settings import state_folder_of
from i18n.message import LocalizedMessage


def refusal_of(command: str, config: Path) -> LocalizedMessage | None:
    """Why this user cannot use `command` on `config`; None where they can, or where it is nobody's service."""
    folder = state_folder_of(config)
    if folder is None:
        return None
    try:
        owner = folder.stat().st_uid
    except OSError:  # nothing was installed
        return None
    if os.geteuid() in (0, owner):
        return None
    return LocalizedMessage(
        "{file} belongs to the service of this machine; use sudo: sudo siaga-edge {command}",
        file=str(config), command=command,
    )  # fmt: skip

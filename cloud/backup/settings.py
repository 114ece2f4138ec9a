"""[backup] of cloud.toml: whether the cloud takes backups by itself, into the folder that [monitoring] backups names.

[monitoring]   backups = "/var/lib/siaga/backups"        [backup]   every_h = 24   keep = 14
"""

from typing import Annotated

from pydantic import Field

from runtime.settings import Settings


class BackupSettings(Settings):
    """`[backup]`.

    The cloud takes a backup `every_h` hours; None: by itself none, as where a timer of the server does. Of those in the
    folder the newest `keep` stay. Without `readings` a backup holds the registry database alone.
    """

    every_h: Annotated[float, Field(ge=0.25, le=24 * 31)] | None = None
    keep: Annotated[int, Field(ge=1, le=1_000)] = 14
    readings: bool = True

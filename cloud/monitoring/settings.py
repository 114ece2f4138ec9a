"""[monitoring] of cloud.toml: what the cloud watches of itself and its server, and after how long it is an alarm.

[monitoring]   certificates = ["/run/secrets/broker.crt"]   backups = "/backups"   gateway_offline_s = 600
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from runtime.settings import Settings, beside


class MonitoringSettings(Settings):
    """`[monitoring]`.

    A component that is down for `down_s`, or not ok for `degraded_s`, is an alarm; a gateway that is offline for
    `gateway_offline_s` (0: never). `certificates` are PEM files beside those that the settings name; `backups` is where
    backups lie, and `backup_age_h` how old the newest may be.
    """

    enabled: bool = True
    down_s: Annotated[float, Field(ge=5, le=86_400)] = 60.0
    degraded_s: Annotated[float, Field(ge=5, le=86_400)] = 900.0
    gateway_offline_s: Annotated[float, Field(ge=0, le=7 * 86_400)] = 600.0
    disk_free_percent: Annotated[float, Field(ge=0, le=90)] = 10.0
    disk_free_mb: Annotated[int, Field(ge=0, le=1_000_000)] = 1_024
    certificates: Annotated[tuple[Path, ...], Field(max_length=32)] = ()
    certificate_days: Annotated[int, Field(ge=1, le=365)] = 21
    backups: Path | None = None
    backup_age_h: Annotated[float, Field(gt=0, le=24 * 366)] = 36.0

    def beside(self, file: Path) -> "MonitoringSettings":
        """The same with its paths as the settings file means them."""
        backups = None if self.backups is None else beside(file, self.backups)
        return self.model_copy(
            update={"certificates": tuple(beside(file, one) for one in self.certificates), "backups": backups}
        )

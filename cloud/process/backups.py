"""The backups of this installation, for pages and API, and for the process that makes them by itself.

[monitoring] backups ─► Backups(folder, cloud.toml) ─► health "backups": how old the newest is, and why the last failed
"""

from collections.abc import Callable
from pathlib import Path

from cloud.backup.backups import Backups
from cloud.core.health import Component, worse_of
from cloud.process.parts import Foundation
from cloud.process.settings import CloudSettings


def backups_of(settings: CloudSettings, base: Foundation, config: Path | None) -> Backups | None:
    """Build what knows the backups; None where the settings name no folder, or are of no file."""
    folder = settings.monitoring.backups
    if folder is None or config is None:
        return None
    return Backups(
        base.database,
        settings.backup,
        folder=folder.absolute(),
        config=config.absolute(),
        oldest_h=settings.monitoring.backup_age_h,
        clock=base.clock,
    )


def backups_component(of_folder: Callable[[], Component], backups: Backups | None) -> Callable[[], Component]:
    """Combine the age of the newest backup with the fate of those that the cloud makes by itself."""
    return of_folder if backups is None else lambda: worse_of(of_folder(), backups.component())

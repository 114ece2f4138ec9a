"""Backups, for administrators of all of the city; what is in them stays on the server.

GET  /api/v1/backups                              what lies there, what is done now, when the next is due
POST /api/v1/backups                              202: one is being made; GET says what comes of it
POST /api/v1/backups/20261125T010000Z/verify      202: every sum of it is being read back
"""

from cloud.access.principal import Principal
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.backups import BackupAnswer, BackupResultAnswer, BackupsAnswer, BackupWorkAnswer
from cloud.backup.backups import Backups, BackupsRejected
from cloud.core.printable import Wanted
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.platform import Platform

ROUTES = new_routes("Backups", below="/api/v1/backups")


@ROUTES.get("")
async def backups(platform: CurrentPlatform, principal: CurrentPrincipal) -> BackupsAnswer:
    """The backups in the folder, what is done now, and when the next is due."""
    found = _backups(platform, principal)
    contents = await found.contents()
    return BackupsAnswer(
        folder=str(found.folder),
        every_h=found.settings.every_h,
        keep=found.settings.keep,
        oldest_h=found.oldest_h,
        due=found.due_ms(contents),
        being_made=found.is_growing(contents),
        work=None if found.work is None else BackupWorkAnswer.of(found.work),
        result=None if found.result is None else BackupResultAnswer.of_result(found.result),
        problem=contents.problem,
        count=contents.count,
        backups=[BackupAnswer.of_backup(one) for one in contents.kept],
    )


@ROUTES.post("", status_code=202)
async def make(platform: CurrentPlatform, principal: CurrentPrincipal) -> BackupWorkAnswer:
    """Begin to make a backup, in a process of its own; one at a time."""
    try:
        return BackupWorkAnswer.of(await _backups(platform, principal).make(principal.actor))
    except BackupsRejected as rejection:
        raise HttpProblem(rejection.kind, str(rejection)) from None


@ROUTES.post("/{name}/verify", status_code=202)
async def verify(platform: CurrentPlatform, name: Wanted, principal: CurrentPrincipal) -> BackupWorkAnswer:
    """Begin to read a backup back against its sums, in a process of its own; one at a time."""
    try:
        return BackupWorkAnswer.of(await _backups(platform, principal).verify(name, principal.actor))
    except BackupsRejected as rejection:
        raise HttpProblem(rejection.kind, str(rejection)) from None


def _backups(platform: Platform, principal: Principal) -> Backups:
    if principal.sites is not None:
        raise HttpProblem("not-allowed", f"a backup is of all sites; {principal.name} may see some of them")
    if platform.backups is None:
        raise HttpProblem("no-backups", "[monitoring] backups of cloud.toml names no folder (docs/backup.md)")
    return platform.backups

"""What is answered about backups.

{"folder":"/var/lib/siaga/backups","every_h":24,"keep":14,"oldest_h":36,"due":"2026-11-26T01:00:00.000Z","work":null,
 "count":9,"backups":[{"name":"20261125T010000Z","made":"2026-11-25T01:00:00.000Z","bytes":4711000,…}]}
"""

from typing import Self

from pydantic import Field

from cloud.api.schemas.base import AnswerModel, Time
from cloud.backup.backups import BackupResult, BackupWork
from cloud.backup.contents import KeptBackup


class BackupAnswer(AnswerModel):
    """A backup: `rows` of the registry, `readings` (null: it holds none), when it was verified, and what was wrong."""

    name: str
    made: Time = Field(validation_alias="made_ms")
    bytes: int
    siaga: str = Field(description="the version that made it")
    revision: str = Field(description="of the registry's form")
    rows: int
    readings: int | None
    verified: Time | None
    problem: str

    @classmethod
    def of_backup(cls, backup: KeptBackup) -> Self:
        """A backup as it lies in the folder."""
        verification = backup.verification
        return cls.of(
            backup,
            verified=None if verification is None else verification.verified_ms,
            problem=backup.problem or ("" if verification is None else verification.problem),
        )


class BackupWorkAnswer(AnswerModel):
    """What is done now: one is made, or that of the name in `verifies` is verified."""

    since: Time = Field(validation_alias="since_ms")
    actor: str
    verifies: str


class BackupResultAnswer(BackupWorkAnswer):
    """What came of the last that was done: `problem` is empty where it succeeded."""

    ended: Time = Field(validation_alias="ended_ms")
    problem: str

    @classmethod
    def of_result(cls, result: BackupResult) -> Self:
        """A result, with what was done."""
        work: BackupWork = result.work
        return cls.of(work, ended=result.ended_ms, problem=result.problem)


class BackupsAnswer(AnswerModel):
    """The backups, the newest first and no more than 100 of `count`; the rest is what is done now and by itself.

    `every_h` and `due` are null where the cloud makes none by itself; `being_made` is true also where another process
    makes one.
    """

    folder: str
    every_h: float | None
    keep: int
    oldest_h: float
    due: Time | None
    being_made: bool
    work: BackupWorkAnswer | None
    result: BackupResultAnswer | None
    problem: str
    count: int
    backups: list[BackupAnswer]

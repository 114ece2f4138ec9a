"""Historical readings as a file of CSV, through the checks of live ones; no rule takes them for news.

POST /api/v1/readings/import?zone=Asia/Jayapura&dry_run=true&reason=station+archive      content-type: text/csv
sensor,quantity,time,value,unit
"""

from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query, Request

from cloud.access.permissions import MOST_BYTES
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.readings_import import ReadingsImportAnswer, RefusedRowAnswer
from cloud.core.printable import LONGEST_WORDS, PrintableText
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem, bad_parameter
from cloud.ingest.historical.csv_rows import FormRefused, RefusedRow
from cloud.ingest.historical.import_run import HEADER, ImportOrder, run_import

ROUTES = new_routes("Readings", below="/api/v1")
MOST_ROWS_SHOWN = 1_000
"""Refused rows in an answer; the rest are counted."""
BY_API = "API"
_BODY = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}
_MOST_MB = MOST_BYTES["POST", "/api/v1/readings/import"] // 2**20


@ROUTES.post("/readings/import", openapi_extra=_BODY, description=f"At most {_MOST_MB} MiB; the command takes more.")
async def import_readings(
    request: Request,
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    reason: Annotated[PrintableText, Query(min_length=1, max_length=LONGEST_WORDS, description="why, for the journal")],
    zone: Annotated[str | None, Query(max_length=64, description="IANA zone of times without an offset")] = None,
    dry_run: Annotated[bool, Query(description="check all of it and store nothing")] = False,
    from_line: Annotated[int, Query(ge=HEADER + 1, description="pass over the lines before it")] = HEADER + 1,
) -> ReadingsImportAnswer:
    """Store historical readings; each row that cannot be costs itself, and sending all of it again does no harm."""
    order = ImportOrder(zone=_zone(zone), dry_run=dry_run, from_line=from_line, may_see=principal.may_see)
    rows: list[RefusedRow] = []

    def keep(refused: Sequence[RefusedRow]) -> None:
        rows.extend(refused[: MOST_ROWS_SHOWN - len(rows)])

    importer = platform.importer
    if importer.one_at_a_time.locked():
        raise HttpProblem("import-runs", "an import runs already; send this one when it has ended")
    async with importer.one_at_a_time:
        if not dry_run:
            await importer.begin(principal.actor, reason=reason, name=BY_API)
        try:
            done = await run_import(importer, request.stream(), order, on_refused=keep)
        except FormRefused as error:
            raise HttpProblem("import-refused", str(error)) from None
        if not dry_run:
            await importer.end(principal.actor, reason=reason, name=BY_API, stored=done.stored, refused=done.refused)
    shown = [RefusedRowAnswer(line=row.line, why=row.why) for row in rows]
    return ReadingsImportAnswer(
        lines=done.line, stored=done.stored, known=done.known, refused=done.refused, rows=shown, dry_run=dry_run
    )


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise bad_parameter("zone", name, "no such time zone; write one such as Asia/Jayapura") from None

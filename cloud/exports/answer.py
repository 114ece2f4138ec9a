"""An export as an answer of HTTP, for API and console alike.

return await export_answer(exports, order, account="ani", name="daruba-water_level-2026-11-01-2026-11-30.csv")
"""

from cloud.exports.exports import CUTS, Exports
from cloud.exports.order import ExportOrder, too_many_rows
from cloud.http.whole_or_cut import WholeOrCutResponse
from cloud.readings.bucket_history import TooManyReadings


async def export_answer(exports: Exports, order: ExportOrder, *, account: str, name: str) -> WholeOrCutResponse:
    """Begin a file, which ends with the answer. ExportRefused; StoreUnavailable where nothing of it was sent yet."""
    try:
        export = await exports.begin(order, account=account)
    except TooManyReadings:
        raise too_many_rows() from None
    return WholeOrCutResponse(
        export.pieces(),
        media_type=export.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        expected=CUTS,
        on_end=lambda: exports.end(account),
    )

"""The form on the page of a place that gives its readings as a file: of what, which days, how dense, in which form.

GET …/sites/daruba/readings?series=river/water_level&from=2026-11-01&to=2026-11-30&every=1h&format=csv
"""

from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.day_times import day_start, day_text, parse_day, site_zone
from cloud.console.view_models.typed_number import InvalidInput
from cloud.exports.answer import export_answer
from cloud.exports.measured_series import measured_of_site
from cloud.exports.order import MOST_SERIES, ExportFormat, ExportOrder, ExportRefused, ExportStep, file_name, series_of
from cloud.exports.parquet_file import has_parquet
from cloud.platform import Platform
from cloud.registry.records import Site
from i18n import figures
from i18n.catalog import N_, Catalog
from runtime.clock import wall_ms

USUAL_DAYS = 7
STEP_WORDS = {
    "": N_("Every reading"),
    ExportStep.MINUTE: N_("One row a minute"),
    ExportStep.TEN_MINUTES: N_("One row for 10 minutes"),
    ExportStep.HOUR: N_("One row an hour"),
}
FORM_WORDS = {
    ExportFormat.CSV: N_("CSV, decimal points"),
    ExportFormat.CSV_SEMICOLON: N_("CSV, decimal commas (Indonesian spreadsheets)"),
    ExportFormat.PARQUET: N_("Parquet"),
}
_STATUS = {"bad-parameter": 422, "too-much-asked": 422, "export-runs": 429, "exports-busy": 503, "no-parquet": 501}

Offered = Sequence[tuple[str, str]]
"""What a field offers: each value, and what it is called."""


class DownloadForm(msgspec.Struct, frozen=True):
    """What the form offers, and what stands in it at first; days are those of `zone`."""

    series: Offered
    chosen: str
    first_day: str
    last_day: str
    steps: Offered
    forms: Offered
    zone: str


class SiteDownload:
    """The form on the pages of all places of a platform, and its files."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def still(self, visit: PageVisit, site: Site, shown: tuple[str, str] | None) -> dict[str, object]:
        """What the page offers; nothing where nothing was measured. `shown` is the series of the chart."""
        _, now_ms, zone = visit.words, wall_ms(), site_zone(site.zone, visit.zone)
        series = self._series(_, site)
        if not series:
            return {"downloads": None}
        forms = [(form.value, _(words)) for form, words in FORM_WORDS.items()]
        form = DownloadForm(
            series=[("", _("All that is measured here")), *series],
            chosen="" if shown is None else "/".join(shown),
            first_day=day_text(day_start(now_ms, zone, days=1 - USUAL_DAYS), zone),
            last_day=day_text(now_ms, zone),
            steps=[(str(step), _(words)) for step, words in STEP_WORDS.items()],
            forms=[one for one in forms if has_parquet() or one[0] != ExportFormat.PARQUET],
            zone=figures.zone_name(now_ms, zone),
        )
        return {"downloads": form}

    async def file(self, visit: PageVisit, site: Site) -> Response:
        """Answer with the file that is asked for; ActionRejected where it cannot be."""
        _, chosen = visit.words, visit.query.get("series", "")
        measured = measured_of_site(self._platform.registry, self._platform.newest, site.id)
        named = [series for series in measured if chosen in ("", "/".join(series))]
        if not named:
            raise ActionRejected(_("There is no such series at this place; choose one from the list."))
        order = self._order(visit, site, named)
        name = file_name(site.id, chosen.rpartition("/")[2], order)
        try:
            return await export_answer(self._platform.exports, order, account=visit.principal.name, name=name)
        except ExportRefused as error:
            raise ActionRejected(_.said(error.sentence), status=_STATUS[error.kind]) from None

    def _order(self, visit: PageVisit, site: Site, named: Sequence[tuple[str, str]]) -> ExportOrder:
        _, asked, zone = visit.words, visit.query, site_zone(site.zone, visit.zone)
        try:
            start_ms, end_ms = (
                parse_day(_, asked.get("from", ""), zone),
                parse_day(_, asked.get("to", ""), zone, days=1),
            )
            step = ExportStep(asked["every"]) if asked.get("every") else None
            form = ExportFormat(asked.get("format", ExportFormat.CSV))
        except InvalidInput as error:
            raise ActionRejected(str(error)) from None
        except ValueError:
            raise ActionRejected(_("There is no such form of a file; choose one from the list.")) from None
        if start_ms >= end_ms:
            raise ActionRejected(_("The last day is before the first one; choose another."))
        series = series_of(self._platform.registry, named)
        return ExportOrder(series=series, start_ms=start_ms, end_ms=end_ms, step=step, form=form)

    def _series(self, _: Catalog, site: Site) -> list[tuple[str, str]]:
        registry = self._platform.registry
        found = []
        for sensor_id, quantity in measured_of_site(registry, self._platform.newest, site.id)[:MOST_SERIES]:
            sensor, name = registry.sensor(sensor_id), figures.name_of(_, registry.quantities.row(quantity))
            place = _("Worked out for the whole place") if sensor_id == site.id or sensor is None else sensor.name
            found.append((f"{sensor_id}/{quantity}", f"{place} · {name}"))
        return found

"""What the cloud writes into InfluxDB besides readings, and dashboards read: one table, so that neither can drift.

situation,domain=flood,instance=0-63,site=daruba severity=2i,word="Siaga 2",word_id="Siaga 2",age_s=1.2 … 1764000000000

Every measurement is sampled: a panel that shows "now" asks for the newest sample of the last minutes, and a line over
time needs no other source. Readings themselves are one measurement for each domain: see quantities.py.
"""

from enum import StrEnum

import msgspec

SAMPLE_S = 30
"""How often a sample is written of everything but thresholds."""
THRESHOLD_SAMPLE_S = 60
"""How often a sample of every threshold is written, at the most often; many rules are sampled less often."""
EVERYWHERE = "all"
"""The domain tag of a site's worst state over all domains."""
NOTHING_KNOWN = -1
"""The severity of a place of which nothing is known now: no reading, or none for too long. Silence is no "normal"."""

TREND_UNKNOWN = -2
"""The trend of a gauge of whose rate of rise nothing is known now."""


COMPUTED = "computed"
"""The gateway of series that Siaga computes from others: no sensor took them, and it has no routes."""
USUAL_UNKNOWN = -2
"""The state of a site of whose visitors, or of what is usual there, nothing is known now."""


LIST_S = 3_600
"""How often what lists of dashboards offer is written: its tags stay known between."""


def listed(name: str, identifier: str) -> str:
    """A tag that a list of a dashboard reads: what it shows, and the id that it stands for."""
    return f"{name.replace('|', '/')}|{identifier}"


class FieldKind(StrEnum):
    """The type of a field, which InfluxDB keeps for ever."""

    WHOLE = "whole"
    NUMBER = "number"
    TEXT = "text"


class Field(msgspec.Struct, frozen=True):
    """A field: its type, its unit in UCUM (empty where it has none) and what it means."""

    name: str
    kind: FieldKind
    unit: str
    meaning: str


class Measurement(msgspec.Struct, frozen=True):
    """A measurement: its tags, its fields, and what one point of it is."""

    name: str
    tags: tuple[str, ...]
    fields: tuple[Field, ...]
    point: str


_W, _N, _T = FieldKind.WHOLE, FieldKind.NUMBER, FieldKind.TEXT


def _measurement(name: str, point: str, tags: str, *fields: tuple[str, FieldKind, str, str]) -> Measurement:
    return Measurement(name, tuple(tags.split()), tuple(Field(*field) for field in fields), point)


_TABLE = (
    _measurement(
        "situation", "the worst state of a domain at a site, as the console shows it", "domain instance site",
        ("severity", _W, "", "-1 nothing known, 0 normal, 1 minor, 2 moderate, 3 severe, 4 extreme"),
        ("word", _T, "", "the state in official terms, English"),
        ("word_id", _T, "", "the same in Indonesian"),
        ("age_s", _N, "s", "age of the newest reading; left out where there is none"),
        ("sensors", _W, "", "sensors of the domain at the site"),
        ("silent", _W, "", "how many of them have sent nothing for too long"),
        ("name", _T, "", "the site's name"),
        ("domain_title", _T, "", "the domain's name and its tag, for a list of a dashboard, English: Flood|flood"),
        ("domain_title_id", _T, "", "the same in Indonesian"),
        ("latitude", _N, "deg", "of the site, WGS 84"),
        ("longitude", _N, "deg", "of the site, WGS 84"),
    ),
    _measurement(
        "alarm", "the state of an alarm: sampled while it is open, and once with severity 0 when it has ended",
        "gateway rule sensor site",
        ("severity", _W, "", "0 ended, 1 minor, 2 moderate, 3 severe, 4 extreme"),
        ("state", _T, "", "alarming, silent, recovering or closed"),
        ("level", _T, "", "the level's name, English"),
        ("level_id", _T, "", "the same in Indonesian"),
        ("title", _T, "", "the rule's title, English"),
        ("title_id", _T, "", "the same in Indonesian"),
        ("site_name", _T, "", "the site's name"),
        ("sensor_name", _T, "", "the sensor's name"),
        ("value", _N, "", "the newest value, in the unit of the rule's limit"),
        ("acknowledged", _W, "", "1 where somebody has acknowledged it"),
        ("opened_ms", _W, "ms", "when its mildest level was first exceeded, UTC"),
    ),
    _measurement(
        "alarm_event", "a change of an alarm, at its event time", "gateway kind rule sensor site",
        ("severity", _W, "", "of the level that the event speaks of, 1 to 4"),
        ("level", _T, "", "that level's name, English"),
        ("level_id", _T, "", "the same in Indonesian"),
        ("text", _T, "", "a sentence for an annotation, English"),
        ("text_id", _T, "", "the same in Indonesian"),
        ("value", _N, "", "the value, in the unit of the rule's limit"),
        ("late", _W, "", "1 where it was found in a backlog"),
        ("alarm", _W, "", "the alarm's number in the console"),
    ),
    _measurement(
        "alarm_span",
        "a stretch of an alarm from its beginning on: at one level, silenced, in maintenance; an acknowledgement ends "
        "as it begins, and so does what was withdrawn, with severity 0",
        "domain kind rule sensor site",
        ("subject", _T, "", "the sensor's id, or all: a window of a whole site"),
        ("until_ms", _W, "ms", "its end, UTC; while it goes on, the time of the newest sample"),
        ("severity", _W, "", "of the level, 1 to 4; 0 of all other kinds"),
        ("title", _T, "", "the level or who did it, and the sensor's or site's name, English"),
        ("title_id", _T, "", "the same in Indonesian"),
        ("text", _T, "", "the value and its limit, or the word of who did it, English"),
        ("text_id", _T, "", "the same in Indonesian"),
    ),
    _measurement(
        "threshold", "a level in force on a sensor at that time", "gateway level quantity rule sensor site",
        ("limit", _N, "", "in the unit of the quantity; rules on rise, trend and silence are left out"),
        ("high", _N, "", "the upper end, for rules inside and outside of a range only"),
        ("severity", _W, "", "1 minor to 4 extreme"),
        ("domain", _T, "", "of the quantity"),
        ("name", _T, "", "the level's name, English"),
        ("name_id", _T, "", "the same in Indonesian"),
        ("colour", _T, "", "#rrggbb"),
    ),
    _measurement(
        "next_level", "how far the water at a gauge is from the next level of its rules", "gateway sensor site",
        ("trend", _W, "", "-2 not known, -1 falling, 0 steady, 1 rising"),
        ("water_level", _N, "cm", "the newest level; left out where it is silent, doubted or refused"),
        ("rate", _N, "cm/h", "how fast it rises (rules/rise_rate.py); left out where that is not known"),
        ("limit", _N, "cm", "of the next level; left out where none is above"),
        ("distance", _N, "cm", "to it"),
        ("hours", _N, "h", "to it at the present rate; left out where the water falls, stands, or takes over a day"),
        ("severity", _W, "", "of the next level, 1 minor to 4 extreme"),
        ("next", _T, "", "the next level's name, English"),
        ("next_id", _T, "", "the same in Indonesian"),
        ("text", _T, "", "all of it in words, English; also why nothing is known"),
        ("text_id", _T, "", "the same in Indonesian"),
        ("name", _T, "", "the sensor's name"),
    ),
    _measurement(
        "presence", "who is at a site now, beside what is usual for this hour and weekday", "instance site",
        ("state", _W, "", "-2 not known, -1 quieter than three quarters of the weeks, 0 as usual, 1 busier"),
        ("present", _N, "{person}", "now; left out where nobody has counted for 15 minutes"),
        ("usual", _N, "{person}", "the median of the weeks (rules/usual.py); left out of fewer than three"),
        ("low", _N, "{person}", "a quarter of the weeks had fewer"),
        ("high", _N, "{person}", "a quarter of the weeks had more"),
        ("weeks", _W, "", "how many weeks that stands on"),
        ("difference", _N, "{person}", "present, less what is usual"),
        ("text", _T, "", "all of it in words, English; also why nothing is known"),
        ("text_id", _T, "", "the same in Indonesian"),
        ("name", _T, "", "the site's name"),
    ),
    _measurement(
        "city", "how much of an ingester's part of the city is heard", "instance",
        ("sites", _W, "", "sites with sensors"),
        ("gateways", _W, "", "gateways that are registered"),
        ("gateways_heard", _W, "", "of them those that have ever said or sent anything"),
        ("sensors", _W, "", "sensors that are registered"),
        ("sensors_heard", _W, "", "of them those that have ever sent anything"),
        ("silent", _W, "", "of them those that have sent nothing for too long, or never"),
        ("text", _T, "", "all of it in a sentence, English; while nothing is heard, what to do next"),
        ("text_id", _T, "", "the same in Indonesian"),
    ),
    _measurement(
        "about_site", "a site that has something of a domain, for the lists of dashboards", "domain title",
        ("name", _T, "", "the site's name; title has the id too: Jembatan Daruba|daruba-river"),
    ),
    _measurement(
        "about_sensor", "a sensor that measures a quantity, for the lists of dashboards", "quantity site title",
        ("name", _T, "", "the sensor's name; title has the id too"),
    ),
    _measurement(
        "about_gauge", "a gauge, its time a millisecond before that of the gauge above it: the order of the river",
        "sensor site",
        ("title", _T, "", "the gauge's name and its id, for a list of a dashboard: Tinggi air Daruba|river-daruba"),
    ),
    _measurement(
        "fleet", "what a gateway last said of itself, and what the cloud knows of its readings", "gateway site",
        ("online", _W, "", "1 online, 0 offline"),
        ("status_age_s", _N, "s", "age of its last word"),
        ("clock", _W, "", "0 synced, 1 estimated, 2 unknown"),
        ("version", _T, "", "of its software"),
        ("spool_depth", _W, "{reading}", "readings waiting"),
        ("spool_age_s", _N, "s", "age of the oldest reading that waits; 0 where none does"),
        ("spool_used", _N, "%", "of the spool's size limit"),
        ("spool_left_s", _N, "s", "how long the spool still holds at the rate of its readings; left out if unknown"),
        ("received", _W, "{reading}", "since the registry was made"),
        ("duplicates", _W, "{reading}", "received again"),
        ("missing", _W, "{reading}", "neither received nor declared lost: still at the gateway, or lost"),
        ("declared_lost", _W, "{reading}", "the gateway said that it lost them"),
        ("sources", _W, "", "sources of readings"),
        ("sources_failed", _W, "", "of them failed or silent"),
        ("noise_bytes", _W, "By", "bytes that were no reading, since its agent started"),
    ),
    _measurement(
        "ingest", "what an ingester did since its sample before", "instance",
        ("sampled_ms", _W, "ms", "when the sample was taken (UTC), for what compares it with now"),
        ("seconds", _N, "s", "how long that was"),
        ("stored", _W, "{reading}", "readings that became durable"),
        ("stored_flood", _W, "{reading}", "of them of flood"),
        ("stored_air", _W, "{reading}", "of them of air"),
        ("stored_footfall", _W, "{reading}", "of them of footfall"),
        ("stored_gateway", _W, "{reading}", "of them of gateways themselves"),
        ("stored_own", _W, "{reading}", "of them of domains that the city added"),
        ("stored_live", _W, "{reading}", "of them sent as they were taken"),
        ("stored_backlog", _W, "{reading}", "of them sent late: from a backlog, or a dead letter that was tried again"),
        ("batches", _W, "", "batches acknowledged"),
        ("duplicates", _W, "{reading}", "readings received again"),
        ("dead_letters", _W, "", "readings (or unreadable messages) refused"),
        ("dead_letters_open", _W, "", "refused matter that waits for somebody now"),
        ("shed", _W, "", "batches not taken for want of room"),
        ("store_errors", _W, "", "writes that the store did not take"),
        ("queue_bytes", _W, "By", "batches waiting in memory now"),
        ("write_p50_ms", _N, "ms", "median time of a write to the store; left out where none was made"),
        ("write_p99_ms", _N, "ms", "99th percentile of it"),
        ("delay_p50_ms", _N, "ms", "median from a live reading's time to its being durable"),
        ("delay_p99_ms", _N, "ms", "99th percentile of it"),
    ),
    _measurement(
        "refused", "refused readings of one reason since the sample before", "instance reason",
        ("count", _W, "", "readings (or unreadable messages)"),
    ),
)  # fmt: skip

MEASUREMENTS: dict[str, Measurement] = {row.name: row for row in _TABLE}
"""All of them by name."""

"""The table of quantities: what Siaga measures, in which unit, and what nature allows.

Units are UCUM codes (https://ucum.org/ucum), where {person} and the like are UCUM annotations of the unit 1.
Bounds are physical, not alarm limits: a value outside them cannot have been measured by a working sensor on Earth's
surface, so it goes to the dead letters. Both ends are allowed. Gases are in ug/m3 because the index of PermenLHK
P.14/2020 is defined in it; CO2 stays in ppm, as every sensor of it does.

Derived quantities are computed by Siaga from others (docs/indices.md) and never measured: neither a gateway's file nor
the city file can declare one.

This is the table that every city has. What a city adds of its own stands in city.toml, and both together are a
`QuantityTable` (quantity_table.py).
"""

from collections.abc import Iterator
from enum import StrEnum

import msgspec


class Domain(StrEnum):
    """What a quantity is watched for; each domain is one measurement in the readings store. A city adds its own."""

    FLOOD = "flood"
    AIR = "air"
    FOOTFALL = "footfall"
    GATEWAY = "gateway"


class HourOf(StrEnum):
    """How readings become one value of an hour, or of any other stretch of time."""

    MEAN = "mean"
    SUM = "sum"
    LAST = "last"
    MAX = "max"


class Worse(StrEnum):
    """In which direction a quantity gets worse for people."""

    UP = "up"
    DOWN = "down"


class Stamped(StrEnum):
    """Which end of the interval that a reading speaks for its time is."""

    START = "start"
    END = "end"


class Quantity(msgspec.Struct, frozen=True, kw_only=False):
    """A row of the table: `unit` in UCUM, `decimals` to show, `low` and `high` the physical bounds in `unit`.

    `derived`: computed by Siaga, never measured. `hour` is how an hour is made of its readings; SUM is of amounts since
    the reading before, of which a mean says nothing. `worse` is None where neither direction is. `stamped` holds for
    sensors of which nothing else is said; None: at a moment. `sign` and `sign_id` are the unit as people read it, ""
    where that of its UCUM code will do (i18n/units.py). A step beyond `step` within a minute is doubted, and the same
    value for longer than `stuck_s`; None: that is not judged. `retired`: the city has it no more, its history stays.
    """

    name: str
    domain: str
    unit: str
    decimals: int
    low: float
    high: float
    english: str
    indonesian: str
    derived: bool = False
    hour: HourOf = HourOf.MEAN
    worse: Worse | None = None
    stamped: Stamped | None = None
    sign: str = ""
    sign_id: str = ""
    step: float | None = None
    stuck_s: float | None = None
    retired: bool = False

    def name_in(self, language: str) -> str:
        """What it is called in a language ("id", else English)."""
        return self.indonesian if language == "id" else self.english


_F, _A, _P, _G = Domain.FLOOD, Domain.AIR, Domain.FOOTFALL, Domain.GATEWAY

_TABLE = (
    # name              domain unit        dec  low      high         English                    Indonesian
    ("water_level",      _F, "cm",          1, -1_000.0,     10_000.0, "Water level",           "Tinggi muka air"),
    ("distance",         _F, "cm",          1,      0.0,     10_000.0, "Distance to surface",   "Jarak ke permukaan"),
    ("rainfall",         _F, "mm",          1,      0.0,        500.0, "Rainfall",              "Curah hujan"),
    ("rain_rate",        _F, "mm/h",        1,      0.0,      2_000.0, "Rain rate",             "Intensitas hujan"),
    ("flow",             _F, "m3/s",        2, -10_000.0,   300_000.0, "Flow",                  "Debit"),
    ("flow_velocity",    _F, "m/s",         2,    -20.0,         20.0, "Flow velocity",         "Kecepatan aliran"),
    ("water_temperature", _F, "Cel",        1,     -5.0,         60.0, "Water temperature",     "Suhu air"),
    ("pm1",              _A, "ug/m3",       1,      0.0,     10_000.0, "PM1",                   "PM1"),
    ("pm2_5",            _A, "ug/m3",       1,      0.0,     10_000.0, "PM2.5",                 "PM2,5"),
    ("pm4",              _A, "ug/m3",       1,      0.0,     10_000.0, "PM4",                   "PM4"),
    ("pm10",             _A, "ug/m3",       1,      0.0,     20_000.0, "PM10",                  "PM10"),
    ("pm100",            _A, "ug/m3",       0,      0.0,     70_000.0, "PM100",                 "PM100"),
    # larger than so many micrometres, as Plantower counts them in 0.1 litre of air
    ("particles_0_3",    _A, "{particle}/dL", 0,    0.0,  1_000_000.0, "Particles beyond 0.3 µm", "Partikel di atas 0,3 µm"),  # noqa: E501
    ("particles_0_5",    _A, "{particle}/dL", 0,    0.0,  1_000_000.0, "Particles beyond 0.5 µm", "Partikel di atas 0,5 µm"),  # noqa: E501
    ("particles_1",      _A, "{particle}/dL", 0,    0.0,  1_000_000.0, "Particles beyond 1 µm",   "Partikel di atas 1 µm"),  # noqa: E501
    ("particles_2_5",    _A, "{particle}/dL", 0,    0.0,  1_000_000.0, "Particles beyond 2.5 µm", "Partikel di atas 2,5 µm"),  # noqa: E501
    ("particles_5",      _A, "{particle}/dL", 0,    0.0,  1_000_000.0, "Particles beyond 5 µm",   "Partikel di atas 5 µm"),  # noqa: E501
    ("particles_10",     _A, "{particle}/dL", 0,    0.0,  1_000_000.0, "Particles beyond 10 µm",  "Partikel di atas 10 µm"),  # noqa: E501
    ("co",               _A, "ug/m3",       0,      0.0,  1_200_000.0, "CO",                    "CO"),
    ("co2",              _A, "[ppm]",       0,      0.0,    100_000.0, "CO2",                   "CO2"),
    ("no2",              _A, "ug/m3",       1,      0.0,     50_000.0, "NO2",                   "NO2"),
    ("o3",               _A, "ug/m3",       1,      0.0,     20_000.0, "O3",                    "O3"),
    ("so2",              _A, "ug/m3",       1,      0.0,    100_000.0, "SO2",                   "SO2"),
    ("hc",               _A, "ug/m3",       1,      0.0,    100_000.0, "Hydrocarbons",          "Hidrokarbon"),
    ("voc",              _A, "ug/m3",       1,      0.0,    100_000.0, "VOC",                   "VOC"),
    ("formaldehyde",     _A, "ug/m3",       0,      0.0,    100_000.0, "Formaldehyde",          "Formaldehida"),
    ("voc_index",        _A, "{index}",     0,      0.0,        500.0, "VOC index",             "Indeks VOC"),
    ("nox_index",        _A, "{index}",     0,      0.0,        500.0, "NOx index",             "Indeks NOx"),
    ("temperature",      _A, "Cel",         1,    -40.0,         85.0, "Temperature",           "Suhu"),
    ("humidity",         _A, "%",           1,      0.0,        100.0, "Relative humidity",     "Kelembapan relatif"),
    ("pressure",         _A, "hPa",         1,    500.0,      1_100.0, "Air pressure",          "Tekanan udara"),
    ("noise",            _A, "dB[SPL]",     1,      0.0,        194.0, "Noise",                 "Kebisingan"),
    ("wind_speed",       _A, "m/s",         1,      0.0,        120.0, "Wind speed",            "Kecepatan angin"),
    ("wind_gust",        _A, "m/s",         1,      0.0,        120.0, "Wind gust",             "Hembusan angin"),
    ("wind_direction",   _A, "deg",         0,      0.0,        360.0, "Wind direction",        "Arah angin"),
    ("illuminance",      _A, "lx",          0,      0.0,    200_000.0, "Illuminance",           "Iluminansi"),
    ("solar_radiation",  _A, "W/m2",        0,      0.0,      2_000.0, "Solar radiation",       "Radiasi matahari"),
    ("uv_index",         _A, "{UVI}",       1,      0.0,         30.0, "UV index",              "Indeks UV"),
    ("people_in",        _P, "{person}",    0,      0.0,    100_000.0, "People in",             "Orang masuk"),
    ("people_out",       _P, "{person}",    0,      0.0,    100_000.0, "People out",            "Orang keluar"),
    ("occupancy",        _P, "{person}",    0,      0.0,  1_000_000.0, "Occupancy",             "Jumlah di lokasi"),
    ("dwell",            _P, "s",           0,      0.0,    604_800.0, "Dwell time",            "Lama kunjungan"),
    ("devices_seen",     _P, "{device}",    0,      0.0,  1_000_000.0, "Devices seen",          "Perangkat terlihat"),
    ("spool_depth",      _G, "{reading}",   0,      0.0,         1e12, "Readings in spool",     "Data dalam antrean"),
    ("spool_age",        _G, "s",           0,      0.0,         1e10, "Oldest unsent reading", "Umur data tertua"),
    ("lost",             _G, "{reading}",   0,      0.0,         1e12, "Declared losses",       "Kehilangan tercatat"),
    ("disk_free",        _G, "MiBy",        0,      0.0,         1e12, "Free disk",             "Sisa disk"),
    ("memory_used",      _G, "MiBy",        1,      0.0,         1e9,  "Memory of the agent",   "Memori agen"),
    ("cpu_temperature",  _G, "Cel",         1,    -40.0,        150.0, "Processor temperature", "Suhu prosesor"),
    ("under_voltage",    _G, "{state}",     0,      0.0,          2.0, "Under-voltage (1 since the start, 2 now)", "Tegangan kurang (1 sejak menyala, 2 sekarang)"),  # noqa: E501
    ("uptime",           _G, "s",           0,      0.0,         1e10, "Time since boot",       "Lama menyala"),
    ("noise_bytes",      _G, "By",          0,      0.0,         1e15, "Noise from sensors",    "Derau dari sensor"),
    # of the modem and the plan of its SIM; 0 generations: in no network. 3GPP TS 36.133 has the bounds of RSRP and RSRQ
    ("mobile_generation", _G, "{generation}", 0,    0.0,          5.0, "Mobile network (2 to 5: its generation, 0 none)", "Jaringan seluler (2 sampai 5: generasi, 0 tidak ada)"),  # noqa: E501
    ("signal_quality",   _G, "%",           0,      0.0,        100.0, "Signal of the modem",   "Sinyal modem"),
    ("rsrp",             _G, "dB{mW}",      0,   -157.0,        -29.0, "RSRP",                  "RSRP"),
    ("rsrq",             _G, "dB",          1,    -44.0,         21.0, "RSRQ",                  "RSRQ"),
    ("sim_data_used",    _G, "MBy",         1,      0.0,         1e12, "Data used of the plan", "Data paket terpakai"),
    ("sim_quota_left",   _G, "%",           1,      0.0,        100.0, "Data left of the plan", "Sisa kuota data"),
)  # fmt: skip
# What a sensor says of itself: how its battery and its radio are doing.
_OF_DEVICES = (
    ("battery",          _G, "%",           0,      0.0,        100.0, "Battery",               "Baterai"),
    ("battery_voltage",  _G, "V",           2,      0.0,         60.0, "Battery voltage",       "Tegangan baterai"),
    ("solar_voltage",    _G, "V",           2,      0.0,      1_000.0, "Solar panel voltage",   "Tegangan panel surya"),
    ("power_failed",     _G, "{state}",     0,      0.0,          1.0, "Power failed (1: on battery)", "Listrik padam (1: memakai baterai)"),  # noqa: E501
    ("door_open",        _G, "{state}",     0,      0.0,          1.0, "Door open (1: open)",   "Pintu terbuka (1: terbuka)"),  # noqa: E501
    ("signal",           _G, "dB{mW}",      0,   -200.0,         50.0, "Signal strength",       "Kuat sinyal"),
    ("signal_to_noise",  _G, "dB",          1,    -50.0,         50.0, "Signal to noise",       "Nisbah sinyal-derau"),
    ("link_quality",     _G, "{LQI}",       0,      0.0,        255.0, "Link quality",          "Mutu tautan"),
)  # fmt: skip

HEALTH_QUANTITIES = tuple(row[0] for row in _TABLE if row[1] is _G)
"""What a gateway reports on itself; no sensor can be given one."""
REPORTED_BY_GATEWAYS = (*HEALTH_QUANTITIES, "signal", "signal_to_noise")
"""All that it reports: of its modem also what sensors say of their radios."""

_SUM, _LAST, _MAX = HourOf.SUM, HourOf.LAST, HourOf.MAX
_HOUR_OF = {
    "rainfall": _SUM, "people_in": _SUM, "people_out": _SUM,
    "wind_direction": _LAST, "lost": _LAST, "uptime": _LAST, "noise_bytes": _LAST,
    "mobile_generation": _LAST, "sim_data_used": _LAST, "sim_quota_left": _LAST,
    "wind_gust": _MAX, "under_voltage": _MAX, "power_failed": _MAX, "door_open": _MAX,
}  # fmt: skip
"""All others by their mean: no mean of 359 and 1 degrees is a direction, and no mean is a counter's."""
_WORSE_DOWN = frozenset({
    "distance", "disk_free", "battery", "battery_voltage", "signal", "signal_to_noise", "link_quality",
    "mobile_generation", "signal_quality", "rsrp", "rsrq", "sim_quota_left",
})  # fmt: skip
_WORSE_NEITHER = frozenset({
    "temperature", "humidity", "pressure", "wind_direction", "illuminance", "solar_radiation", "water_temperature",
    "flow_velocity", "people_in", "people_out", "dwell", "devices_seen", "uptime",
    "solar_voltage",
})  # fmt: skip


def _worse(name: str) -> Worse | None:
    if name in _WORSE_NEITHER:
        return None
    return Worse.DOWN if name in _WORSE_DOWN else Worse.UP


MEASURED: dict[str, Quantity] = {
    row[0]: Quantity(*row, hour=_HOUR_OF.get(row[0], HourOf.MEAN), worse=_worse(row[0]))
    for row in (*_TABLE, *_OF_DEVICES)
}
"""What a sensor of any city can measure."""

AIR_PARAMETERS = ("pm10", "pm2_5", "so2", "co", "o3", "no2", "hc")
"""Those of ISPU, in the order of its annex and of its ties."""

ISPU_VERSIONS = {"p14_2020": "P.14/2020", "klh_2026": "KLH 2026"}
"""The versions of ISPU's table, by key, with their names; each is computed, and one is official: see rules/ispu.py."""
ISPU_OF_VERSIONS = ("pm10", "pm2_5")
"""The parameters whose index depends on the version."""
ISPU_TABLE = "ispu_table"
"""Which version (its number) the official ISPU beside it was computed with."""
ISPU_BY_VERSION = tuple(name for key in ISPU_VERSIONS for name in (f"ispu_{key}", f"ispu_{key}_critical"))
"""The ISPU of a site by each version, and its critical parameter."""

# Computed by Siaga, and by nobody else: see docs/indices.md for each rule, its source and its version.
_OF_EACH_AIR_PARAMETER = (
    # name unit dec low high English Indonesian
    ("{}_hour", "ug/m3", 1, 0.0, 1_200_000.0, "{}, mean of the hour", "{}, rata-rata per jam"),
    ("{}_hour_completeness", "%", 0, 0.0, 100.0, "Completeness: {}, hour", "Kelengkapan: {}, jam"),
    ("{}_correction", "{version}", 0, 0.0, 1e12, "Correction of {} (its fact)", "Koreksi {} (nomor faktanya)"),
    ("{}_correction_completeness", "%", 0, 0.0, 100.0, "Completeness: correction of {}", "Kelengkapan: koreksi {}"),
    ("{}_day", "ug/m3", 1, 0.0, 1_200_000.0, "{}, mean of 24 hours", "{}, rata-rata 24 jam"),
    ("{}_day_completeness", "%", 0, 0.0, 100.0, "Completeness: {}, 24 hours", "Kelengkapan: {}, 24 jam"),
    ("ispu_{}", "{ISPU}", 0, 0.0, 500.0, "ISPU of {}", "ISPU {}"),
    ("ispu_{}_completeness", "%", 0, 0.0, 100.0, "Completeness: ISPU of {}", "Kelengkapan: ISPU {}"),
    ("us_aqi_{}", "{AQI}", 0, 0.0, 10_000.0, "US AQI of {}", "US AQI {}"),
    ("us_aqi_{}_completeness", "%", 0, 0.0, 100.0, "Completeness: US AQI of {}", "Kelengkapan: US AQI {}"),
)  # fmt: skip
_DERIVED = (
    # name domain unit dec low high English Indonesian
    ("ispu", _A, "{ISPU}", 0, 0.0, 500.0, "ISPU", "ISPU"),
    ("ispu_critical", _A, "{parameter}", 0, 0.0, 6.0, "Critical parameter of ISPU", "Parameter kritis ISPU"),
    ("ispu_completeness", _A, "%", 0, 0.0, 100.0, "Completeness: ISPU", "Kelengkapan: ISPU"),
    (ISPU_TABLE, _A, "{version}", 0, 1.0, 1e6, "Version of the ISPU table", "Versi tabel ISPU"),
    ("us_aqi", _A, "{AQI}", 0, 0.0, 10_000.0, "US AQI", "US AQI"),
    ("us_aqi_critical", _A, "{parameter}", 0, 0.0, 6.0, "Critical parameter of US AQI", "Parameter kritis US AQI"),
    ("us_aqi_completeness", _A, "%", 0, 0.0, 100.0, "Completeness: US AQI", "Kelengkapan: US AQI"),
    ("air_computation", _A, "{version}", 0, 1.0, 1e6, "Version of the air indices", "Versi perhitungan udara"),
    ("rain_hour", _F, "mm", 1, 0.0, 1_000.0, "Rain of the hour", "Hujan per jam"),
    ("rain_hour_completeness", _F, "%", 0, 0.0, 100.0, "Completeness: rain, hour", "Kelengkapan: hujan per jam"),
    ("rain_day", _F, "mm", 1, 0.0, 5_000.0, "Rain since 07:00", "Hujan sejak 07.00"),
    ("rain_day_completeness", _F, "%", 0, 0.0, 100.0, "Completeness: rain, day", "Kelengkapan: hujan harian"),
    ("siaga", _F, "{Siaga}", 0, 1.0, 4.0, "Flood Siaga, worst of the hour (1 is the worst)", "Siaga banjir, terburuk per jam (1 terparah)"),  # noqa: E501
    ("siaga_completeness", _F, "%", 0, 0.0, 100.0, "Completeness: flood Siaga", "Kelengkapan: Siaga banjir"),
    ("rise_rate", _F, "cm/h", 1, -1_000_000.0, 1_000_000.0, "Rate of rise", "Laju kenaikan"),
    ("flood_computation", _F, "{version}", 0, 1.0, 1e6, "Version of rain and flood Siaga", "Versi perhitungan banjir"),
    ("visitors_present", _P, "{person}", 0, 0.0, 10_000_000.0, "Visitors present", "Pengunjung di lokasi"),
    ("visitors_day", _P, "{person}", 0, 0.0, 10_000_000.0, "Visits since closing", "Kunjungan sejak tutup"),
    ("visit_length", _P, "s", 0, 0.0, 604_800.0, "Mean visit", "Rata-rata lama kunjungan"),
    ("capacity_used", _P, "%", 0, 0.0, 1_000_000.0, "Capacity used", "Kapasitas terpakai"),
    ("crowd_density", _P, "{person}/m2", 2, 0.0, 1_000.0, "Crowd density", "Kepadatan pengunjung"),
    ("visitors_completeness", _P, "%", 0, 0.0, 100.0, "Completeness: visitors", "Kelengkapan: pengunjung"),
    ("visitors_usual", _P, "{person}", 0, 0.0, 10_000_000.0, "Usual visitors at this hour", "Pengunjung biasanya pada jam ini"),  # noqa: E501
    ("visitors_usual_low", _P, "{person}", 0, 0.0, 10_000_000.0, "Usual visitors: a quarter of the weeks had fewer", "Pengunjung biasanya: seperempat minggu lebih sepi"),  # noqa: E501
    ("visitors_usual_high", _P, "{person}", 0, 0.0, 10_000_000.0, "Usual visitors: a quarter of the weeks had more", "Pengunjung biasanya: seperempat minggu lebih ramai"),  # noqa: E501
    ("visitors_usual_weeks", _P, "{week}", 0, 0.0, 8.0, "Usual visitors: weeks behind it", "Pengunjung biasanya: minggu pembanding"),  # noqa: E501
    ("footfall_computation", _P, "{version}", 0, 1.0, 1e6, "Version of footfall", "Versi perhitungan pengunjung"),
)  # fmt: skip


def _derived() -> dict[str, Quantity]:
    rows = [Quantity(*row, derived=True) for row in _DERIVED]
    for parameter in AIR_PARAMETERS:
        names = MEASURED[parameter].english, MEASURED[parameter].indonesian
        for name, unit, decimals, low, high, english, indonesian in _OF_EACH_AIR_PARAMETER:
            if parameter == "hc" and name.startswith("us_aqi"):
                continue  # the US index knows no hydrocarbons
            texts = english.format(names[0]), indonesian.format(names[1])
            rows.append(Quantity(name.format(parameter), _A, unit, decimals, low, high, *texts, derived=True))
    for key, version in ISPU_VERSIONS.items():
        rows += _of_version(key, version)
    return {row.name: row for row in rows}


def _of_version(key: str, version: str) -> Iterator[Quantity]:
    """ISPU by one version of its table, of a site and of the parameters that depend on it."""
    by = f"ISPU by {version}", f"ISPU menurut {version}"
    yield Quantity(f"ispu_{key}", _A, "{ISPU}", 0, 0.0, 500.0, *by, derived=True)
    critical = f"Critical parameter of {by[0]}", f"Parameter kritis {by[1]}"
    yield Quantity(f"ispu_{key}_critical", _A, "{parameter}", 0, 0.0, 6.0, *critical, derived=True)
    for parameter in ISPU_OF_VERSIONS:
        names = f"{by[0]}: {MEASURED[parameter].english}", f"{by[1]}: {MEASURED[parameter].indonesian}"
        yield Quantity(f"ispu_{key}_{parameter}", _A, "{ISPU}", 0, 0.0, 500.0, *names, derived=True)


QUANTITIES: dict[str, Quantity] = MEASURED | _derived()
"""All that is stored in every city, by name."""

"""The register maps that come with Siaga (maps/*.toml), and the models that each is for.

find("SEN0676") ─► family modbus, model "sen0676" ─► maps/radar_level.toml
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

MODELS = {
    "qdy30a": "submersible_level_probe",
    "qdy30a-b": "submersible_level_probe",
    "sen0676": "radar_level",
    "hlk-ld8001h": "radar_level",
    "pr-3000-fsjt": "wind_speed",
    "pr-3000-fsjt-n01": "wind_speed",
    "rs-fsjt": "wind_speed",
    "rs-fsjt-n01": "wind_speed",
    "pr-3000-fxjt": "wind_direction",
    "pr-3000-fxjt-n01": "wind_direction",
    "rs-fxjt": "wind_direction",
    "rs-fxjt-n01": "wind_direction",
    "rs-fsxcs": "weather_station",
    "rs-fsxcs-n01": "weather_station",
    "sen0657": "weather_station_sen0657",
    "rs-ws-n01": "humidity_temperature",
    "xy-md01": "temperature_humidity_sht20",
    "xy-md02": "temperature_humidity_sht20",
    "sht20": "temperature_humidity_sht20",
    "sen0575": "rain_gauge",
    "tracer-a": "solar_charge_controller",
    "tracer-an": "solar_charge_controller",
    "tracer-b": "solar_charge_controller",
    "tracer-bn": "solar_charge_controller",
    "ls-b": "solar_charge_controller",
    "vs-b": "solar_charge_controller",
}
_FOLDER = Path(__file__).parent / "maps"


@cache
def table_of(model: str) -> dict[str, Any]:
    """The TOML of a model's map."""
    return tomllib.loads((_FOLDER / f"{MODELS[model]}.toml").read_text(encoding="utf-8"))


def maps() -> list[str]:
    """The names of the maps that are shipped."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))

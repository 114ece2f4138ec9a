"""Every family and dialect that a source can name: one line each.  A new one is a new file, and a line here.

SERIAL_FAMILIES["maxbotix"].decoder({"mounting_height_cm": 450}, {})    MQTT_DIALECTS["tasmota"].parser({})
find("MH-Z19B") ─► Found(the family mhz19b, {})     find("sds198") ─► Found(the family sds011, {"model": "sds198"})

A file is read when its family is first asked for: a gateway holds those of its own sensors in memory, and no others.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, NamedTuple, TypeVar

from firmware_bridge.family import MqttDialect, SerialFamily, plain

Entry = TypeVar("Entry", SerialFamily, MqttDialect)


class _Line(NamedTuple):
    """Names of `models` beside the entry's own, and its `file`, where that is not called as the entry."""

    models: tuple[str, ...] = ()
    file: str = ""


# keep each table in the order of its names: lines that several people add then seldom meet
_FAMILIES = {
    "a02yyuw": _Line((
        "a01nyub", "a0221au", "a02yyum", "aj-sr04m", "jsn-sr04t", "me007ys", "sen0207", "sen0311", "sen0312", "sen0313",
        "sen0627", "sr04m-2",
    )),
    "board": _Line(),
    "generic": _Line(("lines", "text")),
    "hpc168": _Line(("hpc168_passenger_counter",)),
    "hpma115": _Line(("hpma115c0", "hpma115s0")),
    "maxbotix": _Line((
        "mb1000", "mb1001", "mb1003", "mb1010", "mb1013", "mb1020", "mb1023", "mb1030", "mb1033", "mb1040",
        "mb1043", "mb1200", "mb1210", "mb1220", "mb1230", "mb1240", "mb1260", "mb1261", "mb1300", "mb1310",
        "mb1320", "mb1330", "mb1340", "mb1360", "mb1361", "mb1403", "mb1413", "mb1423", "mb1433", "mb1443",
        "mb7051", "mb7052", "mb7053", "mb7054", "mb7060", "mb7062", "mb7066", "mb7070", "mb7072", "mb7076",
        "mb7092", "mb7150", "mb7155", "mb7334", "mb7344", "mb7354", "mb7360", "mb7363", "mb7364", "mb7366",
        "mb7367", "mb7368", "mb7369", "mb7374", "mb7380", "mb7383", "mb7384", "mb7386", "mb7387", "mb7388",
        "mb7389", "mb7534", "mb7544", "mb7554", "mb7564", "mb7574", "mb7584",
    )),
    "mhz19b": _Line(("mhz14a", "mhz19", "mhz19c")),
    "ops243": _Line(("omnipresense", "ops241", "ops242", "ops243_a", "ops243_c")),
    "nmea": _Line(("gnss", "gps", "nmea0183")),
    "modbus": _Line((
        "modbus-rtu", "modbus-tcp", "qdy30a", "qdy30a-b", "sen0676", "hlk-ld8001h", "pr-3000-fsjt", "pr-3000-fsjt-n01",
        "rs-fsjt", "rs-fsjt-n01", "pr-3000-fxjt", "pr-3000-fxjt-n01", "rs-fxjt", "rs-fxjt-n01", "rs-fsxcs",
        "rs-fsxcs-n01", "sen0657", "rs-ws-n01", "xy-md01", "xy-md02", "sht20", "sen0575",
        "tracer-a", "tracer-an", "tracer-b", "tracer-bn", "ls-b", "vs-b",
    )),
    "plantower": _Line(("pms3003", "pms5003", "pms5003s", "pms5003st", "pms5003t", "pms7003", "pmsa003")),
    "sds011": _Line(("sds018", "sds021", "sds198")),
    "sdi12": _Line(),
    "sps30": _Line(),
    "terabee": _Line((
        "evo_swipe_plus", "people_counter_evo", "terabee_evo", "terabee_evo_swipe_plus", "terabee_people_counter",
        "terabee_people_counter_evo", "terabee_swipe_plus", "teraranger_evo", "tr_evo_ppc",
    )),
    "sr50a": _Line(("sr50ah", "sr50at", "sr50ath")),
    "toa5": _Line(("campbell", "cr1000", "cr1000x", "cr300", "cr6")),
    "urm": _Line(("dfrobot-urm", "sen0002", "sen0149", "sen0150", "sen0153", "urm04", "urm06", "urm07")),
    "tipping_bucket": _Line(("pulse_counter", "rain_counter", "rain_gauge", "te525", "te525mm", "te525ws")),
}  # fmt: skip
_DIALECTS = {
    "airgradient": _Line(),
    "chirpstack": _Line(("chirpstack-v3", "chirpstack-v4")),
    "csv": _Line(("mqtt_csv",), file="mqtt_csv"),
    "esphome": _Line(),
    "json": _Line(("mqtt_json",), file="mqtt_json"),
    "lorawan": _Line((
        "am102", "am102l", "am103", "am103l", "am104", "am107", "am307", "am307l", "am308", "am308l", "am319",
        "am319-hcho", "am319-o3", "am319l", "cayenne", "cayenne-lpp", "em300-th", "em310-udl", "em320-th", "em400-mud",
        "em400-tld", "em400-udl", "em410-rdl", "em411-rdl", "em500-co2", "em500-lgt", "em500-swl", "em500-udl",
        "lpp", "milesight", "vs121", "vs132", "vs133", "vs135", "vs350", "vs351", "vs360", "wts305", "wts505", "wts506",
    )),
    "sensor_community": _Line(("airrohr", "luftdaten")),
    "shelly": _Line(),
    "homeassistant": _Line(("ha", "hass", "home_assistant_discovery")),
    "homie": _Line(("homie4", "homie5")),
    "senml": _Line(("senml_cbor", "senml_json")),
    "sparkplug": _Line(("sparkplug-b", "spbv1.0")),
    "tasmota": _Line(),
    "ttn": _Line(("the-things-network", "the-things-stack", "tts")),
    "zigbee2mqtt": _Line(("z2m",)),
}  # fmt: skip


class Entries(Mapping[str, Entry], Generic[Entry]):
    """The families, or the dialects, by name; each is loaded from its file when it is first asked for."""

    def __init__(self, lines: Mapping[str, _Line], folder: str, attribute: str) -> None:
        self._lines = lines
        self._folder = folder
        self._attribute = attribute
        self._loaded: dict[str, Entry] = {}

    def __getitem__(self, name: str) -> Entry:
        entry = self._loaded.get(name)
        if entry is None:
            file = self._lines[name].file or name
            entry = self._loaded[name] = getattr(import_module(f"{self._folder}.{file}"), self._attribute)
        return entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, name: object) -> bool:
        return name in self._lines


SERIAL_FAMILIES: Entries[SerialFamily] = Entries(_FAMILIES, "firmware_bridge.families", "FAMILY")
MQTT_DIALECTS: Entries[MqttDialect] = Entries(_DIALECTS, "firmware_bridge.dialects", "DIALECT")


class Found(NamedTuple):
    """A family or dialect, and the options that the name of a model stands for."""

    entry: SerialFamily | MqttDialect
    options: Mapping[str, Any]


NAMES: tuple[str, ...] = tuple(
    name for lines in (_FAMILIES, _DIALECTS) for entry, line in lines.items() for name in (entry, *line.models)
)
"""All that can be found, as people write it."""
_BY_PLAIN_NAME = {
    plain(name): (entry, name)
    for lines in (_FAMILIES, _DIALECTS)
    for entry, line in lines.items()
    for name in (entry, *line.models)
}


def find(name: str) -> Found | None:
    """What a family, a dialect or a model is called, whatever its capitals and hyphens; None where nothing is."""
    entry_name, model = _BY_PLAIN_NAME.get(plain(name), ("", ""))
    entry = SERIAL_FAMILIES.get(entry_name) or MQTT_DIALECTS.get(entry_name)
    return None if entry is None else Found(entry, entry.models.get(model, {}))

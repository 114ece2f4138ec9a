"""Every mistake in edge.toml is one sentence, and all come at once."""

from pathlib import Path

import pytest

from edge.check import CheckedSettings, check_file
from edge.settings import spool_of
from edge.sources.configured import MqttSource, SerialSource
from edge.terminal import time_comes_from
from runtime.settings import SettingsError

GATEWAY = '[gateway]\nid = "gw-1"\n[local_broker]\nport = 1884\n'
UPLINK = '[uplink]\nhost = "127.0.0.1"\n'
JSON = '[[sources]]\nname = "a"\nfamily = "json"\ntopic = "sensors/+/r"\nsensor_level = 1\nvalues = { co2 = "co2" }\n'
LINE = '[[sources]]\nname = "river"\nfamily = "maxbotix"\nport = "/dev/null"\nsensor = "river-1"\n'


def check(folder: Path, text: str) -> CheckedSettings:
    settings = folder / "edge.toml"
    settings.write_text(text)
    return check_file(settings)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        check(folder, text)
    return caught.value.problems


def test_good_settings_become_sources_with_paths_beside_the_file(tmp_path: Path):
    checked = check(tmp_path, GATEWAY + JSON + LINE + "mounting_height_cm = 450\n")
    assert checked.settings.spool.path == tmp_path / "spool.db"
    topic, line = checked.sources
    assert isinstance(topic, MqttSource)
    assert isinstance(line, SerialSource)
    assert topic.sensor_of("sensors/air-3/r") == "air-3"
    assert (line.baud, line.options["mounting_height_cm"]) == (9_600, 450)


def test_a_board_names_its_sensors_by_channel(tmp_path: Path):
    text = '[[sources]]\nname = "b"\nfamily = "board"\nport = "/dev/null"\n'
    text += 'channels = { "0" = "rain-1", "01" = "people-1" }\n'
    (source,) = check(tmp_path, GATEWAY + text).sources
    assert isinstance(source, SerialSource)
    assert source.channels == {"0": "rain-1", "1": "people-1"}


OUTPUT = '[[outputs]]\nname = "siren"\n'
SMS = 'kind = "sms"\nto = ["+62811000"]\n'
LCUS = OUTPUT + 'kind = "lcus"\nport = "/dev/ttyUSB9"\n'
MISTAKEN = [
    (GATEWAY + OUTPUT + 'kind = "bell"\n', "outputs[0]: kind 'bell' is not known; write one of: 'mqtt'"),
    (
        GATEWAY + OUTPUT + 'kind = "mqtt"\ntopic = "a/+"\n',
        "outputs[0].mqtt.topic: 'a/+': a topic to publish to has no +",
    ),
    (GATEWAY + LCUS + 'test = "monday"\n', "outputs[0].lcus.test: 'monday': is no time of the week"),
    (GATEWAY + OUTPUT + SMS, "modem: is missing; output 'siren' sends over it: add [modem]"),
    (
        GATEWAY + "[modem]\n" + OUTPUT + SMS.replace("+62", "0"),
        "outputs[0].sms.to[0]: '0811000': is no number of a telephone",
    ),
    (
        GATEWAY + "[modem]\n" + OUTPUT + 'kind = "sms"\nto = []\n',
        "outputs[0].sms.to: write at least so many: 1",
    ),
    (GATEWAY + '[modem]\nzone = "WIT"\n', "modem.zone: 'WIT': is no zone; write how far it is from UTC"),
    (GATEWAY + "[modem]\nquota_from_day = 31\n", "modem.quota_from_day: 31"),
    (GATEWAY + LCUS + LCUS, "outputs[1].name: 'siren' is taken; write another"),
    (GATEWAY + LINE + LCUS.replace("/dev/ttyUSB9", "/dev/null"), "outputs[0].port: '/dev/null' is read by a source"),
    (
        GATEWAY + LCUS + LCUS.replace("siren", "horn").replace("lcus", "modbus") + "baud = 19200\n",
        "outputs[1].port: '/dev/ttyUSB9' cannot have two rates, 9600 and 19200",
    ),
    (
        '[gateway]\nid = "gw-1"\n' + OUTPUT + 'kind = "mqtt"\ntopic = "s"\n',
        "local_broker: is missing; output 'siren' is reached over it",
    ),
    (GATEWAY.replace("gw-1", "GW 1"), "gateway.id: 'GW 1': use 1 to 64 of a-z, 0-9"),
    (GATEWAY + "[spool]\nmax_md = 3\n", "spool.max_md: unknown key; did you mean max_mb?"),
    (GATEWAY + "[spool]\nmax_mb = 0\n", "spool.max_mb: 0: write 1 or more"),
    (GATEWAY + "[uplink]\nwindow = 1\n", "uplink.window: 1:"),
    (GATEWAY + '[spool]\npath = "edge.toml/spool.db"\n', "is no folder that this user may write to"),
    (GATEWAY + '[uplink]\nusername = "u"\npassword_file = "nope"\n', "uplink.password_file:"),
    (GATEWAY + '[uplink.tls]\nca = "nope.pem"\n', "uplink.tls.ca:"),
    (GATEWAY + JSON.replace("json", "jsn"), "sources[0].family: 'jsn' is not known; did you mean json?"),
    (
        GATEWAY + JSON.replace('"co2"', '"co2"', 1).replace("{ co2", "{ c02"),
        "'c02' is no quantity; did you mean co2?",
    ),
    (GATEWAY + JSON.replace("sensors/+/r", "sensors/a+/r"), "sources[0].topic: 'sensors/a+/r': + stands for"),
    (GATEWAY + JSON.replace("sensors/+/r", "sensors/#/r"), "sources[0].topic: 'sensors/#/r': # stands for"),
    (GATEWAY + JSON.replace("sensors/+/r", ""), "sources[0].topic: '' is no topic"),
    (GATEWAY + JSON.replace("sensor_level = 1", "sensor_level = 3"), "sources[0].sensor_level: 3: topic"),
    (GATEWAY + JSON.replace("sensor_level = 1\n", ""), "sources[0].sensor: write one of sensor"),
    (GATEWAY + JSON + 'port = "/dev/null"\n', "sources[0].port: '/dev/null' means nothing here"),
    (GATEWAY + JSON + JSON.replace("sensors/+", "other/+"), "sources[1].name: 'a' is taken by sources[0].name"),
    (GATEWAY + LINE + LINE.replace('"river"', '"two"'), "sources[1].port: '/dev/null' is taken by sources[0].port"),
    (GATEWAY + LINE.replace("river-1", "gw-1"), "sources[0].sensor: 'gw-1' is taken by gateway.id"),
    (GATEWAY + LINE + "mounting_heigt_cm = 4\n", "did you mean mounting_height_cm?"),
    (
        GATEWAY + LINE + "mounting_height_cm = 4.2\n",
        "sources[0].mounting_height_cm: 4.2: is not between 30 and 3500 ",
    ),
    (GATEWAY + LINE + "mounting_height_cm = 4200\n", "(4200 mm are 420 cm)"),
    (GATEWAY + LINE + 'mounting_height_cm = "high"\n', "sources[0].mounting_height_cm: 'high': write a number"),
    (GATEWAY + LINE.replace('sensor = "river-1"\n', ""), "sources[0].sensor: is missing; add sensor"),
    (GATEWAY + LINE.replace('port = "/dev/null"\n', ""), "sources[0].port: is missing; add the port"),
    (GATEWAY + LINE.replace("/dev/null", "/etc/passwd"), "sources[0].port: '/etc/passwd' is no serial port"),
    ('[gateway]\nid = "gw-1"\n' + JSON, "local_broker: is missing; sources[0] comes over MQTT"),
    ("sources = 3\n" + GATEWAY, "sources: 3:"),
    (GATEWAY + LINE + '[clock]\nreceiver = "gps"\n', "clock.receiver: 'gps' is no source that tells the time; write"),
    (GATEWAY + LINE + '[clock]\nreceiver = "river"\n', "clock.receiver: 'river' is no source that tells the time"),
    (GATEWAY + JSON + '[clock]\nreceiver = "a"\n', "clock.receiver: 'a' is no source that tells the time; write the"),
    (GATEWAY + LINE + "[clock]\nreceiver = 3\n", "clock.receiver: 3: "),
]


@pytest.mark.parametrize(("text", "sentence"), MISTAKEN)
def test_a_mistake_is_named_with_its_key_and_what_to_write(tmp_path: Path, text: str, sentence: str):
    found = mistakes(tmp_path, text)
    assert any(sentence in said for said in found), found
    assert all(said.startswith("edge.toml: ") for said in found)


def test_all_mistakes_come_at_once(tmp_path: Path):
    text = "[spool]\nmax_md = 3\n" + JSON.replace("json", "jsn") + LINE + "mounting_heigt_cm = 4\n"
    found = mistakes(tmp_path, text)
    for key in ("gateway", "spool.max_md", "sources[0].family", "sources[1].mounting_heigt_cm"):
        assert sum(f"edge.toml: {key}" in said for said in found) == 1, found


def test_where_the_time_comes_from_is_told(tmp_path: Path):
    station = LINE.replace("maxbotix", "gnss")
    checked = check(tmp_path, GATEWAY + UPLINK + station + '[clock]\nreceiver = "river"\n')
    assert checked.settings.clock.receiver == "river"
    assert checked.warnings == ()
    assert time_comes_from(checked).endswith("until then the receiver 'river', without setting it")
    trusted = check(tmp_path, GATEWAY + UPLINK + station + '[clock]\nreceiver = "river"\ntrust_system = true\n')
    assert (
        "clock.receiver: 'river' is asked only while the machine's clock shows a time before 2020"
        in (trusted.warnings[0])
    )
    assert "the file vouches for" in time_comes_from(trusted)
    assert (
        time_comes_from(check(tmp_path, GATEWAY + LINE)) == "time: the machine's clock, once a time server has set it"
    )


def test_a_missing_port_is_a_warning_that_names_what_there_is(tmp_path: Path):
    checked = check(tmp_path, GATEWAY + UPLINK + LINE.replace("/dev/null", "/dev/ttyUSB77"))
    assert len(checked.warnings) == 1
    assert "sources[0].port: '/dev/ttyUSB77' does not exist; " in checked.warnings[0]


@pytest.mark.parametrize(
    "text", ["", "sources = [3]", "[[sources]]", '[[sources]]\nfamily = ["json"]\ntopic = 3', "x ="]
)
def test_no_nonsense_breaks_the_check(tmp_path: Path, text: str):
    assert mistakes(tmp_path, text)


def test_a_gateway_without_uplink_or_sources_is_warned(tmp_path: Path):
    said = check(tmp_path, GATEWAY).warnings
    assert any("uplink: is missing, so all goes to a broker on this machine (127.0.0.1:1883)" in each for each in said)
    assert any("sources: there are none" in each for each in said)
    assert check(tmp_path, GATEWAY + UPLINK + LINE).warnings == ()


def test_an_interface_that_is_not_there_is_a_warning(tmp_path: Path):
    said = check(tmp_path, GATEWAY + UPLINK + 'via = ["lo", "wwan9"]\n' + LINE).warnings
    assert len(said) == 1
    assert "uplink.via[1]: this machine has no interface 'wwan9' now; it has " in said[0]


def test_a_secret_that_everybody_may_read_is_a_warning(tmp_path: Path):
    (tmp_path / "p").write_text("secret")
    (tmp_path / "p").chmod(0o604)
    text = GATEWAY + UPLINK + 'username = "gw-1"\npassword_file = "p"\n' + LINE
    assert any("chmod 600" in warning for warning in check(tmp_path, text).warnings)
    (tmp_path / "p").chmod(0o640)
    assert check(tmp_path, text).warnings == ()


def test_a_port_that_may_not_be_opened_yet_stops_no_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """After a start udev may give the ports to the group a moment later, and systemd starts nothing again after 2."""
    monkeypatch.setattr("edge.check.os.access", lambda path, mode: path != "/dev/tty")
    text = GATEWAY + '[[sources]]\nname = "a"\nfamily = "sds011"\nport = "/dev/tty"\nsensor = "b"\n'
    warnings = check(tmp_path, text).warnings
    assert any("sources[0].port: '/dev/tty' may not be opened by this user; add the user" in each for each in warnings)


@pytest.mark.parametrize(
    ("uplink", "said"),
    [
        ('host = "mqtt://broker"', "uplink.host: 'mqtt://broker': write the host alone"),
        ('host = "broker:8883"', "uplink.host: 'broker:8883': write the host alone"),
        ('host = "broker"\nport = 8883', "uplink.tls: is missing, and port 8883 is MQTT over TLS"),
        ('username = "a"\npassword_file = "edge.toml/x"', "uplink.password_file"),
        (
            'quiet_hours = ["22-05"]\nzone = "Z"',
            "uplink.quiet_hours[0]: '22-05': is no span of a day; write one such as",
        ),
        ('quiet_hours = ["22:00-05:00"]', "quiet_hours stand without zone; add how far the place is from UTC"),
        ('zone = "WIT"', "uplink.zone: 'WIT': is no zone; write how far it is from UTC, such as '+09:00'"),
        ('via = ["wlan 0"]', "uplink.via[0]: 'wlan 0': is no name of an interface; write one that ip link shows"),
        ('via = ["lo"]\nvia_max_kbit_s = { wwan0 = 64 }', "via_max_kbit_s: 'wwan0' stands not in via; add it there"),
        ("max_kbit_s = -1", "uplink.max_kbit_s"),
    ],
)
def test_an_uplink_that_cannot_work_is_a_mistake(tmp_path: Path, uplink: str, said: str):
    assert any(said in mistake for mistake in mistakes(tmp_path, f"{GATEWAY}[uplink]\n{uplink}\n{LINE}"))


def test_settings_are_read_however_their_editor_wrote_them(tmp_path: Path):
    text = (GATEWAY + UPLINK + LINE).replace("\n", "\r\n")
    for data in (
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.encode() + b"\0",
        b"# \xb5g\r\n" + text.encode(),
    ):
        (tmp_path / "edge.toml").write_bytes(data)
        assert [source.name for source in check_file(tmp_path / "edge.toml").sources] == ["river"]


def test_one_pair_of_brackets_for_sources_is_said(tmp_path: Path):
    assert mistakes(tmp_path, GATEWAY + UPLINK + LINE.replace("[[sources]]", "[sources]")) == [
        "edge.toml: sources: write [[sources]], with two brackets, before each of them"
    ]


OWN = '[[quantities]]\nid = "leq"\nunit = "dB[SPL]"\n'
OF_LEQ = JSON.replace('co2 = "co2"', 'leq = "leq"')


def test_a_quantity_that_the_city_added_is_measured_once_it_is_declared(tmp_path: Path):
    (source,) = check(tmp_path, GATEWAY + OWN + OF_LEQ).sources
    assert isinstance(source, MqttSource)
    (sample,) = source.parse("sensors/mic/r", b'{"leq": 61.5}').samples
    assert (sample.quantity, sample.value) == ("leq", 61.5)
    assert source.quantities["leq"].unit == "dB[SPL]"
    assert any("'leq' is no quantity" in mistake for mistake in mistakes(tmp_path, GATEWAY + OF_LEQ))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"leq"', '"pm10"', "quantities[0].id: 'pm10': every gateway knows this quantity"),
        ('"leq"', '"Leq"', "quantities[0].id: 'Leq': use 1 to 40 of a-z"),
        ("dB[SPL]", "dB(A)", "quantities[0].unit: 'dB(A)': is no UCUM code; write 'dB[SPL]'"),
        ("dB[SPL]", "loud", "quantities[0].unit: 'loud': is no UCUM code; write the unit as in the city's file"),
        ("unit", "units", "quantities[0].units: unknown key; did you mean unit?"),
    ],
)
def test_a_mistake_in_a_quantity_is_one_sentence(tmp_path: Path, old: str, new: str, sentence: str):
    found = mistakes(tmp_path, GATEWAY + OWN.replace(old, new))
    assert any(sentence in mistake for mistake in found), found


def test_a_quantity_declared_twice_is_said(tmp_path: Path):
    assert any("'leq' is taken by quantities[0].id" in each for each in mistakes(tmp_path, GATEWAY + OWN + OWN))


def test_a_quantity_with_a_mistake_takes_nothing_from_the_mistakes_of_sources(tmp_path: Path):
    found = mistakes(tmp_path, GATEWAY + OWN.replace("dB[SPL]", "loud") + OWN.replace("leq", "lmax") + OF_LEQ)
    assert any("quantities[0].unit" in each for each in found)
    assert any("'leq' is no quantity; did you mean" in each or "'leq' is no quantity" in each for each in found)


@pytest.mark.parametrize("port", ["socket://10.0.0.7:4001", "rfc2217://ser2net.local:2217", "socket://[fd00::7]:4001"])
def test_a_device_server_in_the_network_is_a_port_and_is_not_looked_for_among_files(tmp_path: Path, port: str):
    checked = check(tmp_path, GATEWAY + UPLINK + LINE.replace("/dev/null", port))
    assert [source.port for source in checked.serial_sources] == [port]
    assert not checked.warnings


@pytest.mark.parametrize(
    "port", ["socket://10.0.0.7", "http://10.0.0.7:80", "socket://:4001", "socket://a:b", "rfc2217://"]
)
def test_an_address_that_is_none_is_a_mistake(tmp_path: Path, port: str):
    [mistake] = mistakes(tmp_path, GATEWAY + UPLINK + LINE.replace("/dev/null", port))
    assert "is no address of a device server; write socket://HOST:PORT or rfc2217://HOST:PORT" in mistake


def test_a_character_is_of_a_known_form(tmp_path: Path):
    checked = check(tmp_path, GATEWAY + UPLINK + LINE + 'character = "7E1"\n')
    assert [source.character for source in checked.serial_sources] == ["7E1"]
    [mistake] = mistakes(tmp_path, GATEWAY + UPLINK + LINE + 'character = "9X3"\n')
    assert "write one of: 8N1, 8E1" in mistake


PUSH = '[[sources]]\nname = "p"\nfamily = "airrohr"\nlisten = "127.0.0.1:8090"\nchannels = { "esp8266-1" = "air-1" }\n'


def test_a_source_that_listens_needs_no_broker(tmp_path: Path):
    checked = check(tmp_path, '[gateway]\nid = "gw-1"\n' + PUSH)
    [source] = checked.push_sources
    assert (source.host, source.port, source.channels) == ("127.0.0.1", 8_090, {"esp8266-1": "air-1"})
    assert (checked.serial_sources, checked.mqtt_sources) == ([], [])
    [other] = check(tmp_path, GATEWAY + PUSH.replace("127.0.0.1", "[fd00::7]")).push_sources
    assert other.host == "fd00::7"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("127.0.0.1:8090", "8090", "sources[0].listen: '8090' is no address and port; write one of this gateway"),
        ("127.0.0.1:8090", "gateway:8090", "sources[0].listen: 'gateway:8090' is no address and port"),
        ("127.0.0.1:8090", "127.0.0.1:0", "sources[0].listen: '127.0.0.1:0' is no address and port"),
        ("127.0.0.1:8090", "127.0.0.1:99999", "sources[0].listen: '127.0.0.1:99999' is no address and port"),
        ("127.0.0.1:8090", "8.8.8.8:8090", "sources[0].listen: '8.8.8.8:8090' is an address of the internet"),
        ('channels = { "esp8266-1" = "air-1" }', "", "sources[0].sensor: is missing; add sensor"),
        ("channels", 'sensor = "a"\nchannels', "sources[0].sensor: 'a' stands beside channels"),
        ("channels", 'topic = "a/b"\nchannels', "sources[0].topic: 'a/b' means nothing here, since devices push to"),
        ("channels", "sensor_level = 1\nchannels", "sources[0].sensor_level: 1 means nothing here"),
    ],
)
def test_mistakes_of_a_source_that_listens(tmp_path: Path, before: str, after: str, said: str):
    problems = mistakes(tmp_path, GATEWAY + PUSH.replace(before, after))
    assert any(said in problem for problem in problems), problems


def test_two_sources_do_not_listen_on_one_port_and_a_serial_line_on_none(tmp_path: Path):
    second = PUSH.replace('"p"', '"q"').replace("air-1", "air-2")
    assert any(
        "sources[1].listen: '127.0.0.1:8090' is taken" in each for each in mistakes(tmp_path, GATEWAY + PUSH + second)
    )
    assert any(
        "sources[0].listen: '127.0.0.1:8090' means nothing here, since maxbotix is on a serial line" in each
        for each in mistakes(tmp_path, GATEWAY + LINE + 'listen = "127.0.0.1:8090"\n')
    )


def test_the_spool_of_a_service_is_where_the_service_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("edge.settings._STATE_OF", {tmp_path: Path("/var/lib/siaga")})
    file = tmp_path / "edge.toml"
    assert spool_of(file, None) == Path("/var/lib/siaga/spool.db")
    assert spool_of(file, Path("mine.db")) == tmp_path / "mine.db"
    assert spool_of(tmp_path / "other" / "edge.toml", None) == tmp_path / "other" / "spool.db"
    (tmp_path / "spool.db").touch()
    assert spool_of(file, None) == tmp_path / "spool.db", "readings may wait in the one that is there"

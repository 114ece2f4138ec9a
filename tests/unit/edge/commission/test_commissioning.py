"""siaga-edge init: from what was found on the ports to an edge.toml that passes check."""

import io
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge.check import check_file
from edge.cli import main
from edge.commands import BROKEN, MISTAKES, WELL
from edge.commission.commissioning import Commissioning
from edge.commission.dialogue import Dialogue, NoAnswer, name_of_this_machine, problem_of_address, problem_of_name
from edge.commission.expectations import FoundPort, matched
from edge.commission.expected_here import differences, expected_here
from edge.commission.next_step import next_step
from edge.commission.settings_file import NotKept, beginning_of, local_broker_in, new_beginning
from edge.commission.topics import topics_nearby
from edge.detect import run as edge_detect_run
from edge.detect.found import DeviceFound, LineFound, Nothing
from edge.detect.messages import HeardMessages, TopicFound
from edge.detect.run import PortSearched
from edge.detect.score import Sureness
from edge.enrol.expected_sensors import comments_on, expected_in
from edge.enrol.settings_text import new_settings
from edge.remote.kept_file import kept_path, write_kept
from edge.remote.trial import KeptConfig
from firmware_bridge.sample import Sample
from i18n.catalog import LanguageCode
from runtime.address import Address
from runtime.broker_settings import BrokerSettings
from tests.servers import free_port
from wire.gateway_config import ExpectedSensor, GatewayConfig, encode_config
from wire.names import is_name


def found_device(family: str, *quantities: str) -> DeviceFound:
    samples = tuple(Sample(quantity, 12.5) for quantity in quantities)
    return DeviceFound(family, {}, 9_600, Sureness.CERTAIN, 5, 0, samples)


RIVER = ExpectedSensor("river-1", "daruba", ("water_level",), 450.0, 60.0)
AIR = ExpectedSensor("air-market", "market", ("pm2_5", "pm10"), None, 5.0)
AIR_2 = ExpectedSensor("air-harbour", "harbour", ("pm2_5", "pm10"))
COUNTER = ExpectedSensor("gate-1", "", ("people_in",))
LINES = {
    "/dev/a": LineFound((found_device("sds011", "pm2_5", "pm10"),)),
    "/dev/b": LineFound((found_device("maxbotix", "distance"),)),
    "/dev/c": LineFound((), Nothing.SILENT, searched_s=60),
    "/dev/d": LineFound((), Nothing.UNKNOWN_TEXT, b"17;182.5;ok\r\n" * 3, 9_600),
}


def search(port: str) -> PortSearched:
    found = LINES.get(port)
    return PortSearched(
        port, found, "" if found else f"{port} does not exist; plug the sensor in, or name another port"
    )


def commissioned(
    config: Path, ports: Sequence[str], expected: Sequence[ExpectedSensor] = (), *, force: bool = False
) -> str:
    work = Commissioning(config, Dialogue(LanguageCode.ENGLISH, takes_all=True), search, may_replace=force)
    beginning = work.beginning(gateway="gw-test", cloud="broker.example.org")
    work.write(beginning, work.sources(ports, expected))
    return config.read_text(encoding="utf-8")


def test_what_is_found_becomes_a_file_without_mistakes(tmp_path: Path):
    config = tmp_path / "edge.toml"
    text = commissioned(config, list(LINES))
    checked = check_file(config)
    assert [(source.name, source.port, source.sensor) for source in checked.serial_sources] == [
        ("sds011", "/dev/a", "air-1"), ("maxbotix", "/dev/b", "level-1"),
    ]  # fmt: skip
    assert (checked.settings.gateway.id, checked.settings.uplink.port) == ("gw-test", 8_883)
    assert "# heard: Nova SDS011/SDS021 particulate sensor: pm2_5 12.5 ug/m3, pm10 12.5 ug/m3\n" in text
    assert "# say which column is which quantity: 1: '17', 2: '182.5', 3: 'ok'\n" in text
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["edge.toml"]


def test_sensors_have_the_names_heights_and_paces_that_the_city_expects(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    config = tmp_path / "edge.toml"
    text = commissioned(config, ["/dev/a", "/dev/b"], [RIVER, AIR, COUNTER])
    by_port = {source.port: source for source in check_file(config).serial_sources}
    assert (by_port["/dev/a"].sensor, by_port["/dev/b"].sensor) == ("air-market", "river-1")
    assert by_port["/dev/b"].options["mounting_height_cm"] == 450
    assert (by_port["/dev/a"].silent_s, by_port["/dev/b"].silent_s) == (60, 180)
    assert "expected by the city at daruba" in text
    assert "nothing that was found gives gate-1 (people_in), which the city expects here" in capsys.readouterr().out


def test_of_two_alike_sensors_the_file_says_that_it_may_be_the_other(tmp_path: Path):
    text = commissioned(tmp_path / "edge.toml", ["/dev/a"], [AIR, AIR_2])
    assert 'sensor = "air-market"' in text
    two = [FoundPort("/dev/a", LINES["/dev/a"].devices), FoundPort("/dev/e", LINES["/dev/a"].devices)]
    matching = matched(two, [AIR, AIR_2])
    assert {place: sensor.id for place, sensor in matching.at.items()} == {
        ("/dev/a", ""): "air-market", ("/dev/e", ""): "air-harbour",
    }  # fmt: skip
    assert matching.doubts == {"air-market", "air-harbour"}
    assert matched([two[0]], [AIR, RIVER]).doubts == frozenset()


def test_each_slave_of_a_line_has_its_own_name():
    slaves = tuple(
        DeviceFound("modbus", {"model": model, "address": at}, 4_800, Sureness.LIKELY, 1, 0, (Sample(quantity, 3.0),))
        for at, model, quantity in ((2, "pr-3000-fsjt", "wind_speed"), (5, "pr-3000-fxjt", "wind_direction"))
    )
    vane = ExpectedSensor("vane", "", ("wind_direction",))
    assert matched([FoundPort("/dev/a", slaves)], [vane]).of_port("/dev/a") == {"5": vane}


def test_a_file_of_an_enrolment_keeps_all_that_it_says_and_gets_sources(tmp_path: Path):
    config = tmp_path / "edge.toml"
    enrolled = new_settings("gw-test", {"host": '"127.0.0.1"', "port": "1883"}, comments_on([RIVER, AIR]))
    config.write_text(enrolled)
    text = commissioned(config, ["/dev/a", "/dev/b"], expected_in(enrolled))
    assert text.startswith(enrolled)
    assert {source.sensor for source in check_file(config).serial_sources} == {"river-1", "air-market"}
    assert (tmp_path / "edge.toml.before").read_text() == enrolled


def test_what_the_city_wants_now_goes_before_what_an_enrolment_said(tmp_path: Path):
    config, spool = tmp_path / "edge.toml", tmp_path / "spool.db"
    config.write_text(f"[gateway]\n{comments_on([AIR])}")
    assert [sensor.id for sensor in expected_here(config, spool)] == ["air-market"]
    wanted = GatewayConfig(1, 7, sensors=(RIVER,)), GatewayConfig(1, 8)
    for desired, expected in zip(wanted, (["river-1"], ["air-market"]), strict=True):
        write_kept(kept_path(spool), KeptConfig(good=encode_config(desired).decode(), good_revision=desired.revision))
        assert [sensor.id for sensor in expected_here(config, spool)] == expected
    kept_path(spool).write_bytes(b"torn")
    assert expected_here(tmp_path / "none", tmp_path / "none.db") == ()


def test_expected_sensors_are_read_as_they_were_written():
    written = [
        ExpectedSensor(one.id, "", one.quantities, one.mounting_height_cm, one.interval_s) for one in (RIVER, AIR)
    ]
    written += [ExpectedSensor("bare")]
    assert expected_in(f"[gateway]\n{comments_on(written)}\n[[sources]]\n# not this\n") == tuple(written)
    assert expected_in("[gateway]\n") == ()
    assert expected_in("# the city expects here:\nx") == ()


OLD = """[gateway]
id = "gw-test"  # the box
[uplink]
host = "127.0.0.1"

[[sources]]
name = "old"
family = "sds011"
port = "/dev/x"
sensor = "air-9"
"""


def test_sources_that_are_there_stay_unless_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    config = tmp_path / "edge.toml"
    config.write_text(OLD)
    assert main(["--language", "en", "init", "--yes", "--config", str(config), "--port", "/dev/null"]) == MISTAKES
    assert "has sources already" in capsys.readouterr().err
    assert config.read_text() == OLD
    text = commissioned(config, ["/dev/a"], force=True)
    assert text.startswith('[gateway]\nid = "gw-test"  # the box\n')
    assert [source.sensor for source in check_file(config).serial_sources] == ["air-1"]
    assert (tmp_path / "edge.toml.before").read_text() == OLD


def test_what_stands_behind_sources_is_not_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    config = tmp_path / "edge.toml"
    config.write_text(OLD + "[health]\nevery_s = 5\n")
    with pytest.raises(NotKept):
        beginning_of(config.read_text())
    assert main(["--language", "en", "init", "--yes", "--force", "--config", str(config)]) == MISTAKES
    assert "stands behind [[sources]]" in capsys.readouterr().err
    config.write_text("[gateway\n")
    assert main(["--language", "en", "init", "--yes", "--config", str(config)]) == MISTAKES
    assert "cannot be read" in capsys.readouterr().err


def test_login_and_authority_that_lie_beside_the_file_are_used(tmp_path: Path):
    for name in ("uplink.password", "ca.crt"):
        (tmp_path / name).touch()
    text = new_beginning("gw-test", Address("broker.example.org", 8_883), tmp_path)
    assert 'username = "gw-test"\npassword_file = "uplink.password"\ntls = { ca = "ca.crt" }\n' in text


def test_questions_take_what_is_typed_and_ask_again_for_what_cannot_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    dialogue = Dialogue(LanguageCode.ENGLISH, takes_all=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("Gateway 1\ngw-7\n\nn\n\n"))
    assert dialogue.ask("name", "gw-1", problem_of_name) == "gw-7"
    assert dialogue.ask("name", "gw-1", problem_of_name) == "gw-1"
    assert (dialogue.agrees("use it?"), dialogue.agrees("use it?")) == (False, True)
    assert "use 1 to 64 of a-z" in capsys.readouterr().out
    with pytest.raises(NoAnswer):
        dialogue.ask("name", "gw-1", problem_of_name)
    assert problem_of_address("a b") is not None
    assert problem_of_address("10.0.0.5:1883") is None


def test_a_machine_has_a_name_that_a_gateway_may_have(monkeypatch: pytest.MonkeyPatch):
    for host in ("Raspberry.local", "---", "Pi 4 (Daruba)"):
        monkeypatch.setattr("socket.gethostname", lambda host=host: host)
        assert is_name(name_of_this_machine())


def test_init_writes_a_file_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(edge_detect_run, "search_port", lambda port, **_: search(port))
    config = str(tmp_path / "edge.toml")
    typed = [
        "--language",
        "en",
        "init",
        "--yes",
        "--config",
        config,
        "--gateway",
        "gw-daruba",
        "--cloud",
        "10.0.0.5:1883",
    ]
    assert main([*typed, "--port", "/dev/a"]) == WELL
    assert "edge.toml is written, with 1 sources" in capsys.readouterr().out.replace("\n  ", " ")
    assert main([*typed, "--port", "/dev/c", "--force"]) == BROKEN
    said = capsys.readouterr().out.replace("\n  ", " ")
    assert "nothing was heard at any rate" in said


# --- sensors that come over MQTT


def topics(*messages: tuple[str, bytes]) -> list[TopicFound]:
    heard = HeardMessages()
    for topic, payload in messages:
        heard.add(topic, payload)
    return [topic for topic in heard.found() if topic.dialect]


TASMOTA = ("tele/kiosk/SENSOR", b'{"Time":"2026-11-29T12:00:00","PMS5003":{"PM2.5":12,"PM10":30}}')
WEATHER = ("tele/roof/SENSOR", b'{"Time":"2026-11-29T12:00:00","BME280":{"Temperature":27.5,"Humidity":80}}')
PROBES = ("tele/pier/SENSOR", b'{"DS18B20-1":{"Id":"01","Temperature":27.5},"DS18B20-2":{"Id":"02","Temperature":28}}')


def commissioned_of_topics(config: Path, expected: Sequence[ExpectedSensor], *messages: tuple[str, bytes]) -> str:
    work = Commissioning(config, Dialogue(LanguageCode.ENGLISH, takes_all=True), search, may_replace=True)
    beginning = work.beginning(gateway="gw-test", cloud="broker.example.org")
    work.write(beginning, work.sources(["/dev/b"], expected, topics(*messages)))
    return config.read_text(encoding="utf-8")


def test_topics_become_sources_with_the_names_of_the_city_and_a_local_broker(tmp_path: Path):
    config = tmp_path / "edge.toml"
    text = commissioned_of_topics(config, [RIVER, AIR], TASMOTA, WEATHER)
    checked = check_file(config)
    assert [source.sensor for source in checked.serial_sources] == ["river-1"]
    assert [(source.topic, source.sensor) for source in checked.mqtt_sources] == [
        ("tele/kiosk/SENSOR", "air-market"), ("tele/roof/SENSOR", "roof"),
    ]  # fmt: skip
    assert str(checked.settings.local_broker) == "127.0.0.1:1883"
    assert text.index("[local_broker]") < text.index("[[sources]]")
    assert "# heard: pm2_5 12 ug/m3, pm10 30 ug/m3\n" in text
    assert "expected by the city at market" in text


def test_a_broker_that_the_file_names_stays_as_it_is(tmp_path: Path):
    config = tmp_path / "edge.toml"
    config.write_text('[gateway]\nid = "gw-test"\n[uplink]\nport = 1\n[local_broker]\nhost = "192.168.4.9"\n')
    assert local_broker_in(config)
    assert commissioned_of_topics(config, [], TASMOTA).count("[local_broker]") == 1
    assert str(check_file(config).settings.local_broker) == "192.168.4.9:1883"


def test_each_device_of_a_topic_has_a_name_and_nothing_is_given_twice(tmp_path: Path):
    config = tmp_path / "edge.toml"
    pool = ExpectedSensor("sea-1", "pier", ("temperature",))
    commissioned_of_topics(config, [pool], PROBES, WEATHER)
    names = [name for source in check_file(config).mqtt_sources for name in (source.sensor, *source.channels.values())]
    named = [name for name in names if name]
    assert named.count("sea-1") == 1
    assert len(named) == len(set(named))


def test_a_broker_that_no_file_names_and_that_is_not_there_is_no_news(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("edge.commission.topics.broker_nearby", lambda _config: BrokerSettings(port=free_port()))
    assert topics_nearby(tmp_path / "edge.toml", Dialogue(LanguageCode.ENGLISH, takes_all=True), 0.1) == ()
    assert capsys.readouterr().out == ""


def test_what_comes_next_is_the_service_where_it_is_installed(tmp_path: Path):
    unit = tmp_path / "siaga-edge.service"
    unit.touch()
    by_hand, service = Path("mine/edge.toml"), Path("/etc/siaga/edge.toml")
    assert next_step(service, offline=False, unit=unit) == (
        "next: sudo siaga-edge check --connect, then: sudo systemctl restart siaga-edge"
    )
    assert next_step(service, offline=True, unit=unit).startswith("next: sudo siaga-edge check, then: ")
    assert next_step(by_hand, offline=False, unit=unit) == (
        "next: siaga-edge check --connect --config mine/edge.toml, then: siaga-edge run --config mine/edge.toml"
    )
    assert next_step(Path("edge.toml"), offline=True) == "next: siaga-edge check, then: siaga-edge run"
    assert next_step(service, offline=False, unit=tmp_path / "none").endswith("run --config /etc/siaga/edge.toml")


# --- what the city expects, and what the file says


def said_of(tmp_path: Path, sources: str, *expected: ExpectedSensor) -> list[str]:
    config = tmp_path / "edge.toml"
    config.write_text('[gateway]\nid = "gw-test"\n[uplink]\nport = 1\n[local_broker]\nport = 1883\n' + sources)
    return [str(each) for each in differences(check_file(config).settings, expected)]


def line_of(sensor: str, port: str = "/dev/a") -> str:
    return f'[[sources]]\nname = "{port}"\nfamily = "sds011"\nport = "{port}"\nsensor = "{sensor}"\n'


def test_a_name_that_the_city_does_not_expect_is_said_before_it_is_refused(tmp_path: Path):
    refuses = "here, and refuses what it does not know"
    missing, unknown = said_of(tmp_path, line_of("air-mraket"), AIR)
    assert missing == "the city expects air-market (pm2_5, pm10) here, and no source is called so"
    assert unknown == f"source /dev/a: the city does not expect air-mraket {refuses}; should it be air-market?"
    [unknown] = said_of(tmp_path, line_of("air-market") + line_of("air-9", "/dev/b"), AIR)
    assert unknown == (
        f"source /dev/b: the city does not expect air-9 {refuses}; let the sensor be added at the server"
    )


def test_what_fits_and_what_cannot_be_known_is_no_difference(tmp_path: Path):
    named_by_topic = (
        '[[sources]]\nname = "all"\nfamily = "json"\ntopic = "s/+"\nsensor_level = 1\nvalues = { humidity = "rh" }\n'
    )
    assert said_of(tmp_path, line_of("air-market"), AIR) == []
    assert said_of(tmp_path, line_of("air-market")) == [], "nobody has said what is expected"
    assert said_of(tmp_path, line_of("air-market"), AIR, ExpectedSensor("gw-test", "", ("disk_free",))) == []
    assert said_of(tmp_path, named_by_topic, AIR) == []
    channels = line_of("x").replace('sensor = "x"', 'channels = { "0" = "air-market" }').replace("sds011", "board")
    assert said_of(tmp_path, channels, AIR) == []


def test_check_says_it_as_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    config = tmp_path / "edge.toml"
    enrolled = new_settings("gw-test", {"host": '"127.0.0.1"', "port": "1883"}, comments_on([AIR]))
    config.write_text(enrolled + line_of("air-9"))
    assert main(["check", "--language", "en", "--config", str(config)]) == WELL
    said = capsys.readouterr().err
    assert "warning: the city expects air-market (pm2_5, pm10) here, and no source is called so" in said
    assert "should it be air-market?" in said

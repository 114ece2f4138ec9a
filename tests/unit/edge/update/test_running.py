"""What an updater of another version reads of an agent: these bytes are a contract, and what they are made of."""

import msgspec

from edge.control.snapshot import AgentSnapshot, AlarmNow, ClockNow, CloudNow, LinkNow, SourceNow, SpoolNow
from edge.update.link_settings import LinkSettings, link_settings
from edge.update.running import RunningVersion
from i18n.message import Bilingual
from wire import Clock, SourceStatus

OF_ANOTHER_VERSION = (
    b'{"version":"1.2.0","time_ms":5,"new":{},"sources":[{"name":"river","state":"ok","more":1},'
    b'{"name":"air","state":"failed"}],"clock":{"state":"synced"},"link":{"proved_age_s":3.2,"gathers_s":60},'
    b'"alarms":[{"sensor":"river","family":"flood","sounded_ms":7},{"sensor":"air"}]}'
)


def test_an_agent_of_another_version_is_read():
    found = msgspec.json.decode(OF_ANOTHER_VERSION, type=RunningVersion)
    assert (found.version, found.is_acknowledged, found.link.gathers_s) == ("1.2.0", True, 60)
    assert found.names(SourceStatus.OK) == ("river",)
    assert found.names(SourceStatus.FAILED) == ("air",)
    assert found.sounds_for == ("river",)


def test_this_agent_says_what_an_updater_reads():
    sources = (SourceNow("river", SourceStatus.SILENT),)
    link = LinkNow("b", True)
    alarm = AlarmNow("flood", "river", Bilingual("a", "b"), "water_level", 1.0, "cm", 5, 6, "siren")
    snapshot = AgentSnapshot(
        "gw",
        "1.2.0",
        5,
        1.0,
        sources,
        SpoolNow(0, 0, 1, 1),
        link,
        ClockNow(Clock.ESTIMATED, "the cloud"),
        CloudNow(),
        alarms=(alarm,),
    )
    found = msgspec.json.decode(msgspec.json.encode(snapshot), type=RunningVersion)
    assert (found.version, found.time_ms, found.is_acknowledged) == ("1.2.0", 5, False)
    assert found.names(SourceStatus.SILENT) == ("river",)
    assert found.clock.state is Clock.ESTIMATED
    assert found.sounds_for == ("river",)
    heard = msgspec.structs.replace(snapshot, link=msgspec.structs.replace(link, proved_age_s=0.5))
    assert msgspec.json.decode(msgspec.json.encode(heard), type=RunningVersion).is_acknowledged


def test_settings_that_concern_a_download_are_found_and_others_do_not_matter(tmp_path):
    file = tmp_path / "edge.toml"
    assert link_settings(file) == LinkSettings()
    file.write_text('sources = 7\n[uplink]\nmax_kbit_s = 16\ntls = { ca = "city.crt" }\n[clock]\ntrust_system = true\n')
    assert link_settings(file) == LinkSettings(tmp_path / "city.crt", 16.0, True)
    file.write_text('uplink = "none"\nclock = 3\n')
    assert link_settings(file) == LinkSettings()

"""siaga-edge doctor: what is said of machine, sources and cloud, in both languages, and as JSON."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from edge.check import check_file
from edge.control.snapshot import (
    AgentSnapshot,
    ClockNow,
    CloudNow,
    LinkNow,
    RefusedNow,
    SourceNow,
    SpoolNow,
    ValueNow,
)
from edge.doctor import cloud, machine, sources
from edge.doctor.finding import CHECKS, MARKS, CheckOutcome, Finding, as_json, worst_of
from edge.refusals import NEXT_STEP
from edge.sources.configured import SerialSource
from i18n.catalog import catalog_of
from runtime.connect_step import NAME, ConnectStep
from tests.unit.edge.detect.lines import DeviceLine
from tests.unit.edge.detect.test_search import Writes, device
from tests.unit.edge.test_languages import INDONESIAN, triples, untranslated
from wire import Clock, SourceStatus
from wire.gateway_update import UpdateState, UpdateStatus

PASS, WARN, FAIL = CheckOutcome
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def is_told(finding: Finding, outcome: CheckOutcome, part: str) -> bool:
    """Whether it is so, and its sentence is there in both languages."""
    assert untranslated(finding.said) == []
    assert triples(finding.said) & triples(catalog_of(INDONESIAN).said(finding.said)) == set()
    assert (finding.outcome, part in finding.said) == (outcome, True), finding
    return True


def sys_with(folder: Path, **files: str) -> Path:
    """A /sys with these files; __ stands for a slash."""
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("SOC", "soc:firmware")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "outcome", "part"),
    [
        ({"devices__platform__soc__SOC__get_throttled": "0\n"}, PASS, "never too low"),
        ({"devices__platform__soc__SOC__get_throttled": "50000\n"}, WARN, "was too low since the start"),
        ({"devices__platform__soc__SOC__get_throttled": "50005\n"}, FAIL, "too low now"),
        ({"devices__platform__soc__SOC__get_throttled": "20002\n"}, PASS, "never too low"),  # throttled by heat alone
        ({"class__hwmon__hwmon1__in0_lcrit_alarm": "1\n"}, FAIL, "too low now"),
        ({"class__hwmon__hwmon1__in0_lcrit_alarm": "0\n"}, PASS, "never too low"),
    ],
)
def test_the_voltage_is_told_where_the_pi_tells(
    tmp_path: Path, files: dict[str, str], outcome: CheckOutcome, part: str
):
    (finding,) = machine.of_the_power(sys_with(tmp_path, **files))
    assert is_told(finding, outcome, part)


def test_a_machine_that_tells_nothing_gives_no_finding(tmp_path: Path):
    assert list(machine.of_the_power(tmp_path)) == []
    assert list(machine.of_the_card(tmp_path)) == []
    assert list(machine.of_the_power(sys_with(tmp_path, devices__platform__soc__SOC__get_throttled="no\n"))) == []


@pytest.mark.parametrize(
    ("life", "spare", "outcome", "part"),
    [
        ("0x01 0x01", "0x01", PASS, "0 percent"), ("0x01 0x09", "0x01", WARN, "80 percent"),
        ("0x0b 0x01", "0x01", FAIL, "worn out"), ("0x01 0x01", "0x02", WARN, "replace it soon"),
        ("0x01 0x01", "0x03", FAIL, "worn out"),
    ],
)  # fmt: skip
def test_the_wear_of_a_card_is_told(tmp_path: Path, life: str, spare: str, outcome: CheckOutcome, part: str):
    folder = sys_with(
        tmp_path, block__mmcblk0__device__life_time=f"{life}\n", block__mmcblk0__device__pre_eol_info=f"{spare}\n"
    )
    (finding,) = machine.of_the_card(folder)
    assert finding.about == "mmcblk0"
    assert is_told(finding, outcome, part)


@pytest.mark.parametrize(("least_mb", "outcome", "part"), [(1, PASS, "MB are free"), (10**9, FAIL, "grows no more")])
def test_room_on_the_disk_is_told(tmp_path: Path, least_mb: int, outcome: CheckOutcome, part: str):
    (finding,) = machine.of_the_disk(tmp_path / "not" / "yet", least_mb)
    assert finding.about == str(tmp_path)
    assert is_told(finding, outcome, part)


def test_a_disk_that_is_read_only_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "statvfs", lambda _: type("", (), {
        "f_bavail": 9_000, "f_frsize": machine.MIB, "f_flag": os.ST_RDONLY,
    }))  # fmt: skip
    (finding,) = machine.of_the_disk(tmp_path, 16)
    assert is_told(finding, FAIL, "is read-only")


@pytest.mark.parametrize(
    ("now", "synced", "outcome", "part"),
    [
        (NOW, True, PASS, "and is confirmed"), (NOW, False, WARN, "no time server"),
        (datetime(1970, 1, 1, tzinfo=UTC), True, FAIL, "which is past"),
    ],
)  # fmt: skip
def test_the_clock_is_told(now: datetime, synced: bool, outcome: CheckOutcome, part: str):
    assert is_told(machine.of_the_clock(now, synced=synced, trusted=False), outcome, part)


VALUE = ValueNow("river-1", "water_level", 132.4, "cm", 2.0)


@pytest.mark.parametrize(
    ("source", "outcome", "part"),
    [
        (SourceNow("river", SourceStatus.OK, "", 9, 9, 90, 0, 0, 0.5, 2.0, (VALUE,)), PASS, "132.4 cm, 2 s"),
        (SourceNow("river", SourceStatus.OK, "", 9, 9, 90, 60, 0, 0.5, 2.0, (VALUE,)), WARN, "60 of 90 bytes"),
        (SourceNow("river", SourceStatus.FAILED, "/dev/x is gone"), FAIL, "is not there: /dev/x is gone"),
        (SourceNow("river", SourceStatus.SILENT), FAIL, "nothing was heard"),
        (SourceNow("river", SourceStatus.SILENT, "noise", 0, 0, 500, 500), FAIL, "bytes come that are no"),
        (SourceNow("river", SourceStatus.SILENT, "no target", 0, 9, 90), FAIL, "frames come, and no reading for long"),
    ],
)  # fmt: skip
def test_a_source_is_as_the_agent_says(source: SourceNow, outcome: CheckOutcome, part: str):
    assert is_told(sources.of_the_agent(source), outcome, part)


def source_of(folder: Path, family: str, **options: str) -> SerialSource:
    """A source as edge.toml has it."""
    more = "".join(f'{key} = "{value}"\n' for key, value in options.items())
    (folder / "edge.toml").write_text(
        f'[gateway]\nid = "gw"\n[uplink]\nhost = "127.0.0.1"\n[[sources]]\nname = "a"\nfamily = "{family}"\n'
        f'port = "/dev/nowhere"\nsensor = "s"\n{more}'
    )
    return check_file(folder / "edge.toml").serial_sources[0]


@pytest.mark.parametrize(
    ("family", "line", "outcome", "part"),
    [
        ("sds011", DeviceLine(device("sds011"), 9_600), PASS, "just heard"),
        ("mhz19b", DeviceLine(device("mhz19b"), 9_600), PASS, "co2"),
        ("sds011", DeviceLine(None, 9_600), FAIL, "nothing was heard"),
        ("sds011", DeviceLine(Writes(b"R1234\r" * 10), 9_600), FAIL, "bytes came that are no frames"),
        ("sds011", DeviceLine(Writes(bytes.fromhex("aac000000000a16001ab")), 9_600), WARN, "'warming up'"[1:-1]),
    ],
)  # fmt: skip
def test_a_line_is_listened_to_as_the_agent_would(
    tmp_path: Path, family: str, line: DeviceLine, outcome: CheckOutcome, part: str
):
    line.set_baud(9_600)
    assert is_told(sources.heard_on(line, source_of(tmp_path, family), 8.0), outcome, part)


def test_a_line_that_does_not_open_fails(tmp_path: Path):
    finding = sources.listened_to(source_of(tmp_path, "sds011"), 1.0)
    assert (finding.outcome, "/dev/nowhere does not exist" in finding.said) == (FAIL, True)


def snapshot(**changed: object) -> AgentSnapshot:
    well = AgentSnapshot(
        "gw", "0.1.0", 0, 3_600.0, (), SpoolNow(3, 0, 1, 1), LinkNow("b:8883", True, 60.0, 3.0),
        ClockNow(Clock.SYNCED, "system"), CloudNow(0, 5),
    )  # fmt: skip
    return msgspec.structs.replace(well, **changed)


def of(check: str, found: Iterator[Finding]) -> Finding:
    (finding,) = (one for one in found if one.check == check)
    return finding


@pytest.mark.parametrize(
    ("changed", "check", "outcome", "part"),
    [
        ({}, "link", PASS, "connected to b:8883"),
        ({}, "answer", PASS, "acknowledged 3 s ago"),
        ({}, "spool", PASS, "3 readings wait"),
        ({"link": LinkNow("b:8883", False, None, None, "refused")}, "link", FAIL, "no connection to b:8883: refused"),
        ({"link": LinkNow("b:8883", True, 60.0, 900.0)}, "answer", FAIL, "acknowledges nothing"),
        ({"link": LinkNow("b:8883", True, 60.0, None), "spool": SpoolNow(0, 0, 1, 1)}, "answer", WARN, "was sent"),
        ({"link": LinkNow("b:8883", True, 6.0), "up_s": 9.0}, "answer", WARN, "ask again in a minute"),
        ({"spool": SpoolNow(3, 0, 1, 1, problem="disk full")}, "spool", FAIL, "disk full"),
        (
            {"spool": SpoolNow(3, 0, 1, 1, full_in_s=36_000.0), "link": LinkNow("b", False)},
            "spool", WARN, "room for 10 h more",
        ),
        (
            {"cloud": CloudNow(0, 5, (RefusedNow("air-mraket", "unknown_sensor", 12),), 12)},
            "refused", FAIL, "12 readings were refused (unknown_sensor): add the sensor at the server",
        ),
    ],
)  # fmt: skip
def test_the_way_to_the_cloud_is_as_the_agent_says(
    changed: dict[str, object], check: str, outcome: CheckOutcome, part: str
):
    assert is_told(of(check, cloud.of_the_agent(snapshot(**changed))), outcome, part)


@pytest.mark.parametrize("reason", [*NEXT_STEP, "something_new"])
def test_each_reason_for_a_refusal_has_a_next_step_in_both_languages(reason: str):
    refusing = snapshot(cloud=CloudNow(0, 5, (RefusedNow("air", reason, 1),), 1))
    assert is_told(of("refused", cloud.of_the_agent(refusing)), FAIL, f"({reason}): ")


def test_the_agents_clock_is_told():
    assert is_told(cloud.of_the_clock(snapshot()), PASS, "stamped by system")
    unknown = snapshot(clock=ClockNow(Clock.UNKNOWN, "nowhere"))
    assert is_told(cloud.of_the_clock(unknown), WARN, "the time is not known yet")


def test_steps_of_a_connection_are_findings():
    (finding,) = cloud.of_the_steps([ConnectStep(NAME, False, "no address")])
    assert finding == Finding("link", "name", FAIL, finding.said)
    assert untranslated(finding.about) == []


def test_the_worst_decides_and_json_has_stable_keys():
    found = [machine.of_the_clock(NOW, synced=synced, trusted=False) for synced in (True, False)]
    assert (worst_of([]), worst_of(found[:1]), worst_of(found)) == (PASS, PASS, WARN)
    document = json.loads(as_json(found, gateway="gw", agent_runs=True))
    assert list(document) == ["v", "gateway", "agent_runs", "outcome", "findings"]
    assert document["findings"][0] == {
        "check": "clock", "about": "", "outcome": "pass", "said": "says 2026-11-29 12:00 UTC, and is confirmed",
    }  # fmt: skip


def test_every_check_and_mark_has_a_word_in_both_languages():
    said = catalog_of(INDONESIAN).said
    same = {"spool", "disk", "modem", "SMS"}
    for word in (*CHECKS.values(), *MARKS.values()):
        assert said(word) != word or str(word) in same


@pytest.mark.parametrize(
    ("state", "outcome"),
    [(UpdateState.CONFIRMED, PASS), (UpdateState.FETCHING, PASS), (UpdateState.ROLLED_BACK, WARN),
     (UpdateState.REFUSED, WARN)],
)  # fmt: skip
def test_an_update_that_came_to_nothing_is_told(state: UpdateState, outcome: CheckOutcome):
    (finding,) = machine.of_the_update(UpdateStatus("1.2.0", state, "no ack"))
    assert (finding.check, finding.outcome) == ("update", outcome)
    assert finding.said.startswith("update to version 1.2.0: ")
    assert list(machine.of_the_update(None)) == []

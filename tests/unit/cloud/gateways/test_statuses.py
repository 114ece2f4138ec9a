"""What gateways say of themselves."""

import msgspec
import pytest

import cloud.gateways.statuses
from cloud.gateways.statuses import OFFLINE_AFTER_S, TWINS_FOR_S, Statuses
from wire import LastWord, Leaving, Status, encode_status


def status(gateway: str = "gw", *, online: bool = True) -> Status:
    return Status(1, online, gateway, "0.1.0", "boot", "stream", 1_764_000_000_000)


def test_the_last_word_of_a_gateway_is_its_status():
    statuses = Statuses()
    statuses.on_status("gw", encode_status(status()))
    statuses.on_status("gw", encode_status(status(online=False)))
    assert statuses.status("gw") == status(online=False)
    assert statuses.status("other") is None


ON_BATTERY = LastWord(Leaving.ON_BATTERY, 1_764_000_000_000)


def said(statuses: Statuses, *, online: bool, stream: str = "stream", word: LastWord | None = None) -> LastWord | None:
    told = msgspec.structs.replace(status(online=online), stream=stream, last_word=word)
    statuses.on_status("gw", encode_status(told))
    found = statuses.status("gw")
    assert found is not None
    return found.last_word


def test_the_will_of_a_run_takes_no_last_word_away():
    statuses = Statuses()
    assert said(statuses, online=True, word=ON_BATTERY) == ON_BATTERY
    assert said(statuses, online=False) == ON_BATTERY
    assert said(statuses, online=False, word=LastWord(Leaving.STOPPED, 5)) == LastWord(Leaving.STOPPED, 5)


def test_power_that_is_back_and_another_run_end_a_last_word():
    statuses = Statuses()
    said(statuses, online=True, word=ON_BATTERY)
    assert said(statuses, online=True) is None
    said(statuses, online=True, word=ON_BATTERY)
    assert said(statuses, online=False, stream="other") is None


def test_a_reason_of_a_newer_gateway_costs_nothing_else():
    statuses = Statuses()
    payload = encode_status(msgspec.structs.replace(status(), last_word=ON_BATTERY)).replace(b"on_battery", b"eaten")
    statuses.on_status("gw", payload)
    found = statuses.status("gw")
    assert found is not None
    assert found.last_word == LastWord(Leaving.OTHER, 1_764_000_000_000)


def test_a_status_that_does_not_parse_changes_nothing():
    statuses = Statuses()
    statuses.on_status("gw", encode_status(status()))
    statuses.on_status("gw", b"\xff not a status")
    assert statuses.status("gw") == status()


def test_an_empty_payload_takes_the_status_away():
    statuses = Statuses()
    statuses.on_status("gw", encode_status(status()))
    statuses.on_status("gw", b"")
    assert statuses.status("gw") is None


def test_gateways_beyond_the_limit_are_not_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cloud.gateways.statuses, "MAX_GATEWAYS", 2)
    statuses = Statuses()
    for name in ("a", "b", "c"):
        statuses.on_status(name, encode_status(status(name)))
    statuses.on_status("a", encode_status(status("a", online=False)))
    assert statuses.status("c") is None
    assert statuses.status("a") == status("a", online=False)


class Uptime:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def online_words(uptime: Uptime, *, since_s: float | None = 1_000.0) -> Statuses:
    return Statuses(lambda: since_s, uptime)


def is_online(statuses: Statuses) -> bool:
    found = statuses.status("gw")
    return found is not None and found.online


def test_a_gateway_that_is_not_heard_is_offline_whatever_its_last_word_was():
    uptime = Uptime()
    statuses = online_words(uptime)
    statuses.on_status("gw", encode_status(status()))
    uptime.now_s += OFFLINE_AFTER_S
    assert is_online(statuses)
    uptime.now_s += 1
    assert not is_online(statuses)
    statuses.on_message("gw")  # a batch
    assert is_online(statuses)


def test_a_retained_word_is_believed_only_until_the_gateway_should_have_spoken():
    uptime = Uptime()
    statuses = online_words(uptime)
    statuses.on_status("gw", encode_status(status()), retained=True)
    assert is_online(statuses)
    uptime.now_s += OFFLINE_AFTER_S + 1
    statuses.on_status("gw", encode_status(status()), retained=True)  # as a broker says it again at each subscription
    assert not is_online(statuses)


def test_while_the_broker_is_away_nobody_becomes_offline():
    uptime = Uptime()
    statuses = online_words(uptime, since_s=None)
    statuses.on_status("gw", encode_status(status()))
    uptime.now_s += 86_400
    assert is_online(statuses)
    assert statuses.silent_s("gw") is None


def test_silence_counts_from_the_new_connection():
    uptime = Uptime()
    statuses = online_words(uptime, since_s=990.0)
    statuses.on_status("gw", encode_status(status()), retained=True)
    assert statuses.silent_s("gw") == 10.0
    assert statuses.silent_s("never-heard") == 10.0


def run(stream: str, *, online: bool = True, boot: str = "boot") -> bytes:
    return encode_status(Status(1, online, "gw", "0.1.0", boot, stream, 1_764_000_000_000))


def test_two_agents_that_take_turns_under_one_id_are_recognised():
    statuses = online_words(Uptime())
    for stream in ("a", "b"):
        statuses.on_status("gw", run(stream, boot=stream))
        assert not statuses.are_two("gw")
    statuses.on_status("gw", run("a", boot="a"))
    assert statuses.are_two("gw")


def test_a_restarted_agent_and_its_late_last_will_are_one():
    statuses = online_words(Uptime())
    for said in (run("a"), run("b"), run("a", online=False), run("b"), run("c", boot="next"), run("c", boot="next")):
        statuses.on_status("gw", said)
    assert not statuses.are_two("gw")


def test_the_word_of_two_agents_ends_when_one_was_stopped():
    uptime = Uptime()
    statuses = online_words(uptime)
    for stream in ("a", "b", "a"):
        statuses.on_status("gw", run(stream))
    uptime.now_s += TWINS_FOR_S + 1
    statuses.on_status("gw", run("a"))
    assert not statuses.are_two("gw")

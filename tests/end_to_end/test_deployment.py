"""The deployment's own configuration files, on real programs: who gets in, who hears what, what people see over TLS."""

import http.server
import json
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from cloud.core.component_names import NAMES
from tests import loopback
from tests.end_to_end.rehearsal_logins import (
    A,
    B,
    Client,
    accepts,
    cloud_client,
    enrolled_in,
    gateway_client,
    password_of,
    rotate,
)
from tests.end_to_end.rehearsal_views import (
    browser_of,
    check_of,
    contents_of,
    first_event,
    is_heard,
    served_certificate,
    spooled_by,
)
from tests.rehearsal import HOST, ROOT, Rehearsal
from tests.servers import free_port, wait_until
from wire import Channel, Status, encode_status, topic_of

PASSWORD = "a river that rises"


@pytest.fixture(scope="module")
def grafana() -> Iterator[str]:
    """A simulated Grafana: it only says which path it was asked for."""

    class Echo(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"simulated grafana: {self.path}".encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory, grafana: str) -> Iterator[Rehearsal]:
    running = Rehearsal(tmp_path_factory.mktemp("deployment"), grafana=grafana)
    try:
        running.start()
        (running.folder / "password").write_text(PASSWORD)
        password = str(running.folder / "password")
        added = running.operator("user", "add", "ani", "--role", "administrator", "--password-file", password)
        assert added.code == 0, added.err
        for gateway in (A, B):
            enrolled = running.operator("gateway", "enrol", gateway, "--into", str(enrolled_in(running)))
            assert enrolled.code == 0, enrolled.err
        yield running
    finally:
        running.stop()


def test_the_broker_speaks_nothing_but_tls(rehearsal: Rehearsal):
    plain = Client(rehearsal, f"siaga-edge-{A}", login=A, password=password_of(rehearsal, A), tls=False)
    assert not plain.accepted
    plain.close()


def test_the_brokers_certificate_is_refused_by_who_trusts_another_authority(rehearsal: Rehearsal, tmp_path: Path):
    stranger = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=stranger"]
    stranger += ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "ca")]
    subprocess.run(stranger, check=True, capture_output=True)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"self-signed certificate|unable to get local issuer"):
        served_certificate(rehearsal.broker_port, tmp_path / "ca")


@pytest.mark.parametrize("server", ["broker", "proxy"])
def test_its_own_authority_vouches_for_each_server_by_the_strictest_rules(rehearsal: Rehearsal, server: str):
    port = {"broker": rehearsal.broker_port, "proxy": rehearsal.https_port}[server]
    assert served_certificate(port, rehearsal.ca)


def test_nobody_gets_in_without_a_login_or_with_a_wrong_password(rehearsal: Rehearsal):
    for login, password in ((None, None), (A, "wrong"), ("nobody", "at all")):
        client = Client(rehearsal, f"siaga-edge-{A}", login=login, password=password)
        assert not client.accepted
        client.close()


def test_a_gateway_cannot_take_anothers_session_by_its_client_id(rehearsal: Rehearsal):
    thief = gateway_client(rehearsal, A, client_id=f"siaga-edge-{B}")
    assert not thief.accepted
    thief.close()


@pytest.mark.parametrize("channel", [Channel.UP, Channel.STATUS, Channel.CONFIG_REPORTED, Channel.CMD_REPLY])
def test_a_gateway_speaks_for_itself_and_for_no_other(rehearsal: Rehearsal, channel: Channel):
    cloud, gateway = cloud_client(rehearsal), gateway_client(rehearsal, A)
    assert cloud.accepted
    assert gateway.accepted
    assert cloud.may_subscribe(f"siaga/v1/+/+/{channel}")
    cloud.heard.clear()
    gateway.publish(topic_of(B, channel), b"forged")
    gateway.publish(topic_of(A, channel), b"its own")
    wait_until(lambda: b"its own" in dict(cloud.heard).values(), "the gateway's own message arrives")
    assert [topic for topic, payload in cloud.heard if payload == b"forged"] == []
    gateway.close()
    cloud.close()


def test_a_gateway_hears_what_is_meant_for_it_and_nothing_else(rehearsal: Rehearsal):
    gateway = gateway_client(rehearsal, A)
    assert gateway.accepted
    for channel in (Channel.ACK, Channel.CONFIG, Channel.CMD):
        assert gateway.may_subscribe(topic_of(A, channel))
        assert not gateway.may_subscribe(topic_of(B, channel))
    for topic in ("#", "siaga/#", "siaga/v1/+/+/ack", topic_of(A, Channel.UP), "$SYS/#", "$CONTROL/#"):
        assert not gateway.may_subscribe(topic), topic
    cloud = cloud_client(rehearsal)
    assert cloud.accepted
    cloud.publish(topic_of(B, Channel.ACK), b"for another")
    cloud.publish(topic_of(A, Channel.ACK), b"for it")
    wait_until(lambda: any(payload == b"for it" for _, payload in gateway.heard), "the ack arrives")
    others = [(topic, payload) for topic, payload in gateway.heard if topic != topic_of(A, Channel.CONFIG)]
    assert others == [(topic_of(A, Channel.ACK), b"for it")]
    cloud.close()
    gateway.close()


def test_the_cloud_may_not_rule_the_broker(rehearsal: Rehearsal):
    cloud = cloud_client(rehearsal)
    assert cloud.accepted
    assert not cloud.may_subscribe("$CONTROL/dynamic-security/v1/response")
    take_over = {"commands": [{"command": "createClient", "username": "intruder", "password": "intruder"}]}
    cloud.publish("$CONTROL/dynamic-security/v1", json.dumps(take_over).encode())
    intruder = Client(rehearsal, "intruder", login="intruder", password="intruder")
    assert not intruder.accepted
    intruder.close()
    cloud.close()


def test_the_health_check_of_the_broker_hears_its_uptime_and_nothing_else(rehearsal: Rehearsal):
    options = dict(line.split(" ", 1) for line in rehearsal.secret("broker/mosquitto_sub").splitlines())
    health = Client(rehearsal, "health", login=options["-u"], password=options["-P"])
    assert health.accepted
    assert health.may_subscribe("$SYS/broker/uptime")
    wait_until(lambda: health.heard, "the uptime arrives")
    assert not health.may_subscribe("siaga/v1/+/+/up")
    health.close()


def test_enrolled_gateways_send_over_tls_until_the_database_has_it_and_hear_the_ack(rehearsal: Rehearsal):
    login = {"u": "grafana", "p": rehearsal.secret("grafana/influxdb.password"), "db": "siaga"}
    influx = f"http://127.0.0.1:{rehearsal.influx_port}"
    with rehearsal.gateways() as gateways:
        for gateway in (A, B):
            wait_until(partial(is_heard, rehearsal, gateway), f"readings of {gateway} are in")
        gateways.must_live()
        asked = {**login, "q": "SELECT count(water_level) FROM flood"}
        wait_until(
            lambda: "series" in loopback.get(f"{influx}/query", params=asked).json()["results"][0],
            "Grafana's login reads water levels",
        )
    for gateway in (A, B):
        made, kept = spooled_by(rehearsal, gateway)
        assert kept < made / 2, "a gateway forgets what it heard the ack for"
    refused = loopback.post(f"{influx}/write", params=login, content="flood,sensor=x water_level=1")
    assert refused.status_code in (401, 403), "Grafana's login may read only"


def test_a_revoked_gateway_is_thrown_out_and_stays_out(rehearsal: Rehearsal):
    gateway = gateway_client(rehearsal, B)
    assert gateway.accepted
    assert rehearsal.operator("gateway", "revoke", B).code == 0
    wait_until(lambda: gateway.ended, "the broker throws it out")
    gateway.close()
    again = gateway_client(rehearsal, B)
    assert not again.accepted
    again.close()
    assert f"{B}   not enrolled" in rehearsal.operator("gateway", "list").out
    assert rehearsal.operator("gateway", "enrol", B, "--into", str(enrolled_in(rehearsal))).code == 0
    back = gateway_client(rehearsal, B)
    assert back.accepted
    back.close()


def test_after_a_rotation_the_old_password_lives_until_the_new_one_was_used(rehearsal: Rehearsal):
    old, new = rotate(rehearsal)
    assert accepts(rehearsal, *old), "the gateway is far away, and has not got the new one yet"
    assert rehearsal.operator("gateway", "settle").out == "no old login is to be ended yet\n"
    listed = rehearsal.operator("gateway", "list").out
    assert f"enrolled as {new[0]}; " in listed
    assert f"; {old[0]} ends when {new[0]} was used" in listed
    gateway = gateway_client(rehearsal, A)
    assert gateway.accepted
    said = Status(1, True, A, "0.1.0", "boot", "stream", 0, login=new[0])
    gateway.publish(topic_of(A, Channel.STATUS), encode_status(said), retain=True)
    one_time = f"{A}.0"  # of the bundle that lies beside the files
    assert rehearsal.operator("gateway", "settle").out == f"{one_time} has ended\n{old[0]} has ended\n"
    assert not accepts(rehearsal, *old)
    gateway.close()
    assert accepts(rehearsal, *new)


def test_a_leaked_password_ends_at_once_and_another_on_its_day(rehearsal: Rehearsal):
    old, new = rotate(rehearsal, "--now")
    assert not accepts(rehearsal, *old)
    assert accepts(rehearsal, *new)
    day = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    old, _new = rotate(rehearsal, "--until", day)
    assert f"{old[0]} ends on {day}" in rehearsal.operator("gateway", "list").out
    assert rehearsal.operator("gateway", "settle").out == "no old login is to be ended yet\n"
    assert accepts(rehearsal, *old)


def test_who_is_enrolled_is_known_after_the_broker_was_killed(rehearsal: Rehearsal):
    rehearsal.broker.kill()
    rehearsal.broker.start()
    gateway = gateway_client(rehearsal, A)
    assert gateway.accepted
    gateway.close()


def test_what_waits_for_a_cloud_that_is_away_outlives_a_restart_of_the_broker(rehearsal: Rehearsal):
    away = cloud_client(rehearsal, name="away", keep_session=True)
    assert away.accepted
    assert away.may_subscribe("siaga/v1/+/+/cmd/reply")
    away.close()
    gateway = gateway_client(rehearsal, A)
    assert gateway.accepted
    gateway.publish(topic_of(A, Channel.CMD_REPLY), b"while it was away")
    gateway.close()
    rehearsal.broker.stop()
    rehearsal.broker.start()
    back = cloud_client(rehearsal, name="away", keep_session=True)
    wait_until(lambda: b"while it was away" in dict(back.heard).values(), "the broker hands over what it kept")
    back.close()


def test_the_operators_mistakes_are_one_sentence_each(rehearsal: Rehearsal):
    said = {
        ("gateway", "enrol", "gw-darubba"): "city.toml has no gateway 'gw-darubba'; did you mean gw-daruba?",
        ("gateway", "enrol", A): f"the broker knows {A} already; rotate gives it a new password, revoke takes it out",
        ("gateway", "revoke", "siaga-admin"): "siaga-admin is no gateway of this broker",
        ("gateway", "rotate", "gw-nowhere"): "gw-nowhere is no gateway of this broker",
    }
    for command, sentence in said.items():
        refused = rehearsal.operator(*command)
        assert (refused.code, refused.err.count("\n")) == (2, 1), refused.err
        assert sentence in refused.err


def test_an_ingester_of_half_of_the_shards_hears_those_gateways_only(rehearsal: Rehearsal):
    enrol = ["ingester", "enrol", "cloud-2", "--shards", "32-63", "--into", str(rehearsal.folder)]
    assert rehearsal.operator(*enrol).code == 0
    password = (rehearsal.folder / "cloud-2" / "uplink.password").read_text().strip()
    half = Client(rehearsal, "siaga-cloud-32-63", login="cloud-2", password=password)
    assert half.accepted
    assert half.may_subscribe("siaga/v1/20/+/up")
    assert not half.may_subscribe("siaga/v1/1f/+/up")
    assert not half.may_subscribe("siaga/v1/+/+/up")
    half.close()
    assert rehearsal.operator("ingester", "revoke", "cloud-2").code == 0


def test_people_reach_the_console_over_tls_only(rehearsal: Rehearsal):
    sent_on = loopback.get(f"http://127.0.0.1:{rehearsal.http_port}/login", headers={"Host": HOST})
    assert (sent_on.status_code, sent_on.headers["location"]) == (308, f"https://{HOST}/login")
    with browser_of(rehearsal) as browser:
        page = browser.get("/login")
        assert page.status_code == 200
        assert "Pulau Morotai" in page.text
        for header in ("content-security-policy", "x-content-type-options", "x-frame-options"):
            assert header in page.headers
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert "server" not in page.headers


def test_a_login_through_the_proxy_gets_a_cookie_for_tls_only_and_pages_that_are_live(rehearsal: Rehearsal):
    with browser_of(rehearsal) as browser:
        answer = browser.post("/api/v1/session", json={"name": "ani", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        assert "__Host-siaga_session" in answer.headers["set-cookie"]
        assert "Secure" in answer.headers["set-cookie"]
        cookie = answer.headers["set-cookie"].partition(";")[0]
    assert first_event(rehearsal, cookie) == "event: fragments"
    assert first_event(rehearsal, "nothing=1") == ""


def test_the_journal_has_the_address_of_the_person_and_not_of_the_proxy(rehearsal: Rehearsal):
    with browser_of(rehearsal, address="127.0.0.2") as browser:
        assert browser.post("/api/v1/session", json={"name": "ani", "password": PASSWORD}).status_code == 200
        lines = browser.get("/api/v1/journal").raise_for_status().json()
    assert any("127.0.0.2" in str(line) for line in lines["entries"] if "ani" in str(line)), lines


def test_grafana_is_behind_the_same_door(rehearsal: Rehearsal):
    with browser_of(rehearsal) as browser:
        assert browser.get("/grafana/d/siaga-id-flood").text == "simulated grafana: /grafana/d/siaga-id-flood"


def test_bootstrap_touches_nothing_that_is_there(rehearsal: Rehearsal):
    before = contents_of(rehearsal.folder / "secrets")
    assert "Ready for localhost" in rehearsal.bootstrap()
    assert contents_of(rehearsal.folder / "secrets") == before


def test_renewed_certificates_are_served_after_a_hangup_and_trusted_as_before(rehearsal: Rehearsal):
    old = served_certificate(rehearsal.broker_port, rehearsal.ca)
    passwords = contents_of(rehearsal.folder / "secrets" / "cloud")
    there = gateway_client(rehearsal, A)
    assert there.accepted
    rehearsal.bootstrap("--renew")
    assert contents_of(rehearsal.folder / "secrets" / "cloud") == passwords
    assert rehearsal.broker.process is not None
    rehearsal.broker.process.send_signal(1)
    wait_until(lambda: served_certificate(rehearsal.broker_port, rehearsal.ca) != old, "the new one is served")
    assert there.may_subscribe(topic_of(A, Channel.ACK)), "who was connected stays so"
    there.close()
    gateway = gateway_client(rehearsal, A)
    assert gateway.accepted
    gateway.close()


def test_a_broken_bootstrap_says_what_to_do(rehearsal: Rehearsal, tmp_path: Path):
    with pytest.raises(subprocess.CalledProcessError) as nothing:
        subprocess.run(
            [Path("deploy/bootstrap").absolute(), "--keep-owner", "--root", tmp_path], check=True, capture_output=True
        )
    assert b"copy .env.example to it and write SIAGA_HOST" in nothing.value.stderr
    shutil.copytree(rehearsal.folder / "secrets", tmp_path / "secrets")
    (tmp_path / ".env").write_text("SIAGA_HOST=localhost\n")
    (tmp_path / "secrets" / "grafana" / "influxdb.password").write_text("another")
    with pytest.raises(subprocess.CalledProcessError) as differing:
        subprocess.run(
            [Path("deploy/bootstrap").absolute(), "--keep-owner", "--root", tmp_path], check=True, capture_output=True
        )
    assert b"differ; delete the one that is wrong" in differing.value.stderr


def test_a_gateways_check_goes_through_to_the_ack_of_the_cloud(rehearsal: Rehearsal, tmp_path: Path):
    said: list[list[str]] = []

    def is_well() -> bool:
        code, lines = check_of(rehearsal, tmp_path)
        said.append(lines)
        return code == 0

    # tests before this one have killed the broker: the cloud comes back to it in its own time
    wait_until(is_well, "every step succeeds", patience_s=60)
    time, *lines = said[-1]
    assert time.startswith("time: the machine's clock")
    assert [line.split()[:2] for line in lines] == [
        ["ok", step] for step in ("clock", "name", "reach", "TLS", "login", "rights", "answer")
    ]


@pytest.mark.parametrize(
    ("gateway", "uplink", "step", "said"),
    [
        (A, {"password_file": '"wrong.password"'}, "login", "if it is, the password here is an old one: rotate it"),
        (B, {}, "login", f"and this gateway is '{B}'"),
        ("gw-new", {"username": '"gw-new"'}, "login", "says whether gw-new is enrolled: if not, enrol it"),
        (A, {"tls": "{ }"}, "TLS", "is of an authority that tls.ca does not have"),
        (A, {"host": '"127.0.0.2"'}, "reach", "nothing listens at 127.0.0.2"),
    ],
)
def test_a_gateways_check_names_the_step_that_fails_and_what_to_do(
    rehearsal: Rehearsal, tmp_path: Path, gateway: str, uplink: dict[str, str], step: str, said: str
):
    code, lines = check_of(rehearsal, tmp_path, gateway=gateway, **uplink)
    assert (code, lines[-1].split()[:2]) == (1, ["FAILED", step])
    assert said in lines[-1]


def test_the_clouds_check_tries_broker_store_and_registry(rehearsal: Rehearsal):
    done = rehearsal.operator("check", "--connect")
    assert done.code == 0, done.out + done.err
    parts = [line.split()[1] for line in done.out.splitlines()[1:]]
    assert dict.fromkeys(parts).keys() == {"broker", "store", "registry"}


def test_the_runbook_speaks_of_every_component_of_health_and_of_no_other(rehearsal: Rehearsal):
    health = loopback.get(f"http://127.0.0.1:{rehearsal.api_port}/api/v1/health").json()
    runbook = (ROOT / "docs" / "operations.md").read_text()
    told = set(re.findall(r"^\| ((?:`\w+`,? ?)+)", runbook, re.MULTILINE))
    named = {name for cell in told for name in re.findall(r"`(\w+)`", cell) if not name.startswith("siaga_")}
    components = {name for name in health["components"] if not name.startswith("channel_")}
    assert components <= named
    assert {name for name in NAMES if name in named} == set(NAMES), "and each has a name in alarms"
    assert components <= set(NAMES)

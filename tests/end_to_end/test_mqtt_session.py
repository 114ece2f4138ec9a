"""The MQTT session on a real Mosquitto: held PUBACKs, reconnects, wills, refused log-ins, TLS that verifies."""

import asyncio
import contextlib
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from runtime.broker_settings import BrokerSettings, TlsSettings
from runtime.mqtt import MqttSession
from runtime.mqtt_connection import Message, Will
from tests.servers import PATIENCE_S, all_of, free_port, mosquitto

RETRY_S = (0.05, 0.2)


class Ear:
    """A session that keeps what it heard."""

    def __init__(
        self,
        broker: BrokerSettings,
        *,
        acknowledges: bool = True,
        on_connect: Callable[[], None] = lambda: None,
        **options: object,
    ) -> None:
        self.heard: list[Message] = []
        self.acknowledges = acknowledges
        self._on_connect = on_connect
        options = {"identifier": "ear", "subscriptions": ["t/#"], "retry_s": RETRY_S, **options}
        self.session = MqttSession(broker, **options)  # type: ignore[arg-type]

    def _hear(self, message: Message) -> None:
        self.heard.append(message)
        if self.acknowledges:
            self.session.acknowledge(message)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Ear"]:
        task = asyncio.create_task(self.session.run(on_message=self._hear, on_connect=self._on_connect))
        try:
            await _until(lambda: self.session.connected)
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


async def test_messages_are_heard_and_published(tmp_path: Path):
    async def scene(broker: BrokerSettings) -> list[str]:
        async with Ear(broker).listening() as ear:
            assert ear.session.publish("t/1", b"one")
            assert ear.session.publish("t/2", b"two", qos=0)
            await _until(lambda: len(ear.heard) == 2)
            return sorted(f"{message.topic}={message.payload.decode()}" for message in ear.heard)

    port = free_port()
    with mosquitto(tmp_path, port):
        assert await scene(BrokerSettings(port=port)) == ["t/1=one", "t/2=two"]


async def test_nothing_is_acknowledged_unasked_and_a_kept_session_gets_it_again(tmp_path: Path):
    async def scene(broker: BrokerSettings) -> tuple[list[bool], list[bool], list[Message]]:
        async with Ear(broker, acknowledges=False, keep_session=True).listening() as ear:
            ear.session.publish("t/1", b"one")
            await _until(lambda: ear.heard)
            first = [message.again for message in ear.heard]
        async with Ear(broker, keep_session=True).listening() as ear:
            await _until(lambda: ear.heard)
            second = [message.again for message in ear.heard]
        async with Ear(broker, keep_session=True).listening() as ear:
            ear.session.publish("t/end", b"")
            await _until(lambda: ear.heard)
            return first, second, ear.heard

    port = free_port()
    with mosquitto(tmp_path, port):
        first, second, third = await scene(BrokerSettings(port=port))
    assert (first, second) == ([False], [True])
    assert [message.topic for message in third] == ["t/end"]


async def test_a_killed_broker_is_found_again_and_old_messages_are_not_acknowledged_to_it(tmp_path: Path):
    connections: list[bool] = []
    port = free_port()
    broker = mosquitto(tmp_path, port)

    async def scene() -> None:
        ear = Ear(BrokerSettings(port=port), acknowledges=False, on_connect=lambda: connections.append(True))
        async with ear.listening():
            ear.session.publish("t/1", b"before")
            await _until(lambda: ear.heard)
            await asyncio.to_thread(broker.kill)
            await _until(lambda: not ear.session.connected)
            assert "code:" not in ear.session.problem
            assert not ear.session.publish("t/1", b"lost")
            assert f"127.0.0.1:{port}" in ear.session.problem
            await asyncio.to_thread(broker.start)
            await _until(lambda: ear.session.connected)
            ear.session.acknowledge(ear.heard[0])
            ear.session.publish("t/1", b"after")
            await _until(lambda: len(ear.heard) == 2)
            assert ear.session.problem == ""

    with broker:
        await scene()
    assert connections == [True, True]


async def test_when_a_node_is_killed_the_session_goes_on_at_another(tmp_path: Path):
    nodes = {port: mosquitto(tmp_path, port, name=f"node-{port}") for port in (free_port(), free_port())}
    nowhere = free_port()

    async def scene() -> None:
        addresses = tuple(f"127.0.0.1:{port}" for port in (*nodes, nowhere))
        async with Ear(BrokerSettings(addresses=addresses)).listening() as ear:
            first = ear.session.node.port
            await asyncio.to_thread(nodes[first].kill)
            await _until(lambda: ear.session.connected and ear.session.node.port != first)
            assert ear.session.node.port in nodes
            ear.session.publish("t/1", b"here")
            await _until(lambda: ear.heard)

    with all_of(*nodes.values()):
        await scene()


async def test_a_node_that_takes_the_connection_and_says_nothing_is_left_and_its_connection_closed(tmp_path: Path):
    port = free_port()

    async def scene(silent: socket.socket) -> bytes:
        addresses = (f"127.0.0.1:{silent.getsockname()[1]}", f"127.0.0.1:{port}")
        ear = Ear(BrokerSettings(addresses=addresses), answer_s=0.3)
        ear.session._nodes.sort(key=lambda node: node.port == port)
        async with ear.listening():
            assert ear.session.node.port == port
            with await asyncio.to_thread(lambda: silent.accept()[0]) as connection:
                connection.settimeout(PATIENCE_S)
                said = await asyncio.to_thread(connection.recv, 1_000)
                assert said.startswith(b"\x10")  # CONNECT
                return await asyncio.to_thread(connection.recv, 1_000)

    with mosquitto(tmp_path, port), socket.create_server(("127.0.0.1", 0)) as silent:
        assert await scene(silent) == b""


async def test_a_node_that_lives_and_takes_nothing_is_left(tmp_path: Path):
    ports = [free_port(), free_port()]
    brokers = {port: mosquitto(tmp_path, port, name=f"broker-{port}") for port in ports}
    settings = BrokerSettings(addresses=tuple(f"127.0.0.1:{port}" for port in ports), keepalive_s=3_600)

    async def scene() -> None:
        async with Ear(settings, puback_within_s=0.2).listening() as ear:
            first = ear.session.node
            brokers[first.port].signal(
                signal.SIGSTOP
            )  # its kernel goes on taking, as that of a node without its others
            assert ear.session.publish("t/1", b"one")
            await _until(lambda: ear.session.connected and ear.session.node != first)
            brokers[first.port].signal(signal.SIGCONT)

    with all_of(*brokers.values()):
        await scene()


@pytest.mark.parametrize("size", [1_000_000, 20_000_000], ids=["in the kernel", "in our own buffer"])
async def test_a_link_that_still_carries_is_not_left(tmp_path: Path, size: int):
    broker = mosquitto(tmp_path, free_port())
    much = b"\0" * size  # more than the broker's kernel takes while it reads nothing

    async def scene(settings: BrokerSettings) -> None:
        async with Ear(settings, puback_within_s=0.1).listening() as ear:
            broker.signal(signal.SIGSTOP)
            assert ear.session.publish("t/1", much)
            looked = asyncio.get_running_loop().time()
            while asyncio.get_running_loop().time() < looked + 1.0:
                assert ear.session.connected
                await asyncio.sleep(0.05)
            broker.signal(signal.SIGCONT)
            await _until(lambda: [len(message.payload) for message in ear.heard] == [len(much)])

    with broker:
        await scene(BrokerSettings(port=broker.port, keepalive_s=3_600))


async def test_the_will_is_said_when_the_session_ends_without_a_word(tmp_path: Path):
    async def scene(broker: BrokerSettings) -> Message:
        async with Ear(broker).listening() as ear:
            mourned = MqttSession(broker, identifier="mourned", will=lambda: Will("t/will", b"gone"))
            task = asyncio.create_task(mourned.run(on_message=lambda _: None))
            await _until(lambda: mourned.connected)
            assert mourned._connection is not None
            wire = mourned._connection._wire
            assert wire is not None
            wire.shutdown(2)
            await _until(lambda: ear.heard)
            task.cancel()
            return ear.heard[0]

    port = free_port()
    with mosquitto(tmp_path, port):
        assert (await scene(BrokerSettings(port=port))).payload == b"gone"


async def test_a_refused_log_in_is_said_and_tried_again(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")

    async def scene(broker: BrokerSettings) -> str:
        session = MqttSession(broker, identifier="x", retry_s=RETRY_S)
        task = asyncio.create_task(session.run(on_message=lambda _: None))
        await _until(lambda: "uthori" in session.problem)
        assert not task.done()
        task.cancel()
        return session.problem

    port = free_port()
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    passwords.chmod(0o644)
    with mosquitto(tmp_path, port, settings=f"allow_anonymous false\npassword_file {passwords}"):
        problem = await scene(BrokerSettings(port=port, username="gw", password_file=secret))
    assert problem.startswith(f"broker 127.0.0.1:{port}: ")


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key, cert = folder / f"{name}.key", folder / f"{name}.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    key.chmod(0o644)
    return key, cert


@pytest.mark.parametrize(
    ("trusted", "host", "said"),
    [("localhost", "localhost", ""), ("other", "localhost", "certificate"), ("localhost", "127.0.0.1", "certificate")],
    ids=["right", "untrusted authority", "wrong name"],
)
async def test_tls_verifies_authority_and_name(tmp_path: Path, trusted: str, host: str, said: str):
    key, cert = _certificate(tmp_path, "localhost")
    _certificate(tmp_path, "other")

    async def scene(broker: BrokerSettings) -> str:
        session = MqttSession(broker, identifier="x", retry_s=RETRY_S)
        task = asyncio.create_task(session.run(on_message=lambda _: None))
        await _until(lambda: session.problem != "not connected yet")
        task.cancel()
        return session.problem

    port = free_port()
    with mosquitto(tmp_path, port, settings=f"allow_anonymous true\ncertfile {cert}\nkeyfile {key}"):
        tls = TlsSettings(ca=tmp_path / f"{trusted}.crt")
        problem = await scene(BrokerSettings(host=host, port=port, tls=tls))
    assert said in problem
    assert bool(said) == bool(problem)

"""Real clustered brokers on the loopback, from the configuration in deploy/scale: three nodes, TLS, a user for each.

with rabbitmq(tmp_path, ["gw-test"]) as cluster:  … cluster.toml("gw-test") …  cluster.kill(cluster.nodes[:1])

What differs from deploy/scale is written down here and nowhere else: ports, paths, and names of nodes on one machine.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.servers import Program, free_port, listens, mosquitto, require, wait_until

ROOT = Path(__file__).parent.parent
SCALE = ROOT / "deploy" / "scale"
NODES = (1, 2, 3)
START_S = 120.0
"""A RabbitMQ that was killed waits for its neighbours before it listens."""


class Node(Program):
    """A broker that may have to wait for its neighbours: `launch` starts it, `start` also waits until it listens."""

    def __init__(self, name: str, command: Sequence[str | Path], folder: Path, *, port: int) -> None:
        super().__init__(name, command, folder)
        self.listens_on = port

    @property
    def address(self) -> str:
        """Where it listens, as clients name it."""
        return f"127.0.0.1:{self.listens_on}"

    def launch(self) -> Self:
        """Start it, without waiting."""
        return super().start()

    def start(self) -> Self:
        """Start it and wait until it listens."""
        self.launch()
        self.await_listening()
        return self

    def await_listening(self) -> None:
        """Wait until clients can connect."""
        listening = f"{self.name} listens on {self.address}"
        wait_until(lambda: self.is_dead() or listens(self.listens_on), listening, patience_s=START_S)
        self.must_live()


class Cluster:
    """The nodes of one broker, `helpers` that they need, and what its clients write into their settings."""

    def __init__(self, nodes: Sequence[Node], folder: Path, *, helpers: Sequence[Program] = ()) -> None:
        self.nodes = list(nodes)
        self._folder = folder
        self._helpers = helpers
        self._stack = contextlib.ExitStack()

    def toml(self, user: str) -> str:
        """The keys of `[broker]` or `[uplink]` for `user`."""
        addresses = ", ".join(f'"{node.address}"' for node in self.nodes)
        return (
            f'addresses = [{addresses}]\nusername = "{user}"\n'
            f'password_file = "{self._folder}/secrets/passwords/{user}"\ntls = {{ ca = "{self._folder}/broker.crt" }}'
        )

    @property
    def certificate(self) -> Path:
        """What its clients trust."""
        return self._folder / "broker.crt"

    def password(self, user: str) -> str:
        """The password of `user`."""
        return (self._folder / "secrets" / "passwords" / user).read_text().strip()

    def kill(self, nodes: Sequence[Node]) -> None:
        """SIGKILL to some of its nodes."""
        for node in nodes:
            node.kill()

    def start(self, nodes: Sequence[Node]) -> None:
        """Start nodes that were killed, all at once."""
        for node in nodes:
            node.launch()
        for node in nodes:
            node.await_listening()

    def node_of(self, client: Program) -> Node:
        """The node that a gateway or an ingester says it is connected to."""
        (*_, line) = [line for line in client.log.read_text().splitlines() if "connected to broker" in line]
        return next(node for node in self.nodes if line.endswith(node.address))

    def __enter__(self) -> Self:
        for helper in self._helpers:
            self._stack.enter_context(helper)
        for node in self.nodes:
            self._stack.push(node.__exit__)
        self.start(self.nodes)
        return self

    def __exit__(self, *failure: object) -> None:
        for node in self.nodes:
            if not any(failure):
                node.kill()  # nothing is asked of it any more, and its neighbours would delay a clean stop
        self._stack.__exit__(*failure)  # type: ignore[arg-type]


class OneMosquitto(Cluster):
    """The broker of a single machine: one node, no TLS, open to all on the loopback."""

    def __init__(self, folder: Path, _gateways: Sequence[str] = ()) -> None:
        port = free_port()
        super().__init__([Node("broker", mosquitto(folder, port, name="broker").command, folder, port=port)], folder)

    def toml(self, user: str) -> str:
        """Where it is, whoever the user."""
        return f"port = {self.nodes[0].listens_on}"


def nats(folder: Path, gateways: Sequence[str]) -> Cluster:
    """NATS with JetStream and MQTT, from deploy/scale/nats.conf, which takes ports and paths from the environment."""
    _accounts_and_certificate(folder, gateways)
    (folder / "nats.conf").write_text((SCALE / "nats.conf").read_text())
    (folder / "accounts.conf").write_text((folder / "secrets" / "accounts.conf").read_text())
    routes = {number: free_port() for number in NODES}
    shared = {f"SIAGA_ROUTE_{number}": f"nats-route://127.0.0.1:{port}" for number, port in routes.items()}
    shared |= {"SIAGA_TLS_CERT": f"{folder}/broker.crt", "SIAGA_TLS_KEY": f"{folder}/broker.key"}
    nodes = []
    for number in NODES:
        port = free_port()
        own = {
            "SIAGA_NODE": f"nats-{number}",
            "SIAGA_NATS_LISTEN": f"127.0.0.1:{free_port()}",
            "SIAGA_CLUSTER_LISTEN": f"127.0.0.1:{routes[number]}",
            "SIAGA_MQTT_LISTEN": f"127.0.0.1:{port}",
            "SIAGA_STORE": f"{folder}/nats-{number}",
        }
        command = [*_in_environment(shared | own), require("nats-server"), "-c", folder / "nats.conf"]
        nodes.append(Node(f"nats-{number}", command, folder, port=port))
    return Cluster(nodes, folder)


def rabbitmq(folder: Path, gateways: Sequence[str]) -> Cluster:
    """RabbitMQ with its MQTT plugin, from deploy/scale/rabbitmq.conf and a second file with what differs here."""
    require("rabbitmq-server")
    _accounts_and_certificate(folder, gateways)
    (folder / "enabled_plugins").write_text((SCALE / "enabled_plugins").read_text())
    names_port = free_port()
    names = Program("epmd", ["epmd", "-port", str(names_port), "-address", "127.0.0.1"], folder, port=names_port)
    nodes = [_rabbit(folder, number, names_port) for number in NODES]
    return Cluster(nodes, folder, helpers=[names])


def _rabbit(folder: Path, number: int, names_port: int) -> Node:
    name, port, own = f"rabbit-{number}", free_port(), folder / f"rabbit-{number}"
    (own / "conf.d").mkdir(parents=True)
    (own / "conf.d" / "10-siaga.conf").write_text((SCALE / "rabbitmq.conf").read_text())
    (own / "conf.d" / "20-session.conf").write_text((SCALE / "session-3.10.conf").read_text())
    (own / "conf.d" / "90-here.conf").write_text(
        f"""mqtt.listeners.ssl.default = 127.0.0.1:{port}
load_definitions = {folder}/secrets/definitions.json
ssl_options.cacertfile = {folder}/broker.crt
ssl_options.certfile = {folder}/broker.crt
ssl_options.keyfile = {folder}/broker.key
"""
        + "".join(f"cluster_formation.classic_config.nodes.{each} = rabbit-{each}@localhost\n" for each in NODES)
    )
    environment = {
        "HOME": own,
        "ERL_EPMD_PORT": names_port,
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"{name}@localhost",
        "RABBITMQ_DIST_PORT": free_port(),
        "RABBITMQ_CONFIG_FILES": own / "conf.d",
        "RABBITMQ_CONFIG_FILE": own / "none",
        "RABBITMQ_CONF_ENV_FILE": own / "none",
        "RABBITMQ_ENABLED_PLUGINS_FILE": folder / "enabled_plugins",
        "RABBITMQ_MNESIA_BASE": own / "mnesia",
        "RABBITMQ_LOG_BASE": own / "log",
        "RABBITMQ_GENERATED_CONFIG_DIR": own / "generated",
        # so that the script becomes the node, instead of starting it: what is killed is the node itself
        "RABBITMQ_ALLOW_INPUT": "1",
        "RABBITMQ_SERVER_START_ARGS": "-noinput",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-setcookie siaga -kernel inet_dist_use_interface {127,0,0,1}",
    }
    # the script of this name in Debian's path changes the user; the one that it calls does not
    command = [*_in_environment(environment), "/usr/lib/rabbitmq/bin/rabbitmq-server"]
    return Node(name, command, folder, port=port)


def _in_environment(variables: Mapping[str, object]) -> list[str | Path]:
    return ["env", *(f"{name}={value}" for name, value in variables.items())]


def _accounts_and_certificate(folder: Path, gateways: Sequence[str]) -> None:
    (folder / "gateways.toml").write_text("".join(f'[[gateways]]\nid = "{gateway}"\n' for gateway in gateways))
    accounts = [sys.executable, str(SCALE / "accounts.py"), "--city", "gateways.toml", "--to", "secrets"]
    certificate = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=broker "
        "-addext subjectAltName=IP:127.0.0.1 -keyout broker.key -out broker.crt"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in (accounts, certificate.split()):
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)

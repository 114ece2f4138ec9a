"""python deploy/scale/accounts.py --city city.toml --to secrets        run again after a change of the city file

city.toml ─► secrets/passwords/gw-daruba          one file for each gateway, and siaga-cloud; never made anew
          ├► secrets/definitions.json             for RabbitMQ: users, and the topics of each
          ├► secrets/accounts.conf                for NATS: the same
          ├► secrets/pgpass, ….password           for the clouds, PostgreSQL and InfluxDB
          └► secrets/erlang.cookie                what the nodes of RabbitMQ know each other by

A gateway may speak on its own topics only, and its name is its user: that is what makes a topic an identity.
"""

import argparse
import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from runtime.settings import SettingsError, read_document
from runtime.whole_files import replace_file
from wire import Channel, WireError, topic_of
from wire.topics import ROOT

CLOUD = "siaga-cloud"
FROM_GATEWAY = (Channel.UP, Channel.STATUS, Channel.CONFIG_REPORTED, Channel.CMD_REPLY)
TO_GATEWAY = (Channel.ACK, Channel.CONFIG, Channel.CMD)
EVERY = f"{ROOT}/>".replace("/", ".")


def main() -> int:
    """Write all three; 2 and a sentence where the city file or the folder cannot be used."""
    parser = argparse.ArgumentParser(description="Makes the users of a clustered broker from the city file.")
    parser.add_argument("--city", type=Path, required=True, metavar="city.toml")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    chosen = parser.parse_args()
    try:
        gateways = [gateway["id"] for gateway in read_document(chosen.city).get("gateways", [])]
        write_all(chosen.to, gateways)
    except (OSError, ValueError, KeyError, TypeError, SettingsError, WireError) as error:
        sys.stderr.write(f"{chosen.city}: {error}; nothing more was written\n")
        return 2
    sys.stdout.write(f"{chosen.to}: what brokers and clouds need to know {len(gateways)} gateways and each other\n")
    return 0


def write_all(folder: Path, gateways: list[str]) -> None:
    """Passwords where there are none yet, and what is made of them, readable by this user alone."""
    for gateway in gateways:
        topic_of(gateway, Channel.UP)  # refuses what is no name, before that names a file
    if CLOUD in gateways:
        raise ValueError(f"a gateway is called {CLOUD}, as the cloud is; give it another id")
    users = {name: _password(folder / "passwords" / name) for name in (*gateways, CLOUD)}
    for name in ("influxdb.password", "erlang.cookie"):
        _password(folder / name)
    _write(folder / "pgpass", f"postgres:5432:siaga:siaga:{_password(folder / 'postgres.password')}")
    _write(folder / "definitions.json", json.dumps(rabbitmq_definitions(users), indent=1))
    _write(folder / "accounts.conf", nats_accounts(users))


def rabbitmq_definitions(users: Mapping[str, str]) -> dict[str, list[dict[str, object]]]:
    """What RabbitMQ loads at its start: users with hashed passwords, their queues and their topics."""
    return {
        "vhosts": [{"name": "/"}],
        "users": [
            {"name": name, "password_hash": _rabbitmq_hash(password), "tags": "",
             "hashing_algorithm": "rabbit_password_hashing_sha256"}
            for name, password in users.items()
        ],
        "permissions": [{"user": name, "vhost": "/", **_own_queues(name)} for name in users],
        "topic_permissions": [
            {"user": name, "vhost": "/", "exchange": "amq.topic", "write": _pattern(writes), "read": _pattern(reads)}
            for name in users
            for writes, reads in [_subjects(name)]
        ],
    }  # fmt: skip


def nats_accounts(users: Mapping[str, str]) -> str:
    """What nats.conf includes: one account with JetStream, and its users."""
    return f"accounts {{\n  SIAGA {{\n    jetstream: enabled\n    users: [\n{_nats_users(users)}    ]\n  }}\n}}\n"


def _nats_users(users: Mapping[str, str]) -> str:
    rows = ""
    for name, password in users.items():
        writes, reads = _subjects(name)
        may = {"publish": {"allow": writes}, "subscribe": {"allow": [*reads, "$MQTT.sub.>"]}}
        rows += f"      {json.dumps({'user': name, 'password': password, 'permissions': may})}\n"
    return rows


def _subjects(name: str) -> tuple[list[str], list[str]]:
    """Where a user may publish, and what it may read, with dots between the levels as both brokers have them."""
    if name == CLOUD:
        return [EVERY], [EVERY]
    return [_dotted(name, channel) for channel in FROM_GATEWAY], [_dotted(name, channel) for channel in TO_GATEWAY]


def _dotted(gateway: str, channel: Channel) -> str:
    return topic_of(gateway, channel).replace("/", ".")


def _pattern(subjects: list[str]) -> str:
    choices = "|".join(subject.replace(".", r"\.").replace(">", ".+") for subject in subjects)
    return f"^({choices})$"


def _own_queues(name: str) -> dict[str, str]:
    """The MQTT plugin names a queue for the client: siaga-cloud-0-31, siaga-edge-gw-daruba."""
    client = rf"{CLOUD}-[a-z0-9-]+" if name == CLOUD else f"siaga-edge-{name}"
    queue = f"mqtt-subscription-{client}qos[01]"
    return {"configure": f"^{queue}$", "write": rf"^({queue}|amq\.topic)$", "read": rf"^({queue}|amq\.topic)$"}


def _rabbitmq_hash(password: str) -> str:
    # the salt of a password is its own digest: the same file comes out each time, and no two users share one
    salt = hashlib.sha256(b"siaga" + password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _password(file: Path) -> str:
    if not file.exists():
        _write(file, secrets.token_urlsafe(24))
    return file.read_text("utf-8").strip()


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(file, f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())

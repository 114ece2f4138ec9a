"""The demo's two gateways and their simulated devices alone, on a broker elsewhere: Compose's profile `demo`.

python -m demo.gateways --data FOLDER --papers FOLDER --host broker --port 8883
papers/gw-daruba/{uplink.toml,uplink.password,ca.crt}     as `siaga-cloud gateway enrol gw-daruba --into papers` does
"""

import argparse
import contextlib
import json
import signal
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

from demo.cli import Stop, stop
from demo.folder import GATEWAYS, DemoCannotStart, DemoFolder
from demo.ports import any_free_port
from demo.processes import Died, Tree

_LOOK_S = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 0 then, 1 when a part died, 2 when it could not start."""
    chosen = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        with contextlib.suppress(Stop):
            _run(chosen)
    except (DemoCannotStart, Died) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2 if isinstance(problem, DemoCannotStart) else 1
    return 0


def _run(chosen: argparse.Namespace) -> None:
    folder, port = DemoFolder(chosen.data), any_free_port()
    folder.settle(broker_port=port, uplinks={gateway: _uplink(chosen, gateway) for gateway in GATEWAYS})
    with Tree(folder.logs, folder.lock) as tree:
        tree.start("broker", "demo.broker", "--port", str(port))
        tree.start("devices", "demo.devices", "--folder", folder.devices, "--port", str(port))
        for gateway in GATEWAYS:
            tree.start(gateway, "edge.cli", "run", "--config", folder.path / f"{gateway}.toml")
        print(f"{', '.join(GATEWAYS)} send simulated readings to {chosen.host}:{chosen.port}", flush=True)
        while True:
            tree.check()
            time.sleep(_LOOK_S)


def _uplink(chosen: argparse.Namespace, gateway: str) -> str:
    bundle = chosen.bundles.absolute() / gateway
    password, authority = bundle / "uplink.password", bundle / "ca.crt"
    if not password.exists():
        raise DemoCannotStart(
            f"{password} is missing; siaga-cloud gateway enrol {gateway} --into {chosen.bundles} makes it"
        )
    username = tomllib.loads((bundle / "uplink.toml").read_text(encoding="utf-8"))["uplink"]["username"]
    lines = {"host": chosen.host, "username": username, "password_file": str(password)}
    written = "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in lines.items())
    return f"{written}port = {chosen.port}\ntls = {{ ca = {json.dumps(str(authority), ensure_ascii=False)} }}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo.gateways", description="Two gateways with simulated devices, on a broker elsewhere."
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="for spools, settings and logs")
    parser.add_argument(
        "--papers", dest="bundles", type=Path, required=True, metavar="FOLDER", help="where enrol --into wrote"
    )
    parser.add_argument("--host", required=True, help="the broker")
    parser.add_argument("--port", type=int, default=8883, help="its TLS port (default: 8883)")
    return parser


if __name__ == "__main__":
    sys.exit(main())

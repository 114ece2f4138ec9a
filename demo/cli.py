"""siaga-demo --port 8080 --data ./var/demo

The whole platform on this machine: broker, cloud, two gateways, simulated devices; until Ctrl-C.
"""

import argparse
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from cloud.access.principal import ROLE_OF_NAME
from demo.figures import Api
from demo.folder import GATEWAYS, DemoCannotStart, DemoFolder
from demo.history.folder import HistoryFolder
from demo.people import People, settle_people
from demo.processes import DemoProcess, Died, Tree

START_PATIENCE_S = 60.0
CLOUD = "cloud.cli.main+cloud.cli.run+cloud.api.app+cloud.console.app"
GATEWAY = "edge.cli"
"""What of the parts is loaded before they run."""
FIGURES_EVERY_S = 5.0
MOST_DAYS = 365
_LOOK_S = 0.1


class Stop(BaseException):
    """SIGINT or SIGTERM has come; no library on the way takes it for an error of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 after Ctrl-C, 1 when a part died, 2 when it could not start."""
    chosen = _parser().parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        _run(chosen, console)
    except DemoCannotStart as problem:
        return _refuse(str(problem), 2)
    except Died as death:
        return _refuse(str(death), 1)
    except Stop:
        console.print(f"The demo has ended; its data stays in {chosen.data}.")
    return 0


def _run(chosen: argparse.Namespace, console: Console) -> None:
    folder = DemoFolder(chosen.data)
    _must_be_free(chosen.port)
    broker_port = any_free_port()
    folder.settle(broker_port=broker_port, api_port=chosen.port, language=chosen.language)
    with Tree(folder.logs, folder.lock) as tree:
        cloud = tree.prepare("cloud", CLOUD, "run", "--config", folder.path / "cloud.toml")
        gateways = [
            tree.prepare(gateway, GATEWAY, "run", "--config", folder.path / f"{gateway}.toml") for gateway in GATEWAYS
        ]
        _provide_past(tree, HistoryFolder(folder.path), chosen.history, console)
        people = settle_people(folder.path)
        tree.start("broker", "demo.broker", "--port", str(broker_port))
        tree.start("devices", "demo.devices", "--folder", folder.devices, "--port", str(broker_port))
        cloud.release()
        api = Api(chosen.port, people.token)
        _show(tree, _start(gateways, api), "Starting broker, cloud, two gateways and simulated devices …", console)
        console.print("Ready: a fresh reading of every sensor is in the store.")
        _tell_where(chosen, people, console)
        _tell_figures(tree, api, console)


def _provide_past(tree: Tree, past: HistoryFolder, days: int, console: Console) -> None:
    """Write so many days of simulated past, if the folder is new."""
    if days and past.is_wanted:
        first = f"Writing the simulated past, days: {days}; once for this data folder …"
        writing = tree.start_work("history", "demo.history", "--config", past.begin(), "--days", str(days))
        _show(tree, _write_past(writing, first), first, console)
        past.take_over()
        console.print(f"Written: {writing.last_line}.")


def _write_past(writing: DemoProcess, first: str) -> Iterator[str]:
    while not writing.is_done:
        yield f"{first} {writing.last_line}"


def _show(tree: Tree, steps: Iterator[str], first: str, console: Console) -> None:
    """Go through `steps`, look by look, and show what each waits for."""
    if not console.is_terminal:
        console.print(first)
    with _progress(console) as progress:
        bar = progress.add_task(first, total=None)
        for step in steps:
            tree.check()
            progress.update(bar, description=step)
            time.sleep(_LOOK_S)


def _start(gateways: Sequence[DemoProcess], api: Api) -> Iterator[str]:
    """Start the gateways as soon as what they send is heard, and wait until all that is measured is in the store."""
    deadline_s = time.monotonic() + START_PATIENCE_S
    while not api.is_listening():
        yield _waiting_for("the cloud", deadline_s)
    for gateway in gateways:
        gateway.release()
    released_s = time.monotonic()
    while (waiting := api.silent_sensors(within_s=time.monotonic() - released_s)) != []:
        yield _waiting_for(f"readings of {', '.join((waiting or ['all sensors'])[:3])}", deadline_s)


def _waiting_for(what: str, deadline_s: float) -> str:
    if time.monotonic() > deadline_s:
        raise Died(f"the demo waited {START_PATIENCE_S:.0f} s in vain for {what}; see the logs")
    return f"Waiting for {what} …"


def _progress(console: Console) -> Progress:
    columns = SpinnerColumn(), TextColumn("{task.description}")
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _tell_where(chosen: argparse.Namespace, people: People, console: Console) -> None:
    address = f"http://127.0.0.1:{chosen.port}"
    console.print(f"  console    [bold cyan]{address}[/]")
    console.print(f"  API        {address}/docs")
    console.print(f"  data       {chosen.data}  (logs in {chosen.data / 'logs'})")
    console.print(f"  log in     as {', '.join(ROLE_OF_NAME)}; the password is [bold cyan]{people.password}[/]")
    console.print("             (for the demo only, which listens on the loopback of this machine)")
    console.print("The devices are simulated, all else is real. Ctrl-C ends the demo.")


def _tell_figures(tree: Tree, api: Api, console: Console) -> None:
    next_s = time.monotonic()
    while True:
        tree.check()
        if time.monotonic() >= next_s:
            next_s = time.monotonic() + FIGURES_EVERY_S
            figures = api.figures()
            console.print(f"{time.strftime('%H:%M:%S')}  {figures or 'the API does not answer'}")
        time.sleep(_LOOK_S)


def _must_be_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoCannotStart(
                f"port {port} cannot be used: {error.strerror}; end what uses it, or take another port:"
                f" siaga-demo --port 8090, or make demo PORT=8090"
            ) from None


def any_free_port() -> int:
    """A TCP port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop(_number: int, _frame: FrameType | None) -> None:
    """Raise Stop at the first signal; those after it change nothing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # once is enough: what follows ends all
    raise Stop


def _refuse(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="siaga-demo",
        description=(
            "The whole platform on this machine: an MQTT broker, the cloud on SQLite, two gateways, and simulated"
            " devices at six sites of Pulau Morotai. It listens on the loopback only, and asks nothing of the internet."
        ),
        epilog=(
            "Ctrl-C ends it; the data stays for the next start. Exit codes: 0 ended by Ctrl-C or SIGTERM,"
            " 1 a part died, 2 it could not start."
        ),
    )
    parser.add_argument("--port", type=_port, default=8080, help="of the console and the API (default: 8080)")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("var/demo"),
        metavar="FOLDER",
        help="for data and logs, made if needed (default: var/demo)",
    )
    parser.add_argument(
        "--history",
        type=_days,
        default=30,
        metavar="DAYS",
        help="simulated past of a new data folder, up to a year; 0 for none (default: 30)",
    )
    parser.add_argument("--language", choices=("en", "id"), default="en", help="of the console at first (default: en)")
    return parser


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; write one from 0 to {MOST_DAYS}")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; write a number from 1 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

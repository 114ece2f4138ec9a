"""siaga-demo --port 8080 --data ./var/demo

The whole platform on this machine: broker, cloud, two gateways, simulated devices; until Ctrl-C.
"""

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from demo.engine_parts import EngineParts, EngineWish
from demo.engines import StoreWish
from demo.figures import Api
from demo.folder import GATEWAYS, DemoCannotStart, DemoFolder
from demo.grafana_part import GrafanaPart
from demo.history.folder import HistoryFolder
from demo.ports import any_free_port, must_be_free
from demo.processes import DemoProcess, Died, Tree
from demo.stories.siren import SimulatedSiren
from demo.stories.staff import SimulatedStaff
from demo.stories.stage import Staging
from demo.stories.teller import TELL, Teller
from i18n.catalog import LANGUAGES, Catalog, LanguageCode, catalog_of
from i18n.terminal import language_of_terminal

START_PATIENCE_S = 60.0
CLOUD = "cloud.cli.main+cloud.cli.run+cloud.api.app+cloud.console.app"
GATEWAY = "edge.cli+edge.commands.run"
HISTORY = "demo.history.__main__"
"""What of the parts is loaded before they run."""
OURS = "demo.welcome"
"""What this process needs once they run, which takes half a second to load."""
FIGURES_EVERY_S = 5.0
MOST_DAYS = 365
_LOOK_S = 0.1


class _Platform(NamedTuple):
    """The parts that run once the past is there, on standby."""

    cloud: DemoProcess
    gateways: Sequence[DemoProcess]


class Stop(BaseException):
    """SIGINT or SIGTERM has come; no library on the way takes it for an error of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 after Ctrl-C, 1 when a part died, 2 when it could not start."""
    chosen = _parser().parse_args(arguments)
    _ = catalog_of(language_of_terminal(chosen.language or ""))
    console = Console(highlight=False, soft_wrap=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        _run(chosen, console, _)
    except DemoCannotStart as problem:
        return _refuse(_.said(problem.args[0]), 2)
    except Died as death:
        return _refuse(str(death), 1)
    except Stop:
        console.print(_("The demo has ended; its data stays in {data}.", data=chosen.data))
    return 0


def _run(chosen: argparse.Namespace, console: Console, _: Catalog) -> None:
    folder = DemoFolder(chosen.data)
    must_be_free(chosen.port)
    broker_port, language = any_free_port(), _.language.code
    engines = EngineParts(folder, EngineWish(StoreWish(chosen.store), chosen.grafana, chosen.grafana_token_file))
    folder.settle(broker_port=broker_port, api_port=chosen.port, language=language, store=engines.store)
    with Tree(folder.logs, folder.lock) as tree:
        platform = _load(tree, folder.path, engines, chosen.history, console, _)
        from demo.people import settle_people  # `_load` has loaded them
        from demo.welcome import Addresses, welcome

        people = settle_people(folder.path)
        tree.start("broker", "demo.broker", "--port", str(broker_port))
        tree.start("devices", "demo.devices", "--folder", folder.devices, "--port", str(broker_port))
        platform.cloud.release()
        api = Api(chosen.port, people.token)
        first = _("Starting broker, cloud, two gateways and simulated devices …")
        _show(tree, _start(platform.gateways, api, _), first, console)
        console.print(_("Ready: a fresh reading of every sensor is in the store."))
        grafana = engines.start_grafana(tree, LanguageCode(language))
        addresses = Addresses(
            console=f"http://127.0.0.1:{chosen.port}", data=chosen.data, folder=folder.path,
            grafana=engines.grafana_address, is_own_grafana=engines.is_own_grafana,
            why_no_grafana=engines.why_no_grafana,
        )  # fmt: skip
        for line in welcome(_, addresses, people):
            console.print(line)
        teller = _teller(Staging(
            tree=tree, api=api, staff=SimulatedStaff(chosen.port, people.password), siren=SimulatedSiren(broker_port),
            folder=folder.path, address=f"http://127.0.0.1:{chosen.port}", words=_, write=console.print,
        ), chosen.story)  # fmt: skip
        _tell_figures(tree, api, grafana, console, _, teller)


def _teller(staging: Staging, story: str | None) -> Teller:
    """Who tells stories, the wanted one at once."""
    teller = Teller(staging)
    if story:
        teller.begin(story)
    return teller


def _load(tree: Tree, data: Path, engines: EngineParts, days: int, console: Console, _: Catalog) -> _Platform:
    """Let all parts load their code, with so many days of past written if the folder is new.

    The past takes longest, so its code is loaded first and the others' while it is written; so is our own.
    """
    engines.start_store(tree)
    past = HistoryFolder(data)
    writing = _load_past(tree, past, days, _) if days and past.is_wanted else None
    platform = None if writing else _load_platform(tree, data)
    _set_up_store(tree, engines, console, _)
    if writing:
        past.begin()
        writing.release()
    platform = platform or _load_platform(tree, data)
    import_module(OURS)
    if writing:
        first = _("Writing the simulated past, days: {days}; once for this data folder …", days=days)
        _show(tree, _write_past(writing, first), first, console)
        past.take_over()
        console.print(_("Written: {what}.", what=writing.last_line))
    return platform


def _load_past(tree: Tree, past: HistoryFolder, days: int, _: Catalog) -> DemoProcess:
    wanted = ("--config", past.config, "--days", str(days), "--language", _.language.code)
    return tree.prepare_work("history", HISTORY, *wanted)


def _load_platform(tree: Tree, data: Path) -> _Platform:
    cloud = tree.prepare("cloud", CLOUD, "run", "--config", data / "cloud.toml")
    gateways = [tree.prepare(each, GATEWAY, "run", "--config", data / f"{each}.toml") for each in GATEWAYS]
    return _Platform(cloud, gateways)


def _set_up_store(tree: Tree, engines: EngineParts, console: Console, _: Catalog) -> None:
    """Set up what keeps the readings, and say so where there is something to say."""
    if engines.said_of_store:
        console.print(_.said(engines.said_of_store))
    if engines.has_influxdb:
        waiting = (_("Waiting for {what} …", what=what) for what in engines.set_up_store())
        _show(tree, waiting, _("Starting InfluxDB, which was found on this machine …"), console)


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


def _start(gateways: Sequence[DemoProcess], api: Api, _: Catalog) -> Iterator[str]:
    """Start the gateways as soon as what they send is heard, and wait until all that is measured is in the store."""
    deadline_s = time.monotonic() + START_PATIENCE_S
    while not api.is_listening():
        yield _waiting_for(_("the cloud"), deadline_s, _)
    for gateway in gateways:
        gateway.release()
    released_s = time.monotonic()
    while (waiting := api.silent_sensors(within_s=time.monotonic() - released_s)) != []:
        sensors = ", ".join((waiting or [_("all sensors")])[:3])
        yield _waiting_for(_("readings of {sensors}", sensors=sensors), deadline_s, _)


def _waiting_for(what: str, deadline_s: float, _: Catalog) -> str:
    if time.monotonic() > deadline_s:
        raise Died(_("the demo waited {n} s in vain for {what}; see the logs", n=round(START_PATIENCE_S), what=what))
    return _("Waiting for {what} …", what=what)


def _progress(console: Console) -> Progress:
    columns = SpinnerColumn(), TextColumn("{task.description}")
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _tell_figures(tree: Tree, api: Api, grafana: GrafanaPart, console: Console, _: Catalog, teller: Teller) -> None:
    next_s = time.monotonic()
    while True:
        tree.check()
        teller.poll()
        if time.monotonic() >= next_s:
            next_s = time.monotonic() + FIGURES_EVERY_S
            figures = "" if teller.is_telling else _figures(api, _)
            for line in filter(None, (_.said(grafana.news()), figures)):
                console.print(f"{time.strftime('%H:%M:%S')}  {line}")
        time.sleep(_LOOK_S)


def _figures(api: Api, _: Catalog) -> str:
    figures = api.figures()
    return _("the API does not answer") if figures is None else figures.said(_)


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
            "The whole platform on this machine: an MQTT broker, the cloud, two gateways, and simulated"
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
    parser.add_argument("--story", choices=tuple(TELL), help="to play once all is ready; the console can begin more")
    parser.add_argument(
        "--language",
        choices=tuple(LANGUAGES),
        help="of the terminal and, at first, of the console (default: the terminal's)",
    )
    parser.add_argument(
        "--store",
        choices=tuple(StoreWish),
        default=StoreWish.AUTO.value,
        help="of a new data folder (default: auto, an InfluxDB that is installed, else SQLite)",
    )
    parser.add_argument(
        "--grafana",
        default="",
        metavar="ADDRESS|FOLDER|none",
        help="a Grafana that runs on this machine, or the home path of one to run (default: the one that is installed)",
    )
    parser.add_argument(
        "--grafana-token-file", type=Path, metavar="FILE", help="an administrator's token of a Grafana that wants one"
    )
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

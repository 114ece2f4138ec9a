"""siaga-cloud watch https://siaga.morotai.go.id --config watch.toml        until SIGTERM or Ctrl-C

--once   asks each URL once, and says what it sees; exit code 1 where one gives no good answer
--test   sends the sign that it lives over every channel, and says what came of it
"""

import argparse
import asyncio
import contextlib
import signal
import ssl
import sys
from pathlib import Path
from typing import Any

import httpx

from cloud.health_watch.probe import address_of, ask, shown
from cloud.health_watch.process import HealthWatch, new_client
from cloud.health_watch.settings import WatchSettings, load_watch_settings
from cloud.notify.contract import Sent
from runtime.logs import set_up_logs
from runtime.settings import SettingsError


def add_watch_command(commands: Any) -> None:
    """Add `watch` to the subparsers `commands`."""
    parser = commands.add_parser("watch", help="ask a cloud's health from another machine, and page when it is gone")
    parser.add_argument("urls", nargs="+", metavar="URL", type=_address, help="such as https://siaga.morotai.go.id")
    parser.add_argument("--config", type=Path, required=True, metavar="watch.toml", help="channels and times")
    parser.add_argument("--once", action="store_true", help="ask once, say what is seen, and end")
    parser.add_argument("--test", action="store_true", help="send the sign of life over every channel, and end")
    parser.set_defaults(command=_watch)


def main(arguments: list[str]) -> int:
    """`siaga-cloud watch` by itself, for machines that have nothing else of the cloud installed."""
    parser = argparse.ArgumentParser(prog="siaga-cloud")
    add_watch_command(parser.add_subparsers(required=True))
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.command(chosen))
    except SettingsError as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        return 2


def _watch(chosen: argparse.Namespace) -> int:
    set_up_logs(verbose=False)
    settings = load_watch_settings(chosen.config)
    work = _once if chosen.once else _test if chosen.test else _for_ever
    try:
        return asyncio.run(work(settings, chosen.urls))
    except (OSError, ssl.SSLError) as error:
        raise SettingsError([f"{chosen.config.name}: ca {settings.ca}: cannot be used: {error}"]) from None


async def _once(settings: WatchSettings, urls: list[str]) -> int:
    async with new_client(settings) as client:
        seen = await asyncio.gather(*(ask(client, url) for url in urls))
    for url, answer in zip(urls, seen, strict=True):
        sys.stdout.write(f"{shown(url)}: {answer.what}\n")
    return 0 if all(answer.good for answer in seen) else 1


async def _test(settings: WatchSettings, urls: list[str]) -> int:
    async with new_client(settings) as client, httpx.AsyncClient() as outgoing:
        watch = HealthWatch(settings, urls, client, outgoing)
        watch.say_life_sign()
        outcomes = await watch.deliver()
    for channel, outcome in outcomes:
        said = f"sent ({outcome.detail})" if isinstance(outcome, Sent) else outcome.problem
        sys.stdout.write(f"{channel}: {said}\n")
    return 0 if all(isinstance(outcome, Sent) for _, outcome in outcomes) else 1


async def _for_ever(settings: WatchSettings, urls: list[str]) -> int:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with new_client(settings) as client, httpx.AsyncClient() as outgoing:
        work = asyncio.create_task(HealthWatch(settings, urls, client, outgoing).run())
        stopped = asyncio.create_task(stopping.wait())
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
    return 0


def _address(text: str) -> str:
    try:
        return address_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None

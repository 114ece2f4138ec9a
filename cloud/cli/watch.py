"""siaga-cloud watch https://siaga.morotai.go.id --config watch.toml        until SIGTERM or Ctrl-C

--once   asks each URL once, and says what it sees; exit code 1 where one gives no good answer
--test   sends the sign that it lives over every channel, and says what came of it
"""

import asyncio
import contextlib
import signal
import ssl
import sys
from pathlib import Path
from typing import Annotated

import httpx
import typer

from cloud.cli.command import new_app
from cloud.health_watch.probe import address_of, probe, server_of
from cloud.health_watch.process import HealthWatch, new_client
from cloud.health_watch.settings import WatchSettings, load_watch_settings
from cloud.notify.contract import Sent
from runtime.logs import set_up_logs
from runtime.settings import SettingsError

app = new_app()


def _address(text: str) -> str:
    try:
        return address_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command()
def watch(
    urls: Annotated[
        list[str], typer.Argument(metavar="URL...", parser=_address, help="Such as https://siaga.morotai.go.id.")
    ],
    config: Annotated[Path, typer.Option(metavar="watch.toml", help="Channels and times.")],
    once: Annotated[bool, typer.Option("--once", help="Ask once, say what is seen, and end.")] = False,
    test: Annotated[bool, typer.Option("--test", help="Send the sign of life over every channel, and end.")] = False,
) -> None:
    """Ask a cloud's health from another machine, and page when it is gone."""
    set_up_logs(verbose=False)
    settings = load_watch_settings(config)
    work = _once if once else _test if test else _for_ever
    try:
        code = asyncio.run(work(settings, urls))
    except (OSError, ssl.SSLError) as error:
        raise SettingsError([f"{config.name}: ca {settings.ca}: cannot be used: {error}"]) from None
    raise typer.Exit(code)


async def _once(settings: WatchSettings, urls: list[str]) -> int:
    async with new_client(settings) as client:
        seen = await asyncio.gather(*(probe(client, url) for url in urls))
    for url, answer in zip(urls, seen, strict=True):
        sys.stdout.write(f"{server_of(url)}: {answer.what}\n")
    return 0 if all(answer.good for answer in seen) else 1


async def _test(settings: WatchSettings, urls: list[str]) -> int:
    async with new_client(settings) as client, httpx.AsyncClient() as outgoing:
        watch = HealthWatch(settings, urls, client, outgoing)
        watch.queue_life_sign()
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

"""Writes the demo's past: python -m demo.history --config DATA/history/cloud.toml --days 30 --language id

day 12 of 30 …        one line for each day, then one that says what was written, up to the present
"""

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from cloud.process.settings import read_cloud_settings
from cloud.readings.contract import StoreUnavailable
from demo.history.handing_over import open_handing_over
from demo.history.loop import LoopWithoutThreads
from demo.history.opening import open_past
from demo.history.readings import MINUTE_S, Past
from i18n.catalog import LANGUAGES, Catalog, catalog_of
from i18n.terminal import language_of_terminal
from runtime.logs import set_up_logs

FINE_DAYS = 3
"""So many days at the end are finer: derivations look at two days again after a start, by today's intervals."""
DAY_S = 86_400


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the past, up to now; 0 when it is whole, 1 where the store did not take it."""
    parser = argparse.ArgumentParser(prog="python -m demo.history", description="The demo's simulated past.")
    parser.add_argument("--config", type=Path, required=True, help="the cloud's settings, in a folder of their own")
    parser.add_argument("--days", type=int, required=True, help="how many")
    parser.add_argument("--language", choices=tuple(LANGUAGES), help="of what it says (default: the terminal's)")
    chosen = parser.parse_args(arguments)
    set_up_logs()
    with asyncio.Runner(loop_factory=LoopWithoutThreads) as runner:
        try:
            runner.run(_write(chosen.config, chosen.days, catalog_of(language_of_terminal(chosen.language or ""))))
        except StoreUnavailable as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


async def _write(config: Path, days: int, _: Catalog) -> None:
    since_s = _this_minute_s() - days * DAY_S
    async with AsyncExitStack() as closing:
        past = Past(since_s, fine_from_s=since_s + (days - FINE_DAYS) * DAY_S)
        writer = await open_past(config, past, closing)
        base = writer.services.foundation
        handing_over = await open_handing_over(read_cloud_settings(config).store, base, closing)
        _let_be_what_is_loaded()
        for day in range(1, days + 1):
            await writer.write(since_s + day * DAY_S)
            await handing_over.stretch()
            print(_("day {day} of {days}", day=day, days=days), flush=True)
        while past.until_s < _this_minute_s():  # what has passed while it was written
            await writer.write(_this_minute_s())
        await writer.close()
        await handing_over.finish(base, past)
        print(_(
            "readings {readings}, alarms {alarms}, up to now",
            readings=_.number(writer.readings, 0), alarms=_.number(await writer.count_alarms(), 0),
        ), flush=True)  # fmt: skip


def _let_be_what_is_loaded() -> None:
    """Look for garbage among what is made from now on, and seldom: little of what is made here refers to itself."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000)


def _this_minute_s() -> int:
    return int(time.time()) // MINUTE_S * MINUTE_S


if __name__ == "__main__":
    sys.exit(main())

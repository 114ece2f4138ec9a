"""The console on a live city, as a program:  python -m tests.unit.cloud_console.served PORT FOLDER [COAST]

uvicorn runs in an event loop that is there already, as in the cloud's own process; the river speaks twice a second.
"""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import uvicorn

from cloud.api.app import make_api
from cloud.console.page import mount_console
from cloud.settings import CloudSettings
from tests.unit.cloud_api.morotai import Morotai, now_ms
from wire import Clock, Reading, SourceState, SourceStatus, SpoolState, Status


async def serve(port: int, folder: Path, coast: str) -> None:
    """Serve until a signal says stop."""
    async with Morotai(folder) as city:
        await begin(city)
        app = make_api(city.platform)
        mount_console(app, city.platform, CloudSettings.model_validate({"console": {"coastline": coast}}))
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment] - the process has its own
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, setattr, server, "should_exit", True)
        river = asyncio.create_task(flow(city))
        await server.serve()
        river.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await river


async def begin(city: Morotai) -> None:
    """An air station that spoke once, a stranger, and a gateway with a queue."""
    now = now_ms()
    await city.send(
        "gw-daruba", [Reading("river", "water_level", now - back * 1_000, 130.0 + back / 100) for back in range(1, 600)]
    )
    await city.send("gw-daruba", [Reading("air", "pm2_5", now, 12.3)])
    await city.send("gw-east", [Reading("air-pier", "pm2_5", now, 9.0)])
    source = SourceState(name="air", state=SourceStatus.SILENT, detail="nothing for 7 min")
    city.say(
        Status(1, online=True, gateway="gw-east", version="0.1.0", boot="b", stream="s", time_ms=now,
               clock=Clock.SYNCED, spool=SpoolState(depth=1_204, oldest_ms=now - 420_000), sources=(source,))
    )  # fmt: skip


async def flow(city: Morotai) -> None:
    """The river rises a millimetre with each word."""
    level_cm = 130.0
    while True:
        level_cm += 0.1
        await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), round(level_cm, 1))])
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""))

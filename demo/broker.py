"""The embedded broker: amqtt on the loopback, open to all there, in a process of its own.

python -m demo.broker --port 18830
MQTT 3.1.1 with retained messages and last wills; it keeps nothing over a restart, and nothing here needs it to.
Nothing piles up in it: amqtt keeps no messages for a client without a name and password that is away, and lets go of
those to a client that is there when their PUBACK does not come within 5 s. A batch that it drops is sent again.
"""

import argparse
import asyncio
import logging
import signal

from amqtt.broker import Broker

from runtime.logs import set_up_logs


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m demo.broker", description="The demo's embedded MQTT broker.")
    parser.add_argument("--port", type=int, required=True, help="the port to listen on, on the loopback")
    chosen = parser.parse_args()
    set_up_logs()
    for chatty in ("amqtt", "transitions"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    asyncio.run(_serve(chosen.port))


async def _serve(port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    await stop.wait()
    await broker.shutdown()


if __name__ == "__main__":
    main()

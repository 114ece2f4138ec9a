"""A bare server of live channels:  python -m bench.bare_channels PORT

Every client, whatever it asks for, gets an event of EVENT_BYTES each second: what fifty clients cost a machine in which
nobody fills a page.
"""

import asyncio
import contextlib
import sys

EVENT_BYTES = 1_000
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n\r\n"
_EVENT = b"data: " + b"x" * EVENT_BYTES + b"\n\n"


async def _follow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(_HEAD)
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(_EVENT)
            await writer.drain()
            await asyncio.sleep(1)


async def serve(port: int) -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(_follow, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

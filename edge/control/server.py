"""The agent's side of the control socket: one request a connection, answered while readings go on.

bind, 0660 ─► accept (8 at once) ─► a line within 2 s, 4 KB at most ─► answers, a line each ─► close
                                                                       who does not read for 5 s is left

A socket that a killed agent has left is replaced; one that another agent serves is not. A folder that takes no socket
is tried again, and costs the control socket alone.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from edge.control.lines import LONGEST_REQUEST, BadLine, ErrorAnswer, decode_request, encode_answer
from runtime.unix_socket import bound

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

MOST_CLIENTS = 8
REQUEST_S = 2.0
READ_WITHIN_S = 5.0
"""Who does not read an answer for so long is left."""
RETRY_S = 10.0
MODE = 0o660
_HELD = "another agent serves it; give each its own folder for the spool"

Respond = Callable[[dict[str, Any]], AsyncGenerator[msgspec.Struct, None]]


class ControlServer:
    """Serves the control socket at `path`; `respond` gives the answers to a request, or raises BadLine."""

    def __init__(self, path: Path, respond: Respond) -> None:
        self._path = path
        self._respond = respond
        self._clients: set[asyncio.Task[None]] = set()
        self._problem = ""

    async def run(self) -> None:
        """Serve until cancelled; whatever happens here ends no agent."""
        while True:
            try:
                listening = listening_at(self._path)
            except OSError as error:
                self._say(f"{self._path} cannot be served: {error.strerror or error}; siaga-edge status sees nothing")
                await asyncio.sleep(RETRY_S)
                continue
            self._say("")
            try:
                await self._serve(listening)
            finally:
                with contextlib.suppress(OSError):
                    self._path.unlink()

    async def _serve(self, listening: socket.socket) -> None:
        server = await asyncio.start_unix_server(self._begin, sock=listening, limit=LONGEST_REQUEST)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            for client in list(self._clients):
                client.cancel()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= 2 * MOST_CLIENTS:
            writer.close()
            return
        is_one_too_many = len(self._clients) >= MOST_CLIENTS
        client = asyncio.get_running_loop().create_task(self._answer(reader, writer, is_one_too_many=is_one_too_many))
        self._clients.add(client)
        client.add_done_callback(self._clients.discard)

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_one_too_many: bool
    ) -> None:
        writer.transport.set_write_buffer_limits(0)  # drained is read: nothing waits behind a closed connection
        try:
            try:
                request = await _request(reader, is_one_too_many=is_one_too_many)
                async with contextlib.aclosing(self._respond(request)) as answers:
                    async for answer in answers:
                        writer.write(encode_answer(answer))
                        await _within(READ_WITHIN_S, writer.drain())
            except BadLine as bad:
                writer.write(encode_answer(ErrorAnswer(str(bad))))
                await _within(READ_WITHIN_S, writer.drain())
        except (OSError, TimeoutError):
            writer.transport.abort()  # gone, or it does not read: nothing is kept for it
        except Exception:
            _log.exception("a request on the control socket")
            writer.write(encode_answer(ErrorAnswer("stopped by an error of the agent; its log has more")))
        finally:
            writer.close()

    def _say(self, problem: str) -> None:
        if problem and problem != self._problem:
            _log.warning("%s", problem)
        self._problem = problem


async def _request(reader: asyncio.StreamReader, *, is_one_too_many: bool) -> dict[str, Any]:
    try:
        line = await _within(REQUEST_S, reader.readline())
    except ValueError:  # longer than the reader's limit
        raise BadLine(f"a request has at most {LONGEST_REQUEST} bytes") from None
    except TimeoutError:
        raise BadLine(f"no request came within {REQUEST_S:g} s") from None
    if is_one_too_many:  # its request was read first: what was not is reset, and the sentence with it
        raise BadLine(f"more than {MOST_CLIENTS} ask at once; stop one of them")
    return decode_request(line)


async def _within(seconds: float, work: Awaitable[_T]) -> _T:
    async with asyncio.timeout(seconds):
        return await work


def listening_at(path: Path) -> socket.socket:
    """A socket that listens at `path`, for the agent's user and group alone; OSError."""
    return bound(path, mode=MODE, waiting=MOST_CLIENTS, held=_HELD)

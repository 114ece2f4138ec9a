"""Two networks of their own with a bad link between them:  IP packets that are lost, late, out of order, or cut off.

[namespace "gateway"] tun wlan0 ─┐                        ┌─ tun wlan0 [namespace "server"]
                                 └─ up ─►  Link  ◄─ down ─┘
A namespace lives as long as a process that holds it, and is left behind by none. Needs root, ip and /dev/net/tun.
"""

import contextlib
import ctypes
import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

import pytest

from tests.servers import Program, require, wait_until

_T = TypeVar("_T")
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # <linux/if_tun.h>
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
MTU_BYTES = 1_400


def require_namespaces() -> None:
    """The programs for it; where there are no rights to make networks (a container has none) the test is skipped."""
    require("ip")
    require("nsenter")
    made = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0
    if not made or not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        pytest.skip("networks of their own need root, /dev/net/tun and, in a container, the rights to make them")


class Namespace:
    """A network of its own, with a loopback; for `with`."""

    def __enter__(self) -> Self:
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], start_new_session=True)
        own = Path("/proc/self/ns/net").readlink()
        wait_until(lambda: self._path.readlink() != own, "a namespace is made")
        self.ip("link", "set", "lo", "up")
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.kill()
        self._holder.wait()

    @property
    def _path(self) -> Path:
        return Path(f"/proc/{self._holder.pid}/ns/net")

    def ip(self, *words: str) -> None:
        """Run ip(8) in it."""
        subprocess.run(["nsenter", f"--net={self._path}", "ip", *words], check=True)

    def of(self, program: Program) -> Program:
        """The same program, in this network; that it listens is for the test to find out."""
        command = ["nsenter", f"--net={self._path}", *program.command]
        return Program(program.name, command, program.folder)

    def inside(self, call: Callable[[], _T]) -> _T:
        """Call it in a thread that is in this network; so are the threads and sockets that it makes."""
        with ThreadPoolExecutor(1, initializer=self._enter) as thread:
            return thread.submit(call).result()

    def _enter(self) -> None:
        with self._path.open() as network:
            if _LIBC.setns(network.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")


class Direction:
    """One way over a link; all may be changed while it runs. Times in seconds."""

    def __init__(self) -> None:
        self.loss = 0.0
        self.delay_s = 0.0
        self.jitter_s = 0.0
        """Of each packet, so packets overtake each other."""
        self.bytes_s = float("inf")
        self.most_queued_s = 4.0
        """A packet that would wait for longer is dropped, as a full queue does it."""
        self.cut = False
        self.bytes = self.packets = self.dropped = 0
        self._free_s = 0.0

    def due_s(self, size: int, *, now_s: float, dice: random.Random) -> float | None:
        """When a packet comes out; None where it does not."""
        self._free_s = max(self._free_s, now_s)
        if self.cut or dice.random() < self.loss or self._free_s - now_s > self.most_queued_s:
            self.dropped += 1
            return None
        self._free_s += size / self.bytes_s
        self.bytes += size
        self.packets += 1
        return self._free_s + self.delay_s + dice.uniform(0, self.jitter_s)


class Link:
    """A link of the gateway's interface `name` to the server's; for `with`, inside both namespaces' `with`."""

    def __init__(self, gateway: Namespace, server: Namespace, name: str = "wlan0", *, number: int = 1) -> None:
        self.name = name
        self.server_address = f"10.71.{number}.1"
        self.up, self.down = Direction(), Direction()
        self._ends = ((gateway, f"10.71.{number}.2"), (server, self.server_address))
        self._dice = random.Random(number)
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        self._fds = [_tun(namespace, self.name) for namespace, _ in self._ends]
        for namespace, address in self._ends:
            namespace.ip("addr", "add", f"{address}/24", "dev", self.name)
            namespace.ip("link", "set", self.name, "mtu", str(MTU_BYTES), "up")
        self._thread = threading.Thread(target=self._forward, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for fd in self._fds:
            os.close(fd)

    def be(self, *, up: bool = True, down: bool = True, **values: float) -> None:
        """Let one or both ways have these values: cut, loss, delay_s, jitter_s, bytes_s."""
        for way in (*([self.up] if up else []), *([self.down] if down else [])):
            for name, value in values.items():
                setattr(way, name, value)

    def _forward(self) -> None:
        waiting: list[tuple[float, int, int, bytes]] = []
        numbers = itertools.count()
        ways = {self._fds[0]: (self.up, self._fds[1]), self._fds[1]: (self.down, self._fds[0])}
        while not self._stop.is_set():
            pause_s = min(0.1, max(0.0, waiting[0][0] - time.monotonic())) if waiting else 0.1
            for fd in select.select(self._fds, [], [], pause_s)[0]:
                packet = os.read(fd, 65_536)
                way, out = ways[fd]
                due_s = way.due_s(len(packet), now_s=time.monotonic(), dice=self._dice)
                if due_s is not None:
                    heapq.heappush(waiting, (due_s, next(numbers), out, packet))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, out, packet = heapq.heappop(waiting)
                with contextlib.suppress(OSError):  # the end went away
                    os.write(out, packet)


def _tun(namespace: Namespace, name: str) -> int:
    def make() -> int:
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
        return fd

    return namespace.inside(make)


@contextlib.contextmanager
def two_networks(*names: str) -> Iterator[tuple[Namespace, Namespace, list[Link]]]:
    """A gateway's and a server's network, with a link of each name between them."""
    require_namespaces()
    with Namespace() as gateway, Namespace() as server, contextlib.ExitStack() as stack:
        links = [Link(gateway, server, name, number=number) for number, name in enumerate(names, 1)]
        for link in links:
            stack.enter_context(link)
        yield gateway, server, links

"""Grafana as a part that nobody waits for: one sentence when there is something to say of it.

part.news() -> "Grafana answers: http://127.0.0.1:3000" | "Grafana has ended; …" | ""
"""

from typing import Protocol

import httpx

from demo.processes import DemoProcess
from i18n.message import LocalizedMessage

NO_NEWS = LocalizedMessage("")


class GrafanaPart(Protocol):
    """The demo's own, or one that runs already and gets the dashboards."""

    def news(self) -> LocalizedMessage:
        """What there is to say since it was asked last; an empty text for nothing."""


class NoGrafana:
    """There is none."""

    def news(self) -> LocalizedMessage:
        """Nothing."""
        return NO_NEWS


class OwnGrafana:
    """The demo's own, which is starting."""

    def __init__(self, process: DemoProcess, address: str) -> None:
        self._process = process
        self._address = address
        self._answers = self._is_over = False

    def news(self) -> LocalizedMessage:
        """That it answers, and that it has ended."""
        if not self._is_over and self._process.process.poll() is not None:
            self._is_over = True
            return LocalizedMessage(
                "Grafana has ended, and the demo goes on without it; see {log}", log=self._process.log
            )
        if not self._is_over and not self._answers and _answers(self._address):
            self._answers = True
            return LocalizedMessage("Grafana answers: {address}", address=self._address)
        return NO_NEWS


class OthersGrafana:
    """One that runs already, which `pushing` brings the dashboards into."""

    def __init__(self, pushing: DemoProcess, address: str) -> None:
        self._pushing = pushing
        self._address = address
        self._is_told = False

    def news(self) -> LocalizedMessage:
        """That the dashboards are there, or why not."""
        code = self._pushing.process.poll()
        if code is None or self._is_told:
            return NO_NEWS
        self._is_told = True
        if code:
            return LocalizedMessage("Grafana does not have the dashboards: {why}", why=self._pushing.last_line)
        return LocalizedMessage("Grafana has the dashboards: {address}", address=self._address)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/api/health", timeout=1, trust_env=False).is_success
    except httpx.HTTPError:
        return False

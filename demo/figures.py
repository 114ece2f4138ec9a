"""The line of figures, asked of the API as any program with a token may.

sent 12,480 · stored 12,476 · in spool 4 · lost 0 · newest 2.1 s        of the domain that waits longest
"""

from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import msgspec

from i18n.catalog import Catalog


class Figures(msgspec.Struct, frozen=True):
    """Readings over all gateways: sent by them, stored, waiting in spools, lost; and the newest's age by domain."""

    sent: int
    stored: int
    in_spool: int
    lost: int
    newest_age_s: Mapping[str, float | None]

    def said(self, _: Catalog) -> str:
        """The line, of the domain that waits longest."""
        ages_s = [age_s for age_s in self.newest_age_s.values() if age_s is not None]
        return _(
            "sent {sent} · stored {stored} · in spool {waiting} · lost {lost} · newest {age}",
            sent=_.number(self.sent, 0),
            stored=_.number(self.stored, 0),
            waiting=_.number(self.in_spool, 0),
            lost=_.number(self.lost, 0),
            age=f"{_.number(max(ages_s), 1)} s" if ages_s else _("none"),
        )


class Api:
    """The demo's look at its own API."""

    def __init__(self, port: int, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=2,
            trust_env=False,
        )

    def get(self, path: str, **parameters: str | int | bool) -> Any:
        """What the API answers on `path`, or None while it does not."""
        try:
            return self._client.get(path, params=parameters).raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return None

    def is_listening(self) -> bool:
        """Whether the cloud has subscribed at the broker: what gateways send from then on reaches it."""
        try:
            return bool(self._client.get("/health").json()["components"]["broker"]["status"] == "ok")
        except (httpx.HTTPError, ValueError, KeyError):
            return False

    def silent_sensors(self, *, within_s: float) -> list[str] | None:
        """The sensors, gateways among them, without a reading of the last `within_s`; None while no answer comes."""
        try:
            sensors = self._client.get("/sensors").raise_for_status().json()
            newest = self._client.get("/readings/latest").raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return None
        return silent((sensor["id"] for sensor in sensors), newest, within_s=within_s)

    def figures(self) -> Figures | None:
        """The figures now, or None while the API does not answer."""
        try:
            health = self._client.get("/health").json()
            gateways = self._client.get("/gateways").raise_for_status().json()
            newest = self._client.get("/readings/latest", params={"domain": "gateway"}).raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return None
        return figures_of(health, gateways, newest)


def silent(sensors: Iterable[str], newest: list[dict[str, Any]], *, within_s: float) -> list[str]:
    """Those of `sensors` of which /readings/latest has nothing younger than `within_s`."""
    heard = {reading["sensor"] for reading in newest if reading["age_s"] < within_s}
    return [sensor for sensor in sensors if sensor not in heard]


def figures_of(health: Mapping[str, Any], gateways: list[dict[str, Any]], newest: list[dict[str, Any]]) -> Figures:
    """The figures in the answers of /health, /gateways and /readings/latest?domain=gateway."""
    accounts = [gateway["account"] for gateway in gateways]
    stored = sum(account["received"] for account in accounts)
    return Figures(
        sent=stored + sum(account["missing"] for account in accounts),
        stored=stored,
        in_spool=sum(int(reading["value"]) for reading in newest if reading["quantity"] == "spool_depth"),
        lost=sum(account["declared_lost"] for account in accounts),
        newest_age_s=health["newest_age_s"],
    )

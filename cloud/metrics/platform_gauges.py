"""The platform's state for Prometheus, worked out at each scrape:

siaga_component_up{component="store"} 1   siaga_component_ok{component="store"} 0   siaga_gateway_online{gateway="…"} 1
siaga_disk_free_bytes   siaga_certificate_end_timestamp_seconds   siaga_newest_backup_timestamp_seconds
"""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cloud.core.health import Component, Condition

UP, OK = "siaga_component_up", "siaga_component_ok"
_FIGURES = {
    "disk": ("siaga_disk_free_bytes", "Room on the fullest disk that the platform writes to"),
    "certificates": ("siaga_certificate_end_timestamp_seconds", "When the first certificate ends"),
    "backups": ("siaga_newest_backup_timestamp_seconds", "When the newest backup was made"),
}


class PlatformGauges(Collector):
    """Gauges of `components`, of who is `online`, and of each `figure` by its name."""

    def __init__(
        self,
        *,
        components: Callable[[], Mapping[str, Component]],
        online: Callable[[], Mapping[str, bool]],
        figure: Callable[[str], float | None],
    ) -> None:
        self._components = components
        self._online = online
        self._figure = figure

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give the families, as Prometheus's registry asks for them."""
        up = GaugeMetricFamily(UP, "1 unless the component is down", labels=["component"])
        ok = GaugeMetricFamily(OK, "1 where the component is ok, 0 else", labels=["component"])
        for name, part in self._components().items():
            up.add_metric([name], part.status is not Condition.DOWN)
            ok.add_metric([name], part.status is Condition.OK)
        online = GaugeMetricFamily("siaga_gateway_online", "1 where the gateway is heard, 0 else", labels=["gateway"])
        for gateway, is_heard in self._online().items():
            online.add_metric([gateway], is_heard)
        yield from (up, ok, online)
        for name, (metric, meaning) in _FIGURES.items():
            if (figure := self._figure(name)) is not None:
                yield GaugeMetricFamily(metric, meaning, value=figure)

"""A simulated weather station with a receiver: each second its wind, each two its weather and its place.

$WIMWV,180.0,R,3.50,M,A*…   $WIMDA,…   $WIXDR,P,1010.0,H,PRESS,…   $GPRMC,…A,…   $GPZDA,…        it answers nothing
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from firmware_bridge.families import nmea
from firmware_bridge.simulated.device import DuePace, Values

EVERY_S = 1.0
_PLACE = "0202.0736,N,12817.4062,E"


class SimulatedStation:
    """A station on land in the weather of `values`; `heading_deg` is where its mark points."""

    def __init__(self, values: Values, *, heading_deg: float = 0.0) -> None:
        self._values = values
        self._heading_deg = heading_deg
        self._pace = DuePace(EVERY_S)
        self._count = 0

    def feed(self, _data: bytes, _now_s: float) -> bytes:
        """It has no commands."""
        return b""

    def due(self, now_s: float) -> bytes:
        """Sentences, when it is time for some."""
        if not self._pace.is_due(now_s):
            return b""
        self._count += 1
        now = self._values(now_s)
        angle = (now.get("wind_direction", 0.0) - self._heading_deg) % 360
        texts = [f"WIMWV,{angle:.1f},R,{now.get('wind_speed', 0.0):.2f},M,A"]
        texts += self._weather(now) if self._count % 2 else self._fix(now_s)
        return b"".join(nmea.build(text) for text in texts)

    def _weather(self, now: Mapping[str, float]) -> list[str]:
        bar = now.get("pressure", 1_013.0) / 1_000
        air, humidity = now.get("temperature", 25.0), now.get("humidity", 50.0)
        return [
            f"WIMDA,,I,{bar:.4f},B,{air:.1f},C,,,{humidity:.1f},,,C,,T,,M,,N,,M",
            f"WIXDR,P,{1_000 * bar:.1f},H,PRESS,C,{air:.1f},C,TEMP,H,{humidity:.1f},P,RH",
        ]

    def _fix(self, now_s: float) -> list[str]:
        now = datetime.fromtimestamp(now_s, UTC)
        return [
            f"GPRMC,{now:%H%M%S}.00,A,{_PLACE},0.0,,{now:%d%m%y},,,A",
            f"GPZDA,{now:%H%M%S}.00,{now:%d,%m,%Y},00,00",
        ]


def make(options: Mapping[str, Any], values: Values) -> SimulatedStation:
    """The station that the options describe."""
    return SimulatedStation(values, heading_deg=options["heading_deg"])

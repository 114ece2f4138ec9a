"""What a device says in a pushed request: its path and what its headers say of the device, as a topic; and the body.

POST /push-sensor-data/ HTTP/1.1 · X-Sensor: esp8266-12345 · X-Pin: 1 · {"sensordatavalues": …}
    ──► PushedMessage("push-sensor-data/esp8266-12345/1", b'{"sensordatavalues": …}')
"""

from typing import NamedTuple

from edge.http.exchange import HttpRequest, HttpTaken

LONGEST_BODY = 64 * 1024
TAKEN = HttpTaken(("POST", "PUT"), LONGEST_BODY, "post readings")
_OF_THE_DEVICE = ("x-sensor", "x-pin")
_LONGEST_TOPIC = 200


class PushedMessage(NamedTuple):
    """A message, as it would stand on a broker."""

    topic: str
    body: bytes


def message_in(request: HttpRequest) -> PushedMessage:
    """The message of a request."""
    told = [request.headers[name] for name in _OF_THE_DEVICE if name in request.headers]
    return PushedMessage("/".join([request.path.strip("/"), *told])[:_LONGEST_TOPIC], request.body)

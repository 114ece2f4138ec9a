"""Lines of an OPS243: the count of its manual, reports of speed in JSON and as text, a count after a loss of power."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family

EXAMPLES = {
    "ops243": Family(
        {},
        (
            b'{"DetectedObjectCount":3}\r\n',
            b'{"speed":0.58,"direction":"inbound","time":105,"tick":135}\r\n',
            b'{"DetectedObjectCount":5}\r\n',
            b'{"DetectedObjectCount":1}\r\n',
            b'{"DetectedObjectCount":2}\r\n',
        ),
        ((), (), (Sample("people_in", 2.0),), (), (Sample("people_in", 2.0),)),
        (b'{"DetectedObjectCount":3\r\n', b'"DetectedObjectCount":x}\r\n', b"Hello\r\n", b'{"DetectedObjectCount":3}'),
        mutant=("sure=False", "sure=True"),
    )
}

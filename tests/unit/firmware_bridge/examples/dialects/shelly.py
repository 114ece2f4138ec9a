"""A whole status of a sensor on a battery, a change with a broken probe beside it, and a component's own topic."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

_MS = 1_767_225_601_420
_RPC = "shellyplusht-0a1b2c/events/rpc"

EXAMPLE = Dialect(
    (
        Message(
            {},
            b'{"src":"shellyplusht-0a1b2c","dst":"shellyplusht-0a1b2c/events","method":"NotifyFullStatus","params":'
            b'{"ts":1767225601.42,"cloud":{"connected":false},"devicepower:0":{"id":0,"battery":{"V":5.43,"percent":80},'
            b'"external":{"present":false}},"humidity:0":{"id":0,"rh":42.2},"sys":{"uptime":3},'
            b'"temperature:0":{"id":0,"tC":19.8,"tF":67.6},"wifi":{"rssi":-61}}}',
            Frame(
                (
                    Sample("battery", 80.0, "0", _MS),
                    Sample("battery_voltage", 5.43, "0", _MS),
                    Sample("humidity", 42.2, "0", _MS),
                    Sample("temperature", 19.8, "0", _MS),
                    Sample("signal", -61.0, "0", _MS),
                )
            ),
            topic=_RPC,
        ),
        Message(
            {"channels": {"100": "tank", "101": "roof"}},
            b'{"src":"shelly1-0a","method":"NotifyStatus","params":{"ts":1767225601.42,'
            b'"temperature:100":{"id":100,"tC":29.4},"temperature:101":{"id":101,"tC":null,"errors":["read"]}}}',
            Frame(
                (Sample("temperature", 29.4, "100", _MS),),
                "temperature:101 temperature is not measured: read",
            ),
            topic=_RPC,
        ),
        Message({}, b'{"id":0,"rh":74.5}', Frame((Sample("humidity", 74.5, "0"),)), topic="hall/ht/status/humidity:0"),
        Message(
            {},
            b'{"src":"shelly1-0a","method":"NotifyEvent","params":{"ts":1767225601.42,"events":[{"component":"sys"}]}}',
            Frame((), "NotifyEvent, no reading"),
            topic=_RPC,
        ),
    ),
    mutant=('READERS["epoch_s"]', 'READERS["epoch_ms"]'),
)

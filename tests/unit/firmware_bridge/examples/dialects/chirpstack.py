"""Events of ChirpStack 4 with and without a codec, and one of version 3: shaped as its documentation shows them."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

TOPIC = "application/ae2012c2-75a1-407d-98ab-1520fb511edf/device/24e124713b492056/event/up"
AT = 1_772_855_674_482

EXAMPLE = Dialect(
    (
        Message(
            {"mounting_height_cm": 450},
            b'{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d","time":"2026-03-07T03:54:34.482136+00:00",'
            b'"deviceInfo":{"tenantName":"Morotai","deviceProfileName":"EM500-UDL","deviceName":"bridge",'
            b'"devEui":"24e124713b492056","tags":{}},"devAddr":"00189440","adr":true,"dr":1,"fCnt":7,"fPort":85,'
            b'"confirmed":false,"data":"AXVkA4IeAA==","rxInfo":[{"gatewayId":"0016c001f153a14c","rssi":-90,"snr":1.5},'
            b'{"gatewayId":"0016c001f153a14d","rssi":-57,"snr":9.2}],"txInfo":{"frequency":923200000}}',
            Frame(
                (
                    Sample("battery", 100.0, "", AT),
                    Sample("distance", 3.0, "", AT),
                    Sample("water_level", 447.0, "", AT),
                    Sample("signal", -57.0, "", AT),
                    Sample("signal_to_noise", 9.2, "", AT),
                )
            ),
            TOPIC,
        ),
        Message(
            {},
            b'{"time":"2026-03-07T03:54:34.482+00:00","deviceInfo":{"devEui":"24e124713b492056"},"fCnt":8,"fPort":1,'
            b'"object":{"Temperature":21.5,"Humidity":60}}',
            Frame((Sample("temperature", 21.5, "", AT), Sample("humidity", 60.0, "", AT))),
            TOPIC,
        ),
        Message(
            {"channels": {"0202020202020202": "rain-1"}},
            b'{"applicationID":"1","deviceName":"garden","devEUI":"AgICAgICAgI=","rxInfo":[{"gatewayID":"AwMDAwMDAwM=",'
            b'"time":"2026-03-07T03:54:34.482445Z","rssi":-48,"loRaSNR":9}],"fCnt":10,"fPort":5,"data":"A2cBEA==",'
            b'"objectJSON":"{\\"temperatureSensor\\":{\\"3\\":27.2}}"}',
            Frame(
                (
                    Sample("temperature", 27.2, "3", AT),
                    Sample("signal", -48.0, "0202020202020202", AT),
                    Sample("signal_to_noise", 9.0, "0202020202020202", AT),
                )
            ),
            "application/1/device/0202020202020202/event/up",
        ),
        Message(
            {}, b'{"devAddr":"00189440"}', Frame((), "join event: only up events hold readings"), TOPIC[:-2] + "join"
        ),
    ),
    mutant=('"snr", "loRaSNR"', '"snr", "loRaSnr"'),
)

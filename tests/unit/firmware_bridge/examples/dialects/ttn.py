"""Uplinks of The Things Stack: one shaped as a recorded one of a Dragino LHT65, a Milesight's, a normalized one."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

TOPIC = "v3/morotai@ttn/devices/bridge/up"
AT = 1_772_855_674_926

EXAMPLE = Dialect(
    (
        Message(
            {},
            b'{"end_device_ids":{"device_id":"market","application_ids":{"application_id":"morotai"},'
            b'"dev_eui":"A8404163F1834C84"},"received_at":"2026-03-07T03:54:35.136100251Z","uplink_message":{"f_port":2,'
            b'"f_cnt":191,"frm_payload":"zB8FuQKkAQUmf/8=","decoded_payload":{"BatV":3.103,"Bat_status":3,'
            b'"Ext_sensor":"Temperature Sensor","Hum_SHT":67.6,"TempC_DS":13.18,"TempC_SHT":14.65},'
            b'"rx_metadata":[{"gateway_ids":{"gateway_id":"g"},"rssi":-60,"snr":8.5}],'
            b'"received_at":"2026-03-07T03:54:34.926321616Z",'
            b'"version_ids":{"brand_id":"dragino","model_id":"lht65"}}}',
            Frame(
                (
                    Sample("battery_voltage", 3.103, "", AT),
                    Sample("humidity", 67.6, "", AT),
                    Sample("temperature", 14.65, "", AT, "TempC_SHT"),
                    Sample("signal", -60.0, "", AT),
                    Sample("signal_to_noise", 8.5, "", AT),
                ),
                "TempC_DS left out: channels or values choose among several",
                (Sample("temperature", 13.18, "", AT, "TempC_DS"),),
            ),
            TOPIC,
        ),
        Message(
            {"mounting_height_cm": 450},
            b'{"end_device_ids":{"device_id":"bridge"},"received_at":"2026-03-07T03:54:35.1Z","uplink_message":{'
            b'"f_port":85,"f_cnt":7,"frm_payload":"AXVkA4IeAA==","decoded_payload":{"distance":30},'
            b'"received_at":"2026-03-07T03:54:34.926321616Z","settings":{"time":"2026-03-07T03:54:34.5Z"},'
            b'"version_ids":{"brand_id":"milesight-iot","model_id":"em500-udl"}}}',
            Frame(
                (
                    Sample("battery", 100.0, "", AT - 426),
                    Sample("distance", 3.0, "", AT - 426),
                    Sample("water_level", 447.0, "", AT - 426),
                )
            ),
            TOPIC,
        ),
        Message(
            {},
            b'{"end_device_ids":{"device_id":"air"},"uplink_message":{"f_cnt":7,"decoded_payload":{"t":1,"humidity":61},'
            b'"normalized_payload":[{"air":{"temperature":20.5,"relativeHumidity":60},"battery":3.6}],'
            b'"received_at":"2026-03-07T03:54:34.926Z"}}',
            Frame(
                (
                    Sample("temperature", 20.5, "", AT),
                    Sample("humidity", 60.0, "", AT),
                    Sample("battery_voltage", 3.6, "", AT),
                )
            ),
            TOPIC,
        ),
    ),
    mutant=('{"battery": "battery_voltage"}', "{}"),
)

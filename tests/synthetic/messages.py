"""Made-up messages of MQTT devices, each with the oddity that its kind is known for:  kind <tab> topic <tab> payload

A Tasmota device's time has no zone and its keys have dots, its old firmware writes a space after the comma; the water
meter writes numbers as text with leading zeros; a burst of zigbee2mqtt differs in `last_seen` alone; ChirpStack nests.
"""

BURST_MS = (1_767_225_601_004, 1_767_225_601_050, 1_767_225_601_498, 1_767_225_601_541)

TERRACE = (
    '{"Time":"2026-01-01T09:00:00","BME280":{"Temperature":28.4,"Humidity":81.2,"DewPoint":24.8,"Pressure":1009.5},'
    '"SDS0X1":{"PM2.5":17.3,"PM10":30.9},"PressureUnit":"hPa","TempUnit":"C"}'
)
PORCH = '{"Time":"2026-01-01T09:00:05","PMS5003":{"CF1":2,"CF2.5":4,"CF10":5,"PM1":2,"PM2.5":4,"PM10":5,"PB0.3":711}}'
WELL = '{"Time":"2026-01-01T09:00:10", "DS18B20":{"Temperature":24.9}}'
METER = (
    '{"value": "318.4406","raw": "00318.4406","pre": "318.4406","error": "no error","rate": "0.004150",'
    '"timestamp": "2026-01-01T18:00:00+0900"}'
)
BURST = '{"co2":455,"formaldehyd":1,"humidity":74,"last_seen":%d,"linkquality":180,"temperature":29,"voc":2}'
UPLINK = (
    '{"applicationID":"7","deviceName":"made-up","rxInfo":[{"gatewayID":"made-up","rssi":-88,"loRaSNR":6.5}],'
    '"txInfo":{"frequency":923200000,"dr":3},"adr":true,"fCnt":12,"fPort":2,"data":"00"}'
)
ROWS = (
    ("tasmota", "tele/made_up_terrace/SENSOR", TERRACE),
    ("tasmota", "tele/made_up_porch/SENSOR", PORCH),
    ("tasmota", "tele/made_up_well/SENSOR", WELL),
    ("watermeter", "watermeter/made-up/json", METER),
    *(("zigbee2mqtt", "zigbee2mqtt/Made up", BURST % time_ms) for time_ms in BURST_MS),
    ("chirpstack_v3", "application/7/device/made-up/rx", UPLINK),
)


def messages_tsv() -> str:
    """All of them, one a line."""
    return "\n".join("\t".join(row) for row in (("kind", "topic", "payload"), *ROWS))

"""Home Assistant discovery: announcements, each of which a parser of its own reads, so they give no value yet."""

from firmware_bridge import Frame
from tests.unit.firmware_bridge.examples import Dialect, Message

_PM25 = (
    b'{"name":"Air quality PM2.5","stat_t":"tele/pm/SENSOR","val_tpl":"{{ value_json.PMS5003[\'PM2.5\'] }}",'
    b'"unit_of_meas":"\xc2\xb5g/m\xc2\xb3","dev_cla":"pm25","stat_cla":"measurement","uniq_id":"A0B1_PM25",'
    b'"avty_t":"tele/pm/LWT","pl_avail":"Online","pl_not_avail":"Offline","dev":{"ids":["A0B1"],"mf":"Tasmota"}}'
)
_DEVICE = (
    b'{"dev":{"ids":"ea334450945afc","name":"Kitchen"},"o":{"name":"bla2mqtt"},"cmps":{'
    b'"t1":{"p":"sensor","dev_cla":"temperature","unit_of_meas":"\xc2\xb0C","val_tpl":"{{ value_json.temperature}}",'
    b'"uniq_id":"temp01ae_t"},"id2":{"p":"sensor","dev_cla":"humidity","unit_of_meas":"%",'
    b'"val_tpl":"{{ value_json.humidity | float * 1.0 }}","uniq_id":"temp01ae_h"}},"state_topic":"sensorBedroom/state"}'
)

EXAMPLE = Dialect(
    (
        Message(
            {"state_topics": "tele/+/SENSOR"},
            _PM25,
            Frame((), "A0B1 pm2_5 is read from tele/pm/SENSOR"),
            "homeassistant/sensor/A0B1/A0B1_PM25/config",
        ),
        Message(
            {},
            _DEVICE,
            Frame(
                (),
                "temp01ae_h has a template that is no plain path, and templates are not evaluated: "
                "'{{ value_json.humidity | float * 1.0 }}'; ea334450945afc temperature is read from "
                "sensorBedroom/state; see that state_topics, or topic, covers it",
            ),
            "homeassistant/device/ea334450945afc/config",
        ),
        Message(
            {},
            b'{"name":"Door","stat_t":"door","dev_cla":"door"}',
            Frame((), "door is a binary_sensor, no measurement"),
            "homeassistant/binary_sensor/door/config",
        ),
        Message({}, b"", Frame((), "A0B1_PM25 was taken back"), "homeassistant/sensor/A0B1_PM25/config"),
        Message(
            {},
            b'{"PMS5003":{"PM2.5":31}}',
            Frame((), "no sensor was announced for topic tele/pm/SENSOR"),
            "tele/pm/SENSOR",
        ),
    ),
    mutant=("any(matches(each, entity.topic) for each in self._filters)", "True"),
)

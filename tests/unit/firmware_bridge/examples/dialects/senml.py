"""SenML: examples of RFC 8428 with base fields, one in CBOR with half floats, and records that are no readings."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

_OW = "urn:dev:ow:10e2073a01080063"
_MAC = "urn:dev:mac:0024befffe804ff1"

EXAMPLE = Dialect(
    (
        Message(
            {},  # RFC 8428, 5.1.3, its first records
            b'[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1.320067464e+09,"bu":"%RH","v":20},'
            b'{"u":"lon","v":24.30621},{"t":60,"v":20.3}]',
            Frame(
                (
                    Sample("humidity", 20.0, _OW, 1_320_067_464_000),
                    Sample("humidity", 20.3, _OW, 1_320_067_524_000),
                ),
                f"{_OW}: (lon) is no quantity that is known here: see values",
            ),
        ),
        Message(
            {"units": {"battery": "%EL"}},
            b'[{"bn":"urn:dev:mac:0024befffe804ff1/","bv":20,"n":"temp","u":"K","v":280.5,"t":-5},'
            b'{"bv":0,"n":"pressure","u":"hPa","v":1009.5},{"n":"PM2.5","u":"kg/m3","v":3.5e-8},{"n":"battery","v":87},'
            b'{"n":"door","vb":true},{"n":"-3b","v":1},{"n":"temp","u":"Cel","v":21,"new_":1}]',
            Frame(
                (
                    Sample("temperature", 27.35, _MAC, age_ms=5_000),
                    Sample("pressure", 1_009.5, _MAC),
                    Sample("pm2_5", 35.0, _MAC),
                    Sample("battery", 87.0, _MAC),
                ),
                f"{_MAC}/door has vb: no number that is a reading; {_MAC}/-3b (no unit) is no quantity that is known "
                f"here: see values; {_MAC}/temp has new_, which must be understood and is not",
            ),
        ),
        Message(
            {"channels": {"urn:dev:a:1": "air-1"}},
            # the one record's name ends with "_", its value is a half float; the other's value is 4([-1, 715])
            bytes.fromhex(
                "82a5216c75726e3a6465763a613a315f22fb41da492040200000006474656d70016343"
                "656c02f94d20a3006368756d016325524802c482201902cb"
            ),
            Frame(
                (
                    Sample("temperature", 20.5, "urn:dev:a:1", 1_764_000_000_500),
                    Sample("humidity", 71.5, "urn:dev:a:1", 1_764_000_000_500),
                )
            ),
        ),
    ),
    mutant=("round(-record.time_s * 1_000)", "0"),
)

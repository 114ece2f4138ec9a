"""Nova SDS011: frames of the protocol document and of captures."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family, of_hex

EXAMPLES = {
    "sds011": Family(
        {},
        of_hex("aac0d4043a0aa1601dab", "aac00600060058d93dab", "aac000000000a16001ab", "aac502010000a16004ab"),
        ((Sample("pm2_5", 123.6), Sample("pm10", 261.8)), (Sample("pm2_5", 0.6), Sample("pm10", 0.6)), (), ()),
        of_hex("aac0d4043a0aa16000ab", "aac00600060058d93dac", "aac10600060058d93dab", "abc00600060058d93dab"),
        mutant=("frame[8] == _sum(frame[2:8])", "True"),
    ),
    "sds198": Family(
        {"model": "sds198"},
        of_hex("aacf0e001000e9050cab", "aac0d4043a0aa1601dab"),
        ((Sample("pm100", 16.0),), ()),
        of_hex("aacf0e001000e9050dab"),
        mutant=("frame[8] == _sum(frame[2:8])", "True"),
    ),
}

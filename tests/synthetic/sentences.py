"""Made-up logs of NMEA 0183 receivers: one that starts up, one with foreign bytes between its sentences."""

from functools import reduce
from operator import xor


def _sentence(text: str) -> str:
    return f"${text}*{reduce(xor, text.encode()):02X}\r\n"


def start_up() -> str:
    """A receiver before its first fix: empty fields, 99.99 for a DOP."""
    texts = [
        "GNRMC,,V,,,,,,,,,,N,V",
        "GNGGA,,,,,,0,00,99.99,,,,,,",
        "GNGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99,1",
        "GNGLL,,,,,,V,N",
    ]
    return "".join(map(_sentence, texts))


def with_a_fix() -> str:
    """A receiver with a fix, on Morotai in March 2021."""
    texts = [
        "GPTXT,01,01,02,ANTSTATUS=OK",
        "GPRMC,102929.00,A,0202.07361,N,12817.40622,E,0.273,,070321,,,A",
        "GPGGA,102929.00,0202.07361,N,12817.40622,E,1,08,1.16,36.3,M,48.5,M,,",
        "GPGSV,1,1,01,01,06,015,",
        "GPGLL,0202.07361,N,12817.40622,E,102929.00,A,A",
    ]
    return "".join(map(_sentence, texts))

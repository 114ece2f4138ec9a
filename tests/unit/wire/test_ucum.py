"""UCUM codes: which are taken, and which code is meant by what people write."""

import pytest

from wire import QUANTITIES
from wire.ucum import is_ucum, meant

GOOD = [
    "1",
    "%",
    "cm",
    "mm/h",
    "ug/m3",
    "mg/m3",
    "g/m2",
    "dB[SPL]",
    "dB",
    "[ppb]",
    "kW.h",
    "kV.A",
    "uS/cm",
    "[pH]",
    "{NTU}",
    "{vehicle}/h",
    "m[H2O]",
    "mm[Hg]",
    "[in_i'Hg]",
    "Cel",
    "[degF]",
    "m/s2",
    "10*3/uL",
    "10^6",
    "/min",
    "mol/L",
    "MiBy",
    "[kn_i]",
    "{a.b/c}",
    "dam",
    "km2",
]
BAD = [
    "",
    "µg/m³",
    "dBA",
    "ppm",
    "m//s",
    "m.",
    "foo",
    "[foo]",
    "m{",
    "{a}{b}",
    "m-",
    "kkm",
    "kh",
    "m" * 40,
    "Cel ",
    "m\n",
]


@pytest.mark.parametrize("code", GOOD)
def test_a_code_is_taken(code: str):
    assert is_ucum(code)


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_code_is_not(text: str):
    assert not is_ucum(text)


def test_siagas_own_units_are_codes():
    assert [row.name for row in QUANTITIES.values() if not is_ucum(row.unit)] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("µg/m³", "ug/m3"), ("μg/m^3", None), ("°C", "Cel"), ("dBA", "dB[SPL]"), ("dB(A)", "dB[SPL]"), ("ppb", "[ppb]"),
        ("kWh", "kW.h"), ("NTU", "{NTU}"), ("km/jam", "km/h"), ("pH", "[pH]"), ("m²", "m2"),
        ("orang/m²", "{person}/m2"),
        ("", "1"), ("m//s", None), ("wibble", None),
    ],
)  # fmt: skip
def test_the_code_that_is_meant_is_offered(text: str, code: str | None):
    assert meant(text) == code

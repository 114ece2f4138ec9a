"""Milesight's air and weather: AM102 to AM319, EM300-TH, EM320-TH, EM500-CO2 and -LGT, and the weather station WTS506.

    03 67 ee00 | 04 68 7c | 07 7d a803 | 0b 7d 2000      23.8 Cel, 62 %, 936 ppm CO2, 32 µg/m³ PM2.5
    05 84 ba04 | 07 92 0100 | 08 77 7b00 01              wind from 121°, 0.1 m/s; 1.23 mm since the rain gauge's total
                                                         was cleared for the first time
    21 ce e59be164 ff00 79 4f27 ba04 3200 ea840100       the weather at 2023-08-20T04:51:49Z

What the older firmware sends as TVOC is a rating without a unit; since then it is in µg/m³, under another type.
"""

from firmware_bridge.payloads.tlv import BATTERY, TlvDevice

_TH = {**BATTERY, "0367": "temperature:h/10", "0468": "humidity:B!/2", "8367": "temperature:h/10 -:B"}
_MUTATION = {"83d7": "temperature:h/10 -:h -:B"}
_LIGHT = {"056a": "-:H", "0665": "illumination:H! -:H -:H"}
_AM102 = TlvDevice("AM102", {**_TH, "ff18": "-:H"}, {"20ce": "temperature:h/10 humidity:B!/2"})
_AM103 = TlvDevice("AM103", {**_TH, "077d": "co2:H!", "ff18": "-:H"}, {"20ce": "temperature:h/10 humidity:B!/2 co2:H!"})
_AM107 = TlvDevice(
    "AM107", {**_TH, **_LIGHT, "077d": "co2:H!", "087d": "tvoc_ppb:H!", "0973": "pressure:H!/10", "ff18": "-:H"}
)

_OFFICE = {
    **_TH, "0500": "-:B", "06cb": "-:B", "077d": "co2:H!", "087d": "tvoc_iaq:H!/100", "08e6": "tvoc_ugm3:H!",
    "0973": "pressure:H!/10", "0a7d": "hcho:H!/100", "0b7d": "pm2_5:H!", "0c7d": "pm10:H!", "0d7d": "o3:H!/100",
    "0e01": "-:B",
}  # fmt: skip
_PAST = "temperature:h/10 humidity:H!/2 -:B -:B co2:H! {}:H! pressure:H!/10"


def _office(title: str, more: str) -> TlvDevice:
    """An AM300: `more` is what a record of its history has behind what all of them have."""
    histories = {"20ce": f"{_PAST.format('-')} {more}", "21ce": f"{_PAST.format('tvoc_ugm3')} {more}"}
    return TlvDevice(title, _OFFICE, histories)


_AM307 = _office("AM307", "")
_AM308 = _office("AM308", "pm2_5:H! pm10:H!")
_AM319 = _office("AM319", "pm2_5:H! pm10:H! hcho:H!/100")
_AM319_O3 = _office("AM319-O3", "pm2_5:H! pm10:H! o3:H!/100")
_EM300_TH = TlvDevice("EM300-TH", {**_TH, **_MUTATION}, {"20ce": "temperature:h/10 humidity:B!/2 -:B"})
_EM320_TH = TlvDevice("EM320-TH", {**_TH, **_MUTATION}, {"20ce": "temperature:h/10 humidity:B!/2"})
_EM500_CO2 = TlvDevice(
    "EM500-CO2",
    {**_TH, **_MUTATION, "057d": "co2:H!", "0673": "pressure:H!/10"},
    {"20ce": "co2:H! pressure:H!/10 temperature:h/10 humidity:B!/2"},
)
_EM500_LGT = TlvDevice("EM500-LGT", {**BATTERY, "0394": "illumination:I!"}, {"20ce": "illumination:I!"})

_THEN = "temperature:h/10 humidity:B!/2 pressure:H!/10 wind_direction:h!/10 wind_speed:H!/10"
_WTS506 = TlvDevice(
    "WTS506",
    {
        **_TH, "0584": "wind_direction:h!/10", "0673": "pressure:H!/10", "0792": "wind_speed:H!/10",
        "0877": "rainfall_total:H/100 rainfall_counter:B", "08ec": "rainfall_total:I/100 rainfall_counter:B",
        "8673": "pressure:H!/10 -:B", "8792": "wind_speed:H!/10 -:B",
        "88ec": "rainfall_total:I/100 rainfall_counter:B -:B",
    },
    {"20ce": f"{_THEN} rainfall_total:H/100", "21ce": f"{_THEN} rainfall_total:I/100"},
)  # fmt: skip

DECODERS = {
    "am102": _AM102, "am102l": _AM102, "am103": _AM103, "am103l": _AM103, "am104": _AM107, "am107": _AM107,
    "am307": _AM307, "am307l": _AM307, "am308": _AM308, "am308l": _AM308, "am319": _AM319, "am319-hcho": _AM319,
    "am319-o3": _AM319_O3, "am319l": _AM319, "em300-th": _EM300_TH, "em320-th": _EM320_TH, "em500-co2": _EM500_CO2,
    "em500-lgt": _EM500_LGT, "wts305": _WTS506, "wts505": _WTS506, "wts506": _WTS506,
}  # fmt: skip

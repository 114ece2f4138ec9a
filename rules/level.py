"""The level of water from the distance that a sensor over it measures.

    sensor ─┬─ 450 cm over the gauge's zero        level = height − distance        level_cm(450, 123.4) -> 326.6
            │ distance 123.4
    water ──┴─ level 326.6
    zero  ──── the zero of the gauge's staff

One formula for the gateway, whose sensors show a level on the spot, and for the cloud, whose geometry is the dated fact
of the registry that counts. Heights are in cm: 4.2 and 4200 are metres and millimetres, and no sensor hangs so.
"""

from i18n.message import LocalizedMessage

LOWEST_HEIGHT_CM = 30.0
"""Ultrasonic sensors are blind nearer than 20 to 50 cm (MaxBotix PD11500 p. 10): below that none can hang."""
HIGHEST_HEIGHT_CM = 3_500.0
"""The reach of a long-range hydrological radar (OTT RLS: 35 m): from higher up nobody measures a river."""
DECIMALS = 2


def level_cm(mounting_height_cm: float, distance_cm: float) -> float:
    """The level over the gauge's zero, to a tenth of a millimetre."""
    return round(mounting_height_cm - distance_cm, DECIMALS)


def height_cm(level: float, distance_cm: float) -> float:
    """The mounting height that somebody reckons with who makes `level` (cm) of a distance."""
    return round(level + distance_cm, DECIMALS)


def height_mistake(mounting_height_cm: float) -> LocalizedMessage | None:
    """Why no sensor can hang so high or low, with what was probably meant; None where it can."""
    if LOWEST_HEIGHT_CM <= mounting_height_cm <= HIGHEST_HEIGHT_CM:
        return None
    return LocalizedMessage(
        "is not between {low:g} and {high:g} cm{meant}; write the height over the gauge's zero in cm",
        low=LOWEST_HEIGHT_CM, high=HIGHEST_HEIGHT_CM, meant=_meant(mounting_height_cm),
    )  # fmt: skip


def _meant(height: float) -> LocalizedMessage | str:
    for factor, unit in ((100.0, "m"), (0.1, "mm")):
        if LOWEST_HEIGHT_CM <= height * factor <= HIGHEST_HEIGHT_CM:
            return LocalizedMessage(" ({height:g} {unit} are {cm:g} cm)", height=height, unit=unit, cm=height * factor)
    return ""

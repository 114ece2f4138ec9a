"""Flood Siaga, Jakarta's stages: 4 is normal, 1 the worst. Tsunami and volcanoes count otherwise: rules/scales.py.

siaga_of(JAKARTA["Katulampa"], 151) -> 2         Katulampa: 3 above 80 cm, 2 above 150, 1 above 200

Each gauge has its own limits, in cm on its own staff, and each limit says whether it counts itself: Jakarta's published
ranges share their ends ("80-150", "Siaga 4 <= 80" at Katulampa), so its limits do not; those that an engineer sets do.
Limits: elvano22/Pintu-Air data/informasi_pintu_air.csv (three gates), antaranews.com/berita/1254683 and press (others).
Stages: BPBD DKI by kompas.tv 140818. How often a level is reported: pro-metropolitika.blogspot.com/2013/01.
"""

import msgspec

from rules.exact import cleaned
from rules.rule import Rule, RuleKind

SOURCE = "BPBD DKI Jakarta"
NORMAL = 4


class Stage(msgspec.Struct, frozen=True):
    """A stage: what it is called, who is in charge, and how often the level is reported."""

    siaga: int
    indonesian: str
    english: str
    in_charge: str
    report_every_min: int
    hex: str


STAGES = {
    4: Stage(4, "Normal", "Normal", "komandan lapangan", 60, "#2e9e4f"),
    3: Stage(3, "Waspada", "Watch", "suku dinas", 30, "#f2c500"),
    2: Stage(2, "Rawan", "Warning", "Sekretaris Daerah", 15, "#f28c00"),
    1: Stage(1, "Bencana", "Disaster", "Gubernur", 5, "#d7261e"),
}
"""The names are official: of stage 2, called Siaga or Rawan, the one that is on no other scale (rules/scales.py). Their
colours are our choice, and follow those of press and agency maps."""


class Limit(msgspec.Struct, frozen=True):
    """From which level a stage holds; `inclusive`: at `cm` itself too.

    `published` is False where no limit is printed: then `cm` is the lowest level at which the city declared the stage,
    so that the true limit lies there or below it.
    """

    cm: float
    inclusive: bool = True
    published: bool = True

    def reached(self, cm: float) -> bool:
        """Whether a level is beyond the limit."""
        level = cleaned(cm)  # a distance taken from a height leaves 150.10000000000002
        return level >= self.cm if self.inclusive else level > self.cm


class GaugeLimits(msgspec.Struct, frozen=True):
    """The limits of one gauge; None where a stage's limit is not known."""

    siaga_3: Limit | None
    siaga_2: Limit | None = None
    siaga_1: Limit | None = None


def siaga_of(gauge: GaugeLimits, cm: float) -> int:
    """The stage at a level in cm: the worst whose limit is reached, else 4. ValueError for what is no number."""
    if cm != cm:
        raise ValueError("a level that is no number has no stage; leave it out")
    for siaga, limit in ((1, gauge.siaga_1), (2, gauge.siaga_2), (3, gauge.siaga_3)):
        if limit is not None and limit.reached(cm):
            return siaga
    return NORMAL


def gauge_of(rule: Rule) -> GaugeLimits | None:
    """The limits that an engineer has set, of a rule above levels named "Siaga 3", …; None of any other rule."""
    if rule.quantity != "water_level" or rule.kind is not RuleKind.ABOVE or not rule.enabled:
        return None
    limits = {level.name.casefold(): Limit(level.limit, level.inclusive) for level in rule.levels}
    of_stages = [limits.get(f"siaga {siaga}") for siaga in (3, 2, 1)]
    return GaugeLimits(*of_stages) if any(of_stages) else None


def _above(cm: float) -> Limit:
    return Limit(cm, inclusive=False)


def _seen(cm: float) -> Limit:
    return Limit(cm, inclusive=True, published=False)


JAKARTA: dict[str, GaugeLimits] = {
    # gate                       Siaga 3      Siaga 2      Siaga 1
    "Katulampa":       GaugeLimits(_above(80),  _above(150), _above(200)),
    "Depok":           GaugeLimits(_above(200), _above(270), _above(350)),
    "Manggarai":       GaugeLimits(_above(750), _above(850), _above(950)),
    "Karet":           GaugeLimits(_above(450), _above(550)),
    "Krukut Hulu":     GaugeLimits(_above(150), _above(250)),
    "Sunter Hulu":     GaugeLimits(_above(140), _above(200)),
    "Cipinang Hulu":   GaugeLimits(_above(150), _above(200)),
    "Pulo Gadung":     GaugeLimits(_above(550), _above(700)),
    "Cakung Drain":    GaugeLimits(_above(270), _above(360)),
    "Angke Hulu":      GaugeLimits(_above(150), _above(250)),
    "Pesanggrahan":    GaugeLimits(_above(150)),
    "Cengkareng Drain": GaugeLimits(_above(190)),
    "Pasar Ikan":      GaugeLimits(_above(170), _seen(199)),
    "Istiqlal":        GaugeLimits(_above(250), _seen(335)),
    "Jembatan Merah":  GaugeLimits(_above(100), None,        _seen(222)),
    "HEK":             GaugeLimits(_above(100)),
    "Marina":          GaugeLimits(_above(170), _seen(205)),
    "Kali Duri":       GaugeLimits(_above(220)),
}  # fmt: skip
"""Jakarta's gates, in cm on each gate's own staff. Marina and Pasar Ikan measure the tide. Seen: on 4 January 2020
Istiqlal at 335 was Siaga 2, Jembatan Merah at 222 Siaga 1, Pasar Ikan at 199 and Marina at 205 Siaga 2."""

"""What a person must be able to read: the colours of the style sheet, by the contrast that WCAG 2.2 asks for."""

import itertools
import re
from pathlib import Path

import pytest

from cloud.console import app
from cloud.console.view_models.colours import is_dark
from rules import ispu, siaga
from rules.colours import SEVERITY_COLOURS
from rules.footfall import FULLNESS

STYLE = (Path(app.__file__).parent / "static" / "console.css").read_text()
THEMES = {
    "dark": dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", STYLE.split('[data-theme="light"]')[0])),
    "light": dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", STYLE.split('[data-theme="light"]')[1].split("}")[0])),
}
WORDS = ("text", "soft", "accent", "fresh", "late", "silent", "never")
GROUNDS = ("ground", "surface", "raised")


def luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_stands_out_from_every_ground(theme):
    colours = THEMES[theme]
    weak = {
        f"{word} on {ground}": round(contrast(colours[word], colours[ground]), 2)
        for word, ground in itertools.product(WORDS, GROUNDS)
        if contrast(colours[word], colours[ground]) < 4.5
    }
    assert weak == {}


def test_both_themes_name_the_same_colours():
    assert THEMES["dark"].keys() == THEMES["light"].keys()


def test_the_page_fetches_nothing_by_its_style_or_script():
    for file in (Path(app.__file__).parent / "static").iterdir():
        addresses = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+[^\s\"')]*", file.read_text())
        assert [address for address in addresses if "www.w3.org" not in address] == []


def mixed(colour: str, ground: str, share: float) -> str:
    channels = zip(*((int(one[start : start + 2], 16) for start in (1, 3, 5)) for one in (colour, ground)), strict=True)
    return "#" + "".join(f"{round(over * share + under * (1 - share)):02x}" for over, under in channels)


LEVEL_COLOURS = [
    *SEVERITY_COLOURS.values(),
    *(category.hex for category in ispu.CATEGORIES),
    *(stage.hex for stage in siaga.STAGES.values()),
    *(row.hex for row in FULLNESS),
]


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_read_on_the_tint_of_every_level(theme):
    colours = THEMES[theme]
    tints = [mixed(level, colours["surface"], 0.16) for level in LEVEL_COLOURS]
    weak = {(word, tint) for tint in tints for word in ("text", "soft") if contrast(colours[word], tint) < 4.5}
    assert weak == set()


def test_a_black_level_has_a_light_edge_on_the_dark_page():
    edge = re.search(r'\[data-dark="true"\] { --tint: (#[0-9a-f]{6}); }', STYLE)
    assert edge is not None
    assert contrast(edge[1], THEMES["dark"]["surface"]) >= 3
    assert [colour for colour in LEVEL_COLOURS if is_dark(colour)] == ["#000000"]
    tint = mixed(edge[1], THEMES["dark"]["surface"], 0.16)
    assert contrast(THEMES["dark"]["soft"], tint) >= 4.5


def test_white_is_read_on_buttons_and_counts():
    assert contrast("#ffffff", "#c81e2c") >= 4.5
    for colours in THEMES.values():
        assert contrast("#ffffff", colours["press"]) >= 4.5

"""Levels that mean opposite things are told with their scale: no text of the program shows a bare Siaga.

Every string of the code, the catalogs, the dashboards and the tables is looked through, so a new text is too.
"""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from dashboards import catalog
from dashboards.kit.style import DashboardStyle
from i18n.catalog import LanguageCode
from i18n.units import UNITS
from rules.colours import SEVERITY_COLOURS
from rules.rule import Level, Rule, RuleKind, Severity
from rules.scales import AMBIGUOUS, FLOOD, SCALES, TSUNAMI, VOLCANO, is_bare, scale_of
from rules.siaga import STAGES
from rules.validation import problems_in
from wire import BUILT_IN, QUANTITIES

ROOT = Path(__file__).parents[2]
PACKAGES = ("wire", "i18n", "rules", "runtime", "edge", "firmware_bridge", "cloud", "dashboards", "demo")
LEVEL = re.compile(r"\b(siaga|awas|waspada)\b", re.IGNORECASE)
WITH_ITS_SCALE = re.compile(
    r"(flood Siaga|Siaga banjir)( [1-4] · \w+)?|\bSiaga [1-4]\b|\bSiaga \{[^}]*\}|^\^Siaga $", re.IGNORECASE
)
"""A stage by its figure, or the scale by its name."""
PROGRAM = re.compile(
    r"""Siaga's | · [ ]Siaga\b | \bSiaga[:-] | Siaga[ ]\(English\) | Siaga[ ]InfluxDB | \{Siaga\}
      | \b(of|by|in|is|as|pada|konsol|console|adalah)[ ]Siaga\b(?![ ](limit|stage|level|line))
      | \bSiaga[ ](?!limit|stage|level|line|of\b|terburuk|tingkat|status|yang)[a-z]
    """,
    re.VERBOSE,
)
"""Siaga the program, which is spoken of and speaks of itself; and the code of a unit."""
CALLED_SO = {
    "cloud/api/app.py",
    "cloud/incidents/pdf.py",
    "dashboards/kit/names.py",
    "edge/home_assistant/discovery.py",
}
"""Where the word alone is the program's name: in titles, and of who made a device or a file."""
OF_BUNDLES = {"wire/enrolment_bundle.py", "edge/enrol/bundle_text.py"}
"""Where the text of an enrolment bundle begins with it: SIAGA1:…"""


def bare_in(text: str) -> list[str]:
    """The words of levels in `text` that stand without their scale."""
    left = PROGRAM.sub("", WITH_ITS_SCALE.sub("", text))
    return [word for word in LEVEL.findall(left) if word != "siaga"]  # in small letters it is a name: a topic, a file


def strings_of(file: Path) -> Iterator[str]:
    """Every string of a source file but its docstrings; what is filled in is shown as {}."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | docs:
            yield node.value


@pytest.mark.parametrize(
    "text",
    ["Siaga", "AWAS", "Waspada", "Status: Siaga", "2 Siaga", "Worst Siaga of each hour", "batas Siaga yang berlaku",
     "Siaga!", "Siaga, worst of the hour", "the Siaga limits", "Siaga terburuk per jam", "SIAGA · Daruba",
     "Siaga · Daruba river"],
)  # fmt: skip
def test_a_bare_level_would_be_found(text):
    assert bare_in(text)


@pytest.mark.parametrize("text", ["Siaga 3", "Flood Siaga 2 · Warning", "Siaga's own board", "siaga/v1"])
def test_a_level_with_its_scale_and_the_program_are_not_bare(text):
    assert not bare_in(text)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_string_of_the_code_is_a_bare_level(package):
    found = [
        (str(file.relative_to(ROOT)), text)
        for file in (ROOT / package).rglob("*.py")
        if file != ROOT / "rules" / "scales.py" and file != ROOT / "rules" / "siaga.py"
        for text in strings_of(file)
        if bare_in(text)
    ]
    found = [(file, text) for file, text in found if not (text.startswith("SIAGA") and file in OF_BUNDLES)]
    assert [(file, text) for file, text in found if text != "Siaga" or file not in CALLED_SO] == []


def test_no_text_of_the_console_is_a_bare_level_in_either_language():
    files = list((ROOT / "i18n" / "locale").rglob("*.po"))
    assert files
    for file in files:
        texts = []
        for message in read_po(io.BytesIO(file.read_bytes())):
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            texts += [text for text in (*ids, *strings) if message.id and text]
        assert len(texts) > 100
        assert [text for text in texts if bare_in(text)] == []


def texts_in(json: Any) -> Iterator[str]:
    if isinstance(json, dict):
        for value in json.values():
            yield from texts_in(value)
    elif isinstance(json, list):
        for value in json:
            yield from texts_in(value)
    elif isinstance(json, str):
        yield json


@pytest.mark.parametrize("language", LanguageCode)
@pytest.mark.parametrize("key", catalog.keys(DashboardStyle(language=LanguageCode.ENGLISH)))
def test_no_text_of_a_dashboard_is_a_bare_level(key, language):
    texts = list(texts_in(catalog.document(DashboardStyle(language=language), key)))
    assert len(texts) > 100
    assert [text for text in texts if bare_in(text)] == []


def test_quantities_and_units_tell_the_scale_and_its_bad_end():
    for texts in (
        *((row.english, row.indonesian) for row in QUANTITIES.values()),
        *UNITS.values(),
    ):
        assert [text for text in texts if bare_in(text)] == []
    for texts in ((QUANTITIES["siaga"].english, QUANTITIES["siaga"].indonesian), UNITS["{Siaga}"]):
        english, indonesian = texts
        assert FLOOD.english.casefold() in english.casefold()
        assert FLOOD.indonesian.casefold() in indonesian.casefold()
        assert FLOOD.worst_english in english
        assert FLOOD.worst_indonesian in indonesian


def test_no_level_of_a_shipped_rule_is_bare():
    for file in (*(ROOT / "demo").rglob("*.toml"), *(ROOT / "tests" / "cases").rglob("*.toml")):
        for text in re.findall(r'"([^"\n]*)"', file.read_text(encoding="utf-8")):
            assert bare_in(text) == [], (file.name, text)


@pytest.mark.parametrize("name", SCALES)
def test_a_step_shown_with_its_scale_is_bare_in_no_language_and_says_which_it_is(name):
    scale = SCALES[name]
    assert [step.rank for step in scale.steps] == list(range(len(scale.steps)))
    shown = [text for step in scale.steps for text in scale.shown(step)]
    assert len(set(shown)) >= len(scale.steps)
    for step in scale.steps:
        english, indonesian = scale.shown(step)
        assert english.startswith(scale.english)
        assert indonesian.startswith(scale.indonesian)
        assert re.fullmatch(r"#[0-9a-f]{6}", step.hex)
        assert scale.step(step.sign) is step


def test_the_same_word_stands_in_another_place_on_another_scale():
    assert [step.sign for step in FLOOD.steps] == ["4", "3", "2", "1"]
    assert [step.sign for step in TSUNAMI.steps] == ["WASPADA", "SIAGA", "AWAS"]
    assert [step.sign for step in VOLCANO.steps] == ["I", "II", "III", "IV"]
    assert all(FLOOD.step(str(stage)).hex == row.hex for stage, row in STAGES.items())
    assert set(SEVERITY_COLOURS) == set(Severity)


@given(
    st.sampled_from(sorted(AMBIGUOUS)), st.sampled_from((str.upper, str.title, str.lower)), st.text(" \t", max_size=3)
)
def test_a_level_by_such_a_word_alone_is_refused_wherever_a_rule_comes_from(word, case, blank):
    name = f"{blank}{case(word)}{blank}"
    assert is_bare(name)
    for shown, name_id in ((name, ""), ("High", name)):
        level = Level(name=shown, name_id=name_id, severity=Severity.SEVERE, limit=250.0)
        rule = Rule(family="river", quantity="water_level", kind=RuleKind.ABOVE, levels=(level,), title="River")
        assert any("opposite things" in mistake for mistake in problems_in(rule, BUILT_IN))
    for whole in ("Siaga 2", "Siaga banjir", "Tsunami AWAS", "Waspada banjir"):
        assert not is_bare(whole)


@pytest.mark.parametrize("name", ["Siaga 1", "siaga 4", " Siaga 2 ", "SIAGA3"])
def test_a_level_by_a_stage_is_told_with_the_bad_end_of_its_scale(name):
    scale = scale_of(name)
    assert scale is FLOOD
    assert scale.bad_end == ("Flood Siaga: 1 is the worst", "Siaga banjir: 1 terparah")
    for other in ("Siaga 5", "High", "Tidak Sehat", "Siaga merah", ""):
        assert scale_of(other) is None

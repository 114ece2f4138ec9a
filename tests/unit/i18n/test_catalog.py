import ast
import io
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from i18n.catalog import LANGUAGES, LOCALE, Catalog, catalog_of
from i18n.message import LocalizedMessage
from rules.scope import did_you_mean

ROOT = Path(__file__).parents[3]
REFUSALS = {"LocalizedMessage", "ValidationProblem"}
OTHERS = sorted(LANGUAGES.keys() - {"en"})


def catalog(code: str):
    with (LOCALE / code / "LC_MESSAGES" / "siaga.po").open("rb") as file:
        return read_po(file, locale=code)


@pytest.fixture(scope="module")
def in_code(tmp_path_factory) -> set[str]:
    """The texts in the code, extracted as locale/README.md says."""
    template = tmp_path_factory.mktemp("texts") / "siaga.pot"
    command = next(
        line for line in (LOCALE / "README.md").read_text().splitlines() if line.startswith("pybabel extract")
    )
    options = command.removeprefix("pybabel ").replace("build/siaga.pot", str(template)).split()
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", *options], check=True, capture_output=True, cwd=ROOT
    )
    with template.open("rb") as file:
        return {message.id if isinstance(message.id, str) else message.id[0] for message in read_po(file)} - {""}


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_missing_in_another_language(in_code, code):
    translated = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalog(code)
        if message.id
        and message.string
        and all(message.string if isinstance(message.string, tuple) else [message.string])
    }
    assert len(in_code) > 80
    assert in_code - translated == set(), "translate these; locale/README.md says how"
    assert translated - in_code == set(), "take these out: the code does not say them any more"


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_fills_in_the_same_values(code):
    def holes(text: str) -> set[tuple[str, str | None, str | None]]:
        return {(name, spec, shown) for _, name, spec, shown in string.Formatter().parse(text) if name is not None}

    for message in catalog(code):
        if message.id:
            original = message.id if isinstance(message.id, str) else message.id[1]
            strings = [message.string] if isinstance(message.string, str) else message.string
            assert all(holes(string) == holes(original) for string in strings), original


@pytest.mark.parametrize("code", OTHERS)
def test_the_compiled_catalog_is_as_new_as_its_source(code):
    compiled = io.BytesIO()
    write_mo(compiled, catalog(code))
    stored = (LOCALE / code / "LC_MESSAGES" / "siaga.mo").read_bytes()
    assert stored == compiled.getvalue(), "run `pybabel compile`; locale/README.md says how"


def test_every_text_goes_through_a_name_that_extraction_knows():
    for file in (ROOT / "cloud").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_words":
                assert not any(isinstance(given, ast.Constant) for given in node.args), f"{file.name}:{node.lineno}"


def test_no_text_hides_in_a_text_that_is_put_together_where_extraction_does_not_look(in_code):
    for file in (ROOT / "cloud").rglob("*.py"):
        for joined in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.JoinedStr)):
            for node in ast.walk(joined):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                    said = node.args[0]
                    assert not isinstance(said, ast.Constant) or said.value in in_code, f"{file.name}:{node.lineno}"


def test_every_refusal_is_written_out_where_extraction_finds_it():
    spoken = 0
    for folder in ("cloud", "edge", "firmware_bridge", "rules", "runtime"):
        for file in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(file.read_text())
            marked = {name.id for node in tree.body for name in names_marked_by(node)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                    spoken += 1
                    form = node.args[0]
                    written = isinstance(form, ast.Constant) or (isinstance(form, ast.Name) and form.id in marked)
                    of_a_table = isinstance(form, ast.Name) and form.id == "form" and tables_marked_in(tree)
                    assert written or of_a_table or is_form_of_another(form), f"{file.name}:{node.lineno}"
    assert spoken > 180


def names_marked_by(node: ast.stmt) -> Iterator[ast.Name]:
    """The names of NAME = N_("...")."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "N_":
        yield from (target for target in node.targets if isinstance(target, ast.Name))


def tables_marked_in(tree: ast.Module) -> bool:
    """Whether every text in the tables of forms of a module is marked for the catalog."""
    tables = [node.value for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)]
    texts = [value for table in tables for value in table.values]
    return bool(texts) and not any(isinstance(value, ast.Constant) for value in texts)


def is_form_of_another(form: ast.expr) -> bool:
    """Whether it is the form of a message that is written out elsewhere, as in unprintable(field).form."""
    return isinstance(form, ast.Attribute) and form.attr == "form"


def test_a_refusal_is_said_in_the_reader_s_language_with_its_values():
    sentence = LocalizedMessage(
        "{field} {value:g}: is as wide as the {step:g} between {milder} and {worse}; write less than {step:g}",
        field="hysteresis", value=120.5, step=100.0, milder="Siaga 3", worse="Siaga 2",
    )  # fmt: skip
    assert sentence == "hysteresis 120.5: is as wide as the 100 between Siaga 3 and Siaga 2; write less than 100"
    assert catalog_of("en").said(sentence) == sentence
    assert catalog_of("id").said(sentence) == (
        "hysteresis 120,5: selebar jarak 100 antara Siaga 3 dan Siaga 2; tulis kurang dari 100"
    )


def test_a_part_of_a_refusal_that_is_one_itself_is_translated_too():
    sentence = LocalizedMessage(
        "{name}: there is no such field; {advice}", name="also.senso", advice=did_you_mean("sensor")
    )
    assert catalog_of("id").said(sentence) == "also.senso: tidak ada isian itu; maksud Anda sensor?"


def test_a_sentence_that_nobody_has_translated_stays_as_it_is():
    assert catalog_of("id").said("the disk is full") == "the disk is full"


def test_numbers_carry_the_marks_of_their_language():
    english, indonesian = catalog_of("en"), catalog_of("id")
    assert (english.number(1_234.56, 1), indonesian.number(1_234.56, 1)) == ("1,234.6", "1.234,6")
    assert english.number(-3.2, 1) == "−3.2"
    assert english.number(-0.04, 1) == "0.0", "nobody reads a minus before a zero"


def test_plurals_follow_the_language():
    english, indonesian = Catalog("en"), Catalog("id")
    said = [english.plural("{n} sensor silent", "{n} sensors silent", n) for n in (1, 2)]
    assert said == ["1 sensor silent", "2 sensors silent"]
    assert indonesian.plural("{n} sensor silent", "{n} sensors silent", 2) == "2 sensor diam"

"""What tomllib says of a broken file has words of ours in both languages."""

import tomllib

import pytest

from i18n.catalog import catalog_of
from i18n.message import LocalizedMessage
from runtime.toml_errors import toml_problem

BROKEN = [
    "x =", "x", "[a", "[[a]", "[a]\n[a]", "a = 1\na = 2", "a = 1\n[a]", "a = [1", "a = {b = 1", "a = {b = 1, b = 2}",
    'a = "b', 'a = "b\\q"', 'a = "\\uZZZZ"', 'a = "\\ud800"', "a = 2026-99-99", "a = 1 b = 2", "a = 'x\n'", "= 1",
    "a = {b = 1}\n[a.c]", "a = [1]\n[[a]]", "a.b = 1\n[a]\nb.c = 2", "a = '''x", "a = \u201cx\u201d", "a = \x01",
    "a = 1 # \x01",
]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_wrong_with_a_file_is_said_in_both_languages(text: str):
    with pytest.raises(tomllib.TOMLDecodeError) as error:
        tomllib.loads(text)
    problem = toml_problem(str(error.value))
    assert isinstance(problem, LocalizedMessage)
    what = problem.values["what"]
    assert isinstance(what, LocalizedMessage), what
    assert catalog_of("id").said(what) != what
    assert catalog_of("id").said(problem) != problem


def test_the_place_is_kept():
    problem = toml_problem("Unclosed array (at line 7, column 12)")
    assert problem == "Unclosed array (at line 7, column 12)"
    assert catalog_of("id").said(problem) == "daftar belum ditutup dengan ] (baris 7, kolom 12)"
    assert catalog_of("id").said(toml_problem("Invalid value (at end of document)")) == "nilai salah (di akhir berkas)"


def test_words_that_nobody_knows_are_passed_on():
    assert toml_problem("Exceeds the limit (4300 digits)") == "Exceeds the limit (4300 digits)"
    assert catalog_of("id").said(toml_problem("Odd (at line 1, column 2)")) == "Odd (baris 1, kolom 2)"

import pytest

from i18n.catalog import LanguageCode, catalog_of
from i18n.terminal import language_of_terminal, problem_of_variable

ENGLISH, INDONESIAN = LanguageCode.ENGLISH, LanguageCode.INDONESIAN


@pytest.mark.parametrize(
    ("asked", "environment", "language"),
    [
        ("", {}, ENGLISH),
        ("", {"LANG": "C"}, ENGLISH),
        ("", {"LANG": "id_ID.UTF-8"}, INDONESIAN),
        ("", {"LANG": "de_DE.UTF-8"}, ENGLISH),
        ("", {"LANG": "en_GB.UTF-8", "LC_MESSAGES": "id_ID"}, INDONESIAN),
        ("", {"LANG": "id_ID", "LC_MESSAGES": "id_ID", "LC_ALL": "C.UTF-8"}, ENGLISH),
        ("", {"LANG": "id_ID", "LC_ALL": ""}, INDONESIAN),
        ("", {"LC_ALL": "id_ID", "SIAGA_LANGUAGE": "en"}, ENGLISH),
        ("", {"LC_ALL": "C", "SIAGA_LANGUAGE": "id"}, INDONESIAN),
        ("", {"LC_ALL": "id_ID", "SIAGA_LANGUAGE": "fr"}, INDONESIAN),
        ("en", {"LC_ALL": "id_ID", "SIAGA_LANGUAGE": "id"}, ENGLISH),
        ("id", {}, INDONESIAN),
    ],
)
def test_a_wish_counts_before_the_variable_before_the_locale(asked: str, environment: dict[str, str], language: str):
    assert language_of_terminal(asked, environment) is language


def test_the_locale_does_not_count_where_no_person_reads():
    environment = {"LANG": "id_ID.UTF-8"}
    assert language_of_terminal("", environment, has_terminal=False) is ENGLISH
    assert language_of_terminal("id", environment, has_terminal=False) is INDONESIAN
    assert language_of_terminal("", {**environment, "SIAGA_LANGUAGE": "id"}, has_terminal=False) is INDONESIAN


def test_a_variable_that_cannot_be_obeyed_is_told_with_what_to_write():
    assert problem_of_variable({}) is None
    assert problem_of_variable({"SIAGA_LANGUAGE": "id_ID"}) is None
    problem = problem_of_variable({"SIAGA_LANGUAGE": "jawa"})
    assert problem == "SIAGA_LANGUAGE: 'jawa' is no language of Siaga; write id or en"
    assert catalog_of("id").said(problem) == "SIAGA_LANGUAGE: 'jawa' bukan bahasa yang dikenal; tulis id atau en"

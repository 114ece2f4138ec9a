"""Which language a command speaks to the person at its terminal:  --language, SIAGA_LANGUAGE, the locale, English.

LC_ALL=id_ID.UTF-8 -> id     LANG=C -> en     SIAGA_LANGUAGE=en LC_ALL=id_ID.UTF-8 -> en     --language id -> id
"""

import os
from collections.abc import Mapping

from i18n.catalog import LanguageCode
from i18n.message import LocalizedMessage

VARIABLE = "SIAGA_LANGUAGE"
_OF_THE_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The first that is set counts [POSIX.1-2017, 8.2]."""


def language_of_terminal(
    asked: str = "", environment: Mapping[str, str] = os.environ, *, has_terminal: bool = True
) -> LanguageCode:
    """The language to speak; the locale says nothing of what no person reads, such as a service's log."""
    chosen = _language(asked) or _language(environment.get(VARIABLE, ""))
    return chosen or (has_terminal and _language(_locale(environment))) or LanguageCode.ENGLISH


def problem_of_variable(environment: Mapping[str, str] = os.environ) -> LocalizedMessage | None:
    """Why SIAGA_LANGUAGE is passed over; None where it is well or not set."""
    given = environment.get(VARIABLE, "")
    if not given or _language(given) is not None:
        return None
    return LocalizedMessage(
        "{variable}: {given} is no language of Siaga; write id or en", variable=VARIABLE, given=repr(given[:40])
    )


def _locale(environment: Mapping[str, str]) -> str:
    return next((found for name in _OF_THE_LOCALE if (found := environment.get(name))), "")


def _language(named: str) -> LanguageCode | None:
    """The language of id, id_ID or id_ID.UTF-8; None for one that Siaga does not speak."""
    code = named.partition(".")[0].partition("_")[0].partition("-")[0].strip().lower()
    return LanguageCode(code) if code in set(LanguageCode) else None

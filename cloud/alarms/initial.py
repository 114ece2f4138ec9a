"""rules.toml: the rules that a city begins with, read with every mistake in it at once.

[[rules]]
family = "river-level"          # the rule; several tables with the same family are its scopes
scope = "all"                   # all (also if left out), group:NAME, site:ID or sensor:ID
quantity = "water_level"        # from here on the fields of a rule: docs/rules.md has them all
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cloud.alarms.admission import mistakes_of, mistakes_on
from cloud.alarms.book import INITIAL_REASON, SINCE_EVER_MS
from cloud.alarms.journal import SYSTEM
from cloud.alarms.records import RuleVersion
from cloud.alarms.shelf import Shelf, now_ms
from cloud.registry.snapshot import Registry
from runtime.settings import SettingsError, read_document

SILENCE: dict[str, Any] = {
    "quantity": "",
    "kind": "silence",
    "title": "No readings",
    "title_id": "Tidak ada data",
    "advice": "Look at the gateway's page, then at power, cable and antenna of the sensor.",
    "advice_id": "Lihat halaman gerbang, lalu periksa daya, kabel, dan antena sensor.",
    "levels": [{"name": "Silent", "name_id": "Senyap", "severity": "minor", "limit": 5.0}],
}
"""What holds where no rules file is named: nobody may fall silent unnoticed."""


def initial_rules(file: Path | None, registry: Registry) -> list[RuleVersion]:
    """The rules that `file` gives to the city, or those without a file; SettingsError lists every mistake."""
    if file is None:
        return [_version("silence", "all", SILENCE)]
    document = read_document(file)
    entries = document.pop("rules", [])
    problems = [f"{file.name}: {name}: unknown key; rules stand in [[rules]]" for name in document]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsError([*problems, f"{file.name}: rules: write each as a table [[rules]]"])
    versions = [_version(entry.pop("family", ""), entry.pop("scope", "all"), entry) for entry in entries]
    problems += [f"{file.name}: {problem}" for problem in _mistakes(versions, registry)]
    if problems:
        raise SettingsError(problems)
    return versions


def _mistakes(versions: list[RuleVersion], registry: Registry) -> Iterator[str]:
    wrong = [number for number, version in enumerate(versions) if not _is_named(version)]
    yield from (f"rules[{number}]: family and scope are texts; family must be there" for number in wrong)
    if wrong:
        return
    first: dict[tuple[str, str], int] = {}
    for number, version in enumerate(versions):
        first.setdefault((version.family, version.scope), number)
    shelf = Shelf(registry, [versions[number] for number in first.values()])
    told: set[tuple[str, str]] = set()
    for number, version in enumerate(versions):
        before = first[version.family, version.scope]
        if before != number:
            yield f"rules[{number}]: {version.family} for {version.scope} stands in rules[{before}] too; keep one"
        look = mistakes_on if before == number else mistakes_of
        for mistake in look(shelf, registry, version):
            if (version.family, mistake) not in told:  # a wide rule's mistake shows in the narrower ones too
                told.add((version.family, mistake))
                yield f"rules[{number}]: {mistake}"


def _is_named(version: RuleVersion) -> bool:
    return isinstance(version.family, str) and isinstance(version.scope, str) and version.family != ""


def _version(family: str, scope: str, fields: dict[str, Any]) -> RuleVersion:
    return RuleVersion(family, scope, 1, fields, False, SINCE_EVER_MS, now_ms(), SYSTEM, INITIAL_REASON)

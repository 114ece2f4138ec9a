"""rules.toml: the rules that a city begins with, read with every mistake in it at once, and once only.

[[rules]]
family = "river-level"          # the rule; several tables with the same family are its scopes
scope = "all"                   # all (also if left out), group:NAME, site:ID or sensor:ID
quantity = "water_level"        # from here on the fields of a rule: docs/rules.md has them all
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cloud.database.audit_log import SYSTEM
from cloud.registry.snapshot import Registry
from cloud.rulebook.admission import problems_of, problems_on
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_store import SEED_REASON, SINCE_EVER_MS
from cloud.rulebook.rule_versions import RuleVersions
from cloud.rulebook.rules_file import canonical, fields_in
from runtime.clock import wall_ms
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
BATTERY: dict[str, Any] = {
    "quantity": "battery",
    "kind": "below",
    "title": "Battery is low",
    "title_id": "Baterai lemah",
    "advice": "Look at its last days: if they fall, clean or turn the solar panel, or bring a charged battery.",
    "advice_id": "Lihat beberapa hari terakhir: jika terus turun, bersihkan atau arahkan panel surya, atau bawa baterai terisi.",  # noqa: E501
    "hysteresis": 5.0,
    "for_s": 3_600.0,
    "clear_s": 3_600.0,
    "levels": [
        {"name": "Low", "name_id": "Lemah", "severity": "minor", "limit": 30.0},
        {"name": "Nearly empty", "name_id": "Hampir habis", "severity": "moderate", "limit": 15.0},
    ],
}
"""Nor may a battery run empty; by its charge, since a voltage says nothing of who does not know the battery."""
BATTERY_FALLING: dict[str, Any] = {
    "quantity": "battery",
    "kind": "trend",
    "target": 20.0,
    "direction": "falling",
    "window_s": 345_600.0,
    "title": "Battery is running down",
    "title_id": "Baterai terus menurun",
    "advice": "Go there before the day that it says: clean or turn the solar panel, or bring a charged battery.",
    "advice_id": "Datangi sebelum hari itu: bersihkan atau arahkan panel surya, atau bawa baterai terisi.",
    "hysteresis": 1.0,
    "levels": [
        {"name": "Days left", "name_id": "Sisa beberapa hari", "severity": "minor", "limit": 5.0},
        {"name": "Hardly any left", "name_id": "Hampir tidak tersisa", "severity": "moderate", "limit": 2.0},
    ],
}
"""And somebody has to go there: days before, by how it fell in the last four."""
POWER_FAILED: dict[str, Any] = {
    "quantity": "power_failed",
    "kind": "above",
    "title": "Power has failed",
    "title_id": "Listrik padam",
    "advice": "The box runs on its battery: ask whether the whole place is without power, and look at its fuse.",
    "advice_id": "Kotak memakai baterai: tanyakan apakah seluruh tempat padam, dan periksa sekringnya.",
    "for_s": 60.0,
    "clear_s": 60.0,
    "levels": [{"name": "On battery", "name_id": "Memakai baterai", "severity": "minor", "limit": 1.0}],
}
"""Where a contact tells so."""
QUOTA: dict[str, Any] = {
    "quantity": "sim_quota_left",
    "kind": "below",
    "title": "Data quota of a SIM runs out",
    "title_id": "Kuota data SIM menipis",
    "advice": "Buy more data for this SIM; when it is used up, this gateway is heard no more.",
    "advice_id": "Isi ulang kuota SIM ini; jika habis, gerbang ini tidak terdengar lagi.",
    "hysteresis": 5.0,
    "clear_s": 3_600.0,
    "levels": [
        {"name": "Low", "name_id": "Menipis", "severity": "minor", "limit": 20.0},
        {"name": "Nearly used up", "name_id": "Hampir habis", "severity": "moderate", "limit": 10.0},
    ],
}
"""Nor the data of a SIM, of gateways that count them (docs/edge.md, the modem)."""
_WITHOUT_A_FILE = {
    "silence": SILENCE, "battery-low": BATTERY, "battery-falling": BATTERY_FALLING, "power-failed": POWER_FAILED,
    "sim-quota-low": QUOTA,
}  # fmt: skip


class SeedRules(msgspec.Struct, frozen=True):
    """What of a file still goes into the rule store, and one sentence on each line of it that has no effect."""

    versions: list[RuleVersion]
    notes: tuple[str, ...] = ()


def seeds(file: Path | None, registry: Registry, held: Sequence[RuleVersion]) -> SeedRules:
    """What `file` still gives to a rule store that holds `held`.

    SettingsError only where the store is new: later the file has no effect on what the store has, and stops nothing.
    """
    if not held:
        return SeedRules(seed_rules_in(file, registry))
    try:
        versions, problems = _versions_in(file)
    except SettingsError as error:
        return SeedRules([], tuple(f"{problem}; {_USED}" for problem in error.problems))
    newest = {(version.family, version.scope): version for version in sorted(held, key=lambda each: each.version)}
    new = [version for version in versions if (version.family, version.scope) not in newest]
    name = "" if file is None else file.name
    looked = [(version, _first_mistake(registry, held, version)) for version in new]
    refused = [f"{name}: {_named(version)}: {mistake}; it is not taken over" for version, mistake in looked if mistake]
    notes = (*problems, *_differences(name, versions, newest), *refused)
    return SeedRules([version for version, mistake in looked if not mistake], notes)


_USED = "the rules were taken over at an earlier start, and hold"


def _differences(
    name: str, versions: Sequence[RuleVersion], newest: dict[tuple[str, str], RuleVersion]
) -> Iterator[str]:
    for version in versions:
        held = newest.get((version.family, version.scope))
        if held is not None and (held.removed or canonical(held.fields) != canonical(version.fields)):
            since = "it was removed" if held.removed else f"version {held.version} by {held.author} is in force"
            yield (
                f"{name}: {_named(version)} has no effect, since {since}: this file was used once, when the city "
                "began; change rules in the console or the API"
            )


def _named(version: RuleVersion) -> str:
    return f"{version.family}@{version.scope}"


def _first_mistake(registry: Registry, held: Sequence[RuleVersion], version: RuleVersion) -> str:
    if not _is_named(version):
        return "family and scope are texts; family must be there"
    return next(iter(map(str, problems_of(RuleVersions(registry, held), registry, version))), "")


def seed_rules_in(file: Path | None, registry: Registry) -> list[RuleVersion]:
    """The rules that `file` gives to a new city, or those without a file; SettingsError lists every mistake."""
    versions, problems = _versions_in(file)
    if file is not None:
        problems += [f"{file.name}: {problem}" for problem in _mistakes(versions, registry)]
    if problems:
        raise SettingsError(problems)
    return versions


def _versions_in(file: Path | None) -> tuple[list[RuleVersion], list[str]]:
    """The rules of a file, and what in it is none; SettingsError where it has no tables of rules."""
    if file is None:
        return [_version(family, "all", fields) for family, fields in _WITHOUT_A_FILE.items()], []
    document = read_document(file)
    entries = document.pop("rules", [])
    problems = [f"{file.name}: {name}: unknown key; rules stand in [[rules]]" for name in document]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsError([*problems, f"{file.name}: rules: write each as a table [[rules]]"])
    return [
        _version(entry.get("family", ""), entry.get("scope", "all"), fields_in(entry)) for entry in entries
    ], problems


def _mistakes(versions: list[RuleVersion], registry: Registry) -> Iterator[str]:
    wrong = [number for number, version in enumerate(versions) if not _is_named(version)]
    yield from (f"rules[{number}]: family and scope are texts; family must be there" for number in wrong)
    if wrong:
        return
    first: dict[tuple[str, str], int] = {}
    for number, version in enumerate(versions):
        first.setdefault((version.family, version.scope), number)
    rule_versions = RuleVersions(registry, [versions[number] for number in first.values()])
    reported: set[tuple[str, str]] = set()
    for number, version in enumerate(versions):
        before = first[version.family, version.scope]
        if before != number:
            yield f"rules[{number}]: {version.family} for {version.scope} stands in rules[{before}] too; keep one"
        problems_in_it = problems_on if before == number else problems_of
        for mistake in problems_in_it(rule_versions, registry, version):
            if (version.family, mistake) not in reported:  # a wide rule's mistake shows in the narrower ones too
                reported.add((version.family, mistake))
                yield f"rules[{number}]: {mistake}"


def _is_named(version: RuleVersion) -> bool:
    return isinstance(version.family, str) and isinstance(version.scope, str) and version.family != ""


def _version(family: str, scope: str, fields: dict[str, Any]) -> RuleVersion:
    return RuleVersion(family, scope, 1, fields, False, SINCE_EVER_MS, wall_ms(), SYSTEM, SEED_REASON)

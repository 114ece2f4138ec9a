"""siaga-cloud rules export --config cloud.toml        rules import rules.toml [--yes --reason "surveyed"] [--whole] …

change   river-level for sensor:river (line 1)
           for_s: 120.0 -> 60.0
1 change, none made: say it again with --yes
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from cloud.access.principal import Principal, Role
from cloud.cli.command import Config, new_app, one_sentence, print_text
from cloud.cli.imported_file import DryRun, File, Reason, Yes, applies_by, text_of
from cloud.cli.people import operator
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.process.settings import load_cloud_settings
from cloud.registry.rows import read_registry
from cloud.rulebook.records import RuleRejected
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rules_import import MOST_BYTES, ImportPlan, ScopeDifference, exported, planned
from runtime.settings import SettingsError
from runtime.toml_text import toml_value
from runtime.whole_files import replace_file

T = TypeVar("T")
app = new_app(help="Export the rules that hold, or import a rules.toml.")
Whole = Annotated[bool, typer.Option("--whole", help="Take out what the file does not have of its families.")]


@app.command("export")
def export_rules(
    config: Config, to: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it into FILE.")] = None
) -> None:
    """Write what each scope sets now as a rules.toml, which imports to the same."""

    async def work(store: RuleStore) -> str:
        return exported(store, _whoever())

    text = _with_rules(config, work)
    if to is None:
        print_text(text)
    else:
        replace_file(to, text)


@app.command("import")
def import_rules(
    file: File, config: Config, yes: Yes = False, dry_run: DryRun = False, whole: Whole = False, reason: Reason = ""
) -> None:
    """Make what scopes set what a rules.toml says: all of it, or nothing. The cloud may run meanwhile."""
    text, applies = text_of(file, most_bytes=MOST_BYTES), applies_by(yes, dry_run)

    async def work(store: RuleStore) -> None:
        plan = planned(store, text, principal=_whoever(), whole=whole)
        if plan.problems:
            raise SettingsError([_located(file, problem.line, problem.sentence) for problem in plan.problems])
        if applies and plan.differences:
            await store.save_all(plan.changes, actor=operator(), reason=reason, seen=plan.known)
        _show(plan, applied=applies)

    _with_rules(config, work)


def _whoever() -> Principal:
    """Whoever may write the registry database may do all of it."""
    return Principal("", Role.ADMINISTRATOR)


def _located(file: Path, line: int | None, sentence: str) -> str:
    return f"{file.name}: {sentence}" if line is None else f"{file.name}: line {line}: {sentence}"


def _show(plan: ImportPlan, *, applied: bool) -> None:
    lines = [line for one in plan.differences for line in _lines(one)]
    count = f"{len(plan.differences)} changes" if len(plan.differences) != 1 else "1 change"
    if not plan.differences:
        lines.append("nothing differs")
    elif applied:
        lines.append(f"{count} made; the cloud follows within seconds")
    else:
        lines.append(f"{count}, none made: say it again with --yes")
    print_text("\n".join(lines))


def _lines(one: ScopeDifference) -> Iterator[str]:
    what = "add" if one.before is None else "remove" if one.after is None else "change"
    yield f"{what:<7}  {one.family} for {one.scope}" + ("" if one.line is None else f" (line {one.line})")
    before, after = one.before or {}, one.after or {}
    for name in dict.fromkeys([*before, *after]):
        if name not in before or name not in after or before[name] != after[name]:
            yield f"           {name}: {_shown(before, name)} -> {_shown(after, name)}"


def _shown(fields: dict[str, object], name: str) -> str:
    if name not in fields:
        return "inherited"
    return "none" if fields[name] is None else toml_value(fields[name])


def _with_rules(config: Path, work: Callable[[RuleStore], Awaitable[T]]) -> T:
    """Do `work` on the rules in the registry database, beside a cloud that may run."""
    settings = load_cloud_settings(config)

    async def run() -> T:
        database = Database(settings.registry.url)
        try:
            await database.open()
            store = RuleStore(database, await database.run(read_registry))
            await store.load()
            return await work(store)
        finally:
            await database.close()

    with one_sentence(DatabaseUnavailable, LookupError):
        try:
            return asyncio.run(run())
        except RuleRejected as error:
            raise SettingsError(error.problems) from None

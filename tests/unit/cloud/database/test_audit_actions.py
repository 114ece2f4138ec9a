"""Every action that the code writes into the journal has its words, in both languages, and no other has."""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest

import cloud
from cloud.alarms.checklists import TICK, UNTICK
from cloud.database.audit_actions import ACTION_NAMES, action_words
from cloud.registry.undoing import FILE, UNDO
from cloud.rulebook.rule_rows import ACTION_OF
from cloud.site_notes.removal import NOTES, PHOTOS
from i18n.catalog import catalog_of

ROOT = Path(cloud.__file__).parent
COMPUTED = {
    "ACTION_OF[action]": ACTION_OF.values(),
    "ACTION_OF['save']": [ACTION_OF["save"]],
    "f'{act}-{kind.name}'": [f"{act}-{kind.name}" for act, kind in product(("remove", "restore"), (NOTES, PHOTOS))],
    "TICK": [TICK],
    "UNTICK": [UNTICK],
}
"""What actions are that the code puts together, by how it does; those of the registry are asked of its editing."""


@cache
def parsed() -> dict[Path, ast.Module]:
    """The files in which an action is written or handed on."""
    named = ("write_entry(", "execute_and_log(", "editing.apply(", "self.apply(")
    texts = {path: path.read_text() for path in sorted(ROOT.rglob("*.py"))}
    return {path: ast.parse(text) for path, text in texts.items() if any(name in text for name in named)}


def handed(name: str, place: int, keyword: str, *, within: Path = ROOT) -> Iterator[str]:
    """The actions that calls of a function `name` give at a place or by keyword; what is handed on is followed."""
    for path, module in parsed().items():
        if path.is_relative_to(within):
            for outer, call in calls(module, name, ()):
                given = {each.arg: each.value for each in call.keywords}
                action = given.get(keyword) or (call.args[place] if len(call.args) > place else None)
                if action is not None:
                    yield from resolved(action, outer, path)


def calls(node: ast.AST, name: str, outer: tuple[ast.AST, ...]) -> Iterator[tuple[tuple[ast.AST, ...], ast.Call]]:
    """Calls of `name` below a node, each with the functions around it, the innermost last."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        outer = (*outer, node)
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == name:
        yield outer, node
    for child in ast.iter_child_nodes(node):
        yield from calls(child, name, outer)


def resolved(action: ast.expr, outer: tuple[ast.AST, ...], path: Path) -> Iterator[str]:
    if isinstance(action, ast.Constant):
        yield str(action.value)
    elif isinstance(action, ast.IfExp):
        yield from resolved(action.body, outer, path)
        yield from resolved(action.orelse, outer, path)
    elif ast.unparse(action) == "f'registry-{act.action}'":
        yield from (f"registry-{each}" for each in (UNDO, FILE, *handed("apply", 1, "action")))
    elif (named := beginning_and_name(action)) is not None:
        yield from (f"{named[0]}{each}" for each in of_name(named[1], outer, path))
    elif isinstance(action, ast.Name) and ast.unparse(action) not in COMPUTED:
        yield from of_name(action.id, outer, path)
    else:
        assert ast.unparse(action) in COMPUTED, f"{path}: what is {ast.unparse(action)}?"
        yield from COMPUTED[ast.unparse(action)]


def beginning_and_name(action: ast.expr) -> tuple[str, str] | None:
    """Of f"channel-{action}" its two parts."""
    if isinstance(action, ast.JoinedStr) and len(action.values) == 2:
        first, last = action.values
        if (
            isinstance(first, ast.Constant)
            and isinstance(last, ast.FormattedValue)
            and isinstance(last.value, ast.Name)
        ):
            return str(first.value), last.value.id
    return None


def of_name(name: str, outer: tuple[ast.AST, ...], path: Path) -> Iterator[str]:
    """What a parameter or a local name is."""
    for function in reversed(outer):
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        plain = [each.arg for each in function.args.args if each.arg != "self"]
        if name in (*plain, *(each.arg for each in function.args.kwonlyargs)):
            is_own = function.name.startswith("_")
            place = plain.index(name) if name in plain else len(plain)
            yield from handed(function.name, place, name, within=path if is_own else ROOT)
            return
    for function in outer:
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
                names = [ast.unparse(each) for each in node.targets[0].elts]
                if name in names and isinstance(node.value, ast.Tuple):
                    yield from resolved(node.value.elts[names.index(name)], outer, path)


def test_every_action_that_the_code_writes_has_its_words_and_no_other_has():
    assert set(handed("write_entry", 2, "action")) == set(ACTION_NAMES)


@pytest.mark.parametrize("action", ACTION_NAMES)
def test_words_are_another_sentence_in_each_language(action: str):
    english, indonesian = (action_words(catalog_of(code), action) for code in ("en", "id"))
    assert english != indonesian


def test_what_another_version_wrote_is_said_as_it_stands():
    assert action_words(catalog_of("id"), "praise") == "praise"

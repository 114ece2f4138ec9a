"""Health is said in sentences that have a form, so that any language can say them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.core.health import Component, Condition, worse_of
from i18n.catalog import catalog_of
from i18n.message import LocalizedMessage

CLOUD = Path(__file__).parents[4] / "cloud"


def test_two_troubles_are_one_sentence_in_each_language():
    store = Component(Condition.DOWN, LocalizedMessage("the readings store was not opened yet"))
    disk = Component(Condition.DEGRADED, "No space left on device")
    both = worse_of(store, disk)
    assert both == Component(Condition.DOWN, "the readings store was not opened yet; No space left on device")
    assert catalog_of("id").said(both.detail) == "penyimpan data belum dibuka; No space left on device"


def test_no_part_of_the_cloud_says_in_plain_english_how_it_does():
    said = 0
    for file in CLOUD.rglob("*.py"):
        for detail, known in details_in(ast.parse(file.read_text())):
            said += 1
            assert not is_plain(detail, known), f"{file.name}:{detail.lineno}: give health a LocalizedMessage"
    assert said > 60


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ('Component(Condition.OK, "idle")', True),
        ('Component(Condition.OK, f"{n} wait")', True),
        ('detail = f"{n} wait"\n    Component(Condition.OK, detail)', True),
        ('self._problem = f"{error}; wait"\n    Component(Condition.DOWN, self._problem or "x")', True),
        ('Component(Condition.OK, "; ".join(parts))', True),
        ('Component(Condition.OK, waiting + "; idle")', True),
        ('Component(Condition.OK, "")', False),
        ("Component(Condition.DOWN, database.problem)", False),
        ('said = LocalizedMessage("idle")\n    Component(Condition.OK, said)', False),
    ],
)
def test_a_plain_sentence_is_found_however_it_gets_there(body: str, plain: bool):
    found = [is_plain(detail, known) for detail, known in details_in(ast.parse(f"def component(self):\n    {body}\n"))]
    assert found == [plain]


Known = dict[str, list[ast.expr]]
"""What the names of a function, and the attributes of its module, are set to."""


def details_in(tree: ast.Module) -> Iterator[tuple[ast.expr, Known]]:
    """The sentence of each Component(…) in a module, and what it may be made of."""
    attributes = {name: values for name, values in assigned_in(tree).items() if "." in name}
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Component":
                yield node.args[1], assigned_in(function) | attributes


def assigned_in(tree: ast.AST) -> Known:
    found: Known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                found.setdefault(ast.unparse(target), []).append(node.value)
    return found


def is_plain(said: ast.expr, known: Known) -> bool:
    """Whether a sentence is English and no more: put together here, or a text that is written out."""
    match said:
        case ast.JoinedStr() | ast.BinOp():
            return True
        case ast.Constant():
            return bool(said.value)
        case ast.Call(func=ast.Attribute(attr="join")):
            return True
        case ast.IfExp():
            return is_plain(said.body, known) or is_plain(said.orelse, known)
        case ast.BoolOp():
            return any(is_plain(each, known) for each in said.values)
        case ast.Name() | ast.Attribute():
            rest = {name: values for name, values in known.items() if name != ast.unparse(said)}
            return any(is_plain(each, rest) for each in known.get(ast.unparse(said), ()))
    return False

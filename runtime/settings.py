"""Settings: a TOML file against a pydantic model, every mistake at once.

edge.toml: sources[2].port: '/dev/ttyUSB7' does not exist; write one of: /dev/serial/by-id/usb-1a86_USB_Serial
edge.toml: spool.max_md: unknown key; did you mean max_mb?
"""

import re
import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from i18n.message import LocalizedMessage, located
from runtime.reasons import reason_of
from runtime.secret_urls import scrubbed
from runtime.text import text_of
from runtime.toml_errors import toml_problem


class Settings(BaseModel):
    """The base of every table in a settings file: unknown keys are mistakes, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class SettingsError(Exception):
    """A settings file that cannot be used; `problems` has one sentence for each mistake in it.

    Sentences are `LocalizedMessage`s where people of both languages read them.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class FileAway(SettingsError):
    """A file that is not there or cannot be read now: it may be a moment later, and nothing is known to be wrong."""


S = TypeVar("S", bound=Settings)


def load_settings(path: Path, model: type[S]) -> S:
    """Read `path` into `model`; SettingsError lists every mistake with file, key, value and what to write instead.

    Relative paths in the file are not touched here: see `beside`.
    """
    return parse_settings(read_document(path), model, path.name)


def parse_settings(document: dict[str, Any], model: type[S], file_name: str) -> S:
    """Check an already parsed TOML `document` against `model`; `file_name` opens each sentence."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        sentences = [scrubbed(_sentence(model, problem)) for problem in _mistakes(error.errors())]
        raise SettingsError([located(file_name, sentence) for sentence in sentences]) from None


def beside(settings_file: Path, path: Path) -> Path:
    """`path` as the file means it: relative paths start at the folder of the settings file."""
    return path if path.is_absolute() else settings_file.parent / path


def read_document(path: Path) -> dict[str, Any]:
    """Parse the TOML file at `path`, however its editor wrote it; SettingsError where it cannot be read."""
    try:
        data = path.read_bytes()
        text = text_of(data)
    except FileNotFoundError:
        missing = LocalizedMessage("{file}: there is no such file; name one with --config", file=str(path))
        raise FileAway([missing]) from None
    except OSError as error:
        raise FileAway([_unreadable(path, reason_of(error))]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([_unreadable(path, str(error))]) from None
    if data and not text.strip():
        raise SettingsError([_unreadable(path, _NOTHING)])
    return document_in(text, path.name)


def document_in(text: str, name: str) -> dict[str, Any]:
    """Parse a TOML text; `name` opens each sentence of SettingsError."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError of its own
        raise SettingsError([located(name, _no_toml(text, str(error)))]) from None
    large = [located(name, located(key, _TOO_LARGE)) for key in _too_large(document, "")]
    if large:
        raise SettingsError(large)
    return document


def _unreadable(path: Path, reason: str) -> LocalizedMessage:
    return LocalizedMessage("{file}: cannot be read: {reason}", file=str(path), reason=reason)


_NOTHING = LocalizedMessage("it holds nothing but NULs and spaces, as after a power cut; write it again")
_LINE = re.compile(r"at line ([0-9]+)")
_TWICE = re.compile(r"Cannot (?:declare \(|overwrite a value|mutate)")
_TABLE = re.compile(r"^ *\[+ *([A-Za-z0-9_-]+) *\]", re.MULTILINE)
_CURLY = re.compile("[\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb]")


def _no_toml(text: str, said: str) -> LocalizedMessage:
    reason, advice = toml_problem(said), _advice_on(text, said)
    if advice:
        return LocalizedMessage("is not TOML: {reason}; {advice}", reason=reason, advice=advice)
    return LocalizedMessage("is not TOML: {reason}", reason=reason)


def _advice_on(text: str, said: str) -> str:
    """What to write instead, where that can be told."""
    at = _LINE.search(said)
    number = int(at[1]) if at else 0
    lines = "\n".join(text.split("\n")[max(0, number - 2) : number])  # the error may be found on the line after it
    if _TWICE.search(said) and (tables := _TABLE.findall(lines)):
        return LocalizedMessage("several of a kind are written with two brackets each: [[{table}]]", table=tables[-1])
    curly = _CURLY.search(lines)
    return LocalizedMessage('{mark} is a printed quotation mark: write "', mark=curly[0]) if curly else ""


_TOO_LARGE = LocalizedMessage("is a number beyond 64 bits, which TOML has not; write a smaller one")


def _too_large(part: Any, key: str) -> Iterator[str]:
    """Where numbers stand that not even a sentence could show: Python's `str` refuses them."""
    if isinstance(part, dict):
        for name, inner in part.items():
            yield from _too_large(inner, f"{key}.{name}" if key else name)
    elif isinstance(part, list):
        for at, inner in enumerate(part):
            yield from _too_large(inner, f"{key}[{at}]")
    elif isinstance(part, int) and abs(part) >= 1 << 63:
        yield key


_NUMBER = LocalizedMessage("write a number")
_WHOLE_NUMBER = LocalizedMessage("write a whole number")
_TRUE_OR_FALSE = LocalizedMessage("write true or false")
_LIST = LocalizedMessage("write a list in [ ]")
_TABLE_OF_KEYS = LocalizedMessage("write a table")
_ADVICE = {
    "bool_parsing": _TRUE_OR_FALSE,
    "bool_type": _TRUE_OR_FALSE,
    "int_parsing": _WHOLE_NUMBER,
    "int_type": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": LocalizedMessage("write a finite number"),
    "string_type": LocalizedMessage("write text in quotes"),
    "path_type": LocalizedMessage("write a path in quotes"),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "dict_type": _TABLE_OF_KEYS,
    "model_type": _TABLE_OF_KEYS,
}
_BOUNDS: dict[str, Callable[[dict[str, Any]], LocalizedMessage]] = {
    "greater_than_equal": lambda bound: LocalizedMessage("write {least} or more", least=_figure(bound["ge"])),
    "greater_than": lambda bound: LocalizedMessage("write more than {bound}", bound=_figure(bound["gt"])),
    "less_than_equal": lambda bound: LocalizedMessage("write {most} or less", most=_figure(bound["le"])),
    "less_than": lambda bound: LocalizedMessage("write less than {bound}", bound=_figure(bound["lt"])),
    "string_too_short": lambda bound: LocalizedMessage(
        "write at least so many characters: {least}", least=bound["min_length"]
    ),
    "string_too_long": lambda bound: LocalizedMessage(
        "write at most so many characters: {most}", most=bound["max_length"]
    ),
    "too_short": lambda bound: LocalizedMessage("write at least so many: {least}", least=bound["min_length"]),
    "too_long": lambda bound: LocalizedMessage("write at most so many: {most}", most=bound["max_length"]),
    "literal_error": lambda bound: LocalizedMessage("write one of: {known}", known=bound["expected"]),
    "enum": lambda bound: LocalizedMessage("write one of: {known}", known=bound["expected"]),
    "union_tag_invalid": lambda bound: LocalizedMessage(
        "{key} {name} is not known; write one of: {known}",
        key=bound["discriminator"].strip("'"),
        name=repr(bound["tag"]),
        known=bound["expected_tags"],
    ),
}


def _mistakes(problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without a list being too short where entries of it are wrong: those it does not count."""
    wrong = {problem["loc"][:-1] for problem in problems}
    return [problem for problem in problems if problem["type"] != "too_short" or problem["loc"] not in wrong]


def _figure(bound: float) -> str:
    """A number as TOML has it, in any language with a point."""
    return f"{bound:.12g}"


def _sentence(model: type[BaseModel], problem: ErrorDetails) -> str:
    key = _key(problem["loc"])
    kind = problem["type"]
    if kind == "missing":
        return LocalizedMessage("{key}: is missing; add it", key=key)
    if kind == "extra_forbidden":
        return LocalizedMessage("{key}: unknown key; {advice}", key=key, advice=_nearest(model, problem["loc"]))
    said = _brackets(problem) or _said(problem)
    if isinstance(problem["input"], dict | list):
        return located(key, said)
    return located(key, located(repr(problem["input"]), said))


def _said(problem: ErrorDetails) -> str:
    kind = problem["type"]
    if kind == "value_error":
        return _lower(_message_of(problem["ctx"]["error"]))
    if kind in _BOUNDS:
        return _BOUNDS[kind](problem["ctx"])
    return _ADVICE.get(kind) or _lower(problem["msg"])


def _message_of(error: Exception) -> str:
    """What a validator of ours has raised: its message, which keeps its form."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def _lower(said: str) -> str:
    return said if isinstance(said, LocalizedMessage) else f"{said[:1].lower()}{said[1:]}"


_MANY = ("list_type", "tuple_type")


def _brackets(problem: ErrorDetails) -> str:
    """For a table at the top of the file that is written as one where several may be, or the other way round."""
    if len(problem["loc"]) != 1:
        return ""
    name, kind, given = problem["loc"][0], problem["type"], problem["input"]
    if kind in _MANY and isinstance(given, dict):
        return LocalizedMessage("write [[{name}]], with two brackets, before each of them", name=name)
    if kind == "model_type" and isinstance(given, list):
        return LocalizedMessage("write [{name}], with one bracket, and once", name=name)
    return ""


def _key(loc: tuple[int | str, ...]) -> str:
    key = ""
    for part in loc:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key or LocalizedMessage("the file")


def _nearest(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    import difflib  # only for a mistake: 0.15 MB are much to a running gateway

    known = _keys_at(model, loc[:-1])
    close = difflib.get_close_matches(str(loc[-1]), known, n=1)
    if close:
        return LocalizedMessage("did you mean {name}?", name=close[0])
    if known:
        return LocalizedMessage("known here: {known}", known=", ".join(sorted(known)))
    return LocalizedMessage("take it out")


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    candidates: list[type[BaseModel]] = [model]
    for part in loc:
        if isinstance(part, int):
            continue
        candidates = [
            inner
            for candidate in candidates
            if part in candidate.model_fields
            for inner in _models_in(candidate.model_fields[part].annotation)
        ] or candidates  # a union's tag is a part of the place and no key
    return sorted({name for candidate in candidates for name in candidate.model_fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for inner in typing.get_args(annotation) for model in _models_in(inner)]

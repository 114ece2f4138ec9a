"""Settings: a TOML file against a pydantic model, every mistake at once.

edge.toml: sources[2].port: '/dev/ttyUSB7' does not exist; write one of: /dev/serial/by-id/usb-1a86_USB_Serial
edge.toml: spool.max_md: unknown key; did you mean max_mb?
"""

import re
import tomllib
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from runtime.secret_urls import scrubbed
from runtime.text import text_of


class Settings(BaseModel):
    """The base of every table in a settings file: unknown keys are mistakes, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class SettingsError(Exception):
    """A settings file that cannot be used; `problems` has one sentence for each mistake in it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


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
        sentences = [scrubbed(_sentence(model, problem)) for problem in error.errors()]
        raise SettingsError([f"{file_name}: {sentence}" for sentence in sentences]) from None


def beside(settings_file: Path, path: Path) -> Path:
    """`path` as the file means it: relative paths start at the folder of the settings file."""
    return path if path.is_absolute() else settings_file.parent / path


def read_document(path: Path) -> dict[str, Any]:
    """Parse the TOML file at `path`, however its editor wrote it; SettingsError where it cannot be read."""
    try:
        data = path.read_bytes()
        text = text_of(data)
    except FileNotFoundError:
        raise FileAway([f"{path}: there is no such file; name one with --config"]) from None
    except OSError as error:
        raise FileAway([f"{path}: cannot be read: {error}"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: cannot be read: {error}"]) from None
    if data and not text.strip():
        raise SettingsError([f"{path}: cannot be read: {_NOTHING}"])
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError of its own
        raise SettingsError([f"{path.name}: is not TOML: {error}{_advice_on(text, str(error))}"]) from None
    large = [f"{path.name}: {key}: {_TOO_LARGE}" for key in _too_large(document, "")]
    if large:
        raise SettingsError(large)
    return document


_NOTHING = "it holds nothing but NULs and spaces, as after a power cut; write it again"
_LINE = re.compile(r"at line ([0-9]+)")
_TWICE = re.compile(r"Cannot (?:declare \(|overwrite a value|mutate)")
_TABLE = re.compile(r"^ *\[+ *([A-Za-z0-9_-]+) *\]", re.MULTILINE)
_CURLY = re.compile("[\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb]")


def _advice_on(text: str, said: str) -> str:
    """What to write instead, where that can be told."""
    at = _LINE.search(said)
    number = int(at[1]) if at else 0
    lines = "\n".join(text.split("\n")[max(0, number - 2) : number])  # the error may be found on the line after it
    if _TWICE.search(said) and (tables := _TABLE.findall(lines)):
        return f"; several of a kind are written with two brackets each: [[{tables[-1]}]]"
    curly = _CURLY.search(lines)
    return f'; {curly[0]} is a printed quotation mark: write "' if curly else ""


_TOO_LARGE = "is a number beyond 64 bits, which TOML has not; write a smaller one"


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


_ADVICE = {
    "missing": "is missing; add it",
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "int_from_float": "write a whole number",
    "float_parsing": "write a number",
    "float_type": "write a number",
    "string_type": "write text in quotes",
    "path_type": "write a path in quotes",
    "list_type": "write a list in [ ]",
    "tuple_type": "write a list in [ ]",
    "set_type": "write a list in [ ]",
    "frozen_set_type": "write a list in [ ]",
    "dict_type": "write a table",
    "model_type": "write a table",
}


def _sentence(model: type[BaseModel], problem: ErrorDetails) -> str:
    key = _key(problem["loc"])
    kind = problem["type"]
    if kind == "missing":
        return f"{key}: {_ADVICE[kind]}"
    if kind == "extra_forbidden":
        return f"{key}: unknown key; {_nearest(model, problem['loc'])}"
    said = _brackets(problem) or _ADVICE.get(kind) or problem["msg"]
    if kind == "value_error":
        said = str(problem["ctx"]["error"])
    if isinstance(problem["input"], dict | list):
        return f"{key}: {said}"
    return f"{key}: {problem['input']!r}: {said[0].lower()}{said[1:]}"


_MANY = ("list_type", "tuple_type")


def _brackets(problem: ErrorDetails) -> str:
    """For a table at the top of the file that is written as one where several may be, or the other way round."""
    if len(problem["loc"]) != 1:
        return ""
    name, kind, given = problem["loc"][0], problem["type"], problem["input"]
    if kind in _MANY and isinstance(given, dict):
        return f"write [[{name}]], with two brackets, before each of them"
    return f"write [{name}], with one bracket, and once" if kind == "model_type" and isinstance(given, list) else ""


def _key(loc: tuple[int | str, ...]) -> str:
    key = ""
    for part in loc:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key or "the file"


def _nearest(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    import difflib  # only for a mistake: 0.15 MB are much to a running gateway

    known = _keys_at(model, loc[:-1])
    close = difflib.get_close_matches(str(loc[-1]), known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"known here: {', '.join(sorted(known))}" if known else "take it out"


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

"""Where a channel's secret comes from: a file that cloud.toml names, or the registry, which keeps it sealed.

secret(Path("telegram.token")) -> "8023:AAF…"       secret(HeldSecret("8023:AAF…")) -> the same
"""

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ValidatorFunctionWrapHandler, WrapValidator


class HeldSecret:
    """A secret in memory, never shown; `problem` is why it could not be opened. No settings file has one."""

    __slots__ = ("_text", "problem")

    def __init__(self, text: str, *, problem: str = "") -> None:
        self._text = text
        self.problem = problem

    def read(self) -> str:
        """Return it; OSError where it could not be opened."""
        if self.problem:
            raise OSError(errno.ENOKEY, self.problem)
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HeldSecret) and (other._text, other.problem) == (self._text, self.problem)

    def __hash__(self) -> int:
        return hash((self._text, self.problem))

    def __str__(self) -> str:
        return "the secret"

    def __repr__(self) -> str:
        return "HeldSecret()"


def _held_or_path(given: Any, path: ValidatorFunctionWrapHandler) -> Any:
    return given if isinstance(given, HeldSecret) else path(given)


if TYPE_CHECKING:
    SecretSource = HeldSecret | Path
else:  # for a settings file it is a path, and its mistakes are those of a path
    SecretSource = Annotated[Path, WrapValidator(_held_or_path)]


def secret(source: SecretSource) -> str:
    """Return the secret; OSError where it cannot be read, with the reason as its `strerror`."""
    return source.read() if isinstance(source, HeldSecret) else source.read_text(encoding="utf-8").strip()

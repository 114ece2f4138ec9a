"""A group of commands that imports the module of a command when that command is called.

siaga-cloud --help          the table alone: no database, no web framework, a tenth of a second
siaga-cloud watch …         cloud.cli.watch alone, which needs the extra "watch" and no more
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from runtime.extras import MissingExtra, import_of

if TYPE_CHECKING:
    from typer._click import Command, Context  # Typer has no public name for what its groups are made of


class Row(NamedTuple):
    """A command: where its app is, the extra that it needs, and one sentence on it."""

    module: str
    app: str
    extra: str
    help: str


class LazyGroup(TyperGroup):
    """Commands by name, each a row of `table`; a group of its own is made by a class that sets it."""

    table: Mapping[str, Row] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # stand-ins, for the list of commands and for completing their names
        self.commands = {name: TyperCommand(name, help=row.help) for name, row in self.table.items()}

    def resolve_command(self, ctx: "Context", args: list[str]) -> "tuple[str | None, Command | None, list[str]]":
        """Find the command that `args` begin with, and import it; while a shell completes, only if that can be."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        if name is None:
            return name, stand_in, rest
        try:
            return name, self.load(name), rest
        except MissingExtra:
            if ctx.resilient_parsing:
                return name, stand_in, rest
            raise

    def load(self, name: str) -> "Command":
        """Import the command `name`; MissingExtra where a library that it needs is not installed."""
        row = self.table[name]
        module = import_of(row.module, program=f"siaga-cloud {name}", extra=row.extra)
        return typer.main.get_command(getattr(module, row.app))

"""What a disk may hold when the power goes, made from what a process did to its files.

strace ─► operations:  write spool.db-wal 32 "…"   fsync spool.db-wal   rename spool.db.mark.new spool.db.mark   …
 cut after any of them ─► a folder:  whatever was forced is there; of the rest a filesystem may have written all, none,
                                     any sectors in any order, or half of the last write

A sector (512 or 4,096 bytes) is on the disk as it was or as it became. A file is cut short at once, or not yet: what is
written after that is not on the disk before it. A forced file brings the names that were made before it, as journals do
(ext4, xfs, f2fs). A file that was renamed unforced may be empty.
"""

import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from tests.servers import require

TRACED = "openat,open,creat,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,close"
SECTORS = (512, 4_096)


class Operation(NamedTuple):
    """One of: make, write (at `place`), truncate (to `place`), rename (to `other`), remove, begin (a force), force."""

    kind: str
    name: str
    place: int = 0
    content: bytes = b""
    other: str = ""


class Cut(StrEnum):
    """What became of that which was not forced."""

    ALL = "all of it was written"
    NONE = "none of it was written, though files have their new names"
    NO_NAMES = "none of it was written, and files have their old names"
    TORN = "all of it but the end of the last write"
    SMALL_SECTORS = "any sectors of 512 bytes"
    LARGE_SECTORS = "any sectors of 4,096 bytes"


def record(command: Sequence[str], folder: Path, trace: Path) -> list[Operation]:
    """Run a command, and give what it did to the files of `folder`, in its order."""
    watch = [str(require("strace")), "-f", "-qq", "-xx", "-s", "1000000", "-e", f"trace={TRACED}", "-o"]
    subprocess.run([*watch, str(trace), *command], check=True, cwd=Path(__file__).parent.parent, timeout=300)
    return list(_operations(trace, folder))


_CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_UNFINISHED = " <unfinished ...>"


def _operations(trace: Path, folder: Path) -> Iterator[Operation]:
    unfinished: dict[str, str] = {}
    files = _Files(folder)
    for line in trace.read_text(encoding="ascii").splitlines():
        if (resumed := _RESUMED.match(line)) is not None:
            thread, call, rest = resumed.groups()
            yield from files.done(call, unfinished.pop(thread) + rest)
        elif (began := _CALL.match(line)) is not None:
            thread, call, rest = began.groups()
            if call == "close":
                files.close(rest)  # when it comes back, its number may be that of another file already
            elif call in _FORCES:
                yield from files.begun(rest)
            if rest.endswith(_UNFINISHED):
                unfinished[thread] = rest.removesuffix(_UNFINISHED)
            else:
                yield from files.done(call, rest)


_FORCES = ("fsync", "fdatasync")


class _Files:
    """The open files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[int, str] = {}
        self._places: dict[int, int] = {}

    def begun(self, rest: str) -> Iterator[Operation]:
        """A force has begun: what is written from now on it may miss."""
        name = self._names.get(_number(rest))
        if name is not None:
            yield Operation("begin", name)

    def close(self, rest: str) -> None:
        """A file is being closed."""
        self._names.pop(_number(rest), None)

    def done(self, call: str, rest: str) -> Iterator[Operation]:
        """A call came back."""
        arguments, _, result = rest.rpartition(" = ")
        answer = result.split(" ", 1)[0]
        if answer.startswith("-") or answer == "?":
            return
        texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(arguments)]
        if call in ("open", "openat", "creat"):
            yield from self._opened(texts[0], arguments, int(answer))
        elif call.startswith(("rename", "unlink")):
            names = [self._inside(text) for text in texts]
            if names[0] is not None:
                other = names[1] if len(names) > 1 and names[1] is not None else ""
                yield Operation("rename" if other else "remove", names[0], other=other)
        elif (name := self._names.get(descriptor := _number(arguments))) is None:
            return
        elif call in _FORCES:
            yield Operation("force", name)
        elif call == "ftruncate":
            yield Operation("truncate", name, _last_number(arguments))
        elif call == "pwrite64":
            yield Operation("write", name, _last_number(arguments), texts[0][: int(answer)])
        else:
            place = self._places[descriptor]
            self._places[descriptor] = place + int(answer)
            yield Operation("write", name, place, texts[0][: int(answer)])

    def _opened(self, path: bytes, arguments: str, descriptor: int) -> Iterator[Operation]:
        name = self._inside(path)
        if name is None:
            return
        self._names[descriptor], self._places[descriptor] = name, 0
        if "O_CREAT" in arguments:
            yield Operation("make", name)
        if "O_TRUNC" in arguments:
            yield Operation("truncate", name, 0)

    def _inside(self, path: bytes) -> str | None:
        """The name of a file of the folder; "" for the folder itself."""
        found = Path(path.decode())
        if found == self._folder:
            return ""
        return found.name if found.parent == self._folder else None


def _number(arguments: str) -> int:
    return int(arguments[: len(arguments) - len(arguments.lstrip("0123456789"))])


def _last_number(arguments: str) -> int:
    return int(arguments.rstrip(" )").rsplit(", ", 1)[1])


class _File:
    """A file as processes see it, as the disk surely has it, and what was done to it between the two."""

    def __init__(self) -> None:
        self.seen = bytearray()
        self.forced = bytearray()
        self.pending: list[Operation] = []
        self.begun = 0

    def do(self, operation: Operation) -> None:
        """Write to it, or truncate it."""
        apply(self.seen, operation)
        self.pending.append(operation)

    def force(self) -> None:
        """What was done before the force began is on the disk."""
        for operation in self.pending[: self.begun]:
            apply(self.forced, operation)
        del self.pending[: self.begun]
        self.begun = 0


def apply(content: bytearray, operation: Operation) -> None:
    """Write into a file's content, or truncate it."""
    if operation.kind == "truncate":
        del content[operation.place :]
        content.extend(bytes(operation.place - len(content)))
        return
    content.extend(bytes(max(0, operation.place - len(content))))
    content[operation.place : operation.place + len(operation.content)] = operation.content


class Disk:
    """A disk on which operations happen; `hold(cut)` gives what it may hold if the power goes now."""

    def __init__(self) -> None:
        self._names: dict[str, _File] = {}
        self._forced_names: dict[str, _File] = {}
        self._last: tuple[_File, Operation] | None = None

    def do(self, operation: Operation) -> None:
        """Let it happen."""
        kind, name = operation.kind, operation.name
        self._last = None
        if kind == "make":
            self._names.setdefault(name, _File())
        elif kind == "rename":
            self._names[operation.other] = self._names.pop(name)
        elif kind == "remove":
            self._names.pop(name, None)
        elif kind == "begin":
            if name:
                self._names[name].begun = len(self._names[name].pending)
        elif kind == "force":
            if name:
                self._names[name].force()
            self._forced_names = dict(self._names)
        else:
            self._names[name].do(operation)
            self._last = (self._names[name], operation)

    def hold(self, cut: Cut, dice: random.Random) -> dict[str, bytes]:
        """The files."""
        names = self._forced_names if cut is Cut.NO_NAMES else self._names
        return {name: bytes(self._content(file, cut, dice)) for name, file in names.items()}

    def _content(self, file: _File, cut: Cut, dice: random.Random) -> bytearray:
        if cut is Cut.ALL or not file.pending:
            return file.seen
        content = bytearray(file.forced)
        if cut is Cut.TORN:
            for operation in file.pending:
                apply(content, self._torn(file, operation, dice))
        elif cut is Cut.SMALL_SECTORS or cut is Cut.LARGE_SECTORS:
            return _mixed(file, SECTORS[0] if cut is Cut.SMALL_SECTORS else SECTORS[1], dice)
        return content

    def _torn(self, file: _File, operation: Operation, dice: random.Random) -> Operation:
        if self._last != (file, operation) or operation.kind != "write":
            return operation
        sector = dice.choice(SECTORS)
        edges = range(sector - operation.place % sector, len(operation.content), sector)
        return operation._replace(content=operation.content[: dice.choice([0, *edges])])


def _mixed(file: _File, sector: int, dice: random.Random) -> bytearray:
    """What was not forced reached the disk in any order, as far as one cut or another."""
    before = bytearray(file.forced)
    after = bytearray(before)
    for operation in file.pending:
        if operation.kind == "truncate" and operation.place < len(after):
            if dice.random() < 0.5:
                break
            before = _mixed_sectors(before, after, sector, dice)
            apply(before, operation)
            after = bytearray(before)
        else:
            apply(after, operation)
    return _mixed_sectors(before, after, sector, dice)


def _mixed_sectors(before: bytearray, after: bytearray, sector: int, dice: random.Random) -> bytearray:
    """Each sector as it was before or after, and the length of either."""
    content = bytearray(after if dice.random() < 0.5 else before)
    for start in range(0, len(content), sector):
        new = (before if dice.random() < 0.5 else after)[start : start + sector]
        content[start : start + sector] = new.ljust(min(sector, len(content) - start), b"\0")[: len(content) - start]
    return content


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Make `folder` hold these files and no others."""
    folder.mkdir(exist_ok=True)
    for left in folder.iterdir():
        left.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)

"""The command's side of the control socket: ask, and read the answers, or say in a sentence why there are none.

no socket, or nobody behind it   the agent does not run       AgentAbsent
not for this user                sudo, or the group           AgentUnreachable
nothing within 5 s               it runs, and does not answer AgentUnreachable
{"error":…}                      the agent's own words        AgentRefuses
"""

import contextlib
import grp
import socket
from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec

from edge.control.lines import LONGEST_ANSWER, encode_request, error_in
from edge.control.snapshot import AgentSnapshot, decode_snapshot
from i18n.message import LocalizedMessage
from runtime.unix_socket import address_of

ANSWER_S = 5.0


class AgentUnreachable(Exception):
    """No answer: `problem` is a sentence."""

    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem


class AgentRefuses(AgentUnreachable):
    """The agent has no such answer; the sentence is its own."""


class AgentAbsent(AgentUnreachable):
    """No agent runs with this spool."""


def ask(path: Path, request: str, **fields: object) -> Generator[bytes, None, None]:
    """The answers to `request`, a line of JSON each, as they come; AgentUnreachable, AgentAbsent."""
    with _connected(path) as connection, connection.makefile("rb") as answers:
        try:
            connection.sendall(encode_request(request, **fields))
            while line := answers.readline(LONGEST_ANSWER):
                if said := error_in(line):
                    raise AgentRefuses(LocalizedMessage("the agent says: {sentence}", sentence=said))
                yield line
        except TimeoutError:
            raise AgentUnreachable(
                LocalizedMessage(
                    "the agent runs and does not answer within {seconds} s; its log may say why: "
                    "journalctl -u siaga-edge -n 50",
                    seconds=int(ANSWER_S),
                )
            ) from None
        except OSError as error:
            raise _gone(error) from None


def ask_once(path: Path, request: str, **fields: object) -> bytes:
    """The one answer to `request`; AgentUnreachable, AgentAbsent."""
    with contextlib.closing(ask(path, request, **fields)) as answers:
        for line in answers:
            return line
    raise _gone(OSError(0, ""))


def snapshot_at(path: Path) -> AgentSnapshot:
    """How the agent behind the socket at `path` is doing; AgentUnreachable, AgentAbsent."""
    try:
        return decode_snapshot(ask_once(path, "status"))
    except msgspec.MsgspecError:
        raise AgentUnreachable(
            LocalizedMessage(
                "the agent that runs is of another version, and its answer cannot be read; restart it: "
                "sudo systemctl restart siaga-edge"
            )
        ) from None


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_S)
        try:
            with address_of(path) as address:
                connection.connect(address)
        except PermissionError:
            raise AgentUnreachable(_not_for_this_user(path)) from None
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            raise AgentAbsent(
                LocalizedMessage("no agent answers at {path}: siaga-edge does not run with this spool", path=str(path))
            ) from None
        except OSError as error:
            raise _gone(error) from None
        yield connection


def _not_for_this_user(path: Path) -> LocalizedMessage:
    try:
        group = grp.getgrgid(path.stat().st_gid).gr_name
    except (OSError, KeyError):  # not even its folder may be entered, as systemd makes it
        return LocalizedMessage("{path} may not be opened by this user; use sudo", path=str(path))
    return LocalizedMessage(
        "{path} may not be opened by this user; use sudo, or add the user to the group {group}",
        path=str(path), group=group,
    )  # fmt: skip


def _gone(error: OSError) -> AgentUnreachable:
    why = error.strerror or "connection ended"
    return AgentUnreachable(LocalizedMessage("the agent ended the connection: {why}; try again", why=why))

"""siaga-edge run --config edge.toml | check [--connect] --config edge.toml | completion bash

Exit codes: 0 well, 1 an error of the agent itself, another agent on its spool, or a step of --connect failed, 2 the
settings have mistakes (each is printed).
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.agent import run_agent, version
from edge.check import CheckedSettings, check_file
from edge.lock import SpoolLocked, locked
from edge.memory import use_one_arena
from runtime.logs import set_up_logs
from runtime.settings import SettingsError

WELL = 0
BROKEN = 1
MISTAKES = 2

_RUN = """Reads the sensors that the settings name, keeps their readings on disk and sends them to the cloud.
SIGHUP reads the settings again: only the sources that changed start anew. SIGTERM stops cleanly."""
_CHECK = """Prints every mistake in the settings with what to write instead: broken keys, ports, files and folders.
A port that is not there yet is only a warning. With --connect it also tries the way to the cloud: name, TLS, login,
topic rights, and an ack from end to end; an agent that runs under the same id loses its connection for that moment.
Exit code 0: none; 1: a step failed; 2: mistakes."""
_COMPLETION = """Prints the script with which a shell completes this command and its options:
siaga-edge completion bash > /etc/bash_completion.d/siaga-edge"""
SHELLS = ("bash", "zsh", "tcsh")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "completion":
        print(_completion(options.shell))
        return WELL
    if options.command == "run":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the agent obeys it: they are being read anyway
    try:
        checked = check_file(options.config)
    except SettingsError as error:
        for sentence in error.problems:
            print(sentence, file=sys.stderr)
        return MISTAKES
    for sentence in checked.warnings:
        print(f"warning: {sentence}", file=sys.stderr)
    if options.command == "check":
        print(_summary(options.config, checked))
        return _connect(checked) if options.connect else WELL
    use_one_arena()
    set_up_logs(verbose=options.verbose)
    try:
        with locked(checked.settings.spool.path):
            return WELL if asyncio.run(run_agent(options.config, checked)) else BROKEN
    except SpoolLocked as taken:
        print(taken, file=sys.stderr)
        return BROKEN


def _connect(checked: CheckedSettings) -> int:
    from edge.connection import connection_steps  # a running agent has no use for it, and 0.25 MB are some

    well = True
    for step in connection_steps(checked.settings):
        print(f"{'ok' if step.ok else 'FAILED':<6}  {step.name:<6}  {step.said}", flush=True)
        well = well and step.ok
    return WELL if well else BROKEN


def _completion(shell: str) -> str:
    import shtab  # as little use to a running agent

    return str(shtab.complete(_parser(completes_file=shtab.FILE), shell=shell))


def _summary(path: Path, checked: CheckedSettings) -> str:
    serial, mqtt = len(checked.serial_sources), len(checked.mqtt_sources)
    return f"{path.name}: no mistakes; gateway {checked.settings.gateway.id}, {serial} serial and {mqtt} MQTT sources"


def _parser(*, completes_file: object = None) -> argparse.ArgumentParser:
    """What the command understands; `completes_file` is shtab's word for an option that is a file."""
    parser = argparse.ArgumentParser(
        prog="siaga-edge", description="The gateway agent of Siaga: from the sensors to the cloud, with nothing lost."
    )
    parser.add_argument("--version", action="version", version=f"siaga-edge {version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="run|check|completion")
    for name, words, explained in (("run", "run the gateway", _RUN), ("check", "check the settings", _CHECK)):
        command = commands.add_parser(
            name, help=words, description=explained, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        config = command.add_argument(
            "--config", type=Path, default=Path("edge.toml"), metavar="FILE", help="the settings (edge.toml)"
        )
        config.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it
        command.add_argument("--verbose", action="store_true", help="log more")
        if name == "check":
            command.add_argument("--connect", action="store_true", help="also try the way to the cloud, step by step")
    completion = commands.add_parser(
        "completion", help="print the script that completes this command in a shell", description=_COMPLETION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    completion.add_argument("shell", choices=SHELLS, help="the shell that the script is for")
    return parser


if __name__ == "__main__":
    sys.exit(main())

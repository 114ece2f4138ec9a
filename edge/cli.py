"""siaga-edge run --config edge.toml | check [--connect] | decode NAME FILE | simulate NAME PATH | completion bash

Exit codes: 0 well, 1 an error of the agent itself, another agent on its spool, or a step of --connect failed, 2 the
settings have mistakes (each is printed), 130 somebody pressed Ctrl-C while --connect was waiting.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.agent import run_agent
from edge.check import CheckedSettings, check_file
from edge.command_line import completion, language_asked, parse
from edge.lock import SpoolLocked, locked
from edge.memory import use_one_arena
from i18n.catalog import LanguageCode
from i18n.message import LocalizedMessage
from i18n.terminal import language_of_terminal, problem_of_variable
from runtime.logs import set_up_logs
from runtime.settings import SettingsError

WELL = 0
BROKEN = 1
MISTAKES = 2
INTERRUPTED = 130
"""128 and the number of SIGINT, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    asked = language_asked(arguments)
    language = language_of_terminal(asked)
    options = parse(arguments, language)
    if options.command == "completion":
        print(completion(options.shell, language))
        return WELL
    if options.command == "decode":
        return _decode(options, language)
    if options.command == "simulate":
        return _simulate(options, language)
    if options.command == "run":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the agent obeys it: they are being read anyway
        language = language_of_terminal(asked, has_terminal=sys.stderr.isatty())  # else it is a log, which is English
    try:
        checked = check_file(options.config)
    except SettingsError as error:
        _say(error.problems, language)
        return MISTAKES
    _warn(checked, language)
    if options.command == "check":
        return _check(options.config, checked, language, connect=options.connect)
    set_up_logs(verbose=options.verbose)
    return _run(options.config, checked, language)


def _run(config: Path, checked: CheckedSettings, language: LanguageCode) -> int:
    use_one_arena()
    try:
        with locked(checked.settings.spool.path):
            return WELL if asyncio.run(run_agent(config, checked)) else BROKEN
    except SpoolLocked as taken:
        _say([taken.problem], language)
        return BROKEN


def _decode(options: argparse.Namespace, language: LanguageCode) -> int:
    from edge.decode import CannotDecode, decode  # a running agent has no use for it

    try:
        for line in decode(options.name, options.option, time=options.time, as_hex=options.hex, file=options.file):
            print(line)
    except CannotDecode as error:
        _say([error.problem], language)
        return MISTAKES
    except BrokenPipeError:
        sys.stdout = None  # whoever read has gone; nothing is left to flush
    return WELL


def _simulate(options: argparse.Namespace, language: LanguageCode) -> int:
    from edge.simulate import CannotDecode, CannotSimulate, simulate

    def say(sentence: LocalizedMessage) -> None:
        _say([sentence], language)

    try:
        simulate(options.family, options.path, options.option, fault=options.fault, say=say)
    except (CannotDecode, CannotSimulate) as error:
        _say([error.problem], language)
        return MISTAKES
    return WELL


def _check(config: Path, checked: CheckedSettings, language: LanguageCode, *, connect: bool) -> int:
    from edge.terminal import say, summary, time_comes_from

    say([summary(config.name, checked), time_comes_from(checked)], language, sys.stdout)
    try:
        return _connect(checked, language) if connect else WELL
    except KeyboardInterrupt:
        return INTERRUPTED


def _connect(checked: CheckedSettings, language: LanguageCode) -> int:
    from edge.connection import connection_steps  # a running agent has no use for it, and 0.25 MB are some
    from edge.terminal import say_step

    well = True
    for step in connection_steps(checked.settings):
        say_step(step, language, sys.stdout)
        well = well and step.ok
    return WELL if well else BROKEN


def _warn(checked: CheckedSettings, language: LanguageCode) -> None:
    variable = problem_of_variable()
    sentences = [*([variable] if variable is not None else []), *checked.warnings]
    if sentences:
        _say([LocalizedMessage("warning: {sentence}", sentence=sentence) for sentence in sentences], language)


def _say(sentences: Sequence[str], language: LanguageCode) -> None:
    from edge.terminal import say  # an agent that runs well has nothing to say

    say(sentences, language, sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

"""init, step by step:  what is there? ─► who is this gateway? ─► what hangs on each port? ─► whose names? ─► edge.toml

Nothing is written before all is known and the new file has passed `check`; then it takes the place of the old one in
one move, which is kept as edge.toml.before.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.check import check_file
from edge.commission.dialogue import Dialogue, address_in, name_of_this_machine, problem_of_address, problem_of_name
from edge.commission.expectations import FoundPort, MatchedSensors, matched
from edge.commission.settings_file import (
    NotKept,
    as_expected,
    beginning_of,
    gateway_in,
    has_sources,
    new_beginning,
    with_local_broker,
    with_sources,
)
from edge.commission.topics import as_port, source_of
from edge.detect.found import LineFound, Nothing
from edge.detect.messages import TopicFound
from edge.detect.progress import clear_progress
from edge.detect.run import PortSearched
from edge.detect.sentences import of_line, values_of
from edge.detect.source_lines import ProposedSource, of_text, proposed
from edge.detect.text_guess import newest_line, options_of_text
from firmware_bridge.catalog import SERIAL_FAMILIES
from i18n.message import LocalizedMessage
from runtime.broker_settings import BrokerSettings
from runtime.reasons import reason_of
from runtime.settings import SettingsError
from runtime.whole_files import replace_file
from wire.gateway_config import ExpectedSensor


class CannotCommission(Exception):
    """It ends here; `problem` is one sentence, and nothing was written."""

    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem


class Commissioning:
    """Writes `config`; `search` finds out what hangs on a port. `may_replace` lets sources that are there go."""

    def __init__(
        self, config: Path, dialogue: Dialogue, search: Callable[[str], PortSearched], *, may_replace: bool
    ) -> None:
        self._config = config
        self._dialogue = dialogue
        self._search = search
        self._may_replace = may_replace
        self._gateway = ""
        self._taken: set[str] = set()

    def beginning(self, *, gateway: str, cloud: str) -> str:
        """What stands before the sources, asked for where no file has it; CannotCommission, NoAnswer."""
        try:
            text = self._config.read_text(encoding="utf-8-sig")
            if has_sources(text) and not self._may_replace:
                raise CannotCommission(
                    LocalizedMessage(
                        "{file} has sources already; with --force they are searched and written anew, and the file "
                        "is kept as {before}",
                        file=str(self._config), before=_before(self._config).name,
                    )
                )  # fmt: skip
            beginning, self._gateway = beginning_of(text), gateway_in(text)
        except FileNotFoundError:
            return self._asked(gateway, cloud)
        except (OSError, ValueError, NotKept) as error:
            raise CannotCommission(_not_kept(self._config, error)) from None
        return beginning

    def _asked(self, gateway: str, cloud: str) -> str:
        name = LocalizedMessage("the name of this gateway, as the city has it")
        where = LocalizedMessage("the address of the cloud's broker, HOST:PORT")
        self._gateway = self._dialogue.ask(name, gateway or name_of_this_machine(), problem_of_name)
        host = self._dialogue.ask(where, cloud or "broker.example.org:8883", problem_of_address)
        return new_beginning(self._gateway, address_in(host), self._config.resolve().parent)

    def sources(
        self, ports: Sequence[str], expected: Sequence[ExpectedSensor], topics: Sequence[TopicFound] = ()
    ) -> list[tuple[str, ProposedSource]]:
        """Search each port, and propose a source for what is there, beside the words on what was heard.

        `topics` are those at the local broker of which something is known.
        """
        searched = [self._searched(port) for port in ports]
        found = [FoundPort(one.port, one.found.devices) for one in searched if one.found and one.found.devices]
        whose = matched([*found, *map(as_port, topics)], expected)
        self._taken = {self._gateway, *(sensor.id for sensor in expected)}
        sources = [source for one in searched if (source := self._source(one, whose)) is not None]
        sources += [source for topic in topics if (source := self._of_topic(topic, whose)) is not None]
        for sensor in whose.missing:
            self._dialogue.tell(
                LocalizedMessage(
                    "nothing that was found gives {sensor} ({quantities}), which the city expects here",
                    sensor=sensor.id, quantities=", ".join(sensor.quantities),
                )
            )  # fmt: skip
        return sources

    def _searched(self, port: str) -> PortSearched:
        self._dialogue.tell(port)
        searched = self._search(port)
        clear_progress(sys.stdout)
        self._dialogue.tell(*([searched.problem] if searched.found is None else of_line(searched.found)))
        return searched

    def _source(self, searched: PortSearched, whose: MatchedSensors) -> tuple[str, ProposedSource] | None:
        found = searched.found
        if found is None or not (found.devices or found.nothing is Nothing.UNKNOWN_TEXT):
            return None
        if not found.devices:
            source = of_text(found.heard, options_of_text(found.heard), searched.port, found.heard_baud, self._taken)
        else:
            source = self._of_devices(searched.port, found, whose)
        agreed = self._agreed(source, searched.port)
        return None if agreed is None else (_heard(found), agreed)

    def _of_topic(self, topic: TopicFound, whose: MatchedSensors) -> tuple[str, ProposedSource] | None:
        source = source_of(topic, whose, self._taken)
        agreed = None if source is None else self._agreed(source, topic.topic)
        return None if agreed is None else (values_of(topic.samples), agreed)

    def _agreed(self, source: ProposedSource, place: str) -> ProposedSource | None:
        """The source as a person wants it; None where they do not."""
        use = LocalizedMessage("use {family} at {port}?", family=str(source.table["family"]), port=place)
        if not self._dialogue.agrees(use):
            return None
        if "sensor" in source.table:
            source = self._named(source)
        self._taken |= {
            source.table["name"],
            source.table.get("sensor", ""),
            *source.table.get("channels", {}).values(),
        }
        return source

    def _of_devices(self, port: str, found: LineFound, whose: MatchedSensors) -> ProposedSource:
        sensors = whose.of_port(port)
        source = proposed(found.devices, port, self._taken, sensors={at: one.id for at, one in sensors.items()})
        if "sensor" not in source.table or not sensors:
            return source
        (sensor,) = sensors.values()
        others = sorted(whose.doubts - {sensor.id}) if sensor.id in whose.doubts else []
        return as_expected(source, sensor, others)

    def _named(self, source: ProposedSource) -> ProposedSource:
        question = LocalizedMessage("the name of its sensor, as the city has it")
        sensor = self._dialogue.ask(question, str(source.table["sensor"]), problem_of_name)
        return ProposedSource({**source.table, "sensor": sensor}, source.comments, source.hints, source.is_whole)

    def write(self, beginning: str, sources: Sequence[tuple[str, ProposedSource]]) -> None:
        """Check the whole file, and put it into its place; CannotCommission, SettingsError with what is wrong."""
        if any("topic" in source.table for _, source in sources):
            beginning = with_local_broker(beginning, BrokerSettings())
        text = with_sources(beginning, sources)
        tried = self._config.with_name(self._config.name + ".new")
        try:
            replace_file(tried, text)
            try:
                check_file(tried)
            finally:
                tried.unlink()
            if self._config.exists():
                replace_file(_before(self._config), self._config.read_text(encoding="utf-8-sig"))
            replace_file(self._config, text)
        except OSError as error:
            raise CannotCommission(
                LocalizedMessage(
                    "{file}: cannot be written: {reason}; run this as the user who may, or name another --config",
                    file=str(self._config), reason=reason_of(error),
                )
            ) from None  # fmt: skip


def _before(config: Path) -> Path:
    return config.with_name(config.name + ".before")


def _not_kept(config: Path, error: Exception) -> LocalizedMessage:
    if isinstance(error, NotKept):
        return LocalizedMessage(
            "{file}: a table stands behind [[sources]] and would be lost; move it before them, or the file away",
            file=str(config),
        )
    return LocalizedMessage(
        "{file}: is there and cannot be read ({reason}); mend it, siaga-edge check says how, or move it away",
        file=str(config), reason=reason_of(error) if isinstance(error, OSError) else str(error)[:200],
    )  # fmt: skip


def _heard(found: LineFound) -> str:
    if not found.devices:
        return newest_line(found.heard)
    device = found.devices[0]
    return f"{SERIAL_FAMILIES[device.family].title}: {values_of(device.samples) or device.note or 'no reading yet'}"


__all__ = ["CannotCommission", "Commissioning", "SettingsError"]

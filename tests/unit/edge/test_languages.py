"""What a technician reads of siaga-edge is Indonesian or English, whole, as the terminal asks for it."""

import contextlib
import gettext
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import tomli_w

from edge.check import check_file
from edge.cli import main
from edge.command_line import parse
from edge.commands import COMMANDS, INTERRUPTED, MISTAKES, WELL
from edge.lock import SpoolLocked, locked
from edge.output_settings import GpioOutput, LcusOutput, ModbusOutput, MqttOutput
from edge.settings import EdgeSettings, OwnQuantity
from edge.terminal import say, say_step
from firmware_bridge.catalog import MQTT_DIALECTS, SERIAL_FAMILIES
from i18n.catalog import LanguageCode, catalog_of
from i18n.message import LocalizedMessage
from runtime.connect_step import CLOCK, REACH, ConnectStep
from runtime.settings import Settings, SettingsError
from tests.unit.edge.test_check import GATEWAY, JSON, LINE, MISTAKEN, UPLINK, mistakes

ENGLISH, INDONESIAN = LanguageCode.ENGLISH, LanguageCode.INDONESIAN
HELPS = [["--help"], *([name, "--help"] for name in COMMANDS)]
REFUSED = [[], ["chek"], ["check", "--conect"], ["check", "--config"], ["check", "--verbose=3"], ["completion", "fish"]]
REFUSED += [["detect", "--seconds", "nan"], ["doctor", "--seconds", "-1"], ["init", "--seconds", "soon"]]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("SIAGA_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with contextlib.suppress(SystemExit):
        main(arguments)
    captured = capsys.readouterr()
    return captured.out + captured.err


def triples(text: str) -> set[str]:
    """Every three words in a row, however the lines break: what two languages can have in common is shorter."""
    prose = re.sub(r"^siaga-edge .*$", "", text.lower(), flags=re.MULTILINE)  # a command to copy
    prose = re.sub(r"`[^`]*`", "", re.sub(r"\s+", " ", prose))
    return set(re.findall(r"(?=\b([a-z]{2,} [a-z]{2,} [a-z]{2,})\b)", prose))


@pytest.mark.parametrize("arguments", [*HELPS, *REFUSED], ids=" ".join)
def test_a_help_and_a_refusal_of_the_command_are_in_one_language(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
):
    english = printed(["--language", "en", *arguments], capsys)
    indonesian = printed(["--language", "id", *arguments], capsys)
    assert english.startswith("usage: ")
    assert indonesian.startswith("cara pakai: ")
    assert triples(english) & triples(indonesian) == set()


@pytest.mark.parametrize(("text", "sentence"), MISTAKEN)
def test_a_mistake_in_the_settings_is_in_one_language(tmp_path: Path, text: str, sentence: str):
    for problem in mistakes(tmp_path, text):
        assert untranslated(problem) == []
        assert triples(problem) & triples(catalog_of(INDONESIAN).said(problem)) == set()


def untranslated(sentence: object) -> list[str]:
    """The parts of a message, and of those that fill it, that no catalog knows: form without translation, or prose."""
    if isinstance(sentence, LocalizedMessage):
        inner = [part for value in sentence.values.values() for part in untranslated(value)]
        has_words = re.search(r"[a-z]{2,}", re.sub(r"{\w+[^}]*}|sources\[", "", sentence.form))
        said = catalog_of(INDONESIAN).said(sentence)
        return [*inner, *([sentence.form] if has_words and said == sentence else [])]
    return [sentence] if isinstance(sentence, str) and triples(sentence) else []


ODD: tuple[object, ...] = (True, -5, 10**7, 0.5, "x y", "", [], [3], {}, {"a": 1}, float("nan"))


def tables(model: type[Settings]) -> Iterator[tuple[str, str]]:
    """(table, key) of all settings."""
    for name in model.model_fields:
        if name not in ("sources", "quantities", "outputs"):
            table = {"uplink": "uplink", "local_broker": "uplink"}.get(name, name)
            annotation = model.model_fields[table].annotation
            annotation = next(iter(get_args(annotation)), annotation)  # of a table that may be missing
            assert isinstance(annotation, type)
            assert issubclass(annotation, Settings)
            yield from ((name, key) for key in annotation.model_fields)


@pytest.mark.parametrize(("table", "key"), [*tables(EdgeSettings)])
def test_no_odd_value_of_a_setting_gets_words_of_a_library(tmp_path: Path, table: str, key: str):
    found = 0
    for value in ODD:
        for problem in problems_of(tmp_path, {"gateway": {"id": "gw-1"}, table: {**IDS.get(table, {}), key: value}}):
            assert untranslated(problem) == [], problem
            found += 1
    assert found > 2


@pytest.mark.parametrize("family", [*SERIAL_FAMILIES, *MQTT_DIALECTS])
def test_no_odd_value_of_a_source_gets_words_of_a_library(tmp_path: Path, family: str):
    options = (SERIAL_FAMILIES.get(family) or MQTT_DIALECTS[family]).options
    of_all = {"name", "sensor", "port", "baud", "topic", "sensor_level", "silent_s", "quantities"}
    keys = of_all | {option.name for option in options}
    for key in keys:
        for value in ODD:
            source = {"name": "a", "family": family, key: value}
            for problem in problems_of(tmp_path, {"gateway": {"id": "gw-1"}, "sources": [source]}):
                assert untranslated(problem) == [], problem


@pytest.mark.parametrize("key", OwnQuantity.model_fields)
def test_no_odd_value_of_a_quantity_gets_words_of_a_library(tmp_path: Path, key: str):
    found = 0
    for value in ODD:
        table = {"id": "leq", "unit": "dB[SPL]", key: value}
        for problem in problems_of(tmp_path, {"gateway": {"id": "gw-1"}, "quantities": [table]}):
            assert untranslated(problem) == [], problem
            found += 1
    assert found > 2


WHOLE_OUTPUTS: dict[type[Settings], dict[str, Any]] = {
    MqttOutput: {"kind": "mqtt", "topic": "a/siren"},
    LcusOutput: {"kind": "lcus", "port": "/dev/null"},
    ModbusOutput: {"kind": "modbus", "port": "/dev/null"},
    GpioOutput: {"kind": "gpio", "line": 17},
}


@pytest.mark.parametrize(("model", "key"), [(model, key) for model in WHOLE_OUTPUTS for key in model.model_fields])
def test_no_odd_value_of_an_output_gets_words_of_a_library(tmp_path: Path, model: type[Settings], key: str):
    found = 0
    for value in ODD:
        output = {"name": "a", **WHOLE_OUTPUTS[model], key: value}
        for problem in problems_of(tmp_path, {"gateway": {"id": "gw-1"}, "outputs": [output]}):
            assert untranslated(problem) == [], problem
            found += 1
    assert found > 2


IDS = {"gateway": {"id": "gw-1"}}


def problems_of(folder: Path, document: dict[str, Any]) -> list[str]:
    file = folder / "edge.toml"
    file.write_text(tomli_w.dumps(document))
    try:
        return list(check_file(file).warnings)
    except SettingsError as error:
        return error.problems


def test_the_locale_of_the_terminal_is_obeyed_and_each_wish_before_it(
    tmp_path: Path, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "edge.toml").write_text(GATEWAY + UPLINK + LINE)
    check = ["check", "--config", str(tmp_path / "edge.toml")]
    english = "edge.toml: no mistakes; gateway gw-1, 1 serial and 0 MQTT sources\n"
    english += "time: the machine's clock, once a time server has set it\n"
    indonesian = "edge.toml: tidak ada kesalahan; gateway gw-1, 1 sumber serial dan 0 sumber MQTT\n"
    indonesian += "waktu: jam mesin, setelah disetel oleh server waktu\n"
    assert printed(check, capsys) == english
    environment.setenv("LANG", "id_ID.UTF-8")
    assert printed(check, capsys) == indonesian
    environment.setenv("SIAGA_LANGUAGE", "en")
    assert printed(check, capsys) == english
    assert printed([*check, "--language", "id"], capsys) == indonesian


def test_a_variable_that_names_no_language_is_told(
    tmp_path: Path, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "edge.toml").write_text(GATEWAY + UPLINK + LINE)
    environment.setenv("SIAGA_LANGUAGE", "fr")
    environment.setenv("LC_ALL", "id_ID")
    assert main(["check", "--config", str(tmp_path / "edge.toml")]) == WELL
    assert capsys.readouterr().err == "peringatan: SIAGA_LANGUAGE: 'fr' bukan bahasa yang dikenal; tulis id atau en\n"


def test_what_a_service_writes_is_english_whatever_the_locale(
    tmp_path: Path, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    environment.setenv("LC_ALL", "id_ID.UTF-8")
    run = ["run", "--config", str(tmp_path / "edge.toml")]
    assert main(run) == MISTAKES
    assert "there is no such file" in capsys.readouterr().err
    assert main([*run, "--language", "id"]) == MISTAKES
    assert "berkas itu tidak ada" in capsys.readouterr().err


def test_a_spool_that_another_agent_has_is_told_in_both_languages(tmp_path: Path):
    with locked(tmp_path / "spool.db"), pytest.raises(SpoolLocked) as taken, locked(tmp_path / "spool.db"):
        raise AssertionError("it was locked")
    assert str(taken.value).startswith(f"another siaga-edge (process {os.getpid()}) uses ")
    assert (
        catalog_of(INDONESIAN).said(taken.value.problem).startswith(f"siaga-edge lain (proses {os.getpid()}) memakai ")
    )


def test_ctrl_c_while_a_broker_is_tried_leaves_no_traceback(tmp_path: Path, environment: pytest.MonkeyPatch):
    def pressed(_settings: EdgeSettings) -> Iterator[ConnectStep]:
        raise KeyboardInterrupt

    (tmp_path / "edge.toml").write_text(GATEWAY + UPLINK + LINE)
    environment.setattr("edge.connection.connection_steps", pressed)
    assert main(["check", "--connect", "--config", str(tmp_path / "edge.toml")]) == INTERRUPTED


def test_an_agent_that_runs_well_has_loaded_no_catalog(environment: pytest.MonkeyPatch):
    looked_for: list[str] = []
    find = gettext.find

    def recorded(domain: str, *given: Any, **more: Any) -> Any:
        found = find(domain, *given, **more)
        looked_for.extend([found] if isinstance(found, str) else found or [])
        return found

    environment.setattr(gettext, "find", recorded)
    catalog_of.cache_clear()
    assert parse(["run", "--config", "edge.toml"], INDONESIAN).command == "run"
    assert looked_for == []
    with pytest.raises(SystemExit):
        parse(["run", "--help"], INDONESIAN)
    assert looked_for


def test_the_words_of_the_command_leave_the_environment_as_it_was(environment: pytest.MonkeyPatch):
    environment.setenv("LANGUAGE", "fr")
    domain = gettext.textdomain()
    with pytest.raises(SystemExit):
        parse(["--help"], INDONESIAN)
    assert (os.environ["LANGUAGE"], gettext.textdomain()) == ("fr", domain)


class Screen(io.StringIO):
    """A terminal; `environment` says how wide."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_lines_of_its_width_and_whole_paths(environment: pytest.MonkeyPatch):
    environment.setenv("COLUMNS", "60")
    path = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0-which-is-longer-than-a-line"
    sentence = LocalizedMessage(
        "{key}: {port} does not exist; {found}", key="sources[0].port", port="'/dev/x'", found=path
    )
    screen, pipe = Screen(), io.StringIO()
    say([sentence], ENGLISH, screen)
    say([sentence], ENGLISH, pipe)
    first, *rest = screen.getvalue().splitlines()
    assert first == "sources[0].port: '/dev/x' does not exist;"
    assert rest == [f"  {path}"]
    assert pipe.getvalue() == f"{sentence}\n"


def test_steps_of_a_connection_stand_in_columns():
    said = LocalizedMessage("{node} takes connections", node="broker:1883")
    pipe = io.StringIO()
    say_step(ConnectStep(REACH, True, said), INDONESIAN, pipe)
    say_step(ConnectStep(CLOCK, False, said), INDONESIAN, pipe)
    assert pipe.getvalue().splitlines() == [
        "baik   sambung  broker:1883 menerima sambungan",
        "GAGAL  jam      broker:1883 menerima sambungan",
    ]


def test_an_example_of_json_is_refused_in_plain_indonesian(tmp_path: Path):
    (problem,) = mistakes(tmp_path, GATEWAY + JSON.replace("co2 =", "c02 ="))
    assert catalog_of(INDONESIAN).said(problem) == (
        "edge.toml: sources[0].values: 'c02' bukan besaran; maksud Anda co2?"
    )

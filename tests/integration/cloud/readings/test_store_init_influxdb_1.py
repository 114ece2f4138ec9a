"""A real InfluxDB 1.x is set up and checked by commands: least rights, any state it is found in, nothing made twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud.readings.administration.check import check_store
from cloud.readings.administration.init import init_store
from cloud.readings.administration.plan import Outcome, StoreInitError, StoreLogin, StorePlan, plan_of
from cloud.readings.settings import InfluxSettings
from runtime.connect_step import ConnectStep
from tests import loopback
from tests.servers import Program, free_port, influxd
from wire import BUILT_IN

PASSWORDS = {"admin": "the 'admin' \\ \"one\"", "grafana": "reads; 'only'", "cloud": "reads and\\writes"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("influxdb")
    program = influxd(folder, free_port())
    program.command = ["/usr/bin/env", "INFLUXDB_HTTP_AUTH_ENABLED=true", *program.command]
    with program:
        yield program


@pytest.fixture
def settings(server: Program, tmp_path: Path, request: pytest.FixtureRequest) -> InfluxSettings:
    """Of a database of the test's own, on a server whose administrator is there after the first test."""
    (tmp_path / "admin.password").write_text(PASSWORDS["admin"])
    (tmp_path / "grafana.password").write_text(f"{PASSWORDS['grafana']}\n")
    (tmp_path / "cloud.password").write_text(PASSWORDS["cloud"])
    database = f'db "{request.node.name[:20]}"'
    return InfluxSettings(
        url=f"http://127.0.0.1:{server.port}", database=database, username=f"cloud of {database}",
        password_file=tmp_path / "cloud.password",
    )  # fmt: skip


def _plan(settings: InfluxSettings, tmp_path: Path, retention_s: int | None = None) -> StorePlan:
    return plan_of(settings, tmp_path, retention_s=retention_s)


def _outcomes(plan: StorePlan) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for step in init_store(plan):
        found.setdefault(step.name, []).append(step.outcome)
    return found


def _status(plan: StorePlan, login: StoreLogin | None, *, write: bool) -> int:
    where = {"db": plan.database}
    auth = None if login is None else (login.name, login.password)
    if write:
        return loopback.post(f"{plan.url}/write", params=where, content=b"air pm10=1 1", auth=auth).status_code
    return loopback.get(f"{plan.url}/query", params={**where, "q": "SHOW MEASUREMENTS"}, auth=auth).status_code


def _ask(plan: StorePlan, statement: str) -> None:
    administrator = (plan.administrator.name, plan.administrator.password)
    answer = loopback.post(f"{plan.url}/query", data={"q": statement}, auth=administrator)
    assert "error" not in answer.text, answer.text


async def _check(settings: InfluxSettings) -> list[ConnectStep]:
    return [step async for step in check_store(settings, BUILT_IN)]


def test_a_fresh_server_gets_all_of_it_and_a_second_time_changes_nothing(settings: InfluxSettings, tmp_path: Path):
    plan = _plan(settings, tmp_path)
    first = _outcomes(plan)
    assert first["database"] == [Outcome.MADE]
    assert first["login"][0] is Outcome.MADE
    assert {step.outcome for step in init_store(plan)} == {Outcome.KEPT}


def test_each_login_may_do_what_it_must_and_no_more(settings: InfluxSettings, tmp_path: Path):
    plan = _plan(settings, tmp_path)
    _outcomes(plan)
    assert _status(plan, plan.writer, write=True) == 204
    assert _status(plan, plan.writer, write=False) == 200
    assert _status(plan, plan.reader, write=False) == 200
    assert _status(plan, plan.reader, write=True) == 403
    assert _status(plan, None, write=False) == 401


def test_rights_that_were_widened_and_passwords_that_were_changed_are_put_back(
    settings: InfluxSettings, tmp_path: Path
):
    plan = _plan(settings, tmp_path)
    _outcomes(plan)
    _ask(plan, 'CREATE DATABASE "other"')
    _ask(plan, "GRANT ALL PRIVILEGES TO grafana")
    _ask(plan, 'GRANT ALL ON "other" TO grafana')
    _ask(plan, "SET PASSWORD FOR grafana = 'another'")
    assert _status(replace(plan, database="other"), StoreLogin("grafana", "another"), write=True) == 204
    assert _outcomes(plan)["login"] == [Outcome.KEPT, Outcome.CHANGED]
    assert _status(replace(plan, database="other"), plan.reader, write=True) == 403
    assert _status(replace(plan, database="other"), plan.reader, write=False) == 403
    assert _status(plan, plan.reader, write=False) == 200
    assert _status(plan, plan.reader, write=True) == 403


def test_retention_is_changed_where_it_is_given_and_left_where_it_is_not(settings: InfluxSettings, tmp_path: Path):
    day_s = 86_400
    assert _outcomes(_plan(settings, tmp_path))["retention"] == [Outcome.KEPT]
    assert _outcomes(_plan(settings, tmp_path, 800 * day_s))["retention"] == [Outcome.CHANGED]
    assert _outcomes(_plan(settings, tmp_path, 800 * day_s))["retention"] == [Outcome.KEPT]
    assert _outcomes(_plan(settings, tmp_path))["retention"] == [Outcome.KEPT]
    assert _outcomes(_plan(settings, tmp_path, 0))["retention"] == [Outcome.CHANGED]


def test_another_administrators_password_is_one_sentence(settings: InfluxSettings, tmp_path: Path):
    _outcomes(_plan(settings, tmp_path))
    (tmp_path / "admin.password").write_text("of another day")
    with pytest.raises(StoreInitError, match="does not take the password of admin") as refused:
        _outcomes(_plan(settings, tmp_path))
    assert "of another day" not in str(refused.value)


async def test_a_store_that_is_as_it_should_be_is_said_to_be(settings: InfluxSettings, tmp_path: Path):
    _outcomes(_plan(settings, tmp_path))
    found = await _check(settings)
    assert [step.name for step in found] == ["version", "login", "read", "write", "retention", "types"]
    assert all(step.ok for step in found)
    assert found[0].said.startswith("InfluxDB 1.6.7")
    assert found[4].said == "readings are kept for ever"


async def test_short_retention_and_fields_of_another_type_are_told(settings: InfluxSettings, tmp_path: Path):
    plan = _plan(settings, tmp_path, 30 * 86_400)
    _outcomes(plan)
    assert plan.writer is not None
    line = b'air,sensor=x pm10="much",ours=1i\nsituation age_s=1i'
    login = (plan.writer.name, plan.writer.password)
    loopback.post(f"{plan.url}/write", params={"db": plan.database}, content=line, auth=login).raise_for_status()
    *_, retention, types = await _check(settings)
    assert retention.said.startswith("readings are kept 30 days; ")
    assert not types.ok
    assert "air.pm10 is string and not float" in types.said
    assert "situation.age_s is integer and not float" in types.said
    assert "air.ours" not in types.said


async def test_a_login_that_may_only_read_fails_at_writing(settings: InfluxSettings, tmp_path: Path):
    _outcomes(_plan(settings, tmp_path))
    reader = {"username": "grafana", "password_file": tmp_path / "grafana.password"}
    found = await _check(settings.model_copy(update=reader))
    assert [(step.name, step.ok) for step in found[-2:]] == [("read", True), ("write", False)]


async def test_a_database_that_is_not_there_fails_at_reading(settings: InfluxSettings, tmp_path: Path):
    _outcomes(_plan(settings, tmp_path))
    found = await _check(settings.model_copy(update={"database": "nowhere"}))
    assert (found[-1].name, found[-1].ok) == ("read", False)


async def test_nobody_at_the_address_is_said_at_the_first_step(tmp_path: Path):
    found = await _check(InfluxSettings(url=f"http://127.0.0.1:{free_port()}", database="siaga"))
    assert [(step.name, step.ok) for step in found] == [("version", False)]

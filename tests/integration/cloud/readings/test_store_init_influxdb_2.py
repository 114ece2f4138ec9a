"""InfluxDB 2 is set up by a command, on a simulation whose answers are those of a real 2.9.1."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.readings.administration.influxdb_2 import bucket_retention_s
from cloud.readings.administration.init import init_store
from cloud.readings.administration.plan import Outcome, StoreInitError, plan_of
from cloud.readings.settings import InfluxSettings
from tests.influxdb_2_simulated import SimulatedInfluxdb2

TOKEN = "administrators-token"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SimulatedInfluxdb2]:
    for name in ("admin.password", "grafana.password", "cloud.password"):
        (tmp_path / name).write_text(f"of {name}")
    (tmp_path / "admin.token").write_text(TOKEN)
    simulated = SimulatedInfluxdb2()
    threading.Thread(target=simulated.serve_forever, args=(0.05,), daemon=True).start()
    yield simulated
    simulated.shutdown()
    simulated.server_close()


@pytest.fixture
def by_login(server: SimulatedInfluxdb2, tmp_path: Path) -> InfluxSettings:
    return InfluxSettings(
        url=server.url, database="siaga", username="siaga-cloud", password_file=tmp_path / "cloud.password"
    )


@pytest.fixture
def by_token(server: SimulatedInfluxdb2, tmp_path: Path) -> InfluxSettings:
    return InfluxSettings(url=server.url, api="v2", org="siaga", bucket="siaga", token_file=tmp_path / "cloud.token")


def _outcomes(settings: InfluxSettings, folder: Path, retention_s: int | None = None) -> list[tuple[str, Outcome]]:
    return [(step.name, step.outcome) for step in init_store(plan_of(settings, folder, retention_s=retention_s))]


def _rights(server: SimulatedInfluxdb2, name: str) -> set[str]:
    (login,) = [row for row in server.logins if row["token"] == name]
    (bucket,) = [row for row in server.buckets if row["name"] == "siaga"]
    assert all(each["resource"]["id"] == bucket["id"] for each in login["permissions"])
    return {each["action"] for each in login["permissions"]}


def test_a_fresh_server_gets_all_of_it_and_a_second_time_changes_nothing(
    server: SimulatedInfluxdb2, by_login: InfluxSettings, tmp_path: Path
):
    made, kept = Outcome.MADE, Outcome.KEPT
    assert _outcomes(by_login, tmp_path) == [
        ("set-up", made), ("organisation", kept), ("bucket", kept), ("retention", kept), ("mapping", made),
        ("login", made), ("login", made),
    ]  # fmt: skip
    assert {outcome for _, outcome in _outcomes(by_login, tmp_path)} == {kept}
    assert (_rights(server, "siaga-cloud"), _rights(server, "grafana")) == ({"read", "write"}, {"read"})
    assert server.passwords == {"siaga-cloud": "of cloud.password", "grafana": "of grafana.password"}
    assert [(row["database"], row["default"]) for row in server.mappings] == [("siaga", True)]


def test_rights_that_were_widened_are_put_back_and_a_retention_is_changed_where_it_is_given(
    server: SimulatedInfluxdb2, by_login: InfluxSettings, tmp_path: Path
):
    _outcomes(by_login, tmp_path)
    (grafana,) = [row for row in server.logins if row["token"] == "grafana"]
    grafana["permissions"] = [*grafana["permissions"], {"action": "write", "resource": {"type": "buckets"}}]
    outcomes = _outcomes(by_login, tmp_path, 30 * 86_400)
    assert [outcome for name, outcome in outcomes if name in ("retention", "login")] == [
        Outcome.CHANGED, Outcome.KEPT, Outcome.CHANGED
    ]  # fmt: skip
    assert _rights(server, "grafana") == {"read"}
    assert bucket_retention_s(server.url, TOKEN, "siaga") == 30 * 86_400


def test_a_token_is_made_once_and_written_into_its_file_alone(
    server: SimulatedInfluxdb2, by_token: InfluxSettings, tmp_path: Path
):
    assert by_token.token_file is not None
    assert ("login", Outcome.MADE) in _outcomes(by_token, tmp_path)
    token = by_token.token()
    assert [each["action"] for each in server.tokens[token or ""]] == ["read", "write"]
    assert by_token.token_file.stat().st_mode & 0o077 == 0
    assert {outcome for _, outcome in _outcomes(by_token, tmp_path)} == {Outcome.KEPT}
    assert by_token.token() == token


def test_a_token_that_the_server_does_not_take_is_named_with_its_file(
    server: SimulatedInfluxdb2, by_token: InfluxSettings, tmp_path: Path
):
    _outcomes(by_token, tmp_path)
    assert by_token.token_file is not None
    by_token.token_file.write_text("of another day")
    with pytest.raises(StoreInitError, match=r"cloud\.token; delete the file"):
        _outcomes(by_token, tmp_path)


def test_a_database_that_is_mapped_onto_another_bucket_is_left_as_it_is(
    server: SimulatedInfluxdb2, by_login: InfluxSettings, tmp_path: Path
):
    _outcomes(by_login, tmp_path)
    server.mappings[0]["bucketID"] = "of another"
    with pytest.raises(StoreInitError, match="mapped onto another bucket than siaga"):
        _outcomes(by_login, tmp_path)


def test_what_belongs_to_another_day_is_one_sentence(
    server: SimulatedInfluxdb2, by_login: InfluxSettings, tmp_path: Path
):
    _outcomes(by_login, tmp_path)
    (tmp_path / "admin.token").write_text("of another day")
    with pytest.raises(StoreInitError, match=r"401: .*admin\.token is not a token of this server's administrator"):
        _outcomes(by_login, tmp_path)
    (tmp_path / "admin.token").unlink()
    with pytest.raises(StoreInitError, match="needs its administrator's token"):
        _outcomes(by_login, tmp_path)


def test_a_server_of_another_kind_is_not_touched(
    server: SimulatedInfluxdb2, by_login: InfluxSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tests.influxdb_2_simulated.VERSION", "3.4.0")
    with pytest.raises(StoreInitError, match=r"3\.4\.0 is an InfluxDB that this command does not set up"):
        _outcomes(by_login, tmp_path)
    assert server.organisations == []

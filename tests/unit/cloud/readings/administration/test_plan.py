"""The plan of a store: what is read from where, and what is said of a file that is not there."""

from pathlib import Path

import pytest

from cloud.readings.administration.plan import StoreInitError, plan_of, retention_of, retention_text
from cloud.readings.settings import InfluxSettings


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    for name in ("admin.password", "admin.token", "grafana.password", "cloud.password"):
        (tmp_path / name).write_text(f"of {name}\n")
    return tmp_path


def _v1(secrets: Path) -> InfluxSettings:
    return InfluxSettings(
        url="http://h:8086", database="siaga", username="siaga-cloud", password_file=secrets / "cloud.password"
    )


def test_everything_of_a_plan_comes_from_the_settings_and_the_folder(secrets: Path):
    plan = plan_of(_v1(secrets), secrets, retention_s=None)
    assert (plan.database, plan.bucket, plan.organisation, plan.retention_s) == ("siaga", "siaga", "siaga", None)
    assert plan.writer is not None
    assert (plan.writer.name, plan.writer.password) == ("siaga-cloud", "of cloud.password")
    assert (plan.reader.password, plan.administrator_token) == ("of grafana.password", "of admin.token")


def test_with_a_token_the_bucket_is_the_database_that_is_asked_unless_it_is_named(secrets: Path):
    settings = InfluxSettings(url="http://h:8086", api="v2", org="o", bucket="b", token_file=secrets / "token")
    plan = plan_of(settings, secrets, retention_s=0)
    assert (plan.database, plan.bucket, plan.organisation, plan.writer) == ("b", "b", "o", None)


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_a_secret_that_is_missing_or_empty_is_named(secrets: Path, text: str | None):
    file = secrets / "grafana.password"
    file.unlink() if text is None else file.write_text(text)
    with pytest.raises(StoreInitError, match=r"grafana\.password (cannot be read|is empty)"):
        plan_of(_v1(secrets), secrets, retention_s=None)


def test_a_cloud_without_a_login_is_told_to_name_one(secrets: Path):
    with pytest.raises(StoreInitError, match="username and password_file"):
        plan_of(InfluxSettings(url="http://h:8086", database="siaga"), secrets, retention_s=None)


@pytest.mark.parametrize(
    ("text", "seconds", "said"),
    [
        ("0", 0, "for ever"),
        ("36h", 129_600, "36 hours"),
        ("400d", 34_560_000, "400 days"),
        ("2w", 1_209_600, "14 days"),
    ],
)
def test_a_retention_is_read_and_said(text: str, seconds: int, said: str):
    assert retention_of(text) == seconds
    assert retention_text(seconds) == said


@pytest.mark.parametrize("text", ["", "soon", "-1d", "0d", "1y", "1.5d", "999999d", "INF", "10"])
def test_what_is_no_retention_is_refused_with_an_example(text: str):
    with pytest.raises(ValueError, match="400d"):
        retention_of(text)

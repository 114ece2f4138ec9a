"""What the demo says once it is ready."""

from pathlib import Path

import pytest

from cloud.access.login_code import LoginCode
from demo.people import People
from demo.welcome import CODE_FILE, Addresses, welcome
from i18n.catalog import catalog_of
from i18n.message import LocalizedMessage

PEOPLE = People(password="siaga-1a2b", token="siaga_x")


def said(folder: Path, language: str, **places: object) -> str:
    where = Addresses(console="http://127.0.0.1:8080", data=Path("var/demo"), folder=folder, **places)  # type: ignore[arg-type]
    return "\n".join(welcome(catalog_of(language), where, PEOPLE))


@pytest.mark.parametrize("language", ["en", "id"])
def test_it_names_three_addresses_and_three_things_to_try(tmp_path: Path, language: str):
    text = said(tmp_path, language, grafana="http://127.0.0.1:3000")
    for address in ("http://127.0.0.1:8080/login/code/", "http://127.0.0.1:8080/docs", "http://127.0.0.1:3000"):
        assert address in text
    for number in "123":
        assert f"\n  {number}. " in text
    assert f"/console/{language}/alarms" in text
    assert "siaga-1a2b" in text
    assert {"en": "Three things to try", "id": "Tiga hal untuk dicoba"}[language] in text


def test_its_link_logs_an_administrator_in_once(tmp_path: Path):
    code = said(tmp_path, "en").partition("/login/code/")[2].partition("[")[0]
    login = LoginCode(tmp_path / CODE_FILE)
    assert (login.redeem(code), login.redeem(code)) == ("administrator", None)


def test_without_grafana_it_says_why(tmp_path: Path):
    text = said(tmp_path, "en", why_no_grafana=LocalizedMessage("Grafana 9.5 is too old."))
    assert "Grafana 9.5 is too old." in text
    assert "3000" not in text

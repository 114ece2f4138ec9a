"""Two logins while a password is changed."""

from datetime import date

from cloud.broker.logins import (
    Login,
    description_of_old,
    description_of_one_time,
    ended,
    in_order,
    next_name,
    one_time_name,
    owner_of,
)

TODAY = date(2026, 11, 28)


def test_a_logins_owner_is_known_by_its_name():
    assert [owner_of(name) for name in ("gw-daruba", "gw-daruba.2", "gw-daruba.17", "gw-2")] == [
        "gw-daruba", "gw-daruba", "gw-daruba", "gw-2",
    ]  # fmt: skip


def test_the_next_login_is_numbered_after_the_newest():
    assert next_name("gw", []) == "gw"
    assert next_name("gw", [Login("gw")]) == "gw.2"
    assert next_name("gw", [Login("gw.10"), Login("gw.9")]) == "gw.11"
    assert [login.username for login in in_order([Login("gw.10"), Login("gw"), Login("gw.9")])] == [
        "gw", "gw.9", "gw.10",
    ]  # fmt: skip


def test_an_old_login_ends_when_the_newest_was_used():
    logins = [Login("gw", description_of_old("gw.2", None)), Login("gw.2")]
    assert ended(logins, used="", today=TODAY) == []
    assert ended(logins, used="gw", today=TODAY) == []
    assert ended(logins, used="gw.2", today=TODAY) == [logins[0]]


def test_an_old_login_with_a_day_ends_on_it_and_not_before():
    logins = [Login("gw", description_of_old("gw.2", date(2026, 12, 5))), Login("gw.2")]
    assert ended(logins, used="gw.2", today=TODAY) == []
    assert ended(logins, used="", today=date(2026, 12, 5)) == [logins[0]]


def test_the_one_time_login_of_a_bundle_ends_when_a_lasting_one_was_used_or_on_its_day():
    assert one_time_name("gw") == "gw.0"
    assert owner_of("gw.0") == "gw"
    one_time = Login("gw.0", description_of_one_time("gw", date(2026, 12, 13)))
    assert one_time.description == "ends when gw was used, or on 2026-12-13"
    logins = [Login("gw"), one_time]
    assert in_order(logins)[-1].username == "gw"
    assert ended(logins, used="", today=TODAY) == []
    assert ended(logins, used="gw.0", today=TODAY) == []
    assert ended(logins, used="gw", today=TODAY) == [one_time]
    assert ended(logins, used="", today=date(2026, 12, 13)) == [one_time]
    assert next_name("gw", logins) == "gw.2"


def test_a_login_between_two_others_ends_with_the_one_after_it():
    logins = [
        Login("gw", description_of_old("gw.2", None)),
        Login("gw.2", description_of_old("gw.3", None)),
        Login("gw.3"),
    ]
    assert ended(logins, used="gw.2", today=TODAY) == logins[:1]
    assert ended(logins, used="gw.3", today=TODAY) == logins[:2]

"""One gateway's care in words."""

from zoneinfo import ZoneInfo

import pytest

from cloud.care.commands import AskedCommand, CommandState
from cloud.console.view_models.fleet import LevelWords
from cloud.console.view_models.gateway_care import (
    DOES,
    LONGEST_ANSWER,
    command_view,
    reported_words,
    wanted_settings_of,
)
from cloud.gateways.desired_config import WantedConfig
from i18n.catalog import catalog_of
from wire.city_settings import BY_HAND, CITYS
from wire.gateway_config import ConfigReport, ConfigState

EN, ID = catalog_of("en"), catalog_of("id")
WANTED = WantedConfig(8, {"uplink": {"batch_s": 60}, "outputs": {"siren": {"test": "mon 09:00"}}}, "")


def test_every_setting_that_people_may_set_is_offered_in_the_words_of_the_wire():
    assert {(field.part, field.key): field.does for field in CITYS if field.part in BY_HAND} == DOES


def test_settings_are_shown_by_the_names_that_set_them_with_what_they_do():
    batch, test = wanted_settings_of(ID, WANTED)
    assert (batch.key, batch.value, batch.does) == (
        "uplink.batch_s",
        "60",
        "berapa lama data dikumpulkan sebelum dikirim",
    )
    assert (test.key, test.value) == ("outputs.siren.test", '"mon 09:00"')
    assert wanted_settings_of(EN, None) == ()
    (unknown,) = wanted_settings_of(EN, WantedConfig(1, {"uplink": {"warp": 9}}, ""))
    assert unknown.does == "", "of another version's registry"


@pytest.mark.parametrize(
    ("wanted", "report", "words"),
    [
        (WANTED, None, "It has reported nothing yet."),
        (WANTED, ConfigReport(1, 8, 8, ConfigState.IN_FORCE), "Revision 8 is in force."),
        (WANTED, ConfigReport(1, 8, 7, ConfigState.TRYING), "Revision 8 is on trial; 7 was in force before."),
        (WANTED, ConfigReport(1, 8, 7, ConfigState.REFUSED, "no {such} key"),
         "Revision 8 was refused, 7 is in force: no {such} key"),
        (WANTED, ConfigReport(1, 7, 6, ConfigState.ROLLED_BACK, "no ack"),
         "Revision 8 waits for the gateway. Revision 7 was rolled back, 6 is in force: no ack"),
        (None, ConfigReport(1, 0, 0, ConfigState.IN_FORCE), "The city wants nothing: its edge.toml holds."),
    ],
)  # fmt: skip
def test_what_became_of_it_is_a_sentence(wanted: WantedConfig | None, report: ConfigReport | None, words: str):
    assert reported_words(EN, wanted, report) == words


def test_an_answer_is_shown_as_it_stands_and_no_longer_than_a_page_can_bear():
    asked = AskedCommand("k", "gw-1", "restart_source", "river", "ani", 1_764_000_000_000, CommandState.DONE,
                         answer=b'{"a":[1,2]}')  # fmt: skip
    view = command_view(ID, asked, ZoneInfo("Asia/Jayapura"))
    assert (view.what, view.state) == ("Mulai ulang sumber: river", LevelWords("selesai"))
    assert view.who.endswith("WIT · ani")
    assert '"a": [' in view.answer
    long = AskedCommand("k", "gw-1", "diagnostics", "", "ani", 0, CommandState.DONE, answer=b'"' + b"x" * 30_000 + b'"')
    assert len(command_view(EN, long, ZoneInfo("UTC")).answer) <= LONGEST_ANSWER + 2
    assert command_view(EN, AskedCommand("k", "g", "ping", "", "a", 0), ZoneInfo("UTC")).answer == ""

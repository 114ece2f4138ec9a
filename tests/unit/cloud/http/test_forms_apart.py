"""The forms of the console, by an administrator of one site, with what stands at another: as with what is nowhere.

Every action of every page stands in FORMS or in NAMES_NOTHING, so a new form cannot come without a decision.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from lxml import html as lxml_html

from cloud.access.principal import Role
from cloud.console.framed import pages_of
from cloud.console.settings import ConsoleSettings
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import Browser, asked
from tests.unit.cloud.http.two_sites import FOREIGN, MARK, OWN, all_alarms, two_sites

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOWHERE, NO_NUMBER = "yulu", 999
UNTIL = "2099-11-24T10:00"
Form = tuple[str, str, str, dict[str, Any]]
"""Page, its address, the action, the fields; {alarm}, {window} … become a number of the other site, or of nothing."""
_ALARM: dict[str, dict[str, Any]] = {
    "acknowledge": {"word": "a"},
    "assign": {"person": "a"},
    "shelve": {"word": "a", "for": "1h"},
    "unshelve": {"word": "a"},
    "tick": {"step": 1},
}
_ZULU_RULE = "thresholds/zulu-dust/sensor:zulu-air"
FORMS: list[Form] = [
    *(("alarms", "alarms", action, {"alarm": "{alarm}", **fields}) for action, fields in _ALARM.items()),
    *(("alarms/{id}", "alarms/{alarm}", action, {"alarm": "{alarm}", **fields}) for action, fields in _ALARM.items()),
    ("sites/{id}", "sites/zulu-site", "add-note", {"note": "a"}),
    ("sites/{id}", "sites/zulu-site", "add-photo", {"caption": "a"}),
    *(("sites/{id}", "sites/zulu-site", f"{act}-{kind}", {"id": 1})
      for act in ("remove", "restore") for kind in ("note", "photo")),
    ("sites/{id}", "sites/zulu-site", "withdraw-reading", {"id": 1}),
    ("maintenance", "maintenance", "plan", {"where": "site:zulu-site", "until": UNTIL, "reason": "a"}),
    ("maintenance", "maintenance", "plan", {"where": "zulu-river", "until": UNTIL, "reason": "a"}),
    ("maintenance", "maintenance", "end", {"window": "{window}"}),
    ("sites/{id}/reading", f"sites/{FOREIGN}/reading", "enter",
     {"key": "0123456789abcdef0123456789abcdef", "series": "zulu-river/water_level", "value": "90", "ago": 0}),
    ("sites/{id}/reading", f"sites/{OWN}/reading", "enter",
     {"key": "0123456789abcdef0123456789abcdef", "series": "zulu-river/water_level", "value": "90", "ago": 0}),
    ("facts", "facts", "record", {"of": "zulu-river", "what": "mounting_height_cm", "value": "4", "reason": "a"}),
    ("facts", "facts", "record", {"of": "own-river", "what": "site", "value": "zulu-site", "reason": "a"}),
    ("facts", "facts", "record", {"of": "own-river", "what": "gateway", "value": "zulu-gw", "reason": "a"}),
    ("facts", "facts", "correct", {"fact": "{fact}", "value": "1", "reason": "a"}),
    ("facts", "facts", "undo", {"fact": "{fact}", "reason": "a"}),
    ("fleet/{id}", "fleet/zulu-gw", "set", {"key": "uplink.batch_s", "value": "9", "reason": "a"}),
    ("fleet/{id}", "fleet/zulu-gw", "ask", {"command": "ping"}),
    ("refused", "refused", "replay_alike", {"gateway": "zulu-gw", "reason": "unknown_sensor", "word": "a"}),
    ("refused", "refused", "discard_alike", {"gateway": "zulu-gw", "reason": "unknown_sensor", "word": "a"}),
    ("refused/{id}", "refused/{letter}", "replay", {"letter": "{letter}"}),
    ("refused/{id}", "refused/{letter}", "discard", {"letter": "{letter}", "word": "a"}),
    ("thresholds/new", "thresholds/new", "begin",
     {"place": "sensor:zulu-air", "title": "A", "quantity": "pm2_5", "kind": "above"}),
    ("thresholds/file", "thresholds/file", "compare",
     {"text": '[[rules]]\nfamily = "zulu-dust"\nscope = "sensor:zulu-air"\nfor_s = 9.0\n'}),
    ("thresholds/file", "thresholds/file", "apply",
     {"text": '[[rules]]\nfamily = "zulu-dust"\nscope = "site:zulu-site"\nfor_s = 9.0\n', "seen": 1, "reason": "a"}),
    ("thresholds/{family}/{scope}", _ZULU_RULE, "save", {"do": "save", "reason": "a", "seen": 1}),
    ("thresholds/{family}/{scope}", _ZULU_RULE, "undo", {"reason": "a", "seen": 1}),
    ("registry", "registry", "undo", {"change": "{change}", "reason": "a"}),
    ("registry/new/{kind}", "registry/new/gateways", "add", {"id": "new", "name": "New", "site": "zulu-site"}),
    ("registry/new/{kind}", "registry/new/sensors", "add",
     {"id": "new", "name": "New", "site": OWN, "gateway": "zulu-gw", "quantities": "pm2_5"}),
    *(("registry/{kind}/{id}", f"registry/{kind}/{name}", action, {"name": "Mine", "reason": "a"})
      for kind, name in (("sites", FOREIGN), ("gateways", "zulu-gw"), ("sensors", "zulu-river"))
      for action in ("change", "retire", "restore")),
    ("registry/{kind}/{id}", "registry/sensors/own-river", "change", {"site": "zulu-site", "reason": "a"}),
    ("registry/{kind}/{id}", "registry/sensors/own-river", "change", {"twin": "zulu-river", "reason": "a"}),
    ("registry/{kind}/{id}", "registry/sensors/zulu-river", "replace", {"serial": "B-03", "device_reason": "a"}),
    ("registry/{kind}/{id}", "registry/sensors/zulu-river", "move", {"move_site": OWN, "move_reason": "a"}),
    ("registry/{kind}/{id}", "registry/sensors/own-river", "move", {"move_site": "zulu-site", "move_reason": "a"}),
    ("registry/{kind}/{id}", "registry/sensors/own-river", "move", {"move_gateway": "zulu-gw", "move_reason": "a"}),
    ("people", "people", "add", {"name": "new", "password": "a river that rises", "role": "viewer", "sites": FOREIGN}),
    ("people", "people", "change", {"name": "zulu-user", "role": "viewer", "sites": OWN}),
    ("people", "people", "disable", {"name": "zulu-user"}),
    ("people", "people", "enable", {"name": "zulu-user"}),
    ("people", "people", "reset_totp", {"name": "zulu-user"}),
    ("people", "people", "make_token", {"name": "t", "role": "viewer", "days": 9, "sites": FOREIGN}),
    ("people", "people", "revoke_token", {"token": "{token}"}),
]  # fmt: skip
NAMES_NOTHING = {
    ("", "story"), ("duty", "add"), ("duty", "remove"), ("duty", "hand-over"), ("duty", "read"),
    ("backups", "make"), ("backups", "verify"),
    *(("rollouts", action) for action in ("start", "stop", "go-on")),
    ("health", "test_alarm"), *(("channels", action) for action in ("add", "test", "undo")),
    *(("channels/{name}", action) for action in ("change", "use", "put_on_trial", "retire", "restore", "test", "undo")),
    *(("registry/files", action) for action in ("compare", "take_over", "forget")),
}  # fmt: skip
"""Of the whole city: backups, rollouts, duty, notes, channels, stories; files, of whose rows test_files.py speaks."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Morotai]:
    """The city of two sites; no form here changes anything."""
    async with two_sites(tmp_path_factory.mktemp("sites")) as city:
        yield city


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(city: Morotai) -> AsyncIterator[Browser]:
    """An administrator of one of them."""
    async with asked(city, Role.ADMINISTRATOR, sites=[OWN]) as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def numbers(city: Morotai) -> dict[str, int]:
    """What the other site has, by number."""
    letters, tokens = await city.dead_letters.page(), await city.access.tokens.all()
    changes = await city.platform.editing.changes(sites=frozenset([FOREIGN]))
    windows = await city.platform.maintenance.windows()
    return {
        "alarm": next(alarm.id for alarm in await all_alarms(city) if alarm.site == FOREIGN),
        "window": next(window.id for window in windows if window.site == FOREIGN),
        "fact": next(fact.id for fact in city.registry.facts.all() if fact.subject == "sensor:zulu-river"),
        "letter": letters[0].id,
        "change": changes[0][0].id,
        "token": next(token.id for token in tokens if token.name == "zulu-token"),
    }


async def test_every_form_of_every_page_is_decided(city: Morotai):
    forms = {(page.place, action) for page in pages_of(city.platform, ConsoleSettings()) for action in page.actions}
    assert forms == {(page, action) for page, _path, action, _fields in FORMS} | NAMES_NOTHING


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form[1]} {form[2]} {' '.join(form[3])}")
async def test_a_form_that_names_what_is_at_another_site_is_answered_as_if_it_were_nowhere(
    browser: Browser, city: Morotai, numbers: dict[str, int], form: Form
):
    before = await everything(city)
    csrf = (await browser.open("/console/en/duty")).csrf
    answers = []
    for there in (True, False):
        filling = numbers if there else dict.fromkeys(numbers, NO_NUMBER)
        path, *fields = (filled(text, filling, there=there) for text in (form[1], *map(str, form[3].values())))
        sent = dict(zip(form[3], fields, strict=True)) | {"csrf": csrf, "back": "/console/en/duty"}
        answer = await browser.client.post(f"/console/en/{path}/{form[2]}", data=sent)
        answers.append((answer.status_code, alike(answer.text)))
    assert MARK not in answers[1][1]
    assert answers[0][0] == answers[1][0] < 500
    assert answers[0][1].replace(MARK, NOWHERE) == answers[1][1]
    assert await everything(city) == before


def filled(text: str, numbers: dict[str, int], *, there: bool) -> str:
    for name, number in numbers.items():
        text = text.replace(f"{{{name}}}", str(number))
    return text if there else text.replace(MARK, NOWHERE)


def alike(text: str) -> str:
    """What a page says, without numbers."""
    return " ".join(re.sub(r"\d+", "#", lxml_html.fromstring(text).text_content().casefold()).split()) if text else ""


async def everything(city: Morotai) -> tuple[object, ...]:
    """What forms could change."""
    registry = city.registry
    return (
        [registry.registered(kind) for kind in ("sites", "gateways", "sensors")],
        list(registry.facts.all()),
        city.rule_store.versions(),
        await all_alarms(city),
        await city.platform.maintenance.windows(),
        [letter.id for letter in await city.dead_letters.page()],
        await city.access.users.all(),
        [(token.id, token.revoked_ms) for token in await city.access.tokens.all()],
    )

"""The rule that `siaga-edge install` writes for polkit, run by Node as polkit would run it."""

import json
import subprocess

import pytest

from edge.installation.plan import MODEM_RULES, text_of
from tests.servers import require

_POLKIT = 'var rules = []; var polkit = { Result: { YES: "yes" }, addRule: function (rule) { rules.push(rule); } };\n'


@pytest.mark.parametrize(
    ("action", "user", "result"),
    [
        ("org.freedesktop.ModemManager1.Messaging", "siaga", "yes"),
        ("org.freedesktop.ModemManager1.Device.Control", "siaga", "yes"),
        ("org.freedesktop.ModemManager1.Voice", "siaga", None),
        ("org.freedesktop.login1.reboot", "siaga", None),
        ("org.freedesktop.ModemManager1.Messaging", "pi", None),
    ],
)
def test_the_service_may_send_sms_and_ask_for_the_signal_and_nobody_else_gains_anything(action, user, result):
    asked = (
        f"console.log(JSON.stringify(rules[0]({json.dumps({'id': action})}, {json.dumps({'user': user})}) || null));"
    )
    script = _POLKIT + text_of(MODEM_RULES) + asked
    said = subprocess.run([require("node"), "-e", script], capture_output=True, text=True, check=True)
    assert json.loads(said.stdout) == result

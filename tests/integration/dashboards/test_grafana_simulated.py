"""The stand-in for Grafana, held to what a real one answered to the same calls."""

from typing import Any

import pytest

from tests.grafana_calls import CALLS, answers, recorded
from tests.grafana_simulated import (
    ADMIN_TOKEN,
    DISABLED_TOKEN,
    EXPIRED_TOKEN,
    TOKEN,
    VIEWER_TOKEN,
    SimulatedGrafana,
)

TOKENS = {
    "viewer": VIEWER_TOKEN,
    "editor": TOKEN,
    "admin": ADMIN_TOKEN,
    "expired": EXPIRED_TOKEN,
    "disabled": DISABLED_TOKEN,
    "wrong": "glsa_wrong",
    "nobody": "",
}


def simulated() -> list[dict[str, Any]]:
    """Its answers to all calls, from the state in which the real one was asked."""
    grafana = SimulatedGrafana()
    grafana.folders["siaga-files"] = {"id": 1, "uid": "siaga-files", "title": "Files"}
    site = {"uid": "siaga-id-site", "title": "Lokasi", "tags": ["siaga"], "id": 1, "version": 1}
    grafana.dashboards["siaga-id-site"] = site
    grafana.places["siaga-id-site"] = "siaga-files"
    grafana.provisioned.add("siaga-id-site")

    def ask(method: str, path: str, body: Any, who: str) -> tuple[int, Any]:
        return grafana.answer(method, f"/api{path}", body, TOKENS[who])

    return list(answers(ask, grafana.hidden.add, grafana.remembered.clear))


def test_every_call_was_recorded():
    assert [row["call"] for row in recorded()] == [call.name for call in CALLS if call.who != "harness"]


@pytest.mark.parametrize(
    ("simulated", "real"), list(zip(simulated(), recorded(), strict=True)), ids=lambda row: row["call"]
)
def test_the_stand_in_answers_as_grafana_did(simulated, real):
    assert simulated == real

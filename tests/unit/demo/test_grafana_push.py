"""The data source that the demo makes in a Grafana that runs already: only its own, and only as far as it may."""

import json
from typing import Any

import httpx
import pytest

from demo.grafana_push import OURS, PushRejected, provide_datasource

FORBIDDEN = {"message": "You'll need additional permissions to perform this action."}  # as Grafana 12.2 answers


def asked(answers: dict[str, tuple[int, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """What is written to a Grafana that gives these answers by method."""
    written: list[tuple[str, dict[str, Any]]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            written.append((f"{request.method} {request.url.path}", json.loads(request.content)))
        status, body = answers[request.method]
        return httpx.Response(status, json=body)

    with httpx.Client(base_url="http://127.0.0.1:3000", transport=httpx.MockTransport(answer)) as client:
        provide_datasource(client, influx_url="http://127.0.0.1:18086", password="of the reader")
    return written


def test_one_is_made_where_there_is_none():
    ((path, made),) = asked({"GET": (404, {"message": "Data source not found"}), "POST": (200, {})})
    assert path == "POST /api/datasources"
    assert (made["uid"], made["url"], made["user"]) == ("siaga-influxdb", "http://127.0.0.1:18086", "grafana")
    assert made["secureJsonData"] == {"password": "of the reader"}
    assert made["jsonData"]["dbName"] == "siaga"


def test_the_demo_s_own_is_moved_to_this_start_s_influxdb():
    own = {"url": "http://127.0.0.1:1", "jsonData": {OURS: True}}
    ((path, made),) = asked({"GET": (200, own), "PUT": (200, {})})
    assert (path, made["url"]) == ("PUT /api/datasources/uid/siaga-influxdb", "http://127.0.0.1:18086")


@pytest.mark.parametrize("settings", [None, {}, {"dbName": "siaga"}])
def test_a_real_city_s_is_left_alone(settings: dict[str, Any] | None):
    with pytest.raises(
        PushRejected, match=r"shows another Siaga: its data source siaga-influxdb leads to http://influx:8086"
    ):
        asked({"GET": (200, {"url": "http://influx:8086", "jsonData": settings})})


def test_who_may_not_make_one_is_told_which_token_may():
    with pytest.raises(PushRejected, match="role Admin, and name its file: make demo GRAFANA=URL TOKEN_FILE=FILE"):
        asked({"GET": (403, FORBIDDEN), "POST": (403, FORBIDDEN)})
    with pytest.raises(PushRejected, match="administrator's token"):
        asked({"GET": (401, {"message": "Unauthorized"})})


def test_what_is_no_grafana_is_one_sentence():
    with pytest.raises(PushRejected, match="answered 502; look at its log"):
        asked({"GET": (502, {})})

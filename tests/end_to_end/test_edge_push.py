"""A gateway that listens: an agent of its own process, devices that push to it, and a change of its settings."""

import http.client
import signal
from pathlib import Path

from firmware_bridge.dialects import sensor_community
from tests.servers import free_port, listens, siaga_edge, wait_until


def post(port: int, body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/push-sensor-data/", body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_an_agent_listens_where_its_settings_say_and_nowhere_else(tmp_path: Path):
    first, second = free_port(), free_port()
    settings = tmp_path / "edge.toml"
    text = (
        f'[gateway]\nid = "gw-1"\n[uplink]\nport = {free_port()}\n[clock]\ntrust_system = true\n'
        '[[sources]]\nname = "air"\nfamily = "airrohr"\nlisten = "127.0.0.1:{port}"\n'
        'channels = { "esp8266-1" = "air-1" }\n'
    )
    settings.write_text(text.replace("{port}", str(first)))
    body = sensor_community.build({"SDS_P1": 15.23}, device="1")
    with siaga_edge(tmp_path, settings) as agent:
        wait_until(lambda: listens(first), "the agent listens")
        assert [post(first, body), post(first, b"{}")] == [201, 400]
        assert post(first, sensor_community.build({"SDS_P1": 15.23}, device="2")) == 403
        settings.write_text(text.replace("{port}", str(second)))
        agent.signal(signal.SIGHUP)
        wait_until(lambda: listens(second) and not listens(first), "the agent listens on the other port alone")
        assert post(second, body) == 201
        assert agent.stop() == 0
    assert not listens(second)

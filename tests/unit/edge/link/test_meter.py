"""So many kilobits a second, and not one more on the whole."""

import pytest

from edge.link.meter import HEADERS_BYTES, MQTT_BYTES, TLS_BYTES, Meter, bytes_on_the_link


def test_a_second_is_saved_and_the_last_message_is_on_credit():
    meter = Meter(16.0, now_s=100.0)
    assert meter.is_free(now_s=100.0)
    meter.spend(2_500, now_s=100.0)
    assert not meter.is_free(now_s=100.0)
    assert meter.free_at_s() == pytest.approx(100.25, abs=0.01)
    assert not meter.is_free(now_s=100.24)
    assert meter.is_free(now_s=meter.free_at_s())
    meter.spend(2_000, now_s=500.0)
    assert not meter.is_free(now_s=500.0)


def test_without_a_limit_all_is_free():
    meter = Meter(0.0, now_s=0.0)
    meter.spend(1e12, now_s=0.0)
    assert meter.is_free(now_s=0.0)
    assert meter.free_at_s() == 0.0


def test_what_headers_and_answers_add():
    plain = bytes_on_the_link(1, 1_400, tls=False)
    assert plain == 1_400 + MQTT_BYTES + 4 * HEADERS_BYTES
    assert bytes_on_the_link(2, 2_800, tls=True) == 2 * (plain + TLS_BYTES)

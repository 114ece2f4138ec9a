"""What tests believe of their receivers: only what came whole is accepted."""

import socket

from tests import loopback
from tests.receivers import Answer, HttpReceiver
from tests.servers import wait_until

HEAD = b"POST /hook HTTP/1.1\r\nHost: hook.test\r\nIdempotency-Key: a\r\nContent-Length: 20\r\n\r\n"


def test_the_truncated_post_of_a_killed_client_is_not_accepted_and_uses_up_no_answer():
    with HttpReceiver([Answer(503)]) as web:
        with socket.create_connection(("127.0.0.1", web.port)) as client:
            client.sendall(HEAD + b'{"alarms": ')
        wait_until(lambda: web.deliveries, "the truncated message arrives")
        assert web.accepted == []
        assert loopback.post(web.url, content=b"{}").status_code == 503
        assert loopback.post(web.url, content=b"{}", headers={"Idempotency-Key": "b"}).status_code == 200
        assert web.keys() == ["b"]

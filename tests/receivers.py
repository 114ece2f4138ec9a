"""Where notifications arrive in tests: real servers on the loopback that log each delivery with its key and time.

with HttpReceiver() as hook:  …;  hook.deliveries[0].key        with SmtpReceiver() as mail:  …;  mail.deliveries[0].key
`answers` are given in turn, then every one is accepted: HttpReceiver(answers=[Answer(503), Answer(429, wait_s="2")])
"""

import threading
import time
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.servers import free_port


class Delivery(NamedTuple):
    """Something that arrived: `accepted`: it came whole and was taken; `key` is the Idempotency-Key or Message-ID."""

    at: float
    key: str
    accepted: bool
    path: str
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """What to answer once: after `slow_s`; `wait_s` becomes Retry-After."""

    status: int = 200
    wait_s: str = ""
    body: bytes = b"{}"
    slow_s: float = 0.0


class _Log:
    """What arrived, from any thread."""

    def __init__(self, answers: Sequence[Any]) -> None:
        self._lock = threading.Lock()
        self._deliveries: list[Delivery] = []
        self._answers = list(answers)

    @property
    def deliveries(self) -> list[Delivery]:
        with self._lock:
            return list(self._deliveries)

    @property
    def accepted(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.accepted]

    def keys(self) -> list[str]:
        """The keys of all that was accepted, in order of arrival, repetitions included."""
        return [delivery.key for delivery in self.accepted]

    def plan(self, *answers: Any) -> None:
        with self._lock:
            self._answers.extend(answers)

    def _next_answer(self, otherwise: Any) -> Any:
        with self._lock:
            return self._answers.pop(0) if self._answers else otherwise

    def _record(self, delivery: Delivery) -> None:
        with self._lock:
            self._deliveries.append(delivery)


class HttpReceiver(_Log):
    """A webhook's receiver, or Telegram as far as a bot meets it."""

    def __init__(self, answers: Sequence[Answer] = (), *, port: int | None = None) -> None:
        super().__init__(answers)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                is_whole = len(body) == length  # a client that is killed in the middle leaves less
                answer = receiver._next_answer(Answer()) if is_whole else Answer(400)
                key = self.headers.get("Idempotency-Key", "")
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver._record(Delivery(time.time(), key, answer.status < 300, self.path, headers, body))
                if not is_whole:
                    self.close_connection = True
                    return
                time.sleep(answer.slow_s)
                self.send_response(answer.status)
                if answer.wait_s:
                    self.send_header("Retry-After", answer.wait_s)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                """Nothing: the test prints what it needs."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                """A client that was killed in the middle is what these tests are about."""

        self.port = free_port() if port is None else port
        self._server = Server(("127.0.0.1", self.port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class SmtpReceiver(_Log):
    """A mail server; `answers` are SMTP replies such as "451 try later". With `context` it speaks STARTTLS only."""

    def __init__(
        self, answers: Sequence[str] = (), *, port: int | None = None, context: Any = None,
        login: tuple[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(answers)
        self.port = free_port() if port is None else port
        secure: dict[str, Any] = {}
        if context is not None:
            secure = {"tls_context": context, "require_starttls": True}
        if login is not None:
            secure |= {"authenticator": _Login(login), "auth_required": True}
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, server_hostname="mail.test", **secure
        )  # fmt: skip

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        reply = self._next_answer("250 OK, kept")
        mail = message_from_bytes(envelope.content, policy=policy.default)
        headers = {name.lower(): str(value) for name, value in mail.items()}
        key = headers.get("message-id", "")
        accepted = reply.startswith("2")
        self._record(Delivery(time.time(), key, accepted, ",".join(envelope.rcpt_tos), headers, envelope.content))
        return str(reply)

    def mail(self, number: int) -> EmailMessage:
        """One of the accepted mails, read."""
        found = message_from_bytes(self.accepted[number].body, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


class _Login:
    def __init__(self, login: tuple[str, str]) -> None:
        self._login = login

    def __call__(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        name, password = given.login.decode(), given.password.decode()
        return AuthResult(success=(name, password) == self._login, handled=False)

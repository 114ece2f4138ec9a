"""Every operation of the API, asked what its own schema allows and what it does not: no answer is a mistake of ours.

schemathesis reads /openapi.json of a real server and invents the questions; each operation gets a few in the tests, and
thousands in the proofs. After all of them the server does well, and so says health.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.generation import GenerationMode

from tests.end_to_end.test_console import console_in
from tests.servers import Program, free_port
from tests.unit.cloud.console.served import PASSWORD

schemathesis.serializer.alias("application/toml", "text/plain")  # a city file is text, of which it knows no more

ENDS_THE_LOGIN = {"DELETE /api/v1/tokens/{token_id}"}
"""What may take away the token that asks."""
TAKES_LONG = {"POST /api/v1/channels/{name}/test"}
"""What waits for a channel."""


@schemathesis.serializer("application/toml", "text/csv")
def _file(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """Files are sent as they are."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with console_in(tmp_path_factory.mktemp("schema"), free_port()) as program:
        yield program


def bearer_of(served: Program) -> dict[str, str]:
    """A token that may do everything, made by the administrator."""
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}/api/v1", timeout=60) as client:
        csrf = client.post("/session", json={"name": "administrator", "password": PASSWORD}).json()["csrf"]
        new = {"name": f"fuzz-{free_port()}", "role": "administrator"}
        made = client.post("/tokens", json=new, headers={"X-CSRF-Token": csrf})
        return {"Authorization": f"Bearer {made.json()['secret']}"}


def ask_everything(served: Program, *, examples: int) -> dict[str, int]:
    """Ask `examples` questions of each kind of every operation; how many there were of each."""
    asked: dict[str, int] = {}
    address = f"http://127.0.0.1:{served.port}"
    with httpx.Client(base_url=address, headers=bearer_of(served), timeout=60) as client:
        schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.label in ENDS_THE_LOGIN | TAKES_LONG:
                continue
            for mode in GenerationMode:
                count = _ask(operation.as_strategy(generation_mode=mode), client, examples)
                asked[operation.label] = asked.get(operation.label, 0) + count
    return asked


def _ask(cases: Any, client: httpx.Client, examples: int) -> int:
    count = 0

    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases)
    def ask(case: Case[Any]) -> None:
        nonlocal count
        count += 1
        answer = _answer(case, client)
        told = (
            f"{case.method} {case.formatted_path} {case.query} {case.body!r}: {answer.status_code} {answer.text[:300]}"
        )
        assert answer.status_code < 500, told

    ask()
    return count


def _answer(case: Case[Any], client: httpx.Client) -> httpx.Response:
    """The answer, asked for with httpx: schemathesis's own client does not stand beside urllib3-future."""
    given = case.as_transport_kwargs()
    query = urlencode({name: _texts(value) for name, value in (given.get("params") or {}).items()}, doseq=True)
    url = f"{given['url']}?{query}" if query else given["url"]
    content = given.get("data")
    body: dict[str, Any] = {"content": content if isinstance(content, bytes | str) else None}
    if given.get("json") is not None:
        body = {"json": given["json"]}
    try:
        return client.request(given["method"], url, **body)
    except httpx.TransportError:
        # a server may close a connection that it has refused a body on, while we write; a second time it may not
        return client.request(given["method"], url, **body)


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def is_well(served: Program) -> bool:
    served.must_live()
    answer = httpx.get(f"http://127.0.0.1:{served.port}/api/v1/health", timeout=60)
    return bool(answer.json()["status"] == "ok")


@pytest.mark.timeout(300)
def test_no_question_that_the_schema_can_invent_makes_a_mistake_of_ours(served: Program):
    asked = ask_everything(served, examples=2)
    assert len(asked) > 50
    assert is_well(served)


@pytest.mark.proof
@pytest.mark.timeout(3_000)
def test_no_question_of_thousands_makes_a_mistake_of_ours(served: Program):
    assert sum(ask_everything(served, examples=100).values()) > 5_000
    assert is_well(served)

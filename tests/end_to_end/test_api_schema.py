"""Every operation of the API, asked what its own schema allows and what it does not, by who may and by who may not.

schemathesis reads /openapi.json of a real server and invents the questions; each operation gets a few in the tests, and
thousands in the proofs. No answer is a mistake of ours, each is of a status, a type and a form that the schema names,
and who has too little by the table of permissions is told so. After all of them the server does well: health says it.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import Draft202012Validator
from schemathesis import Case
from schemathesis.generation import GenerationMode

from cloud.access.permissions import PUBLIC, least_for
from cloud.access.principal import Role
from tests import loopback
from tests.end_to_end.test_console import console_in
from tests.servers import Program, free_port
from tests.unit.cloud.console.served import PASSWORD

schemathesis.serializer.alias("application/toml", "text/plain")  # a city file is text, of which it knows no more

ENDS_THE_LOGIN = {"DELETE /api/v1/tokens/{token_id}"}
"""What may take away the token that asks."""
TAKES_LONG = {"POST /api/v1/channels/{name}/test"}
"""What waits for a channel."""
REFUSED_IN = GenerationMode.POSITIVE
"""What somebody asks who may not: what they would ask well if they might."""
CLOSED = {403, 404, 405, 413}
"""Too little, or a path that came out as no operation's, or a body that is refused before anything else."""


@schemathesis.serializer("application/toml", "text/csv", "image/jpeg", "image/png", "image/webp")
def _file(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """Files are sent as they are."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with console_in(tmp_path_factory.mktemp("schema"), free_port()) as program:
        yield program


@pytest.fixture(scope="module")
def bearers(served: Program) -> dict[Role, dict[str, str]]:
    """A token of each role, made before anything is asked: invented logins soon make the next one wait."""
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}/api/v1", timeout=60) as client:
        login = client.post("/session", json={"name": "administrator", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = login.json()["csrf"]
        names = {role: role.name.lower() for role in Role}
        made = {
            role: client.post("/tokens", json={"name": f"asks-{name}", "role": name}) for role, name in names.items()
        }
    return {role: {"Authorization": f"Bearer {answer.json()['secret']}"} for role, answer in made.items()}


def ask_everything(served: Program, bearer: dict[str, str], role: Role, *, examples: int) -> dict[str, int]:
    """Ask `examples` questions of each kind of every operation by a token of `role`; how many there were of each."""
    asked: dict[str, int] = {}
    address = f"http://127.0.0.1:{served.port}"
    with httpx.Client(base_url=address, headers=bearer, timeout=60) as client:
        document = client.get("/openapi.json").json()
        for found in schemathesis.openapi.from_dict(document).get_all_operations():
            operation = found.ok()
            if operation.label in ENDS_THE_LOGIN | TAKES_LONG:
                continue
            least = least_for(operation.method.upper(), re.sub(r"{[^}]+}", "x", operation.path))
            modes = GenerationMode if least == PUBLIC or (least is not None and role >= least) else [REFUSED_IN]
            for mode in modes:
                cases = operation.as_strategy(generation_mode=mode)
                count = _ask(cases, client, examples, is_open=modes is GenerationMode)
                asked[operation.label] = asked.get(operation.label, 0) + count
    return asked


def _ask(cases: Any, client: httpx.Client, examples: int, *, is_open: bool) -> int:
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
        assert is_open or answer.status_code in CLOSED, told
        must_be_documented(case, answer, told)

    ask()
    return count


def must_be_documented(case: Case[Any], answer: httpx.Response, told: str) -> None:
    """The answer is of a status that the operation names, of a type that it names for it, and of the form it says."""
    if not re.fullmatch(case.operation.path.replace("{", "(?P<").replace("}", ">[^/]+)"), answer.url.path):
        return  # a part of the path came out empty or in two: it is another operation's, or nobody's
    definition = case.operation.definition.raw["responses"]
    of_status = definition.get(str(answer.status_code), definition["default"])
    assert answer.status_code >= 400 or str(answer.status_code) in definition, f"undocumented: {told}"
    types = of_status.get("content", {})
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    assert not answer.content or media_type in types, f"{media_type} is not one of {list(types)}: {told}"
    schema = types.get(media_type, {}).get("schema")
    if answer.content and schema and "json" in media_type:
        document = {**schema, "components": case.operation.schema.raw_schema["components"]}
        problem = next(Draft202012Validator(document).iter_errors(answer.json()), None)
        assert problem is None, f"{problem.message if problem else ''}: {told}"


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
    answer = loopback.get(f"http://127.0.0.1:{served.port}/api/v1/health", timeout=60)
    return bool(answer.json()["status"] == "ok")


@pytest.mark.timeout(300)
def test_no_question_that_the_schema_can_invent_makes_a_mistake_of_ours(
    served: Program, bearers: dict[Role, dict[str, str]]
):
    administrator = Role.ADMINISTRATOR  # whom all is open to; the others in the proofs
    asked = ask_everything(served, bearers[administrator], administrator, examples=1)
    assert len(asked) > 90
    assert is_well(served)


@pytest.mark.proof
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("role", Role, ids=lambda role: role.name.lower())
def test_no_question_of_thousands_makes_a_mistake_of_ours(
    served: Program, bearers: dict[Role, dict[str, str]], role: Role
):
    examples = 100 if role is Role.ADMINISTRATOR else 10
    assert sum(ask_everything(served, bearers[role], role, examples=examples).values()) > 900
    assert is_well(served)

"""A running Grafana, asked through its API: an answer, or that there is none for this token, or one sentence why not.

grafana.get("/folders/siaga-id") -> {"uid": "siaga-id", …} | Absent.MISSING (404) | Absent.HIDDEN (403)
grafana.write("POST", "/folders", {…}) -> {…}, or CannotUse

To a token that is no administrator's Grafana says 403 of what does not exist, as it does of what the token may not see:
only the attempt to make it tells the two apart.
"""

from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaException, GrafanaTimeoutError, GrafanaUnauthorizedError
from niquests.exceptions import JSONDecodeError, RequestException, TooManyRedirects

from dashboards.installation import CannotUse

OLDEST = (12, 0)
"""The oldest Grafana that the dashboards are written for: it is the first of their schema version."""
TIMEOUT_S = 15.0
Answer = dict[str, Any]


class Absent(Enum):
    """Why there is no answer; the value is Grafana's status."""

    MISSING = 404
    HIDDEN = 403


class Denied(CannotUse):
    """The token may not do that."""


class Taken(CannotUse):
    """What should be made is there already, or somebody changed it meanwhile."""


class Grafana:
    """The Grafana at `url` (with its sub-path, if any) and a service account's token, or none."""

    def __init__(self, url: str, token: str | None) -> None:
        self.name = f"Grafana at {_address(url)}"
        # the client puts "api" straight behind the path
        self._api: GrafanaApi = GrafanaApi.from_url(url.rstrip("/") + "/", token, timeout=TIMEOUT_S)
        # a write that is sent on to another address would arrive there as a question, and be answered as one
        self._api.client.s.max_redirects = 0

    def get(self, path: str) -> Answer | Absent:
        """What Grafana has there."""
        return self._asked("GET", path)

    def write(self, method: str, path: str, body: Answer) -> Answer:
        """Grafana's answer to a change; Denied where the token may not make it."""
        answer = self._asked(method, path, body)
        if not isinstance(answer, Absent):
            return answer
        if answer is Absent.HIDDEN:
            raise Denied(f"{self.name}: the token may not write; give its service account the role Editor")
        raise CannotUse(f"{self.name} knows no {path} to write to; Siaga needs Grafana {_version(OLDEST)} or newer")

    def _asked(self, method: str, path: str, body: Answer | None = None) -> Answer | Absent:
        try:
            answer = getattr(self._api.client, method)(path, json=body)
        except GrafanaException as error:
            return self._refused(error)
        except TooManyRedirects as error:
            where = error.response.headers.get("Location", "") if error.response is not None else ""
            raise CannotUse(f"{self.name} sends on to {where or 'another address'}; name that one in --url") from None
        except JSONDecodeError:
            raise self._no_json("an answer") from None
        except RequestException as error:
            raise CannotUse(
                f"{self.name} cannot be reached: {type(error).__name__}; check --url and the network"
            ) from None
        if not isinstance(answer, dict):
            raise self._no_json("an answer")
        return answer

    def _refused(self, error: GrafanaException) -> Absent:
        """What a refusal means: that there is nothing, or CannotUse."""
        if isinstance(error, GrafanaTimeoutError):
            raise CannotUse(f"{self.name} did not answer within {TIMEOUT_S:g} s; try again, or look at its log")
        if not isinstance(error.response, dict) or "message" not in error.response:
            raise self._no_json(f"{error.status_code}")
        words = " ".join(str(error.response["message"]).split())
        if isinstance(error, GrafanaUnauthorizedError):
            raise CannotUse(
                f"{self.name} does not take the token ({words}); make one for a service account and name its file"
            )
        if error.status_code in (409, 412):
            raise Taken(f"{self.name}: {words}")
        if error.status_code not in {each.value for each in Absent}:
            raise CannotUse(f"{self.name} answered {error.status_code}: {words}")
        return Absent(error.status_code)

    def _no_json(self, what: str) -> CannotUse:
        return CannotUse(
            f"{self.name} gave {what} that is none of Grafana's; check --url, and whether a proxy there wants a login"
        )


def connect(url: str, token: str | None) -> Grafana:
    """The Grafana at `url`; CannotUse where it cannot be used as it is."""
    grafana = Grafana(url, token)
    found = grafana.get("/frontend/settings")
    build = None if isinstance(found, Absent) else found.get("buildInfo")
    version = str(build.get("version", "")) if isinstance(build, dict) else ""
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdecimal())
    if numbers < OLDEST:
        needed = f"Siaga's dashboards need {_version(OLDEST)} or newer"
        raise CannotUse(f"{grafana.name} is {version or 'of no known version'}; {needed}")
    return grafana


def _address(url: str) -> str:
    """The URL without what is secret in it; CannotUse where it is no address of a web server."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    shown = url.rpartition("@")[2]
    if not usable:
        raise CannotUse(f"--url {shown}: no address of a Grafana; write one such as https://grafana.example/grafana")
    return f"{parts.scheme}://{shown.rpartition('://')[2]}" if "@" in url else url


def _version(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))

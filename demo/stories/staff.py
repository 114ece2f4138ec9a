"""The simulated staff: a person of the demo who acts through the API, as somebody at the console does.

operator ─► POST /api/v1/session ─► POST /api/v1/alarms/17/acknowledge {"word":"simulated: …"}
"""

import httpx

NAME = "operator"


class SimulatedStaff:
    """Somebody on duty, with the demo's password."""

    def __init__(self, port: int, password: str) -> None:
        self._address = f"http://127.0.0.1:{port}/api/v1"
        self._password = password

    def acknowledge(self, alarm: int, word: str) -> bool:
        """Acknowledge an alarm with a word; whether that was done, or somebody was first."""
        with httpx.Client(timeout=5, trust_env=False) as client:
            try:
                session = client.post(f"{self._address}/session", json={"name": NAME, "password": self._password})
                csrf = {"X-CSRF-Token": session.raise_for_status().json()["csrf"]}
                path = f"{self._address}/alarms/{alarm}/acknowledge"
                done = client.post(path, json={"word": word}, headers=csrf)
                client.delete(f"{self._address}/session", headers=csrf)
            except (httpx.HTTPError, ValueError, KeyError):
                return False
        return done.status_code in (200, 409)

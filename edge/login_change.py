"""A new login, handed over by the city: tried, and kept only when the cloud has answered to it.

sealed login ─► opened with the password in force ─► connected with the new one ─► an ack, end to end ─► kept, in force
                     └─► not for this login: said          └─► no ack in 30 s: the old one again; tried later

The status names the login in force, never the one on trial: the server ends the old one by that word.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from edge.kept_login import keep_password, put_in_force, with_login
from edge.settings import UplinkSettings
from runtime.backoff import doubled_s
from runtime.mqtt import MqttSession
from runtime.reasons import reason_of
from wire import Channel, WireError, decode_ack, encode_batch, topic_of

_log = logging.getLogger(__name__)

TRY_S = 30.0
"""So long may the cloud take to answer to a new login: half of what a revision of the configuration has at least."""
AGAIN_S = (600.0, 6 * 3_600.0)
"""A login that did not work is tried again after so long, and ever more seldom."""


class _Trial(msgspec.Struct):
    username: str
    before: UplinkSettings
    end_s: float
    stream: str


class LoginChange:
    """Changes the login of `session` for that of `gateway`; `folder` is the spool's, `in_force` hears of a change,
    and `changed` of something to say.

    It reads the part `login` of the city's configuration. Times are monotonic.
    """

    def __init__(
        self, session: MqttSession, uplink: UplinkSettings, *, gateway: str, folder: Path, now_s: Callable[[], float],
        in_force: Callable[[UplinkSettings], None], changed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.note = ""
        self._session = session
        self._uplink = uplink
        self._gateway = gateway
        self._folder = folder
        self._now_s = now_s
        self._in_force = in_force
        self._changed = changed
        self._wanted: msgspec.Raw | None = None
        self._trial: _Trial | None = None
        self._tries = 0
        self._again_s = float("inf")

    @property
    def username(self) -> str:
        """The login in force."""
        return self._uplink.username or ""

    def check(self, raw: msgspec.Raw) -> None:
        """WireError where it is no sealed login."""
        from wire.sealed_login import decode_login  # seldom wanted

        decode_login(bytes(raw))

    def use(self, raw: msgspec.Raw | None) -> None:
        """The city hands over this login, which was checked, or none."""
        if raw is not None and self._wanted is not None and bytes(raw) == bytes(self._wanted):
            return
        if self._trial is not None:
            self._give_up("")
        self.note = ""
        self._wanted, self._tries, self._again_s = raw, 0, float("inf")
        if raw is not None:
            self._begin(raw)

    def connected(self) -> None:
        """The session stands: with a login on trial something is sent that the cloud must answer."""
        if self._trial is not None and self._session.broker.username == self._trial.username:
            self._session.publish(topic_of(self._gateway, Channel.UP), encode_batch(self._trial.stream, 1, []))

    def is_answer(self, payload: bytes) -> bool:
        """Whether an ack is the one that proves the login on trial, which is then in force."""
        trial = self._trial
        if trial is None:
            return False
        try:
            if decode_ack(payload).stream != trial.stream:
                return False
        except WireError:
            return False
        if self._session.broker.username == trial.username:  # else other settings came in between
            self._keep(trial)
        return True

    def poll(self) -> None:
        """To be called each second."""
        now_s = self._now_s()
        if self._trial is not None and now_s >= self._trial.end_s:
            problem = str(self._session.problem) or "the cloud did not acknowledge"
            self._give_up(f"the new login {self._trial.username} does not work ({problem}); the old one holds")
        elif self._trial is None and self._wanted is not None and now_s >= self._again_s:
            self._begin(self._wanted)

    def _begin(self, raw: msgspec.Raw) -> None:
        from wire.sealed_login import decode_login, handover_key, login_number, open_login

        login = decode_login(bytes(raw))
        if login_number(login.username) <= login_number(self.username):
            return  # it is in force, or was before: what the city retains comes at each start
        if login.key_of != self.username:
            self._say(
                f"the login {login.username} is sealed for {login.key_of}, and this gateway uses {self.username}; "
                "bring it by hand"
            )
            return
        try:
            key = handover_key(self._uplink.password() or "", gateway=self._gateway, username=self.username)
            keep_password(self._folder, login.username, open_login(login, gateway=self._gateway, key=key))
        except (WireError, OSError) as error:
            self._say(reason_of(error) if isinstance(error, OSError) else str(error))
            return
        self._trial = _Trial(login.username, self._uplink, self._now_s() + TRY_S, os.urandom(8).hex())
        self._connect_by(with_login(self._uplink, self._folder, login.username))
        _log.info("trying the new login %s", login.username)

    def _keep(self, trial: _Trial) -> None:
        """The cloud has answered to the login on trial."""
        try:
            put_in_force(self._folder, trial.username, trial.before)
        except OSError as error:
            self._give_up(f"the new login {trial.username} cannot be kept: {reason_of(error)}; the old one holds")
            return
        self._trial, self._again_s, self.note = None, float("inf"), ""
        self._uplink = with_login(self._uplink, self._folder, trial.username)
        _log.info("the login is %s from now on", trial.username)
        self._in_force(self._uplink)

    def _give_up(self, why: str) -> None:
        """Return to the login in force."""
        self._trial = None
        self._tries += 1
        self._again_s = self._now_s() + doubled_s(self._tries, first_s=AGAIN_S[0], longest_s=AGAIN_S[1])
        self._connect_by(self._uplink)
        if why:
            self._say(why)

    def _connect_by(self, uplink: UplinkSettings) -> None:
        login = {"username": uplink.username, "password_file": uplink.password_file}
        self._session.broker = self._session.broker.model_copy(update=login)
        self._session.renew()

    def _say(self, note: str) -> None:
        self.note = note
        self._changed()
        _log.warning("%s", note)


__all__ = ["AGAIN_S", "TRY_S", "LoginChange"]

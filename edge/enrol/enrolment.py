"""One enrolment, in an order in which a kill at any moment costs nothing: running it again finishes.

what is here ─► authority, one-time password ─► first connection ─► lasting password ─► proven ─► edge.toml, in one move

Until that last move edge.toml holds what it held. The lasting login waits at the server until an agent has used it, so
a bundle whose enrolment broke off is as good as before.
"""

import tomllib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from edge.enrol.credentials import (
    CA_FILE,
    broker_of,
    password_file,
    settle_authority,
    uplink_keys,
    write_password,
)
from edge.enrol.expected_sensors import comments_on, sentence_on
from edge.enrol.failed import EnrolmentFailed
from edge.enrol.first_connection import FirstConnection
from edge.enrol.settings_text import NotEditable, new_settings, with_uplink
from i18n.message import LocalizedMessage
from runtime.connect_step import ConnectStep
from runtime.reasons import reason_of
from runtime.whole_files import replace_file
from wire import WireError
from wire.enrolment_bundle import EnrolmentBundle
from wire.gateway_config import ExpectedSensor, GatewayConfig
from wire.sealed_login import decode_login, handover_key, open_login

_EPOCH = date(1970, 1, 1)


class Enrolment:
    """Brings `bundle` into the folder of the settings file `config`; `say` and `say_step` tell whoever types."""

    def __init__(
        self,
        bundle: EnrolmentBundle,
        config: Path,
        *,
        say: Callable[[LocalizedMessage], None],
        say_step: Callable[[ConnectStep], None],
    ) -> None:
        self._bundle = bundle
        self._config = config
        self._folder = config.parent
        self._say = say
        self._say_step = say_step
        self._text = settings_here(config, bundle.gateway)
        self._own_authority = False

    def run(self, *, beside: Path, offline: bool) -> None:
        """Enrol; EnrolmentFailed says why not. `beside` is where the bundle lay."""
        bundle = self._bundle
        self._own_authority = settle_authority(self._folder, bundle, beside)
        if self._uses(bundle.lasting) and (offline or self._proves(bundle.lasting)):
            self._say(LocalizedMessage("{gateway} is enrolled already, with this bundle", gateway=bundle.gateway))
            return
        if is_over(bundle):
            raise EnrolmentFailed(_over(bundle))
        write_password(self._folder, bundle.username, bundle.password)
        if offline:
            self._put_in_force(bundle.username, bundle.sensors)
            self._say(_offline(bundle))
            return
        username, sensors = self._lasting_login()
        if not self._proves(username):
            raise EnrolmentFailed(_not_proven(bundle))
        self._put_in_force(username, sensors)
        with suppress(OSError):
            (self._folder / password_file(bundle.username)).unlink()
        self._say(LocalizedMessage("{gateway} is enrolled: the cloud has answered to its lasting login {username}",
                                   gateway=bundle.gateway, username=username))  # fmt: skip

    def _lasting_login(self) -> tuple[str, tuple[ExpectedSensor, ...]]:
        """Connect with the one-time login, and keep the lasting one that comes; its name, and what is expected here."""
        bundle = self._bundle
        first = self._connection(bundle.username, advice=_about_the_bundle(bundle), one_time=True)
        for step in first.steps():
            self._say_step(step)
        if not first.works:
            raise EnrolmentFailed(
                LocalizedMessage(
                    "the enrolment stops here; nothing was changed on this gateway, and this try spent nothing"
                )
            )
        login = None if first.config is None else first.config.login
        if first.config is None or login is None:
            raise EnrolmentFailed(_no_lasting_login(bundle))
        try:
            sealed = decode_login(bytes(login))
            key = handover_key(bundle.password, gateway=bundle.gateway, username=bundle.username)
            password = open_login(sealed, gateway=bundle.gateway, key=key)
        except WireError as error:
            raise EnrolmentFailed(_other_login(bundle, str(error))) from None
        if sealed.username != bundle.lasting:
            raise EnrolmentFailed(_other_login(bundle, f"{sealed.username} waits, not {bundle.lasting}"))
        write_password(self._folder, sealed.username, password)
        return sealed.username, _expected(first.config, bundle)

    def _proves(self, username: str) -> bool:
        """Whether the cloud acknowledges what is sent with the login `username`, whose password is here."""
        if not (self._folder / password_file(username)).exists():
            return False
        proof = self._connection(username, advice=_about_the_bundle(self._bundle))
        for step in proof.steps():
            self._say_step(step)
        return proof.works

    def _connection(self, username: str, *, advice: LocalizedMessage, one_time: bool = False) -> FirstConnection:
        broker = broker_of(self._folder, self._bundle, username, own_authority=self._own_authority)
        return FirstConnection(self._bundle.gateway, broker, advice=advice, one_time=one_time)

    def _uses(self, username: str) -> bool:
        uplink = tomllib.loads(self._text or "").get("uplink", {})
        return isinstance(uplink, dict) and uplink.get("username") == username

    def _put_in_force(self, username: str, sensors: tuple[ExpectedSensor, ...]) -> None:
        """Write edge.toml, or its [uplink], in one move."""
        keys = uplink_keys(self._bundle, username, own_authority=self._own_authority)
        try:
            if self._text is None:
                text = new_settings(self._bundle.gateway, keys, comments_on(sensors))
            else:
                text = with_uplink(self._text, keys)
        except NotEditable:
            raise EnrolmentFailed(_by_hand(self._config, keys)) from None
        try:
            replace_file(self._config, text)
        except OSError as error:
            said = LocalizedMessage(
                "{file}: cannot be written: {reason}; run this as the user who may, or name another --config",
                file=str(self._config), reason=reason_of(error),
            )  # fmt: skip
            raise EnrolmentFailed(said) from None
        self._say(_written(self._config, new=self._text is None))
        if sensors:
            self._say(sentence_on(sensors))


def settings_here(config: Path, gateway: str) -> str | None:
    """The text of edge.toml, None where there is none; EnrolmentFailed where it is another gateway's, or no TOML."""
    try:
        text = config.read_text(encoding="utf-8-sig")
        document: dict[str, Any] = tomllib.loads(text)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        said = LocalizedMessage(
            "{file}: is there and cannot be read ({reason}); mend it, siaga-edge check says how, or move it away",
            file=str(config), reason=reason_of(error) if isinstance(error, OSError) else str(error)[:200],
        )  # fmt: skip
        raise EnrolmentFailed(said) from None
    table = document.get("gateway")
    here = table.get("id") if isinstance(table, dict) else None
    if here != gateway:
        raise EnrolmentFailed(
            LocalizedMessage(
                "{file} is that of gateway {here}, and this bundle is for {gateway}; take the right bundle, or name "
                "another file with --config",
                file=str(config), here=repr(here)[:80], gateway=gateway,
            )
        )  # fmt: skip
    return text


def _expected(config: GatewayConfig, bundle: EnrolmentBundle) -> tuple[ExpectedSensor, ...]:
    return bundle.sensors if config.sensors is None else config.sensors


def ends_on(bundle: EnrolmentBundle) -> str:
    """The day on which the one-time login ends (UTC), as 2026-12-13."""
    return "-" if bundle.expires_day is None else (_EPOCH + timedelta(days=bundle.expires_day)).isoformat()


def is_over(bundle: EnrolmentBundle, today: date | None = None) -> bool:
    """Whether the one-time login has ended, by this machine's clock."""
    now = datetime.now(UTC).date() if today is None else today
    return bundle.expires_day is not None and (now - _EPOCH).days >= bundle.expires_day


def _over(bundle: EnrolmentBundle) -> LocalizedMessage:
    return LocalizedMessage(
        "this bundle ended on {day}, by this machine's clock; on the server, siaga-cloud gateway rotate {gateway} "
        "--bundle makes a new one",
        gateway=bundle.gateway, day=ends_on(bundle),
    )  # fmt: skip


def _about_the_bundle(bundle: EnrolmentBundle) -> LocalizedMessage:
    return LocalizedMessage(
        "a bundle is good once, and this one until {day}: it was used, or has ended, or was revoked; "
        "on the server, siaga-cloud gateway rotate {gateway} --bundle makes a new one",
        gateway=bundle.gateway, day=ends_on(bundle),
    )  # fmt: skip


def _no_lasting_login(bundle: EnrolmentBundle) -> LocalizedMessage:
    return LocalizedMessage(
        "the server has no lasting login for this bundle: it was used already, or the cloud has not handed it out "
        "yet; try again in a minute, else siaga-cloud gateway rotate {gateway} --bundle on the server makes a new "
        "bundle. Nothing was changed here",
        gateway=bundle.gateway,
    )  # fmt: skip


def _other_login(bundle: EnrolmentBundle, reason: str) -> LocalizedMessage:
    return LocalizedMessage(
        "the lasting login that waits is not this bundle's ({reason}); take the newest bundle, or let the server "
        "make one: siaga-cloud gateway rotate {gateway} --bundle",
        gateway=bundle.gateway, reason=reason[:200],
    )  # fmt: skip


def _not_proven(bundle: EnrolmentBundle) -> LocalizedMessage:
    return LocalizedMessage(
        "the lasting login of {gateway} came and does not work yet, so nothing was changed; run this again, the "
        "bundle is as good as before",
        gateway=bundle.gateway,
    )  # fmt: skip


def _offline(bundle: EnrolmentBundle) -> LocalizedMessage:
    return LocalizedMessage(
        "nothing was tried: {gateway} connects with the one-time login when there is a link, and the agent then "
        "changes to the lasting one by itself; that must be before {day}",
        gateway=bundle.gateway, day=ends_on(bundle),
    )  # fmt: skip


def _by_hand(config: Path, keys: dict[str, str]) -> LocalizedMessage:
    return LocalizedMessage(
        "{file}: its [uplink] is written in a way that is not changed by itself; write these lines there, and run "
        "this again: {lines}",
        file=str(config), lines="  ".join(f"{key} = {value}" for key, value in keys.items()),
    )  # fmt: skip


def _written(config: Path, *, new: bool) -> LocalizedMessage:
    if new:
        return LocalizedMessage("{file} is written", file=str(config))
    return LocalizedMessage("{file}: [uplink] is changed, and all else as it was", file=str(config))


__all__ = ["CA_FILE", "Enrolment", "ends_on", "is_over", "settings_here"]

"""One modem as ModemManager describes it, in plain words: pure.

GetManagedObjects ─► {path: {interface: {property: value}}} ─► ModemView ─► readings, what is wrong, what is to be known

Names and numbers are those of ModemManager's interface (introspection/*.xml, include/ModemManager-enums.h).
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

import msgspec

from firmware_bridge.sample import Sample
from i18n.message import LocalizedMessage
from wire import QUANTITIES
from wire.printable import printable

SERVICE = "org.freedesktop.ModemManager1"
MODEM = f"{SERVICE}.Modem"
THREE_GPP, SIGNAL, MESSAGING = f"{MODEM}.Modem3gpp", f"{MODEM}.Signal", f"{MODEM}.Messaging"
MOST_MODEMS = 8
LONGEST_NAME = 64

FAILED, LOCKED, DISABLED, ENABLED, REGISTERED, CONNECTED = -1, 2, 3, 6, 8, 11
"""MMModemState."""
_SIM_MISSING, _SIM_ERROR = 2, 3
"""MMModemStateFailedReason."""
_PINS = {2: "SIM-PIN", 4: "SIM-PUK"}
"""MMModemLock: what keeps a modem from all; PIN2 and PUK2 keep it from nothing that is wanted here."""
_PIN2 = (3, 5)
_SEARCHING, _DENIED, _EMERGENCY_ONLY = 2, 3, 8
_IN_A_NETWORK = frozenset({1, 5, 6, 7, 9, 10})
_ROAMING = frozenset({5, 7, 10})
"""MMModem3gppRegistrationState."""
_GENERATIONS = ((5, 1 << 15), (4, 1 << 14 | 1 << 16 | 1 << 17), (3, 0x3FE0), (2, 0x1E))
"""MMModemAccessTechnology by generation, the newest first: 5G NR, LTE, UMTS and CDMA2000, GSM."""
_SIGNALS = {"rsrp": "rsrp", "rsrq": "rsrq", "snr": "signal_to_noise", "rssi": "signal"}
"""Keys of the properties of Modem.Signal, and the quantities that they are."""
_RADIOS = ("Nr5g", "Lte", "Umts", "Gsm")


class ModemView(msgspec.Struct, frozen=True):
    """A modem: `quality` in percent, None where it is not known now; `signal` by quantity, in dBm and dB."""

    path: str
    model: str = ""
    state: int = 0
    failed_reason: int = 0
    lock: int = 0
    quality: float | None = None
    technologies: int = 0
    registration: int | None = None
    operator: str = ""
    bearers: tuple[str, ...] = ()
    signal: Mapping[str, float] = {}
    signal_asked: bool = False
    has_messages: bool = False

    @property
    def is_registered(self) -> bool:
        """Whether a network has taken it."""
        if self.registration is None:
            return self.state >= REGISTERED
        return self.registration in _IN_A_NETWORK

    @property
    def is_roaming(self) -> bool:
        """Whether that is another operator's network."""
        return self.registration in _ROAMING

    @property
    def generation(self) -> int:
        """2 to 5; 0 in no network, or in one of a kind that ModemManager does not tell."""
        if not self.is_registered:
            return 0
        return next((generation for generation, bits in _GENERATIONS if self.technologies & bits), 0)

    def samples(self) -> Iterator[Sample]:
        """What is measured: nothing of what is not known now."""
        yield Sample("mobile_generation", float(self.generation))
        if self.quality is not None and self.is_registered:
            yield Sample("signal_quality", self.quality)
        for name, value in self.signal.items():
            yield Sample(name, value)


def view_in(objects: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> ModemView | None:
    """The modem among all objects; of several the one that has come furthest, None where there is none."""
    views = [_view(path, objects[path]) for path in sorted(objects)[:MOST_MODEMS] if MODEM in objects[path]]
    return max(views, key=lambda view: view.state, default=None)


def _view(path: str, interfaces: Mapping[str, Mapping[str, Any]]) -> ModemView:
    modem, network = interfaces[MODEM], interfaces.get(THREE_GPP)
    quality = modem.get("SignalQuality")
    is_recent = isinstance(quality, list | tuple) and len(quality) == 2 and quality[1] is True
    bearers = modem.get("Bearers")
    return ModemView(
        path,
        model=_text(modem, "Model"),
        state=_number(modem, "State"),
        failed_reason=_number(modem, "StateFailedReason"),
        lock=_number(modem, "UnlockRequired"),
        quality=_bounded("signal_quality", quality[0]) if is_recent and quality is not None else None,
        technologies=_number(modem, "AccessTechnologies"),
        registration=None if network is None else _number(network, "RegistrationState"),
        operator="" if network is None else _text(network, "OperatorName"),
        bearers=tuple(str(each) for each in bearers[:MOST_MODEMS]) if isinstance(bearers, list) else (),
        signal=_signal(interfaces.get(SIGNAL, {})),
        signal_asked=_number(interfaces.get(SIGNAL, {}), "Rate") > 0,
        has_messages=MESSAGING in interfaces,
    )


def _signal(properties: Mapping[str, Any]) -> dict[str, float]:
    """Of the newest radio that tells anything."""
    for radio in _RADIOS:
        told = properties.get(radio)
        if not isinstance(told, Mapping):
            continue
        found = {quantity: _bounded(quantity, told.get(key)) for key, quantity in _SIGNALS.items()}
        known = {quantity: value for quantity, value in found.items() if value is not None}
        if known:
            return known
    return {}


def _bounded(quantity: str, value: object) -> float | None:
    """The value where it can be one; ModemManager says -1.8e308 where the modem says nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    row = QUANTITIES[quantity]
    return float(value) if row.low <= value <= row.high else None


def _number(properties: Mapping[str, Any], name: str) -> int:
    value = properties.get(name)
    return value if isinstance(value, int) else 0


def _text(properties: Mapping[str, Any], name: str) -> str:
    value = properties.get(name)
    return printable(value)[:LONGEST_NAME] if isinstance(value, str) else ""


NO_MODEM = LocalizedMessage(
    "ModemManager has no modem: look at its cable and power, and at mmcli --list-modems; a modem that has just been "
    "plugged in takes up to half a minute"
)


def problem_of(view: ModemView | None) -> LocalizedMessage | None:
    """What is wrong with the modem, and what is to be done; None where it is in a network."""
    if view is None:
        return NO_MODEM
    if view.state == FAILED:
        return _failure(view.failed_reason)
    if view.lock in _PINS:
        return LocalizedMessage(
            "the SIM is locked by its {lock}; unlock it with mmcli --sim 0 --pin=…, and turn the PIN off, or a restart "
            "locks it again",
            lock=_PINS[view.lock],
        )
    if view.state == LOCKED and view.lock not in (*_PIN2, 0, 1):
        return LocalizedMessage("the modem is locked to another network or device; the operator has the code")
    if view.state <= DISABLED:
        return LocalizedMessage("the modem is off; turn it on with mmcli --modem any --enable, or let NetworkManager")
    if view.registration == _DENIED:
        return LocalizedMessage("the network refuses the SIM: is it active, and is the plan paid?")
    if view.registration == _EMERGENCY_ONLY:
        return LocalizedMessage("only emergency calls are possible: is the SIM active, and in its place?")
    if not view.is_registered:
        return LocalizedMessage("no mobile network is found; look at antenna and place")
    return None


def _failure(reason: int) -> LocalizedMessage:
    if reason == _SIM_MISSING:
        return LocalizedMessage("the modem finds no SIM; look whether it is in its place")
    if reason == _SIM_ERROR:
        return LocalizedMessage("the SIM cannot be used; try it in a telephone")
    return LocalizedMessage(
        "the modem has failed (reason {reason} of ModemManager); unplug it and plug it in", reason=reason
    )


def sms_problem_of(view: ModemView | None) -> LocalizedMessage | None:
    """Why no SMS can go out; None where one can."""
    problem = problem_of(view)
    if problem is None and view is not None and not view.has_messages:
        return LocalizedMessage("this modem sends no SMS (ModemManager tells of no messages)")
    return problem

"""What ModemManager says of a modem in its network, as `bus.py` hands it on."""

from edge.modem.view import MESSAGING, MODEM, SIGNAL, THREE_GPP

PATH = "/org/freedesktop/ModemManager1/Modem/0"
UNKNOWN = -1.7976931348623157e308


def objects(path: str = PATH, *, network=None, radio=None, messages: bool = True, **modem):
    """One modem on LTE, with what a test says of it."""
    interfaces = {
        MODEM: {
            "Model": "SIM7600G-H", "State": 11, "StateFailedReason": 0, "UnlockRequired": 1,
            "AccessTechnologies": 1 << 14, "SignalQuality": (64, True), "Bearers": [],
        } | modem,
        THREE_GPP: {"RegistrationState": 1, "OperatorName": "TELKOMSEL"} | (network or {}),
        SIGNAL: {"Rate": 30, "Lte": {"rsrp": -98.0, "rsrq": -11.0, "snr": 7.4, "rssi": -71.0}} | (radio or {}),
    }  # fmt: skip
    return {path: interfaces | ({MESSAGING: {}} if messages else {})}

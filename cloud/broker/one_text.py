"""The one text that a new gateway is handed, of what the operator's settings say of the broker:  SIAGA1:ABJAY…

The authority goes in whole where the text stays small enough for a QR code that phones read; else its fingerprint does,
and the file ca.crt travels beside it.
"""

import hashlib
import ssl
from datetime import date

import msgspec

from cloud.broker.logins import one_time_name
from cloud.broker.settings import EnrolSettings
from runtime.address import Address
from wire import WireError
from wire.enrolment_bundle import MOST_CA_BYTES, EnrolmentBundle, encode_bundle
from wire.gateway_config import ExpectedSensor

LONGEST_TEXT = 2_953
"""Characters: a QR code of version 40 and level L holds so many bytes (ISO/IEC 18004, table 7), and more letters."""
_END = "-----END CERTIFICATE-----"
_EPOCH = date(1970, 1, 1)


def text_for(
    gateway: str, enrol: EnrolSettings, *, secret: bytes, lasting: str, ends_on: date,
    sensors: tuple[ExpectedSensor, ...] = (),
) -> str:  # fmt: skip
    """The text of the bundle; OSError where the authority's certificate cannot be read, WireError where it is none.

    What the city expects there is left out where the text would be too long with it: it comes over the link too.
    """
    bare = EnrolmentBundle(
        gateway, (str(Address(enrol.host, enrol.port)),), one_time_name(gateway), secret, lasting,
        expires_day=(ends_on - _EPOCH).days,
    )  # fmt: skip
    authority = b"" if enrol.ca is None else _certificates(enrol.ca.read_text(encoding="utf-8"))
    for with_authority in _ways_to_name(authority):
        for expected in (sensors, ()):
            text = encode_bundle(msgspec.structs.replace(bare, sensors=expected, **with_authority))
            if len(text) <= LONGEST_TEXT:
                return text
    raise WireError(f"the bundle of {gateway} is too long; shorten [enrol] host")


def _ways_to_name(authority: bytes) -> list[dict[str, bytes]]:
    if not authority:
        return [{}]
    fingerprint = {"ca_sha256": hashlib.sha256(authority).digest()}
    return [{"ca": authority}, fingerprint] if len(authority) <= MOST_CA_BYTES else [fingerprint]


def _certificates(pem: str) -> bytes:
    """The certificates of a PEM file in DER, one after the other."""
    parts = [part[part.find("-----BEGIN") :] + _END for part in pem.split(_END)[:-1]]
    try:
        found = b"".join(map(ssl.PEM_cert_to_DER_cert, parts))
    except ValueError as error:
        raise WireError(f"[enrol] ca is no PEM certificate: {error}") from None
    if not found:
        raise WireError("[enrol] ca is no PEM certificate")
    return found

"""Names that travel: gateway, sensor, site, quantity, stream.

gw-daruba   river-daruba-1   pm2_5   9f3c21d07ab4e815
"""

import re

from wire.errors import WireError

MAX_NAME_LENGTH = 64
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def is_name(text: str) -> bool:
    """Whether `text` may name a gateway, a sensor, a site, a quantity or a stream."""
    return _NAME.fullmatch(text) is not None


def check_name(kind: str, text: str) -> str:
    """Give `text` back, or raise WireError with a sentence that names the `kind` of name it should have been."""
    if not is_name(text):
        raise WireError(
            f"{kind} {text[:80]!r} is not a name: use 1 to {MAX_NAME_LENGTH} of a-z, 0-9, '-' and '_', "
            "starting with a letter or digit"
        )
    return text

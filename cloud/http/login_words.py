"""Why a login failed, in words for its page, and the status that goes with them.

AccessRejected("wrong-code", …) ─► 401, "The code is wrong or was used: wait for the next one."
"""

from cloud.access.rejection import AccessRejected
from i18n.catalog import Catalog, ended

STATUS = {
    "wrong-login": 401,
    "wrong-code": 401,
    "code-needed": 401,
    "too-many-attempts": 429,
    "sign-on-refused": 403,
    "provider-away": 503,
}
"""What a rejected login is answered with, by its kind."""


def login_error(_: Catalog, rejection: AccessRejected) -> str:
    """Say why a login failed."""
    if rejection.retry_after_s is not None:
        return _("Too many failed attempts. Try again in {n} s.", n=rejection.retry_after_s)
    if rejection.kind in ("wrong-code", "code-needed"):
        return _("The code is wrong or was used. Wait for the next one, or write a recovery code.")
    if rejection.kind in ("sign-on-refused", "provider-away"):
        said = ended(_.said(rejection.sentence))
        return f"{said[:1].upper()}{said[1:]}"
    return _("Name or password is wrong.")
